import type { EventStoreDBLog } from '../src/adapters/eventstoredb/event-log.ts'
import type { Position } from '../src/domain/kernel/recorded.ts'
import { bareClient } from './bare-client.ts'
import { type Figure, mediansInTurn, seconds } from './measure.ts'
import type { BenchStores } from './stores.ts'

// Reading EventStoreDB through, for nothing but the reading, against the bare client doing the same.

/** As many as projections are handed. */
const BATCH = 500
/** As many as the adapter asks for at most. */
const PAGE = 1_000
const TIMES = 3

/** The log holds `count` events of the ledger after the position. `openLog`: the adapter. */
export const storeReplayFigures = async (
  { url, names }: BenchStores,
  openLog: () => Promise<EventStoreDBLog>,
  after: Position,
  count: number,
): Promise<{ readonly figures: Figure[]; readonly bareReads: number }> => {
  const bare = bareClient(url)
  const log = await openLog()
  const rate = (read: () => Promise<number>) => async () => {
    let events = 0
    const time = await seconds(async () => {
      events = await read()
    })
    return events / time
  }
  const medians = await mediansInTurn(TIMES, [
    rate(() => bare.readAll(after, count)),
    rate(() => bare.subscribeToAll(after, count)),
    rate(() => subscribed(log, after, count)),
    rate(() => paged(log, after)),
  ])
  await log.close()
  await bare.dispose()
  const [reads = Number.NaN, sent = Number.NaN, subscribing = Number.NaN, paging = Number.NaN] = medians
  const figure = (what: string, measured: number, limit: string, value: number): Figure => ({
    what: `replay of ${count.toLocaleString('en')} events ${what}, over ${names.eventStore}`,
    measured,
    unit: 'events/s',
    limit: { what: `bare client, ${limit}`, value },
    aim: '70 %',
  })
  return {
    figures: [
      figure(`by the adapter's subscribeAll`, subscribing, 'one readAll', reads),
      figure(`by the adapter's subscribeAll`, subscribing, 'one subscribeToAll', sent),
      figure(`by the adapter's readAll, pages of ${PAGE.toLocaleString('en')}`, paging, 'one readAll', reads),
    ],
    bareReads: reads,
  }
}

const subscribed = async (log: EventStoreDBLog, after: Position, count: number): Promise<number> => {
  let seen = 0
  const { promise: enough, resolve } = Promise.withResolvers<void>()
  const subscription = log.subscribeAll({
    after,
    batchSize: BATCH,
    handle: (batch) => {
      seen += batch.length
      if (seen >= count) resolve()
    },
  })
  await Promise.race([enough, subscription.ended])
  await subscription.stop()
  return seen
}

const paged = async (log: EventStoreDBLog, after: Position): Promise<number> => {
  let seen = 0
  for (let from = after; ; ) {
    const page = await log.readAll({ after: from, limit: PAGE })
    const last = page.at(-1)
    if (last === undefined) return seen
    seen += page.length
    from = last.position
  }
}
