import fc from 'fast-check'
import { expect, test } from 'vitest'
import { catalog as projection } from '../../../src/projections/catalog/apply.ts'
import { catalogOf } from '../../../src/projections/catalog/catalog.ts'
import type { SqlDatabase } from '../../../src/projections/projection.ts'
import { liveModel, rebuiltModel, rowsOf } from '../../support/projected.ts'
import { testSize } from '../../support/size.ts'
import { worldHistories } from '../../support/world-histories.ts'

const searches = ['debian', 'ubuntu-24.04', 'number', 'web', 'lts', 'a b', '1.10']
const order = { field: 'NAME', direction: 'ASC' } as const
const page = { size: 100, walk: 'FORWARD', after: null, before: null } as const

const foundIn = (db: SqlDatabase) => {
  const catalog = catalogOf(() => db)
  return searches.map((search) => catalog.images('EVERYTHING', { search }, order, page))
}

test('A rebuilt catalog is the one that lived on, row by row and in what a search finds', () => {
  fc.assert(
    fc.property(worldHistories, (events) => {
      const live = liveModel(projection)
      for (const event of events) live.apply(event)
      const rebuilt = rebuiltModel(projection, events)
      expect(rowsOf(rebuilt)).toStrictEqual(rowsOf(live.db))
      expect(foundIn(rebuilt)).toStrictEqual(foundIn(live.db))
    }),
    { numRuns: testSize(150, 2_000) },
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
    { numRuns: testSize(100, 2_000) },
  )
})
