import { execFileSync, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { StoreUnavailable } from '../../../src/application/ports/event-log.ts'
import { START } from '../../../src/domain/kernel/recorded.ts'
import { setClock } from '../../support/clock.ts'
import { appendAll, appendEach, collect, newEvent, newEvents, newStream } from '../../support/events.ts'
import { testSize } from '../../support/size.ts'
import { besides, openLogIn } from '../../support/sqlite-log.ts'
import { tempDirectory } from '../../support/temp.ts'

describe('A group that cannot be written', () => {
  test.each(['ABORT', 'FAIL', 'ROLLBACK'])(
    '(%s) is an outage for all of it, and the next one is not',
    async (how) => {
      const directory = await tempDirectory()
      const log = openLogIn(directory)
      const position = await appendAll(log, newStream(), newEvents(1))
      const { events, reached } = collect(log, START, 10)
      const other = besides(directory)
      other.exec(`CREATE TRIGGER fault BEFORE INSERT ON events WHEN new.type = 'Fatal'
      BEGIN SELECT RAISE(${how}, 'no such disk'); END`)
      const streams = [newStream(), newStream(), newStream()] as const
      const failing = [
        log.append(streams[0], 'NO_STREAM', newEvents(2))(),
        log.append(streams[1], 'NO_STREAM', [newEvent(), newEvent({}, 'Fatal')])(),
        log.append(streams[2], 'NO_STREAM', newEvents(1))(),
      ]
      const settled = await Promise.allSettled(failing)
      expect(
        settled.map((each) => each.status === 'rejected' && each.reason instanceof StoreUnavailable),
      ).toEqual([true, true, true])
      await expect(failing[0]).rejects.toThrow('The event log cannot be used: no such disk')
      expect(await log.head()).toBe(position)
      other.exec('DROP TRIGGER fault')
      const retried = newEvents(2)
      await reached(await appendAll(log, streams[1], retried))
      expect(events.map(({ stream }) => stream).slice(1)).toEqual([streams[1], streams[1]])
      expect(events).toEqual(await log.readAll({ after: START, limit: 10 }))
    },
  )

  test('because another connection holds the file is an outage until that lets go', async () => {
    const directory = await tempDirectory()
    const log = openLogIn(directory)
    const other = besides(directory)
    other.exec('BEGIN IMMEDIATE')
    const stream = newStream()
    const append = log.append(stream, 'NO_STREAM', newEvents(1))
    await expect(append()).rejects.toThrow(StoreUnavailable)
    expect(await log.readStream(stream, { direction: 'forwards', limit: 1 })).toEqual([])
    other.exec('ROLLBACK')
    expect((await append())._tag).toBe('Right')
  })

  test('because one append is larger than any may be refuses that one alone', async () => {
    const log = openLogIn(await tempDirectory())
    const large = log.append(newStream(), 'NO_STREAM', [newEvent({ text: 'x'.repeat(16_000_001) })])()
    const small = log.append(newStream(), 'NO_STREAM', newEvents(1))()
    await expect(large).rejects.toThrow(RangeError)
    expect((await small)._tag).toBe('Right')
  })
})

/** Its own mounts, so that nothing is left of them whatever happens: needs root or user namespaces, and Linux. */
const inOwnMounts = (script: string, ...args: readonly string[]): string =>
  execFileSync('unshare', ['--map-root-user', '--mount', 'sh', '-c', script, 'sh', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })

const mayMount = ((): boolean => {
  try {
    inOwnMounts('mount -t tmpfs none /mnt')
    return true
  } catch {
    return false
  }
})()

test.skipIf(!mayMount)(
  'A full disk is an outage that leaves nothing behind and passes with its cause',
  async () => {
    const happened = inOwnMounts(
      'mount -t tmpfs -o size=4m none "$1" && exec "$2" "$3" "$1"',
      await tempDirectory(),
      process.execPath,
      fileURLToPath(new URL('./full-disk.ts', import.meta.url)),
    )
    expect(JSON.parse(happened)).toEqual({
      atFirst: 'Right',
      outcome: 'StoreUnavailable',
      together: ['StoreUnavailable', 'StoreUnavailable'],
      nothingWritten: true,
      afterwards: ['Right', 'Left'],
      newest: true,
    })
  },
)

describe('An acknowledged event', () => {
  test('is there after the log was closed and opened again, with everything that was read before', async () => {
    const directory = await tempDirectory()
    const log = openLogIn(directory)
    await appendEach(log, newStream(), newEvents(20))
    const before = await log.readAll({ after: START, limit: 100 })
    await log.close()
    const again = openLogIn(directory)
    expect(await again.readAll({ after: START, limit: 100 })).toEqual(before)
    expect(await again.head()).toBe(before.at(-1)?.position)
  })

  test('is there after kill -9', async () => {
    const directory = await tempDirectory()
    const script = fileURLToPath(new URL('./appending-process.ts', import.meta.url))
    for (let round = 0; round < testSize(1, 10); round += 1) {
      const child = spawn(process.execPath, [script, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
      const ended = new Promise((resolve) => child.once('close', resolve))
      const acknowledged: string[] = []
      for await (const line of createInterface(child.stdout)) {
        acknowledged.push(line)
        if (acknowledged.length === 300) child.kill('SIGKILL')
      }
      await ended
      const log = openLogIn(directory)
      const stored = new Set((await log.readAll({ after: START, limit: 1_000_000 })).map(({ id }) => id))
      expect(acknowledged.length).toBeGreaterThanOrEqual(300)
      expect(acknowledged.filter((id) => !stored.has(id))).toEqual([])
      await log.close()
    }
  })
})

describe('The time of recording', () => {
  test("is the clock's", async () => {
    const log = openLogIn(await tempDirectory(), setClock('2026-05-01T10:00:00.123Z'))
    const stream = newStream()
    await appendAll(log, stream, newEvents(1))
    const [event] = await log.readStream(stream, { direction: 'forwards', limit: 1 })
    expect(event?.recordedAt).toBe('2026-05-01T10:00:00.123Z')
  })

  test('never goes back, though the clock does, nor when the log is opened again', async () => {
    const directory = await tempDirectory()
    const clock = setClock('2026-05-01T10:00:00.000Z')
    const log = openLogIn(directory, clock)
    await appendAll(log, newStream(), newEvents(1))
    clock.set('2026-05-01T09:00:00.000Z')
    await appendAll(log, newStream(), newEvents(1))
    await log.close()
    const again = openLogIn(directory, clock)
    await appendAll(again, newStream(), newEvents(1))
    clock.set('2026-05-01T10:00:00.001Z')
    await appendAll(again, newStream(), newEvents(1))
    expect((await again.readAll({ after: START, limit: 10 })).map(({ recordedAt }) => recordedAt)).toEqual([
      '2026-05-01T10:00:00.000Z',
      '2026-05-01T10:00:00.000Z',
      '2026-05-01T10:00:00.000Z',
      '2026-05-01T10:00:00.001Z',
    ])
  })
})
