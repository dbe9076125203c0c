import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Position, Recorded } from '../../src/domain/kernel/recorded.ts'
import type { LedgerEvent } from '../../src/domain/ledger-events.ts'
import { billingProjection } from '../../src/projections/billing/apply.ts'
import { billingOf } from '../../src/projections/billing/billing.ts'
import { histories, openHistories, played, player } from '../support/billing-histories.ts'
import { type BillingWorld, usageOf } from '../support/billing-world.ts'
import { rebuiltModel, rowsOf } from '../support/projected.ts'
import { testSize } from '../support/size.ts'

const numRuns = testSize(1_000, 3_000)

/** Steps between two restarts. */
const RESTARTED_AFTER = 5
const TABLES = ['budgets', 'corrections', 'image_names', 'lives', 'names', 'periods', 'prices', 'segments']

test('A rebuilt projection equals one that lived on, restarted again and again', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const { world, play } = player(history)
      for (let done = 0; done < history.steps.length; done += RESTARTED_AFTER) {
        await play(history.steps.slice(done, done + RESTARTED_AFTER))
        world.restart()
      }
      const rebuilt = rebuiltModel(billingProjection, world.events)
      const rows = rowsOf(world.db)
      expect(Object.keys(rows)).toStrictEqual(TABLES)
      expect(rowsOf(rebuilt)).toStrictEqual(rows)
      world.db.close()
      rebuilt.close()
    }),
    { numRuns },
  )
})

type Event = Recorded<LedgerEvent>

const moves = ['ImageBecameAvailable', 'ImagePromoted', 'ImageDemoted']
const repeatable = [
  'ImagePromoted',
  'ImageDemoted',
  'ImageSizeReported',
  'ImageDeletionRequested',
  'ImageRestored',
]
const movable = [...repeatable, 'ImageBecameAvailable', 'StorageRateSet']

/** An image takes its first owner from what its stream said before: it is available before it is moved. */
const availableFirst = (events: readonly Event[]): readonly Event[] => {
  const inOrder = [...events]
  for (const [place, event] of inOrder.entries()) {
    if (event.type !== 'ImageBecameAvailable') continue
    const first = inOrder.findIndex(({ stream, type }) => stream === event.stream && moves.includes(type))
    const other = inOrder[first]
    if (other === undefined || first >= place) continue
    inOrder[first] = event
    inOrder[place] = other
  }
  return inOrder
}

/** The same events in another order, some of them twice. */
const delivered = ({ events }: BillingWorld, order: readonly number[], again: readonly number[]) => {
  const fixed = events.filter(({ type }) => !movable.includes(type))
  const free = events.filter(({ type }) => movable.includes(type))
  const shuffled = free
    .map((event, place) => ({ event, key: order[place] ?? 0 }))
    .sort((a, b) => a.key - b.key)
    .map(({ event }) => event)
  const once = availableFirst(shuffled)
  const twice = again
    .map((place) => once[place % Math.max(once.length, 1)])
    .filter((event) => event !== undefined && repeatable.includes(event.type)) as readonly Event[]
  return [...fixed, ...once, ...twice].map((event, place) => ({
    ...event,
    position: BigInt(place + 1) as Position,
  }))
}

/** What an image is called goes by the order of the log. */
const nameless = (rows: readonly object[] = []) =>
  rows
    .map((row) => ({ ...row, name: null, imageName: null }))
    .sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1))

const textOf = (row: object): string =>
  JSON.stringify(row, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value))

test('Any order and any repetition of what is told gives the same bill and the same segments', async () => {
  const order = fc.array(fc.nat(1_000), { minLength: 20, maxLength: 20 })
  const again = fc.array(fc.nat(100), { maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(openHistories, order, again, async (history, keys, repeated) => {
      const world = await played(history)
      const db = rebuiltModel(billingProjection, delivered(world, keys, repeated))
      const position = () => 0n as Position
      const billing = billingOf({ database: () => db, position, blobs: world.blobs, provider: 'Clouds' })
      expect(nameless((await usageOf(billing)).lines)).toStrictEqual(nameless((await world.usage()).lines))
      expect(nameless(rowsOf(db)['segments'])).toStrictEqual(nameless(rowsOf(world.db)['segments']))
      world.db.close()
      db.close()
    }),
    { numRuns },
  )
})
