import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { imageStatuses } from '../../../src/domain/image/state.ts'
import { cursorOf, type PageRequest } from '../../../src/projections/catalog/list.ts'
import { images } from '../../support/image-lists.ts'
import { imageName } from '../../support/samples.ts'
import { testSize } from '../../support/size.ts'
import { catalogWith, idsOf, page, type Question } from './catalogs.ts'
import { isInScope, naiveList, naiveOrder } from './naive-lists.ts'
import { cutPages, readPages } from './pages.ts'
import { filters, orders, scopes, searches } from './questions.ts'

const numRuns = testSize(150, 1_500)

const questions: fc.Arbitrary<Question> = fc.tuple(scopes, filters, orders)
const searching: fc.Arbitrary<Question> = fc
  .tuple(scopes, filters, searches, orders)
  .map(([scope, filter, search, order]) => [scope, { ...filter, search }, order])

const walks = fc.constantFrom<PageRequest['walk'][]>('FORWARD', 'BACKWARD')

describe.each([
  ['A list of images', questions],
  ['A list of the images that a search finds', searching],
])('%s', (_, question) => {
  test('is what filtering and sorting all images would give, and counts as many', () => {
    fc.assert(
      fc.property(images, question, (some, asked) => {
        const { catalog } = catalogWith(some)
        const expected = naiveList(some, ...asked)
        const { rows, hasNextPage, hasPreviousPage } = page(catalog, asked)
        expect(idsOf(rows)).toStrictEqual(idsOf(expected))
        expect([hasNextPage, hasPreviousPage]).toStrictEqual([false, false])
        expect(catalog.imageCount(asked[0], asked[1])).toBe(expected.length)
      }),
      { numRuns },
    )
  })

  test('page by page, forwards or backwards, is the whole list once, in its order', () => {
    fc.assert(
      fc.property(images, question, fc.integer({ min: 1, max: 4 }), walks, (some, asked, size, walk) => {
        const { catalog } = catalogWith(some)
        const expected = idsOf(naiveList(some, ...asked))
        expect(readPages(catalog, asked, size, walk)).toStrictEqual(cutPages(expected, size, walk))
      }),
      { numRuns },
    )
  })

  test('between two cursors is what lies between them, and knows what lies beyond', () => {
    const place = fc.nat(13)
    fc.assert(
      fc.property(images, question, walks, place, place, fc.nat(5), (some, asked, walk, from, to, extra) => {
        const { catalog } = catalogWith(some)
        const { rows: all } = page(catalog, asked)
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
        const { catalog, tell } = catalogWith(some)
        const [scope, filter, order] = asked
        const expected = naiveList(some, ...asked)
        const [stood, row] = [expected[place], page(catalog, asked).rows[place]]
        if (stood === undefined || row === undefined) return
        const cursor = cursorOf(order, row)
        tell(
          `image-${stood.id}`,
          deleted
            ? { type: 'ImageDeleted', data: {} }
            : {
                type: 'ImageRenamed',
                data: { from: imageName(stood.name), name: imageName('zzz'), claimId: row.id as never },
              },
          '2027-01-01T00:00:00.000Z',
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

  test('never shows an image that is not listed for whoever asks', () => {
    fc.assert(
      fc.property(images, question, (some, [scope, { search }, order]) => {
        const { catalog } = catalogWith(some)
        const { rows } = page(catalog, [scope, { search, status: imageStatuses }, order])
        const listed = idsOf(some.filter((image) => isInScope(scope, image)))
        expect(idsOf(rows).filter((id) => !listed.includes(id))).toStrictEqual([])
      }),
      { numRuns },
    )
  })
})
