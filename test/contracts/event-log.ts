import { randomUUID } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type EventLog, type NewEvent, StoreUnavailable } from '../../src/application/ports/event-log.ts'
import { left, right } from '../../src/domain/kernel/fp.ts'
import { START, type StoredEvent, type StreamName } from '../../src/domain/kernel/recorded.ts'
import {
  appendAll,
  appendEach,
  asAppended,
  collect,
  newEvent,
  newEvents,
  newStream,
} from '../support/events.ts'
import { testSize } from '../support/size.ts'
import { inputContract } from './event-log-input.ts'
import { readingContract } from './event-log-reading.ts'
import { subscriptionContract } from './event-log-subscriptions.ts'

/** A log to test, and how to get rid of it. */
export interface LogUnderTest {
  readonly log: EventLog
  /** Opens the same log again after it was closed; not every store can in a test. */
  readonly reopen?: () => Promise<EventLog>
  /** Closes what is open and removes what is left. Called once, at the end of each test. */
  readonly dispose: () => Promise<void>
}

/**
 * What every event log promises. `open` is called in each test. The log may hold other tests' events, and positions may be
 * of any size and leave gaps: the tests know their events by their streams.
 */
export const eventLogContract = (name: string, open: () => Promise<LogUnderTest>): void => {
  const opened = async (): Promise<LogUnderTest> => {
    const underTest = await open()
    onTestFinished(() => underTest.dispose())
    return underTest
  }
  const openLog = async (): Promise<EventLog> => (await opened()).log
  appending(name, openLog)
  appendingAsAWhole(name, openLog)
  inputContract(name, openLog)
  retrying(name, openLog)
  contending(name, openLog)
  readingContract(name, openLog)
  subscriptionContract(name, openLog)
  closing(name, opened)
}

const wrong = (actual: number | 'NO_STREAM') => left({ tag: 'WrongExpectedRevision', actual })

const readForwards = (log: EventLog, stream: StreamName): Promise<readonly StoredEvent[]> =>
  log.readStream(stream, { direction: 'forwards', limit: 10_000 })

const idsOf = (events: readonly { readonly id: string }[]): readonly string[] => events.map(({ id }) => id)

const appending = (name: string, openLog: () => Promise<EventLog>): void => {
  describe(`${name}: an append`, () => {
    test('to a new stream gives it the revisions 0, 1, 2, …', async () => {
      const log = await openLog()
      const stream = newStream()
      const events = newEvents(3)
      const outcome = await log.append(stream, 'NO_STREAM', events)()
      const stored = await readForwards(log, stream)
      expect(stored.map(({ revision }) => revision)).toEqual([0, 1, 2])
      expect(stored.map(asAppended)).toEqual(events)
      expect(outcome).toEqual(right({ revision: 2, position: stored[2]?.position }))
    })

    test('at the revision of the last event goes on from there', async () => {
      const log = await openLog()
      const stream = newStream()
      await appendAll(log, stream, newEvents(2))
      const outcome = await log.append(stream, 1, newEvents(1))()
      const stored = await readForwards(log, stream)
      expect(stored.map(({ revision }) => revision)).toEqual([0, 1, 2])
      expect(outcome).toEqual(right({ revision: 2, position: stored[2]?.position }))
    })

    test('anywhere but at the revision of the last event is refused, names that one and writes nothing', async () => {
      const log = await openLog()
      const stream = newStream()
      const events = newEvents(3)
      await appendAll(log, stream, events)
      expect(await log.append(stream, 'NO_STREAM', newEvents(1))()).toEqual(wrong(2))
      expect(await log.append(stream, 0, newEvents(1))()).toEqual(wrong(2))
      expect(await log.append(stream, 1, newEvents(2))()).toEqual(wrong(2))
      expect(await log.append(stream, 3, newEvents(1))()).toEqual(wrong(2))
      expect((await readForwards(log, stream)).map(asAppended)).toEqual(events)
    })

    test('at a revision of a stream that does not exist is refused', async () => {
      const log = await openLog()
      const stream = newStream()
      expect(await log.append(stream, 0, newEvents(1))()).toEqual(wrong('NO_STREAM'))
      expect(await readForwards(log, stream)).toEqual([])
    })
  })
}

const appendingAsAWhole = (name: string, openLog: () => Promise<EventLog>): void => {
  describe(`${name}: an append`, () => {
    test('does nothing until its task is run', async () => {
      const log = await openLog()
      const stream = newStream()
      const task = log.append(stream, 'NO_STREAM', newEvents(1))
      expect(await readForwards(log, stream)).toEqual([])
      await task()
      expect(await readForwards(log, stream)).toHaveLength(1)
    })

    test('is of the events as they were when its task was run, whatever becomes of the objects', async () => {
      const log = await openLog()
      const stream = newStream()
      const data = { name: 'before' }
      const outcome = log.append(stream, 'NO_STREAM', [newEvent(data)])()
      data.name = 'after'
      await outcome
      expect((await readForwards(log, stream)).map((event) => event.data)).toEqual([{ name: 'before' }])
    })

    test('of several events shows none of them or all', async () => {
      const log = await openLog()
      const stream = newStream()
      const seen: number[] = []
      const writing = log.append(stream, 'NO_STREAM', newEvents(50))()
      const watching = (async () => {
        while (seen.at(-1) !== 50) {
          seen.push((await readForwards(log, stream)).length)
          await nextTurn()
        }
      })()
      await Promise.all([writing, watching])
      expect(seen.filter((count) => count !== 0 && count !== 50)).toEqual([])
    })
  })
}

const retrying = (name: string, openLog: () => Promise<EventLog>): void => {
  describe(`${name}: the same append again`, () => {
    test('is acknowledged as the first time and writes nothing', async () => {
      const log = await openLog()
      const stream = newStream()
      const created = log.append(stream, 'NO_STREAM', newEvents(2))
      const changed = log.append(stream, 1, newEvents(3))
      const first = [await created(), await changed()]
      expect(first.map(({ _tag }) => _tag)).toEqual(['Right', 'Right'])
      expect([await created(), await changed()]).toEqual(first)
      expect(await readForwards(log, stream)).toHaveLength(5)
    })

    test('is acknowledged so after later events, too', async () => {
      const log = await openLog()
      const stream = newStream()
      const append = log.append(stream, 'NO_STREAM', newEvents(2))
      const first = await append()
      await log.append(stream, 1, newEvents(4))()
      expect(await append()).toEqual(first)
      expect(await readForwards(log, stream)).toHaveLength(6)
    })

    test('is written once where both are under way at the same time', async () => {
      const log = await openLog()
      const stream = newStream()
      const append = log.append(stream, 'NO_STREAM', newEvents(2))
      const outcomes = await Promise.all([append(), append(), append()])
      const stored = await readForwards(log, stream)
      expect(stored).toHaveLength(2)
      const expected = right({ revision: 1, position: stored[1]?.position })
      expect(outcomes).toEqual([expected, expected, expected])
    })

    test('is another append where not every id is the same at the same place', async () => {
      const log = await openLog()
      const stream = newStream()
      const [a, b, c] = newEvents(3) as [NewEvent, NewEvent, NewEvent]
      await appendAll(log, stream, [a, b])
      expect(await log.append(stream, 'NO_STREAM', [a, c])()).toEqual(wrong(1))
      expect(await log.append(stream, 'NO_STREAM', [b, a])()).toEqual(wrong(1))
      expect(await log.append(stream, 'NO_STREAM', [a, b, c])()).toEqual(wrong(1))
      expect(await log.append(stream, 0, [a, b])()).toEqual(wrong(1))
      expect(idsOf(await readForwards(log, stream))).toEqual(idsOf([a, b]))
    })

    test('is another append in another stream', async () => {
      const log = await openLog()
      const events = newEvents(2)
      const streams = [newStream(), newStream()] as const
      await appendAll(log, streams[0], events)
      await appendAll(log, streams[1], events)
      expect(idsOf(await readForwards(log, streams[1]))).toEqual(idsOf(events))
    })
  })
}

const contending = (name: string, openLog: () => Promise<EventLog>): void => {
  describe(`${name}: appends at the same time`, () => {
    test('at one revision: exactly one of a hundred wins, and the others learn the revision', async () => {
      const log = await openLog()
      const stream = newStream()
      await appendAll(log, stream, newEvents(1))
      const rivals = newEvents(100)
      const outcomes = await Promise.all(rivals.map((event) => log.append(stream, 0, [event])()))
      const won = rivals.filter((_, index) => outcomes[index]?._tag === 'Right')
      expect(won).toHaveLength(1)
      expect(outcomes.filter(({ _tag }) => _tag === 'Left')).toEqual(Array(99).fill(wrong(1)))
      expect((await readForwards(log, stream)).slice(1).map(asAppended)).toEqual(won)
    })

    test('to many streams all succeed, each in its own order', async () => {
      const log = await openLog()
      const streams = Array.from({ length: testSize(50, 500) }, () => ({
        stream: newStream(),
        events: newEvents(5),
      }))
      await Promise.all(streams.map(({ stream, events }) => appendEach(log, stream, events)))
      for (const { stream, events } of streams)
        expect((await readForwards(log, stream)).map(asAppended)).toEqual(events)
    })
  })
}

const closing = (name: string, opened: () => Promise<LogUnderTest>): void => {
  describe(`${name}: closing`, () => {
    test('lets appends under way finish, and they are there when it is opened again', async () => {
      const { log, reopen } = await opened()
      const stream = newStream()
      const events = newEvents(30)
      const appends = events.map((event, index) =>
        log.append(stream, index === 0 ? 'NO_STREAM' : index - 1, [event])(),
      )
      await log.close()
      expect((await Promise.all(appends)).map(({ _tag }) => _tag)).toEqual(Array(30).fill('Right'))
      if (reopen === undefined) return
      const again = await reopen()
      expect((await readForwards(again, stream)).map(asAppended)).toEqual(events)
      await again.append(stream, 29, newEvents(1))()
      expect(await readForwards(again, stream)).toHaveLength(31)
    })

    test('ends subscriptions', async () => {
      const { log } = await opened()
      const position = await appendAll(log, newStream(), newEvents(1))
      const { reached, subscription } = collect(log, START, 1_000)
      await reached(position)
      await log.close()
      expect(await subscription.ended).toBeUndefined()
    })

    test('refuses later appends as an outage', async () => {
      const { log } = await opened()
      await log.close()
      const append = log.append(`test-${randomUUID()}` as StreamName, 'NO_STREAM', newEvents(1))
      await expect(append()).rejects.toThrow(StoreUnavailable)
    })

    test('a second time does nothing', async () => {
      const { log } = await opened()
      await Promise.all([log.close(), log.close()])
      expect(await log.close()).toBeUndefined()
    })
  })
}
