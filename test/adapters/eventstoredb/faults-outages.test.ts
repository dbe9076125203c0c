import { describe, expect, test } from 'vitest'
import { defaultTiming } from '../../../src/adapters/eventstoredb/timing.ts'
import { type NewEvent, StoreUnavailable } from '../../../src/application/ports/event-log.ts'
import { appendEach, newEvent, newEvents, newStream } from '../../support/events.ts'
import {
  impatient,
  insist,
  openedLog,
  openedWire,
  quick,
  startedServer,
  timed,
} from '../../support/eventstoredb/opened.ts'
import type { StandInServer } from '../../support/eventstoredb/server.ts'

/** The promise of the service to its clients. */
const HEARD_MS = 2_000

const keptIn = (server: StandInServer, stream: string): readonly string[] =>
  server.log.stream(stream).map(({ id }) => id)

const idsOf = (events: readonly NewEvent[]): readonly string[] => events.map(({ id }) => id)

describe.each([
  ['in batches', false],
  ['one call each', true],
])('appends to EventStoreDB, %s,', (_, withoutBatches) => {
  test('are refused within two seconds while the server is frozen, also those that wait for others', async () => {
    const server = await startedServer({ withoutBatches })
    const wire = await openedWire(() => server.port)
    const { log } = await openedLog(wire.url, withoutBatches ? quick : defaultTiming)
    await appendEach(log, newStream(), newEvents(1))
    wire.freeze()
    const waiting = newStream()
    const text = 'x'.repeat(20_000)
    const appends = [
      ...Array.from({ length: 100 }, () => log.append(newStream(), 'NO_STREAM', [newEvent({ text })])),
      ...newEvents(10).map((event, place) =>
        log.append(waiting, place === 0 ? 'NO_STREAM' : place - 1, [event]),
      ),
    ]
    const heard = await Promise.all(appends.map(timed))
    expect(heard.filter(([outcome]) => !(outcome instanceof StoreUnavailable))).toEqual([])
    expect(heard.filter(([, afterMs]) => afterMs > HEARD_MS)).toEqual([])
    wire.thaw()
    const stream = newStream()
    const events = newEvents(3)
    await insist(log, stream, events)
    expect(keptIn(server, stream)).toEqual(idsOf(events))
  })

  test('are refused while the server is not ready, and taken when it is', async () => {
    const server = await startedServer({ withoutBatches })
    const { log } = await openedLog(server.url, impatient)
    server.faults.notReady = true
    await expect(log.append(newStream(), 'NO_STREAM', newEvents(1))()).rejects.toThrow(StoreUnavailable)
    server.faults.notReady = false
    await insist(log, newStream(), newEvents(1))
    expect(server.log.all).toHaveLength(1)
  })

  test('that are pending on a frozen server do not keep the log from closing', async () => {
    const server = await startedServer({ withoutBatches })
    const wire = await openedWire(() => server.port)
    const { log } = await openedLog(wire.url, impatient)
    wire.freeze()
    const stream = newStream()
    const appends = newEvents(30).map((event, place) =>
      timed(log.append(stream, place === 0 ? 'NO_STREAM' : place - 1, [event])),
    )
    const read = timed(() => log.readStream(stream, { direction: 'forwards', limit: 1 }))
    const [closed, afterMs] = await timed(() => log.close())
    expect(closed).toBeUndefined()
    expect(afterMs).toBeLessThan(HEARD_MS)
    expect((await Promise.all([...appends, read])).map(([error]) => (error as Error).name)).toEqual(
      Array(31).fill('StoreUnavailable'),
    )
  })
})
