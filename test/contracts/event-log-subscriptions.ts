import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EventLog } from '../../src/application/ports/event-log.ts'
import { type Position, START, type StoredEvent } from '../../src/domain/kernel/recorded.ts'
import { appendAll, appendEach, collect, gate, newCategory, newEvents, newStream } from '../support/events.ts'
import { testSize } from '../support/size.ts'

const idsOf = (events: readonly StoredEvent[]): readonly string[] => events.map(({ id }) => id)

const readAfter = (log: EventLog, after: Position): Promise<readonly StoredEvent[]> =>
  log.readAll({ after, limit: 1_000_000 })

/** The part of the event log's contract that is about subscriptions; event-log.ts runs it. */
export const subscriptionContract = (name: string, openLog: () => Promise<EventLog>): void => {
  handingOver(name, openLog)
  livingOn(name, openLog)
  failing(name, openLog)
  stopping(name, openLog)
}

const handingOver = (name: string, openLog: () => Promise<EventLog>): void => {
  describe(`${name}: a subscription`, () => {
    test('hands over what is there, then what comes', async () => {
      const log = await openLog()
      const before = await log.head()
      const old = await appendAll(log, newStream(), newEvents(5))
      const { events, reached } = collect(log, before, 1_000)
      await reached(old)
      expect(idsOf(events)).toEqual(idsOf(await readAfter(log, before)))
      for (let round = 0; round < 5; round += 1)
        await reached(await appendAll(log, newStream(), newEvents(2)))
      expect(events).toEqual(await readAfter(log, before))
    })

    test('begins after its position, also where that is the head of the log', async () => {
      const log = await openLog()
      await appendAll(log, newStream(), newEvents(3))
      const head = await log.head()
      const { events, reached } = collect(log, head, 10)
      const stream = newStream()
      await reached(await appendAll(log, stream, newEvents(2)))
      expect(events.filter((event) => event.stream === stream).map(({ revision }) => revision)).toEqual([
        0, 1,
      ])
      expect(events).toEqual(await readAfter(log, head))
    })

    test('hands over batches that are never empty and never larger than asked for', async () => {
      const log = await openLog()
      const before = await log.head()
      const position = await appendAll(log, newStream(), newEvents(25))
      const { batches, reached } = collect(log, before, 4)
      await reached(position)
      expect(batches.filter(({ length }) => length < 1 || length > 4)).toEqual([])
    })

    test('hands over one batch at a time', async () => {
      const log = await openLog()
      const before = await log.head()
      const position = await appendAll(log, newStream(), newEvents(20))
      let inside = 0
      const most: number[] = []
      const { reached } = collect(log, before, 3, async () => {
        inside += 1
        most.push(inside)
        await nextTurn()
        inside -= 1
      })
      await appendAll(log, newStream(), newEvents(20))
      await reached(position)
      expect(new Set(most)).toEqual(new Set([1]))
    })
  })
}

const livingOn = (name: string, openLog: () => Promise<EventLog>): void => {
  describe(`${name}: a subscription`, () => {
    test('has no gap and no repeat from catching up to living on while writers write', async () => {
      const log = await openLog()
      const rounds = fc.record({
        past: fc.integer({ min: 0, max: 60 }),
        skipped: fc.nat(),
        writers: fc.integer({ min: 1, max: 5 }),
        each: fc.integer({ min: 1, max: testSize(12, 40) }),
        batchSizes: fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 3 }),
        slow: fc.boolean(),
      })
      await fc.assert(
        fc.asyncProperty(rounds, async ({ past, skipped, writers, each, batchSizes, slow }) => {
          const before = await log.head()
          if (past > 0) await appendAll(log, newStream(), newEvents(past))
          const there = [before, ...(await readAfter(log, before)).map(({ position }) => position)]
          const after = there[skipped % there.length] ?? before
          const writing = Array.from({ length: writers }, () => appendEach(log, newStream(), newEvents(each)))
          const collectors = batchSizes.map((batchSize) =>
            collect(log, after, batchSize, async () => {
              if (slow) await nextTurn()
            }),
          )
          await Promise.all(writing)
          const head = await log.head()
          await Promise.all(collectors.map(({ reached }) => reached(head)))
          await Promise.all(collectors.map(({ subscription }) => subscription.stop()))
          const expected = await readAfter(log, after)
          for (const { events } of collectors) expect(events).toEqual(expected)
        }),
        { numRuns: testSize(15, 300) },
      )
    })

    test('may append to the log from its handler', async () => {
      const log = await openLog()
      const before = await log.head()
      const category = newCategory()
      const answer = newStream(category)
      const { events, reached } = collect(log, before, 10, async (batch) => {
        for (const event of batch)
          if (event.stream !== answer) await log.append(answer, 'NO_STREAM', newEvents(1))()
      })
      await appendAll(log, newStream(), newEvents(1))
      await reached(await positionOf(log, before, answer))
      expect(events.filter(({ stream }) => stream === answer)).toHaveLength(1)
    })
  })
}

/** The position of a stream's first event, once it is there. */
const positionOf = async (log: EventLog, after: Position, stream: string): Promise<Position> => {
  for (;;) {
    const found = (await readAfter(log, after)).find((event) => event.stream === stream)
    if (found !== undefined) return found.position
    await nextTurn()
  }
}

const failing = (name: string, openLog: () => Promise<EventLog>): void => {
  describe(`${name}: a handler that throws`, () => {
    test.each([
      ['at once', false],
      ['later', true],
    ])('%s ends its own subscription with that error, and no other', async (_, later) => {
      const log = await openLog()
      const before = await log.head()
      const error = new Error('It does not fit')
      const handled: number[] = []
      const failed = log.subscribeAll({
        after: before,
        batchSize: 1,
        handle: (events) => {
          handled.push(events.length)
          if (handled.length < 2) return
          if (!later) throw error
          return nextTurn().then(() => {
            throw error
          })
        },
      })
      const other = collect(log, before, 1)
      await other.reached(await appendAll(log, newStream(), newEvents(5)))
      await expect(failed.ended).rejects.toBe(error)
      await other.reached(await appendAll(log, newStream(), newEvents(5)))
      expect(handled).toEqual([1, 1])
      expect(other.events).toEqual(await readAfter(log, before))
      expect(await failed.stop()).toBeUndefined()
    })

    test('does not end the process, though nobody asks how its subscription ended', async () => {
      const log = await openLog()
      const unhandled: unknown[] = []
      const note = (reason: unknown) => unhandled.push(reason)
      process.on('unhandledRejection', note)
      const before = await log.head()
      const failed = gate()
      log.subscribeAll({
        after: before,
        batchSize: 10,
        handle: () => {
          failed.open()
          throw new Error('Nobody looks')
        },
      })
      await appendAll(log, newStream(), newEvents(1))
      await failed.opened
      await nextTurn()
      await nextTurn()
      process.off('unhandledRejection', note)
      expect(unhandled).toEqual([])
    })
  })
}

const stopping = (name: string, openLog: () => Promise<EventLog>): void => {
  describe(`${name}: stopping a subscription`, () => {
    test('lets the batch under way finish and begins no other', async () => {
      const log = await openLog()
      const before = await log.head()
      await appendAll(log, newStream(), newEvents(10))
      const entered = gate()
      const leave = gate()
      const { batches, subscription } = collect(log, before, 2, async () => {
        entered.open()
        await leave.opened
      })
      await entered.opened
      let stopped = false
      const stopping = subscription.stop().then(() => {
        stopped = true
      })
      await nextTurn()
      expect(stopped).toBe(false)
      leave.open()
      await stopping
      expect(batches.map(({ length }) => length)).toEqual([2])
      await appendAll(log, newStream(), newEvents(1))
      await nextTurn()
      expect(batches).toHaveLength(1)
      expect(await subscription.ended).toBeUndefined()
    })

    test('that waits for news ends it', async () => {
      const log = await openLog()
      const { events, reached, subscription } = collect(log, await log.head(), 10)
      await reached(await appendAll(log, newStream(), newEvents(1)))
      await subscription.stop()
      await appendAll(log, newStream(), newEvents(1))
      expect(events).toHaveLength(1)
      expect(await subscription.ended).toBeUndefined()
    })

    test('before its first batch hands over nothing', async () => {
      const log = await openLog()
      await appendAll(log, newStream(), newEvents(1))
      const { events, subscription } = collect(log, START, 10)
      await subscription.stop()
      expect(events).toEqual([])
    })
  })
}
