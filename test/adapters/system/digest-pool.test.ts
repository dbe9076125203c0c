import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createDigestPool, type DigestPoolOptions } from '../../../src/adapters/system/digest-pool.ts'
import type { Digest, Digester, Digests } from '../../../src/application/ports/digester.ts'
import { rawDisk } from '../../support/images.ts'
import { testSize } from '../../support/size.ts'

const MiB = 1024 * 1024
const bytes = rawDisk(9 * MiB, 1)

const expected = (whole: Uint8Array): Digests => {
  const hex = (algorithm: string): string => createHash(algorithm).update(whole).digest('hex')
  return { sha256: hex('sha256'), sha512: hex('sha512'), sha1: hex('sha1'), md5: hex('md5') }
}

const openPool = (options: DigestPoolOptions = {}): Digester => {
  const pool = createDigestPool(options)
  onTestFinished(() => pool.close())
  return pool
}

const give = async (digest: Digest, whole: Uint8Array, chunkSize: number): Promise<void> => {
  for (let at = 0; at < whole.length; at += chunkSize) await digest.update(whole.subarray(at, at + chunkSize))
}

const digestsOf = async (pool: Digester, whole: Uint8Array, chunkSize = 65_536): Promise<Digests> => {
  const digest = pool.begin()
  await give(digest, whole, chunkSize)
  return digest.finish()
}

/** A pool whose workers the test can get hold of. */
const watchedPool = (options: DigestPoolOptions = {}): { pool: Digester; started: Worker[] } => {
  const started: Worker[] = []
  const startWorker = (): Worker => {
    const worker = new Worker(new URL('../../../src/adapters/system/digest-worker.ts', import.meta.url))
    started.push(worker)
    return worker
  }
  return { pool: openPool({ startWorker, ...options }), started }
}

/** Unlike events.once(), not broken by an error before the end. */
const exit = (worker: Worker): Promise<unknown> => new Promise((resolve) => worker.once('exit', resolve))

describe('The digests are those of the bytes given', () => {
  test('at any chunking', async () => {
    const pool = openPool()
    const cuts = fc.array(fc.oneof(fc.nat(100), fc.nat(MiB)), { maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(cuts, async (sizes) => {
        const digest = pool.begin()
        let at = 0
        for (const size of sizes) {
          const chunk = Buffer.from(bytes.subarray(at, at + size))
          at += chunk.length
          await digest.update(chunk)
          // The chunk is the caller's again.
          chunk.fill(0)
        }
        expect(await digest.finish()).toEqual(expected(bytes.subarray(0, at)))
      }),
      { numRuns: testSize(25, 500) },
    )
  })

  test.each([
    ['nothing', 0],
    ['one byte', 1],
    ['what one slot takes', 512 * 1024],
    ['more than all slots take', bytes.length],
  ])('of %s in one chunk', async (_, length) => {
    const whole = bytes.subarray(0, length)
    expect(await digestsOf(openPool(), whole, whole.length + 1)).toEqual(expected(whole))
  })

  test.each([1, 2, 3, 4])('with %i workers', async (workers) => {
    const pool = openPool({ workers })
    const lengths = [3 * MiB, MiB, 5]
    const digests = await Promise.all(lengths.map((length) => digestsOf(pool, bytes.subarray(0, length))))
    expect(digests).toEqual(lengths.map((length) => expected(bytes.subarray(0, length))))
  })
})

test('Many digests at once do not mix', async () => {
  const pool = openPool()
  const parts = Array.from({ length: testSize(40, 400) }, (_, n) =>
    bytes.subarray(n * 1000, n * 1000 + n * 40_000),
  )
  const digests = await Promise.all(parts.map((part, n) => digestsOf(pool, part, 10_000 + n)))
  expect(digests).toEqual(parts.map(expected))
})

describe('What is used up', () => {
  test('takes no more bytes and gives no second answer', async () => {
    const digest = openPool().begin()
    await digest.update(Buffer.from('a'))
    await digest.finish()
    await expect(digest.update(Buffer.from('b'))).rejects.toThrow('used up')
    await expect(digest.finish()).rejects.toThrow('used up')
  })

  test('is not harmed by abandon()', async () => {
    const digest = openPool().begin()
    await digest.update(bytes)
    const answer = digest.finish()
    digest.abandon()
    expect(await answer).toEqual(expected(bytes))
    digest.abandon()
  })
})

describe('What is abandoned', () => {
  test('takes no more bytes and gives no answer', async () => {
    const digest = openPool().begin()
    await digest.update(Buffer.from('a'))
    digest.abandon()
    digest.abandon()
    await expect(digest.update(Buffer.from('b'))).rejects.toThrow('abandoned')
    await expect(digest.finish()).rejects.toThrow('abandoned')
  })

  test('leaves the others alone, though its memory is used again', async () => {
    const pool = openPool()
    const others = [digestsOf(pool, bytes), digestsOf(pool, bytes)]
    for (let n = 0; n < 10; n += 1) {
      const digest = pool.begin()
      await digest.update(Buffer.alloc(3 * MiB, n))
      digest.abandon()
    }
    others.push(digestsOf(pool, bytes))
    const right = expected(bytes)
    expect(await Promise.all(others)).toEqual([right, right, right])
  })
})

test('A second chunk before the first one is taken is a bug that is told', async () => {
  const digest = openPool().begin()
  const first = digest.update(bytes)
  await expect(digest.update(Buffer.from('b'))).rejects.toThrow('await update()')
  await expect(digest.finish()).rejects.toThrow('await update()')
  await first
  expect(await digest.finish()).toEqual(expected(bytes))
})

test('No more than four slots are taken from a caller while the workers are busy', async () => {
  const startWorker = (): Worker => new Worker('setInterval(() => {}, 1000)', { eval: true })
  const digest = openPool({ startWorker }).begin()
  for (let n = 0; n < 4; n += 1) await digest.update(bytes.subarray(0, 512 * 1024))
  const fifth = digest.update(Buffer.from('b')).then(() => 'taken')
  expect(await Promise.race([fifth, sleep(20, 'waits')])).toBe('waits')
  // Who waits is let go.
  digest.abandon()
  expect(await fifth).toBe('taken')
})

describe('Workers', () => {
  test('are started by the first digest, and not again by the next one', async () => {
    const { pool, started } = watchedPool()
    expect(started.length).toBe(0)
    await digestsOf(pool, bytes.subarray(0, 10))
    await digestsOf(pool, bytes.subarray(0, 20))
    expect(started.length).toBe(2)
  })

  test('end when they are idle, and new ones take their place', async () => {
    const { pool, started } = watchedPool({ idleMillis: 0 })
    await digestsOf(pool, bytes.subarray(0, 10))
    await Promise.all(started.map((worker) => exit(worker)))
    expect(await digestsOf(pool, bytes)).toEqual(expected(bytes))
    expect(started.length).toBe(4)
  })

  test('do not end under a digest that nothing is given for a while', async () => {
    const { pool, started } = watchedPool({ idleMillis: 0 })
    await digestsOf(pool, bytes.subarray(0, 10))
    const digest = pool.begin()
    await sleep(20)
    await digest.update(bytes)
    expect(await digest.finish()).toEqual(expected(bytes))
    expect(started.length).toBe(2)
  })
})

describe('When a worker dies', () => {
  const deaths: readonly (readonly [string, (worker: Worker | undefined) => unknown])[] = [
    ['ended from outside', (worker) => worker?.terminate()],
    ['by an error of its own', (worker) => worker?.postMessage({ type: 'finish', digest: -1 })],
  ]

  test.each(deaths)('%s, the digests under way fail and the next ones succeed', async (_, kill) => {
    const { pool, started } = watchedPool()
    const idle = pool.begin()
    const busy = pool.begin()
    const finishing = pool.begin()
    await finishing.update(bytes)
    const exits = started.map((worker) => exit(worker))
    kill(started[0])
    // Queued behind its death, so that it can never be complete.
    const answer = finishing.finish()
    const flood = (async () => {
      for (;;) await busy.update(bytes)
    })()
    await Promise.all([
      expect(answer).rejects.toThrow('A digest worker'),
      expect(flood).rejects.toThrow('A digest worker'),
      ...exits,
    ])
    await expect(idle.update(Buffer.from('a'))).rejects.toThrow('A digest worker')
    await expect(idle.finish()).rejects.toThrow('A digest worker')
    idle.abandon()

    expect(await digestsOf(pool, bytes)).toEqual(expected(bytes))
    expect(started.length).toBe(4)
  })
})

describe('A pool that is closed', () => {
  test('begins nothing, and fails what is under way', async () => {
    const { pool, started } = watchedPool()
    const digest = pool.begin()
    await digest.update(bytes)
    const exits = started.map((worker) => exit(worker))
    const answer = expect(digest.finish()).rejects.toThrow('closed')
    await pool.close()
    await answer
    await Promise.all(exits)
    expect(() => pool.begin()).toThrow('closed')
  })

  test('may be closed again, or without ever having begun', async () => {
    const pool = createDigestPool()
    await pool.close()
    await pool.close()
  })
})
