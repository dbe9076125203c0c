import { describe, expect, test } from 'vitest'
import { type NewEvent, StoreUnavailable } from '../../../src/application/ports/event-log.ts'
import { right } from '../../../src/domain/kernel/fp.ts'
import { appendEach, newEvent, newEvents, newStream } from '../../support/events.ts'
import { insist, openedLog, openedWire, startedServer, timed } from '../../support/eventstoredb/opened.ts'
import type { StandInServer } from '../../support/eventstoredb/server.ts'
import { eventually } from '../../support/eventually.ts'

const keptIn = (server: StandInServer, stream: string): readonly string[] =>
  server.log.stream(stream).map(({ id }) => id)

const idsOf = (events: readonly NewEvent[]): readonly string[] => events.map(({ id }) => id)

describe.each([
  ['in batches', false],
  ['one call each', true],
])('appends to EventStoreDB, %s,', (_, withoutBatches) => {
  test('of which 1,000 acknowledgements are lost are all written once, in order', async () => {
    const server = await startedServer({ withoutBatches, lostAcknowledgements: 1_000 })
    const { log } = await openedLog(server.url, { attemptMs: 60 })
    const histories = Array.from({ length: 200 }, () => ({ stream: newStream(), events: newEvents(6) }))
    await Promise.all(histories.map(({ stream, events }) => insist(log, stream, events)))
    expect(server.faults.lostAcknowledgements).toBe(0)
    expect(histories.map(({ stream }) => keptIn(server, stream))).toEqual(
      histories.map(({ events }) => idsOf(events)),
    )
    expect(server.log.all).toHaveLength(1_200)
  })

  test('that are answered later than an attempt lasts are written once', async () => {
    const server = await startedServer({ withoutBatches, lateMs: 300 })
    const { log } = await openedLog(server.url, { attemptMs: 200, answerMs: 900 })
    const histories = Array.from({ length: 20 }, () => ({ stream: newStream(), events: newEvents(1) }))
    const outcomes = await Promise.allSettled(
      histories.map(({ stream, events }) => log.append(stream, 'NO_STREAM', events)()),
    )
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(StoreUnavailable)
    // While the late answers come in.
    server.faults.lateMs = 0
    await Promise.all(histories.map(({ stream, events }) => insist(log, stream, events)))
    expect(histories.map(({ stream }) => keptIn(server, stream))).toEqual(
      histories.map(({ events }) => idsOf(events)),
    )
  })

  test('without an answer do not cost those beside them their client', async () => {
    const server = await startedServer({ withoutBatches })
    const wire = await openedWire(() => server.port)
    const { log } = await openedLog(wire.url)
    await appendEach(log, newStream(), newEvents(1))
    server.faults.lostAcknowledgements = 1
    const lost = insist(log, newStream(), newEvents(1))
    await eventually('its acknowledgement is lost', () => server.faults.lostAcknowledgements === 0)
    await appendEach(log, newStream(), newEvents(10))
    await lost
    expect(server.log.all).toHaveLength(12)
    expect(wire.connections).toBe(1)
  })

  test('that are answered twice do no harm', async () => {
    const server = await startedServer({ withoutBatches, answersTwice: true })
    const { log } = await openedLog(server.url)
    const stream = newStream()
    await appendEach(log, stream, newEvents(20))
    expect(keptIn(server, stream)).toHaveLength(20)
  })

  test('end up at the leader whom a follower names', async () => {
    const leader = await startedServer({ withoutBatches })
    const follower = await startedServer({ withoutBatches, leaderPort: leader.port }, leader.log)
    const { log } = await openedLog(follower.url)
    const streams = Array.from({ length: 20 }, () => newStream())
    const outcomes = await Promise.all(
      streams.map((stream) => timed(log.append(stream, 'NO_STREAM', newEvents(2)))),
    )
    expect(outcomes.map(([outcome]) => outcome)).toEqual(
      streams.map((stream) => right({ revision: 1, position: leader.log.stream(stream).at(-1)?.position })),
    )
  })

  test('that are more than the server takes are refused as such, and disturb no other', async () => {
    const server = await startedServer({ withoutBatches, maxAppendBytes: 10_000 })
    const { log } = await openedLog(server.url)
    const large = (bytes: number) =>
      log.append(newStream(), 'NO_STREAM', [newEvent({ text: 'x'.repeat(bytes) })])
    const [tooLarge, small] = await Promise.all([timed(large(10_000)), large(100)()])
    expect(tooLarge[0]).toBeInstanceOf(RangeError)
    expect(small._tag).toBe('Right')
    // More than any server's transport takes: the stream that others use would break.
    expect((await timed(large(17 * 1024 * 1024)))[0]).toBeInstanceOf(RangeError)
    expect(server.log.all).toHaveLength(1)
  })

  test('do not mind that the clock of the server is ahead', async () => {
    const server = await startedServer({ withoutBatches, clockAheadMs: 30_000 })
    const { log } = await openedLog(server.url)
    expect((await log.append(newStream(), 'NO_STREAM', newEvents(1))())._tag).toBe('Right')
  })
})

describe('appends to EventStoreDB in batches', () => {
  test.each(['failsToSayMethods', 'hidesMethods'] as const)(
    'succeed though the client remembers that the server %s',
    async (fault) => {
      const server = await startedServer()
      const { log } = await openedLog(server.url)
      server.faults[fault] = 1
      expect((await log.append(newStream(), 'NO_STREAM', newEvents(1))())._tag).toBe('Right')
      expect(server.faults[fault]).toBe(0)
      expect(server.batchStreams).toBe(1)
    },
  )

  test('survive late answers to a client that was replaced, and those of two clients at once', async () => {
    const server = await startedServer()
    const wire = await openedWire(() => server.port)
    const patient = { attemptMs: 2_000, answerMs: 10_000 }
    const { log } = await openedLog(wire.url, patient)
    const other = await openedLog(server.url, patient)
    await appendEach(log, newStream(), newEvents(1))
    await appendEach(other.log, newStream(), newEvents(1))
    // The table of pending appends is one for all clients: the first that breaks off empties it for the other.
    server.faults.lateMs = 100
    const appends = [log, other.log].flatMap((each) =>
      Array.from({ length: 20 }, () => timed(each.append(newStream(), 'NO_STREAM', newEvents(1)))),
    )
    await eventually('all are written', () => server.log.all.length === 42)
    wire.cut()
    expect((await Promise.all(appends)).map(([outcome]) => (outcome as { _tag?: string })._tag)).toEqual(
      Array(40).fill('Right'),
    )
    expect(server.log.all).toHaveLength(42)
  })
})
