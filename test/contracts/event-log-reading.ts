import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EventLog } from '../../src/application/ports/event-log.ts'
import type { JsonObject } from '../../src/domain/kernel/event.ts'
import { instantSchema } from '../../src/domain/kernel/instant.ts'
import { type Position, START, type StoredEvent, type StreamName } from '../../src/domain/kernel/recorded.ts'
import {
  appendAll,
  appendEach,
  asAppended,
  newCategory,
  newEvent,
  newEvents,
  newStream,
} from '../support/events.ts'
import { testSize } from '../support/size.ts'

const readForwards = (log: EventLog, stream: StreamName): Promise<readonly StoredEvent[]> =>
  log.readStream(stream, { direction: 'forwards', limit: 10_000 })

const idsOf = (events: readonly { readonly id: string }[]): readonly string[] => events.map(({ id }) => id)

/** The part of the event log's contract that is about reading; event-log.ts runs it. */
export const readingContract = (name: string, openLog: () => Promise<EventLog>): void => {
  keeping(name, openLog)
  readingStreams(name, openLog)
  readingAll(name, openLog)
  aboutItself(name, openLog)
}

const aboutItself = (name: string, openLog: () => Promise<EventLog>): void => {
  describe(`${name}: the log`, () => {
    test('has one name, whatever is appended and however many ask at once', async () => {
      const log = await openLog()
      const names = await Promise.all(Array.from({ length: 5 }, () => log.identity()))
      await appendAll(log, newStream(), newEvents(2))
      expect(new Set([...names, await log.identity()]).size).toBe(1)
      expect(names[0]).toMatch(/^[0-9a-f-]{32,36}$/)
    })

    test('keeps its name to itself: no reader of the whole log meets it', async () => {
      const log = await openLog()
      const before = await log.head()
      await log.identity()
      expect(await log.head()).toBe(before)
    })

    test('knows of no outage while there is none', async () => {
      const log = await openLog()
      await appendAll(log, newStream(), newEvents(1))
      expect(log.outageSince()).toBeNull()
    })
  })
}

const keeping = (name: string, openLog: () => Promise<EventLog>): void => {
  describe(`${name}: an event is read as it was appended`, () => {
    test('whatever JSON it holds', async () => {
      const log = await openLog()
      const objects = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ stringUnit: 'binary' }))
      await fc.assert(
        fc.asyncProperty(objects, objects, async (data, metadata) => {
          const stream = newStream()
          await appendAll(log, stream, [
            newEvent(data as JsonObject, 'SomethingHappened', metadata as JsonObject),
          ])
          const [stored] = await readForwards(log, stream)
          // As text: equality of objects would forgive the order of keys, and trip over a key like __proto__.
          expect(JSON.stringify(stored?.data)).toBe(JSON.stringify(data))
          expect(JSON.stringify(stored?.metadata)).toBe(JSON.stringify(metadata))
        }),
        { numRuns: testSize(100, 2_000) },
      )
    })

    test('in every script, with quotes, controls and halves of surrogate pairs', async () => {
      const log = await openLog()
      const stream = newStream()
      const text = 'Größe 🐧 中文 עברית \u0000\u0001\u2028 "\\\' é é \ud83d'
      const events = [newEvent({ text, [text]: null }, 'Überraschung🎉')]
      await appendAll(log, stream, events)
      expect((await readForwards(log, stream)).map(asAppended)).toEqual(events)
    })

    test('if it is of 500 kB', async () => {
      const log = await openLog()
      const stream = newStream()
      const events = [newEvent({ text: 'ä"'.repeat(125_000) }), newEvent()]
      await appendAll(log, stream, events)
      expect((await readForwards(log, stream)).map(asAppended)).toEqual(events)
    })

    test('and bears the stream, a position and the instant at which the log took it', async () => {
      const log = await openLog()
      const stream = newStream()
      const position = await appendAll(log, stream, newEvents(1))
      const [stored] = await readForwards(log, stream)
      expect(stored?.stream).toBe(stream)
      expect(stored?.position).toBe(position)
      expect(instantSchema.safeParse(stored?.recordedAt).success).toBe(true)
    })

    test('and bears the instant at which another log took it, where it says so', async () => {
      const log = await openLog()
      const stream = newStream()
      const recordedAt = '2021-07-08T09:10:11.012Z' as StoredEvent['recordedAt']
      const events = [{ ...newEvent({}, 'SomethingHappened', { a: 1, b: 2 }), recordedAt }, newEvent()]
      await appendAll(log, stream, events)
      const stored = await readForwards(log, stream)
      expect(stored.map(asAppended)).toEqual(
        events.map(({ id, type, data, metadata }) => ({ id, type, data, metadata })),
      )
      expect(stored[0]?.recordedAt).toBe(recordedAt)
      expect(stored[1]?.recordedAt).not.toBe(recordedAt)
      expect((await readToEnd(log, START, 1_000)).filter((event) => event.stream === stream)).toEqual(stored)
    })
  })
}

const readingStreams = (name: string, openLog: () => Promise<EventLog>): void => {
  describe(`${name}: reading a stream`, () => {
    const revisions = async (
      log: EventLog,
      stream: StreamName,
      options: Parameters<EventLog['readStream']>[1],
    ): Promise<readonly number[]> => (await log.readStream(stream, options)).map(({ revision }) => revision)

    test('that does not exist gives nothing, either way', async () => {
      const log = await openLog()
      expect(await revisions(log, newStream(), { direction: 'forwards', limit: 10 })).toEqual([])
      expect(await revisions(log, newStream(), { direction: 'backwards', limit: 10 })).toEqual([])
    })

    test('forwards begins at the first event or at a revision, and ends at the limit or the last event', async () => {
      const log = await openLog()
      const stream = newStream()
      await appendAll(log, stream, newEvents(5))
      const read = (options: { readonly from?: number; readonly limit: number }) =>
        revisions(log, stream, { direction: 'forwards', ...options })
      expect(await read({ limit: 3 })).toEqual([0, 1, 2])
      expect(await read({ limit: 9 })).toEqual([0, 1, 2, 3, 4])
      expect(await read({ from: 2, limit: 2 })).toEqual([2, 3])
      expect(await read({ from: 4, limit: 2 })).toEqual([4])
      expect(await read({ from: 5, limit: 2 })).toEqual([])
    })

    test('backwards begins at the last event or at a revision, and ends at the limit or the first event', async () => {
      const log = await openLog()
      const stream = newStream()
      await appendAll(log, stream, newEvents(5))
      const read = (options: { readonly from?: number; readonly limit: number }) =>
        revisions(log, stream, { direction: 'backwards', ...options })
      expect(await read({ limit: 3 })).toEqual([4, 3, 2])
      expect(await read({ limit: 9 })).toEqual([4, 3, 2, 1, 0])
      expect(await read({ from: 2, limit: 2 })).toEqual([2, 1])
      expect(await read({ from: 0, limit: 2 })).toEqual([0])
      expect(await read({ from: 7, limit: 2 })).toEqual([4, 3])
    })

    test('does not give the events of a stream whose name begins the same', async () => {
      const log = await openLog()
      const stream = newStream()
      await appendAll(log, stream, newEvents(1))
      await appendAll(log, `${stream}-more` as StreamName, newEvents(1))
      expect(await revisions(log, stream, { direction: 'forwards', limit: 10 })).toEqual([0])
    })
  })
}

/** Everything after a position, page by page. */
const readToEnd = async (log: EventLog, after: Position, limit: number): Promise<readonly StoredEvent[]> => {
  const events: StoredEvent[] = []
  for (;;) {
    const page = await log.readAll({ after: events.at(-1)?.position ?? after, limit })
    events.push(...page)
    if (page.length < limit) return events
  }
}

const readingAll = (name: string, openLog: () => Promise<EventLog>): void => {
  describe(`${name}: reading the whole log`, () => {
    test('gives every event once, in the order of the positions and of each stream, in pages of any size', async () => {
      const log = await openLog()
      const before = await log.head()
      const category = newCategory()
      const streams = Array.from({ length: 7 }, () => ({ stream: newStream(category), events: newEvents(9) }))
      await Promise.all(streams.map(({ stream, events }) => appendEach(log, stream, events)))
      const all = await readToEnd(log, before, 1_000)
      const mine = all.filter(({ stream }) => stream.startsWith(`${category}-`))
      expect(mine).toHaveLength(63)
      for (const { stream, events } of streams)
        expect(mine.filter((event) => event.stream === stream).map(asAppended)).toEqual(events)
      expect(all.map(({ position }) => position)).toEqual(
        all.map(({ position }) => position).toSorted(ascending),
      )
      expect(new Set(all.map(({ position }) => position)).size).toBe(all.length)
      for (const limit of [1, 2, 7, 62, 63, 64])
        expect(
          idsOf((await readToEnd(log, before, limit)).filter((e) => e.stream.startsWith(category))),
        ).toEqual(idsOf(mine))
    })

    test('from any position begins with the event after it', async () => {
      const log = await openLog()
      const before = await log.head()
      await appendAll(log, newStream(), newEvents(6))
      const all = await readToEnd(log, before, 100)
      for (const [index, { position }] of all.entries())
        expect(idsOf(await readToEnd(log, position, 100))).toEqual(idsOf(all.slice(index + 1)))
    })

    test('from the start begins with an event after START', async () => {
      const log = await openLog()
      await appendAll(log, newStream(), newEvents(1))
      const [first] = await log.readAll({ after: START, limit: 1 })
      expect((first?.position ?? START) > START).toBe(true)
    })

    test('ends at the head, which is the position of the newest event', async () => {
      const log = await openLog()
      const position = await appendAll(log, newStream(), newEvents(3))
      expect(await log.head()).toBe(position)
      expect(await log.readAll({ after: position, limit: 10 })).toEqual([])
    })
  })
}

const ascending = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)
