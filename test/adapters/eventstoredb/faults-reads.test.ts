import { expect, test } from 'vitest'
import { StoreUnavailable } from '../../../src/application/ports/event-log.ts'
import { START } from '../../../src/domain/kernel/recorded.ts'
import { appendAll, asAppended, newEvents, newStream } from '../../support/events.ts'
import { impatient, openedLog, openedWire, startedServer, timed } from '../../support/eventstoredb/opened.ts'
import { eventually } from '../../support/eventually.ts'

const first = { direction: 'forwards', limit: 100 } as const

test('reads end as an outage while the server is frozen, and are answered when it is not', async () => {
  const server = await startedServer()
  const wire = await openedWire(() => server.port)
  const { log } = await openedLog(wire.url, impatient)
  const stream = newStream()
  const events = newEvents(3)
  const position = await appendAll(log, stream, events)
  wire.freeze()
  const reads = [
    () => log.readStream(stream, first),
    () => log.readAll({ after: START, limit: 10 }),
    () => log.head(),
  ]
  const heard = await Promise.all(reads.map(timed))
  expect(heard.filter(([error]) => !(error instanceof StoreUnavailable))).toEqual([])
  expect(heard.filter(([, afterMs]) => afterMs > 2_000)).toEqual([])
  wire.thaw()
  expect((await log.readStream(stream, first)).map(asAppended)).toEqual(events)
  expect((await log.readAll({ after: START, limit: 10 })).map(asAppended)).toEqual(events)
  expect(await log.head()).toBe(position)
})

test('a read that is broken off when its client is replaced is not taken for the whole', async () => {
  const server = await startedServer()
  const { log } = await openedLog(server.url, { attemptMs: 300 })
  const stream = newStream()
  const events = newEvents(5)
  await appendAll(log, stream, events)
  // An append without an answer has the client replaced while the read has its first event.
  Object.assign(server.faults, { lostAcknowledgements: 1, stallsReads: true })
  const append = log.append(newStream(), 'NO_STREAM', newEvents(1))()
  await eventually('the acknowledgement is lost', () => server.faults.lostAcknowledgements === 0)
  const read = log.readStream(stream, first)
  const whole = log.readAll({ after: START, limit: 100 })
  await eventually('the reads are under way', () => server.openReads === 2)
  server.faults.stallsReads = false
  expect((await read).map(asAppended)).toEqual(events)
  expect((await whole).slice(0, 5).map(asAppended)).toEqual(events)
  expect((await append)._tag).toBe('Right')
})

test('200 reads that the server leaves unfinished do not block the connection for others', async () => {
  const server = await startedServer()
  const { log } = await openedLog(server.url)
  const stream = newStream()
  const events = newEvents(3)
  await appendAll(log, stream, events)
  server.faults.stallsReads = true
  const heard = await Promise.all(
    Array.from({ length: 200 }, () => timed(() => log.readStream(stream, first))),
  )
  expect(heard.filter(([error]) => !(error instanceof StoreUnavailable))).toEqual([])
  server.faults.stallsReads = false
  await eventually('none is left open', () => server.openReads === 0)
  for (let other = 0; other < 200; other += 1)
    expect((await log.readStream(stream, first)).map(asAppended)).toEqual(events)
  await eventually('none is left open', () => server.openReads === 0)
})

test('a lost connection costs a read nothing but time', async () => {
  const server = await startedServer()
  const wire = await openedWire(() => server.port)
  const { log } = await openedLog(wire.url)
  const stream = newStream()
  const events = newEvents(3)
  const position = await appendAll(log, stream, events)
  for (let round = 0; round < 5; round += 1) {
    wire.cut()
    expect(await log.head()).toBe(position)
    expect((await log.readStream(stream, first)).map(asAppended)).toEqual(events)
  }
})
