import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ListScope } from '../../../src/domain/access/lists.ts'
import { imageStatuses } from '../../../src/domain/image/state.ts'
import { catalog as projection } from '../../../src/projections/catalog/apply.ts'
import { type Catalog, catalogOf } from '../../../src/projections/catalog/catalog.ts'
import type { SqlDatabase } from '../../../src/projections/projection.ts'
import { liveModel, rebuiltModel, rowsOf } from '../../support/projected.ts'
import { testSize } from '../../support/size.ts'
import { worldHistories } from '../../support/world-histories.ts'
import { everyAudience } from './audiences.ts'
import { idsOf, page } from './catalogs.ts'

const searches = ['debian', 'u*', 'number', 'lts', 'a b']
const statuses = [undefined, ['DELETED'], imageStatuses]

/** What everybody finds by every search. */
const foundIn = (db: SqlDatabase) => {
  const catalog = catalogOf(() => db)
  return everyAudience.flatMap((scope) =>
    searches.flatMap((search) => statuses.map((status) => foundBy(catalog, scope, search, status))),
  )
}

const foundBy = (catalog: Catalog, scope: ListScope, search?: string, status?: readonly string[]) =>
  idsOf(page(catalog, [scope, { search, status }, { field: 'CREATED_AT', direction: 'ASC' }]).rows)

const numRuns = testSize(40, 300)

test('A rebuilt catalog is the one that lived on, row by row and in what a search finds for everybody', () => {
  fc.assert(
    fc.property(worldHistories, (events) => {
      const live = liveModel(projection)
      for (const event of events) live.apply(event)
      const rebuilt = rebuiltModel(projection, events)
      expect(rowsOf(rebuilt)).toStrictEqual(rowsOf(live.db))
      expect(foundIn(rebuilt)).toStrictEqual(foundIn(live.db))
    }),
    { numRuns },
  )
})

test('A catalog that goes on after a rebuild is the one that lived on', () => {
  fc.assert(
    fc.property(worldHistories, fc.double({ min: 0, max: 1, noNaN: true }), (events, share) => {
      const cut = Math.round(share * events.length)
      const live = liveModel(projection)
      for (const event of events) live.apply(event)
      const rebuilt = rebuiltModel(projection, events.slice(0, cut))
      const apply = projection.applier(rebuilt)
      for (const event of events.slice(cut)) apply(event)
      expect(rowsOf(rebuilt)).toStrictEqual(rowsOf(live.db))
      expect(foundIn(rebuilt)).toStrictEqual(foundIn(live.db))
    }),
    { numRuns },
  )
})

test('What everybody finds by its words is what they list', () => {
  fc.assert(
    fc.property(worldHistories, (events) => {
      const { db, apply } = liveModel(projection)
      for (const event of events) apply(event)
      const catalog = catalogOf(() => db)
      for (const scope of everyAudience)
        for (const status of statuses) {
          // Every image of these histories is a debian or an ubuntu by its name.
          const found = ['d*', 'u*'].flatMap((search) => foundBy(catalog, scope, search, status))
          expect(new Set(found)).toStrictEqual(new Set(foundBy(catalog, scope, undefined, status)))
        }
    }),
    { numRuns },
  )
})
