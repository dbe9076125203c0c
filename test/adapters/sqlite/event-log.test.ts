import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { openSqliteEventLog, type SqliteEventLog } from '../../../src/adapters/sqlite/event-log.ts'
import { StoreUnavailable } from '../../../src/application/ports/event-log.ts'
import { START } from '../../../src/domain/kernel/recorded.ts'
import { eventLogContract } from '../../contracts/event-log.ts'
import { setClock } from '../../support/clock.ts'
import { appendAll, asAppended, collect, gate, newEvent, newEvents, newStream } from '../../support/events.ts'
import { besides, openLogIn } from '../../support/sqlite-log.ts'
import { tempDirectory } from '../../support/temp.ts'

eventLogContract('SQLite', async () => {
  const file = join(await tempDirectory(), 'log.sqlite')
  const opened: SqliteEventLog[] = []
  const open = async (): Promise<SqliteEventLog> => {
    const log = openSqliteEventLog({ file, clock: setClock() })
    opened.push(log)
    return log
  }
  return {
    log: await open(),
    reopen: open,
    dispose: async () => {
      for (const log of opened) await log.close()
    },
  }
})

/** How many transactions the -wal file holds: the last frame of each names the size of the database, the others 0. */
const transactionsIn = (directory: string): number => {
  const wal = readFileSync(join(directory, 'log.sqlite-wal'))
  const pageSize = wal.readUInt32BE(8)
  const salts = wal.subarray(16, 24)
  let count = 0
  for (let at = 32; at + 24 <= wal.length; at += 24 + pageSize)
    if (wal.subarray(at + 8, at + 16).equals(salts) && wal.readUInt32BE(at + 4) !== 0) count += 1
  return count
}

describe('Opening the SQLite event log', () => {
  test.each([
    ['synchronous = FULL', 'synchronous = NORMAL', 'SQLite has synchronous = 1 where it must be 2'],
    ['journal_mode = WAL', 'journal_mode = DELETE', 'SQLite has journal_mode = delete where it must be wal'],
  ])('fails where SQLite does not take %s', async (asked, taken, message) => {
    const directory = await tempDirectory()
    const exec = DatabaseSync.prototype.exec
    const spy = vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (
      this: DatabaseSync,
      sql,
    ) {
      exec.call(this, sql.replace(asked, taken))
    })
    onTestFinished(() => spy.mockRestore())
    expect(() => openLogIn(directory)).toThrow(message)
  })

  test('creates the directories above it', async () => {
    const log = openLogIn(join(await tempDirectory(), 'a', 'b', 'c'))
    expect((await log.append(newStream(), 'NO_STREAM', newEvents(1))())._tag).toBe('Right')
  })

  test('fails on a log of a later format rather than misread it', async () => {
    const directory = await tempDirectory()
    await openLogIn(directory).close()
    besides(directory).exec('PRAGMA user_version = 3')
    expect(() => openLogIn(directory)).toThrow('The event log has format 3, this program knows 1 to 2')
  })

  test('fails on a damaged log and leaves it as it is', async () => {
    const directory = await tempDirectory()
    const log = openLogIn(directory)
    await appendAll(log, newStream(), newEvents(3))
    await log.close()
    writeFileSync(join(directory, 'log.sqlite'), Buffer.alloc(100), { flag: 'r+' })
    const damaged = readFileSync(join(directory, 'log.sqlite'))
    expect(() => openLogIn(directory)).toThrow('file is not a database')
    expect(readFileSync(join(directory, 'log.sqlite')).equals(damaged)).toBe(true)
  })
})

describe('Group commit', () => {
  test('gives appends of one turn of the event loop one transaction, and those of two turns two', async () => {
    const directory = await tempDirectory()
    const log = openLogIn(directory)
    const before = transactionsIn(directory)
    await Promise.all(Array.from({ length: 64 }, () => log.append(newStream(), 'NO_STREAM', newEvents(1))()))
    expect(transactionsIn(directory)).toBe(before + 1)
    await log.append(newStream(), 'NO_STREAM', newEvents(1))()
    expect(transactionsIn(directory)).toBe(before + 2)
  })

  test('takes at most 1,000 appends into one transaction', async () => {
    const directory = await tempDirectory()
    const log = openLogIn(directory)
    const before = transactionsIn(directory)
    await Promise.all(
      Array.from({ length: 1_001 }, () => log.append(newStream(), 'NO_STREAM', newEvents(1))()),
    )
    expect(transactionsIn(directory)).toBe(before + 2)
  })

  test('keeps the order of arrival', async () => {
    const log = openLogIn(await tempDirectory())
    const streams = Array.from({ length: 50 }, () => newStream())
    await Promise.all(streams.map((stream) => log.append(stream, 'NO_STREAM', newEvents(1))()))
    const all = await log.readAll({ after: START, limit: 100 })
    expect(all.map(({ stream }) => stream)).toEqual(streams)
  })

  test('lets an append see those that came before it in its group', async () => {
    const log = openLogIn(await tempDirectory())
    const stream = newStream()
    const outcomes = await Promise.all([
      log.append(stream, 'NO_STREAM', newEvents(2))(),
      log.append(stream, 1, newEvents(1))(),
      log.append(stream, 1, newEvents(1))(),
      log.append(stream, 2, newEvents(1))(),
    ])
    expect(
      outcomes.map((outcome) => (outcome._tag === 'Left' ? outcome.left : outcome.right.revision)),
    ).toEqual([1, 2, { tag: 'WrongExpectedRevision', actual: 2 }, 3])
  })

  test('is not acknowledged before it can be read by others', async () => {
    const directory = await tempDirectory()
    const log = openLogIn(directory)
    const count = besides(directory).prepare('SELECT count(*) AS count FROM events')
    const seen = await Promise.all(
      Array.from({ length: 10 }, async () => {
        await log.append(newStream(), 'NO_STREAM', newEvents(1))()
        return count.get()?.['count']
      }),
    )
    expect(seen).toEqual(Array(10).fill(10))
  })
})

describe('A subscription to the SQLite event log', () => {
  test('lets the event loop turn between the batches of the past', async () => {
    const log = openLogIn(await tempDirectory())
    const position = await appendAll(log, newStream(), newEvents(40))
    let turn = 0
    let counting = true
    const count = (): void => {
      turn += 1
      if (counting) setImmediate(count)
    }
    count()
    const turns: number[] = []
    const { reached } = collect(log, START, 4, () => {
      turns.push(turn)
    })
    await reached(position)
    counting = false
    expect(turns).toHaveLength(10)
    expect(new Set(turns).size).toBe(10)
  })

  test('ends batches of large events early', async () => {
    const directory = await tempDirectory()
    const log = openLogIn(directory)
    const events = Array.from({ length: 12 }, () => newEvent({ text: 'x'.repeat(400_000) }))
    for (const event of events) await appendAll(log, newStream(), [event])
    await log.close()
    const again = openLogIn(directory)
    const { batches, reached } = collect(again, START, 100)
    await reached(await again.head())
    expect(batches.map(({ length }) => length)).toEqual([3, 3, 3, 3])
    expect(batches.flat().map(asAppended)).toEqual(events)
  })

  test('that falls far behind misses nothing', async () => {
    const log = openLogIn(await tempDirectory())
    const entered = gate()
    const leave = gate()
    const slow = collect(log, START, 50, async () => {
      entered.open()
      await leave.opened
    })
    const quick = collect(log, START, 500)
    await appendAll(log, newStream(), newEvents(1))
    await entered.opened
    for (let round = 0; round < 12; round += 1)
      await Promise.all(
        Array.from({ length: 1_000 }, () => log.append(newStream(), 'NO_STREAM', newEvents(1))()),
      )
    leave.open()
    const head = await log.head()
    await Promise.all([slow.reached(head), quick.reached(head)])
    const expected = await log.readAll({ after: START, limit: 20_000 })
    expect(slow.events).toEqual(expected)
    expect(quick.events).toEqual(expected)
  })

  test('of a live handler that is done at once has handled an event before its writer hears of it', async () => {
    const log = openLogIn(await tempDirectory())
    const { events, reached } = collect(log, START, 10)
    await reached(await appendAll(log, newStream(), newEvents(1)))
    const handled: string[] = []
    log.subscribeAll({
      after: await log.head(),
      batchSize: 10,
      handle: (batch) => {
        handled.push(...batch.map(({ id }) => id))
      },
    })
    await nextTurn()
    await nextTurn()
    const [event] = newEvents(1)
    await appendAll(log, newStream(), [event ?? newEvent()])
    expect(handled).toEqual([event?.id])
    expect(events.length).toBeGreaterThan(0)
  })

  test('takes one event or more at a time', async () => {
    const log = openLogIn(await tempDirectory())
    const subscribe = (batchSize: number) => () =>
      log.subscribeAll({ after: START, batchSize, handle: () => undefined })
    expect(subscribe(0)).toThrow(RangeError)
    expect(subscribe(1.5)).toThrow(RangeError)
  })

  test('to a log that is closed ends as an outage', async () => {
    const log = openLogIn(await tempDirectory())
    await log.close()
    const { subscription } = collect(log, START, 10)
    await expect(subscription.ended).rejects.toThrow(StoreUnavailable)
  })
})

test('A closed log refuses reads as an outage', async () => {
  const log = openLogIn(await tempDirectory())
  await log.close()
  await expect(log.readAll({ after: START, limit: 1 })).rejects.toThrow(StoreUnavailable)
  await expect(log.readStream(newStream(), { direction: 'forwards', limit: 1 })).rejects.toThrow(
    StoreUnavailable,
  )
})
