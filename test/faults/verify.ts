import { join } from 'node:path'
import { pino } from 'pino'
import { expect } from 'vitest'
import { openEventStoreDB } from '../../src/adapters/eventstoredb/event-log.ts'
import { ledgerStreams } from '../../src/domain/ledger-events.ts'
import { type Client, jsonOf } from '../support/client.ts'
import type { Cluster } from '../support/cluster.ts'
import { wellBehaved } from '../support/eventstoredb/faults.ts'
import type { Kept, MemoryLog } from '../support/eventstoredb/memory-log.ts'
import { eventually } from '../support/eventually.ts'
import { catchUp, rowsIn } from '../support/read-models.ts'
import { tempDirectory } from '../support/temp.ts'
import type { Customer, Fact } from './customer.ts'

export const dataOf = ({ data }: Kept): string => Buffer.from(data).toString('utf8')

/** Facts with the number of events that tell them, where that is not one. */
const notOnce = (events: readonly Kept[], facts: readonly Fact[]) => {
  const byKind = Map.groupBy(events, ({ stream, type }) => `${stream} ${type}`)
  return facts
    .map((fact) => {
      const kept = byKind.get(`image-${fact.image} ${fact.type}`) ?? []
      return { ...fact, times: kept.filter((event) => dataOf(event).includes(fact.holds)).length }
    })
    .filter(({ times }) => times !== 1)
}

/** What customers alone bring about, and the service never does by itself. */
const commanded = [
  'ImageRegistered',
  'ImageRenamed',
  'ImageTagsChanged',
  'ImageShared',
  'ImageDeprecated',
  'ImageContentStored',
]

/** What is done once, or never: a second one would be the same in stream, type and data. */
const doneOnce = [
  'ImageNameClaimed',
  'ImageNameReleased',
  'ImageClaimAbandoned',
  'ImageRegistrationAbandoned',
  'ImageShareExpired',
  'ImageObsoleted',
  'ImageDeletionRequested',
  'ImageDeleted',
  'ImageContentRemoved',
  'BillingPeriodSealed',
]

const countsOf = (things: readonly { readonly type: string }[]): Readonly<Record<string, number>> =>
  Object.fromEntries(commanded.map((type) => [type, things.filter((thing) => thing.type === type).length]))

/** No event is there twice; what customers were told is done is there once, and nothing else that only they bring about. */
export const expectOnce = (events: readonly Kept[], customers: readonly Customer[]): void => {
  const facts = customers.flatMap(({ acknowledged }) => acknowledged)
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
  expect(notOnce(events, facts)).toEqual([])
  expectEffectsOnce(events)
  expect(countsOf(events)).toEqual(countsOf(facts))
}

const expectEffectsOnce = (events: readonly Kept[]): void => {
  const effects = events
    .filter(({ type }) => doneOnce.includes(type))
    .map((event) => `${event.stream} ${event.type} ${dataOf(event)}`)
  const repeated = [...Map.groupBy(effects, (effect) => effect).values()].filter(({ length }) => length > 1)
  expect(repeated).toEqual([])
}

/** Waits until the service has done by itself all that followed for it, and finds that each was done once. */
export const expectCarriedOut = async (log: MemoryLog, customers: readonly Customer[]): Promise<void> => {
  const facts = customers.flatMap(({ promised }) => promised)
  await eventually('all is done that falls due', () =>
    notOnce(log.all, facts).every(({ times }) => times > 1),
  )
  expect(notOnce(log.all, facts)).toEqual([])
  expectEffectsOnce(log.all)
}

interface Readiness {
  readonly projections: readonly { readonly state: string; readonly position: string }[]
}

/** Resolves when every projection of every node is live and has come to the end of the log. */
export const settled = (log: MemoryLog, nodes: readonly Client[]): Promise<void> =>
  eventually('all nodes have come to the end of the log', async () => {
    const answers = await Promise.all(nodes.map((node) => node.http({ path: '/readyz' })))
    const last = log.all.findLast(({ stream }) => ledgerStreams.some((prefix) => stream.startsWith(prefix)))
    return answers.every((answer) =>
      jsonOf<Readiness>(answer).projections.every(
        ({ state, position }) => state === 'LIVE' && position === String(last?.position),
      ),
    )
  })

/**
 * The read models of nodes that were stopped have the same rows as one that is built anew from a server that behaves. They go
 * on from where they stand: none is built anew itself.
 */
export const expectRebuilt = async (cluster: Cluster, directories: readonly string[]): Promise<void> => {
  Object.assign(cluster.server.faults, wellBehaved)
  const log = await openEventStoreDB({
    url: cluster.server.url,
    prefixes: ledgerStreams,
    logger: pino({ level: 'silent' }),
  })
  const rebuilt = await tempDirectory()
  await catchUp(log, rebuilt)
  const expected = rowsIn(rebuilt)
  expect(expected['catalog.images']?.length).toBeGreaterThan(0)
  for (const directory of directories) {
    const live = join(directory, 'read-models')
    expect(await catchUp(log, live)).toStrictEqual([])
    expect(rowsIn(live)).toStrictEqual(expected)
  }
  await log.close()
}
