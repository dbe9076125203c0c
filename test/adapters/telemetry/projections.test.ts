import { describe, expect, test } from 'vitest'
import { Measures } from '../../../src/adapters/telemetry/measures.ts'
import { ProjectionMetrics } from '../../../src/adapters/telemetry/projection-metrics.ts'
import { StoreUnavailable } from '../../../src/application/ports/event-log.ts'
import { type Instant, instantFromMillis, millisOf } from '../../../src/domain/kernel/instant.ts'
import type { Position, StoredEvent } from '../../../src/domain/kernel/recorded.ts'
import type { ProjectionStatus } from '../../../src/projections/runner.ts'
import { wrapLog } from '../../support/logs.ts'
import { samplesIn } from '../../support/metrics.ts'
import { come, guestList, names, newWorld, WAIT_MS } from '../../support/projections.ts'

const T0 = '2026-03-01T00:00:00.000Z' as Instant

const at = (position: number, recordedAt: Instant = T0) =>
  ({ position: BigInt(position) as Position, recordedAt }) as StoredEvent

/** What a projection looks like that has come so far, in a log that goes so far. */
const statusAt = (position: number, head: number): ProjectionStatus => ({
  name: 'p',
  state: 'LIVE',
  position: BigInt(position) as Position,
  head: BigInt(head) as Position,
  progress: 1,
})

const looked = async (
  given: {
    readonly applied?: readonly StoredEvent[]
    readonly status: ProjectionStatus
    readonly head: number | null
    readonly next?: StoredEvent
  },
  now: Instant = T0,
) => {
  const { applied = [], status, head, next } = given
  const measures = new Measures()
  const projections = new ProjectionMetrics(measures)
  if (applied.length > 0) projections.applied({ projection: 'p', events: applied, state: 'LIVE', tookMs: 1 })
  const world = await newWorld()
  const log = wrapLog(world.log, {
    head: async () => {
      if (head === null) throw new StoreUnavailable('Away.')
      return BigInt(head) as Position
    },
    readAll: async () => (next === undefined ? [] : [next]),
  })
  await projections.look({ status: () => [status], log, clock: { now: () => now } })
  const samples = samplesIn(await measures.text())
  return {
    events: samples.get('projection_lag_events{projection="p"}'),
    seconds: samples.get('projection_lag_seconds{projection="p"}'),
    head: samples.get('log_head_position'),
  }
}

describe('A projection is behind', () => {
  test('by nothing where it is at the head, though nothing was applied for long', async () => {
    const applied = [at(1), at(2)]
    const later = instantFromMillis(millisOf(T0) + 3_600_000)
    expect(await looked({ applied, status: statusAt(2, 2), head: 2 }, later)).toStrictEqual({
      events: 0,
      seconds: 0,
      head: 2,
    })
  })

  test('by as many events as there are, where positions count them', async () => {
    const applied = [at(1), at(2), at(3)]
    const lag = await looked({ applied, status: statusAt(3, 3), head: 10, next: at(4) })
    expect(lag.events).toBe(7)
  })

  test('by about as many as there are, where positions count bytes', async () => {
    const applied = [at(1_000), at(1_500), at(2_000)]
    const lag = await looked({ applied, status: statusAt(2_000, 2_000), head: 7_000, next: at(2_500) })
    expect(lag.events).toBe(10)
  })

  test('by one event at least', async () => {
    const applied = [at(1_000), at(3_000)]
    const lag = await looked({ applied, status: statusAt(3_000, 3_000), head: 3_100, next: at(3_100) })
    expect(lag.events).toBe(1)
  })

  test('by as long as the oldest event waits that it has not applied', async () => {
    const next = at(4, T0)
    const later = instantFromMillis(millisOf(T0) + 90_000)
    const lag = await looked({ applied: [at(3)], status: statusAt(3, 3), head: 10, next }, later)
    expect(lag.seconds).toBe(90)
  })

  test('by nobody knows how long, while the log cannot be asked, and by what was heard before', async () => {
    const lag = await looked({ applied: [at(3), at(4)], status: statusAt(4, 9), head: null })
    expect(lag).toStrictEqual({ events: 5, seconds: undefined, head: 9 })
  })
})

test('a runner tells of every event that is applied, once, whether it catches up or is live', async () => {
  const world = await newWorld()
  await come(world, names(1_200))
  const seen: string[] = []
  const states = new Set<string>()
  const runner = await world.run([guestList('guests')], {
    onApplied: ({ projection, events, state }) => {
      states.add(state)
      for (const { position } of events) seen.push(`${projection} ${position}`)
    },
  })
  await runner.waitFor('guests', await world.log.head(), WAIT_MS)
  await runner.waitFor('guests', await come(world, names(3)), WAIT_MS)
  expect(seen).toStrictEqual(Array.from({ length: 1_203 }, (_, n) => `guests ${n + 1}`))
  expect(states).toStrictEqual(new Set(['CATCHING_UP', 'LIVE']))
})

test('what cannot be applied is told of by nobody', async () => {
  const world = await newWorld()
  const position = await come(world, ['a', 'refused', 'b'])
  let count = 0
  const runner = await world.run([guestList('guests', 1, 'refused')], {
    onApplied: ({ events }) => {
      count += events.length
    },
  })
  await expect(runner.waitFor('guests', position, WAIT_MS)).rejects.toThrow('cannot be applied')
  expect(count).toBe(1)
})
