import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ImageScopeOfLists } from '../../../src/domain/access/lists.ts'
import { left } from '../../../src/domain/kernel/fp.ts'
import { catalog as projection } from '../../../src/projections/catalog/apply.ts'
import { type Catalog, catalogOf } from '../../../src/projections/catalog/catalog.ts'
import type { ImageFilter } from '../../../src/projections/catalog/filter.ts'
import { cursorOf, type ImageOrder, type PageRequest } from '../../../src/projections/catalog/list.ts'
import {
  filters,
  images,
  naiveList,
  naiveOrder,
  orders,
  type PlainImage,
  recordImages,
  scopes,
} from '../../support/image-lists.ts'
import { liveModel, recorder } from '../../support/projected.ts'
import { imageName } from '../../support/samples.ts'
import { testSize } from '../../support/size.ts'

const numRuns = testSize(150, 5_000)

/** A catalog of these images, and what tells it more. */
const catalogWith = (some: readonly PlainImage[]) => {
  const ledger = recorder()
  const model = liveModel(projection)
  recordImages(ledger, some)
  for (const event of ledger.events) model.apply(event)
  return { catalog: catalogOf(() => model.db), ledger, model }
}

const idsOf = (rows: readonly { readonly id: string }[]): readonly string[] => rows.map(({ id }) => id)

const page = (
  catalog: Catalog,
  [scope, filter, order]: [ImageScopeOfLists, ImageFilter, ImageOrder],
  request: Partial<PageRequest>,
) => {
  const found = catalog.images(scope, filter, order, {
    size: 100,
    walk: 'FORWARD',
    after: null,
    before: null,
    ...request,
  })
  if (found._tag === 'Left') throw new Error(found.left)
  return found.right
}

const question = fc.tuple(scopes, filters, orders)

describe('A list of images', () => {
  test('is what filtering and sorting all images would give, and counts as many', () => {
    fc.assert(
      fc.property(images, question, (some, asked) => {
        const { catalog } = catalogWith(some)
        const expected = naiveList(some, ...asked)
        const { rows, hasNextPage, hasPreviousPage } = page(catalog, asked, {})
        expect(idsOf(rows)).toStrictEqual(idsOf(expected))
        expect([hasNextPage, hasPreviousPage]).toStrictEqual([false, false])
        expect(catalog.imageCount(asked[0], asked[1])).toBe(expected.length)
      }),
      { numRuns },
    )
  })

  test('page by page forwards is the whole list once, in its order', () => {
    fc.assert(
      fc.property(images, question, fc.integer({ min: 1, max: 4 }), (some, asked, size) => {
        const { catalog } = catalogWith(some)
        const expected = idsOf(naiveList(some, ...asked))
        const seen: string[] = []
        for (let after: string | null = null; ; ) {
          const { rows, hasNextPage, hasPreviousPage } = page(catalog, asked, { size, after })
          expect(hasPreviousPage).toBe(seen.length > 0)
          seen.push(...idsOf(rows))
          expect(hasNextPage).toBe(seen.length < expected.length)
          const last = rows.at(-1)
          if (!hasNextPage || last === undefined) break
          expect(rows).toHaveLength(size)
          after = cursorOf(asked[2], last)
        }
        expect(seen).toStrictEqual(expected)
      }),
      { numRuns },
    )
  })

  test('page by page backwards is the whole list once, from its end', () => {
    fc.assert(
      fc.property(images, question, fc.integer({ min: 1, max: 4 }), (some, asked, size) => {
        const { catalog } = catalogWith(some)
        const expected = idsOf(naiveList(some, ...asked))
        const seen: string[] = []
        for (let before: string | null = null; ; ) {
          const { rows, hasNextPage, hasPreviousPage } = page(catalog, asked, {
            size,
            before,
            walk: 'BACKWARD',
          })
          expect(hasNextPage).toBe(seen.length > 0)
          seen.unshift(...idsOf(rows))
          expect(hasPreviousPage).toBe(seen.length < expected.length)
          const [first] = rows
          if (!hasPreviousPage || first === undefined) break
          expect(rows).toHaveLength(size)
          before = cursorOf(asked[2], first)
        }
        expect(seen).toStrictEqual(expected)
      }),
      { numRuns },
    )
  })

  test('between two cursors is what lies between them, and knows what lies beyond', () => {
    const walks = fc.constantFrom<PageRequest['walk'][]>('FORWARD', 'BACKWARD')
    const place = fc.nat(13)
    fc.assert(
      fc.property(images, question, walks, place, place, fc.nat(5), (some, asked, walk, from, to, extra) => {
        const { catalog } = catalogWith(some)
        const { rows: all } = page(catalog, asked, {})
        const [start, end] = [all[from], all[to]]
        if (start === undefined || end === undefined || from >= to - 1) return
        const between = idsOf(all.slice(from + 1, to))
        const size = 1 + extra
        const found = page(catalog, asked, {
          size,
          walk,
          after: cursorOf(asked[2], start),
          before: cursorOf(asked[2], end),
        })
        expect(idsOf(found.rows)).toStrictEqual(
          walk === 'FORWARD' ? between.slice(0, size) : between.slice(-size),
        )
        // The images at the cursors lie beyond, on both sides.
        expect([found.hasPreviousPage, found.hasNextPage]).toStrictEqual([true, true])
      }),
      { numRuns },
    )
  })

  test('goes on after a cursor whose image has changed or is gone', () => {
    fc.assert(
      fc.property(images, question, fc.nat(13), fc.boolean(), (some, asked, place, deleted) => {
        const { catalog, ledger, model } = catalogWith(some)
        const [scope, filter, order] = asked
        const expected = naiveList(some, ...asked)
        const [stood, row] = [expected[place], page(catalog, asked, {}).rows[place]]
        if (stood === undefined || row === undefined) return
        const cursor = cursorOf(order, row)
        model.apply(
          ledger.record(
            `image-${stood.id}`,
            deleted
              ? { type: 'ImageDeleted', data: {} }
              : {
                  type: 'ImageRenamed',
                  data: { from: imageName(stood.name), name: imageName('zzz'), claimId: row.id as never },
                },
            '2027-01-01T00:00:00.000Z',
          ),
        )
        const changed = deleted ? { ...stood, status: 'DELETED' as const } : { ...stood, name: 'zzz' }
        const now = some.map((image) =>
          image === stood ? { ...changed, updatedAt: '2027-01-01T00:00:00.000Z' } : image,
        )
        const rest = naiveList(now, scope, filter, order).filter(
          (image) => naiveOrder(order)(image, stood) > 0,
        )
        const moved = rest.filter(({ id }) => id !== stood.id)
        const { rows } = page(catalog, asked, { after: cursor })
        // The image at the cursor itself comes again only where it moved on.
        expect(idsOf(rows).filter((id) => id !== stood.id)).toStrictEqual(idsOf(moved))
      }),
      { numRuns },
    )
  })

  test('never shows an image of other owners', () => {
    fc.assert(
      fc.property(images, scopes, orders, (some, scope, order) => {
        if (scope === 'EVERYTHING') return
        const { catalog } = catalogWith(some)
        const { rows } = page(catalog, [scope, { status: ['DELETED', 'CREATING', 'AVAILABLE'] }, order], {})
        for (const { account, project } of rows)
          expect(
            scope.accounts.includes(account) || (project !== null && scope.projects.includes(project)),
          ).toBe(true)
      }),
      { numRuns },
    )
  })
})

describe('A cursor', () => {
  const { catalog } = catalogWith([])
  const byName: ImageOrder = { field: 'NAME', direction: 'ASC' }
  const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const answer = (request: Partial<PageRequest>) =>
    catalog.images('EVERYTHING', {}, byName, {
      size: 1,
      walk: 'FORWARD',
      after: null,
      before: null,
      ...request,
    })

  test.each([
    '',
    'nonsense',
    encoded({}),
    encoded([]),
    encoded(['NAME', 'debian']),
    encoded(['NAME', null, 'id']),
    encoded(['NAME', 'debian', 7]),
    encoded([7, 'debian', 'id']),
    encoded(['NAME', 'debian', 'id', 'more']),
  ])('that is none is refused: %j', (cursor) => {
    expect(answer({ after: cursor })).toStrictEqual(left('after: this is no cursor of a list of images.'))
    expect(answer({ before: cursor })).toStrictEqual(left('before: this is no cursor of a list of images.'))
  })

  test('of another order is refused', () => {
    expect(answer({ after: encoded(['SIZE', 7, 'id']) })).toStrictEqual(
      left('after: this cursor belongs to the order SIZE, not NAME.'),
    )
  })

  test('may point at what never was', () => {
    const after = encoded(['NAME', "'; DROP TABLE images; --", "'"])
    expect(answer({ after })).toStrictEqual({
      _tag: 'Right',
      right: { rows: [], hasNextPage: false, hasPreviousPage: false },
    })
  })
})
