import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cursorOf } from '../../../src/projections/catalog/list.ts'
import { simultaneousImages } from '../../support/image-lists.ts'
import { imageId, imageName, registration, web } from '../../support/samples.ts'
import { testSize } from '../../support/size.ts'
import { catalogWith, idsOf, newCatalog, page, type Question } from './catalogs.ts'
import { naiveList } from './naive-lists.ts'
import { cutPages, readPages } from './pages.ts'
import { scopes } from './questions.ts'

// A search by the time of creation is read from an index that knows no ids: images of the same millisecond come out of it as
// they were recorded.

const numRuns = testSize(150, 1_500)
const searches = fc.constantFrom(undefined, 'ubuntu', 'd*', 'web', 'b* 24.04', 'v1*', 'a*')
const directions = fc.constantFrom('ASC' as const, 'DESC' as const)
const walks = fc.constantFrom('FORWARD' as const, 'BACKWARD' as const)

describe('Images of the same millisecond', () => {
  test('stand by their ids, whichever way a list or a search is read, and whatever its pages end with', () => {
    fc.assert(
      fc.property(
        simultaneousImages,
        fc.oneof(fc.constant('EVERYTHING' as const), scopes),
        searches,
        directions,
        walks,
        fc.integer({ min: 1, max: 7 }),
        (some, scope, search, direction, walk, size) => {
          const { catalog } = catalogWith(some)
          const asked: Question = [scope, { search }, { field: 'CREATED_AT', direction }]
          const expected = idsOf(naiveList(some, ...asked))
          expect(readPages(catalog, asked, size, walk)).toStrictEqual(cutPages(expected, size, walk))
        },
      ),
      { numRuns },
    )
  })

  test('stand between two cursors of the same millisecond as they do in the whole list', () => {
    const place = fc.nat(39)
    fc.assert(
      fc.property(
        simultaneousImages,
        searches,
        directions,
        walks,
        fc.tuple(place, place, fc.integer({ min: 1, max: 7 })),
        (some, search, direction, walk, [from, to, size]) => {
          const { catalog } = catalogWith(some)
          const asked: Question = ['EVERYTHING', { search }, { field: 'CREATED_AT', direction }]
          const { rows } = page(catalog, asked)
          const [start, end] = [rows[from], rows[to]]
          if (start === undefined || end === undefined) return
          const found = page(catalog, asked, {
            size,
            walk,
            after: cursorOf(asked[2], start),
            before: cursorOf(asked[2], end),
          })
          const between = idsOf(rows).slice(from + 1, to)
          expect(idsOf(found.rows)).toStrictEqual(
            walk === 'FORWARD' ? between.slice(0, size) : between.slice(-size),
          )
        },
      ),
      { numRuns },
    )
  })

  test.each(['ASC', 'DESC'] as const)(
    'are all found by a search by %s, a hundred of them, each page in its turn',
    (direction) => {
      const { catalog, tell } = newCatalog()
      // The middle of three milliseconds has nearly all; ids go against the order in which they were recorded.
      for (let n = 100; n > 0; n -= 1)
        tell(
          `image-${imageId(n)}`,
          { type: 'ImageRegistered', data: registration({ name: imageName('debian') }) },
          `2026-03-01T00:00:00.${n % 33 === 0 ? '000' : n % 34 === 0 ? '002' : '001'}Z`,
        )
      const own = { accounts: [], promoted: [], projects: [web] }
      const usable = { promoted: [], acceptedBy: [], acceptedIn: [], everybodys: false }
      const order = { field: 'CREATED_AT', direction } as const
      const listed: Question = [{ own, usable }, {}, order]
      const sought: Question = [{ own, usable }, { search: 'debian' }, order]
      const expected = idsOf(page(catalog, listed).rows)
      expect(expected).toHaveLength(100)
      for (const walk of ['FORWARD', 'BACKWARD'] as const)
        for (const size of [1, 7, 33, 99, 100])
          expect(readPages(catalog, sought, size, walk)).toStrictEqual(cutPages(expected, size, walk))
    },
  )
})

describe('The numbers of rows', () => {
  const rowsAfter = (...created: readonly string[]): readonly unknown[] => {
    const { db, tell } = newCatalog()
    for (const [n, at] of created.entries())
      tell(`image-${imageId(n)}`, { type: 'ImageRegistered', data: registration() }, at)
    const select = db.prepare('SELECT row FROM images ORDER BY id')
    select.setReadBigInts(true)
    return select.all().map(({ row }) => row)
  }
  const [first, second] = ['2026-03-01T00:00:00.000Z', '2026-03-01T00:00:00.001Z']
  const base = BigInt(Date.parse('2026-03-01T00:00:00.000Z')) * 2n ** 20n

  test('go by the millisecond of creation, and within one by what came first', () => {
    expect(rowsAfter(first, first, second, first)).toStrictEqual([
      base,
      base + 1n,
      base + 2n ** 20n,
      base + 2n,
    ])
  })

  test('of a clock that went back are those of its time', () => {
    expect(rowsAfter(second, first)).toStrictEqual([base + 2n ** 20n, base])
  })
})
