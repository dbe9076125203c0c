import { expect, onTestFinished, test } from 'vitest'
import { openReadModels } from '../../../src/adapters/sqlite/read-models.ts'
import { StoreUnavailable } from '../../../src/application/ports/event-log.ts'
import { START } from '../../../src/domain/kernel/recorded.ts'
import { startProjections } from '../../../src/projections/runner.ts'
import { appendAll, appendEach, collect, newEvents, newStream } from '../../support/events.ts'
import { insist, openedLog, openedWire, startedServer, timed } from '../../support/eventstoredb/opened.ts'
import { StandInServer } from '../../support/eventstoredb/server.ts'
import { eventually } from '../../support/eventually.ts'
import {
  guestCame,
  guestDefinitions,
  guestList,
  guestsIn,
  names,
  recordingLogger,
  WAIT_MS,
} from '../../support/projections.ts'
import { tempDirectory } from '../../support/temp.ts'

const idsOf = (events: readonly { readonly id: string }[]): readonly string[] => events.map(({ id }) => id)

test('a server that is killed and comes back is found again, and subscriptions go on by themselves', async () => {
  const killed = await startedServer()
  const { log } = await openedLog(killed.url)
  const stream = newStream()
  await appendAll(log, stream, newEvents(3))
  const { events, reached } = collect(log, START, 10)
  await eventually('the past is handed over', () => events.length === 3)
  killed.kill()
  const [refused, afterMs] = await timed(log.append(stream, 2, newEvents(1)))
  expect(refused).toBeInstanceOf(StoreUnavailable)
  expect(afterMs).toBeLessThan(2_000)
  const server = await StandInServer.start(killed.log, killed.port)
  onTestFinished(() => server.kill())
  const begun = performance.now()
  await insist(log, newStream(), newEvents(5))
  await reached(server.log.all.at(-1)?.position as typeof START)
  expect(performance.now() - begun).toBeLessThan(10_000)
  expect(idsOf(events)).toEqual(idsOf(server.log.all))
})

test('subscriptions that the server ends in order go on by themselves, and appends beside them', async () => {
  const server = await startedServer()
  const { log, lines } = await openedLog(server.url)
  const { events, reached } = collect(log, START, 10)
  for (let round = 0; round < 5; round += 1) {
    await eventually('there is a subscription', () => server.subscriptions === 1)
    const appending = appendEach(log, newStream(), newEvents(10))
    server.endSubscriptions()
    await reached(await appending)
  }
  expect(idsOf(events)).toEqual(idsOf(server.log.all))
  // The client stayed the same: nobody else was disturbed.
  expect(server.batchStreams).toBe(1)
  expect(lines.filter(({ level }) => level === 'warn').length).toBeGreaterThanOrEqual(5)
})

test('with one connection in ten dropped while events flow, subscribers see each event once and in order', async () => {
  const server = await startedServer()
  const wire = await openedWire(() => server.port)
  const writer = await openedLog(wire.url)
  const reader = await openedLog(wire.url)
  const { events, reached } = collect(reader.log, START, 7)
  const late = collect(reader.log, START, 1_000, () => undefined)
  const write = async (): Promise<void> => {
    for (let round = 0; round < 20; round += 1) {
      await insist(writer.log, newStream(), newEvents(5))
      if (round % 2 === 1) wire.cut()
    }
  }
  await Promise.all([write(), write()])
  const head = await reader.log.head()
  await Promise.all([reached(head), late.reached(head)])
  expect(server.log.all).toHaveLength(200)
  expect(idsOf(events)).toEqual(idsOf(server.log.all))
  expect(idsOf(late.events)).toEqual(idsOf(server.log.all))
  expect(wire.connections).toBeGreaterThan(10)
})

test('with every event delivered twice, read models are what a rebuild makes them', async () => {
  const server = await startedServer({ twice: true })
  const { log } = await openedLog(server.url)
  const run = async () => {
    const readModels = openReadModels({ directory: await tempDirectory(), onDiscarded: () => undefined })
    const runner = await startProjections({
      log,
      readModels,
      definitions: guestDefinitions,
      logger: recordingLogger(),
      projections: [guestList('guests')],
    })
    onTestFinished(() => runner.stop())
    return runner
  }
  const live = await run()
  const streams = Array.from({ length: 10 }, () => newStream())
  await Promise.all(streams.map((stream) => appendEach(log, stream, names(20).map(guestCame))))
  const head = await log.head()
  await live.waitFor('guests', head, WAIT_MS)
  const rebuilt = await run()
  await rebuilt.waitFor('guests', head, WAIT_MS)
  expect(guestsIn(live.database('guests'))).toHaveLength(200)
  expect(guestsIn(live.database('guests'))).toEqual(guestsIn(rebuilt.database('guests')))
})

test('a server that is not ready for a while is waited for', async () => {
  const server = await startedServer()
  const { log, lines } = await openedLog(server.url)
  const { events, reached } = collect(log, START, 10)
  await eventually('there is a subscription', () => server.subscriptions === 1)
  server.faults.notReady = true
  server.endSubscriptions()
  await eventually('it was asked for again', () => lines.filter(({ level }) => level === 'warn').length > 2)
  await expect(log.append(newStream(), 'NO_STREAM', newEvents(1))()).rejects.toThrow(StoreUnavailable)
  server.faults.notReady = false
  const begun = performance.now()
  await insist(log, newStream(), newEvents(5))
  await reached(server.log.all.at(-1)?.position as typeof START)
  expect(performance.now() - begun).toBeLessThan(10_000)
  expect(idsOf(events)).toEqual(idsOf(server.log.all))
  expect(lines.at(-1)?.message).toBe('The live subscription is back.')
})

test('a subscription that is not confirmed is asked for again', async () => {
  const server = await startedServer({ ignoresSubscriptions: true })
  const { log, lines } = await openedLog(server.url)
  const { events, reached } = collect(log, START, 10)
  await eventually('it was given up', () =>
    lines.some(({ fields }) => fields['reason'] === 'it was not confirmed'),
  )
  server.faults.ignoresSubscriptions = false
  await reached(await appendEach(log, newStream(), newEvents(5)))
  expect(idsOf(events)).toEqual(idsOf(server.log.all))
})

test('while the server is frozen subscriptions wait, and go on when it is not', async () => {
  const server = await startedServer()
  const wire = await openedWire(() => server.port)
  const { log } = await openedLog(wire.url)
  const other = await openedLog(server.url)
  const { events, reached } = collect(log, START, 10)
  await appendEach(log, newStream(), newEvents(5))
  wire.freeze()
  const position = await appendEach(other.log, newStream(), newEvents(5))
  await expect(log.append(newStream(), 'NO_STREAM', newEvents(1))()).rejects.toThrow(StoreUnavailable)
  wire.thaw()
  await reached(position)
  expect(idsOf(events.slice(0, 10))).toEqual(idsOf(server.log.all.slice(0, 10)))
})

test('a connection that falls silent for good is left for a new one, by appends, reads and subscriptions', async () => {
  const server = await startedServer()
  const wire = await openedWire(() => server.port)
  const { log } = await openedLog(wire.url)
  const { events, reached } = collect(log, START, 10)
  for (let round = 0; round < 3; round += 1) {
    const stream = newStream()
    const position = await appendAll(log, stream, newEvents(2))
    await reached(position)
    wire.strand()
    const read = log.readStream(stream, { direction: 'forwards', limit: 10 })
    await reached(await appendAll(log, newStream(), newEvents(1)))
    expect(idsOf(await read)).toEqual(idsOf(server.log.stream(stream)))
  }
  expect(idsOf(events)).toEqual(idsOf(server.log.all))
  expect(wire.connections).toBe(4)
})
