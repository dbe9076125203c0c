import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  createDecoderPool,
  type DecoderPoolOptions,
} from '../../../../src/adapters/system/decompression/decoder-pool.ts'
import type { Decompressor } from '../../../../src/application/ports/decompressor.ts'
import { as, chunksOf, type Outcome } from '../../../domain/formats/verdicts.ts'
import { bomb, packedSamples, packings, sample, zstd, zstdBomb } from '../../../support/compressed.ts'
import { qcow2, rawDisk } from '../../../support/images.ts'

const MiB = 1024 * 1024
const MAX_BYTES = 2n ** 40n
const disk = rawDisk(3 * MiB, 1)

const openPool = (options: DecoderPoolOptions = {}): Decompressor => {
  const pool = createDecoderPool(options)
  onTestFinished(() => pool.close())
  return pool
}

/** What is said of an image; null where it is not compressed. `early`: before all of it was given. */
const look = async (
  pool: Decompressor,
  image: Uint8Array,
  { chunkSize = 65_536, maxBytes = MAX_BYTES } = {},
): Promise<{ readonly outcome: Outcome | null; readonly early: boolean }> => {
  const decompression = pool.begin(maxBytes)
  try {
    for (const chunk of chunksOf(image, chunkSize)) {
      const given = Uint8Array.from(chunk)
      const refusal = await decompression.update(given)
      // The chunk is the caller's again.
      given.fill(0)
      if (refusal !== null) return { outcome: refusal.code, early: true }
    }
    const verdict = await decompression.finish()
    const outcome = verdict?._tag === 'Left' ? verdict.left.code : (verdict?.right ?? null)
    return { outcome, early: false }
  } finally {
    decompression.abandon()
  }
}

const outcomeOf = async (pool: Decompressor, image: Uint8Array, chunkSize?: number) =>
  (await look(pool, image, chunkSize === undefined ? {} : { chunkSize })).outcome

describe('What is within is told at any chunking', () => {
  test.each(packings)('of %s', async (compression) => {
    const pool = openPool()
    for (const chunkSize of [1, 17, 512, 65_536, MiB])
      expect(await outcomeOf(pool, packedSamples[compression], chunkSize)).toEqual({
        ...as('RAW', sample.length),
        compression,
      })
  })

  test.each([17, 65_536, MiB])(
    'of more than the decoder is lent memory for, in chunks of %i',
    async (chunkSize) => {
      const packed = gzipSync(disk, { level: 0 })
      expect(await outcomeOf(openPool(), packed, chunkSize)).toEqual({
        ...as('RAW', disk.length),
        compression: 'GZIP',
      })
    },
  )
})

test.each([
  ['of random bytes', disk],
  ['that is shorter than all magics', Buffer.from([0x1f, 0x8b])],
  ['without a byte', Buffer.alloc(0)],
])('Of an image %s that is not compressed nothing is said, and no thread is started', async (_, image) => {
  const startWorker = (): Worker => {
    throw new Error('A thread was started')
  }
  expect(await look(openPool({ startWorker }), image)).toEqual({ outcome: null, early: false })
})

describe('What is within is judged like an image that comes by itself', () => {
  const hostile = qcow2({ virtualSize: MiB, backingFile: '/etc/passwd' })

  test.each<[string, Buffer, Outcome]>([
    ['nothing', gzipSync(''), 'EMPTY_IMAGE'],
    ['a qcow2', gzipSync(qcow2({ virtualSize: MiB })), 'UNSUPPORTED_FORMAT'],
    ['an unsafe qcow2', gzipSync(hostile), 'UNSAFE_BACKING_FILE'],
    ['an unsafe qcow2 in zstd', zstd(hostile), 'UNSAFE_BACKING_FILE'],
    ['another layer', gzipSync(gzipSync(sample)), 'NESTED_COMPRESSION'],
    ['a layer of another kind', gzipSync(packedSamples.XZ), 'NESTED_COMPRESSION'],
    [
      'two formats at once',
      gzipSync(Buffer.concat([hostile, Buffer.from('conectix'.padEnd(512))])),
      'AMBIGUOUS_FORMAT',
    ],
    // The first member holds nothing, or half of the header: checkers that look at it alone are fooled.
    [
      'an unsafe qcow2 in its second member',
      Buffer.concat([gzipSync(''), gzipSync(hostile)]),
      'UNSAFE_BACKING_FILE',
    ],
    [
      'an unsafe qcow2 over the border of two members',
      Buffer.concat([gzipSync(hostile.subarray(0, 5)), gzipSync(hostile.subarray(5))]),
      'UNSAFE_BACKING_FILE',
    ],
    ['junk behind its end', Buffer.concat([gzipSync(sample), Buffer.from('junk')]), 'INVALID_IMAGE'],
  ])('%s', async (_, image, outcome) => {
    const pool = openPool()
    for (const chunkSize of [17, 65_536]) expect(await outcomeOf(pool, image, chunkSize)).toEqual(outcome)
  })
})

describe('A bomb', () => {
  test.each<[string, Buffer]>([
    ['of 1 GiB in 785 bytes', bomb],
    ['of 100 GiB', zstdBomb(100 * 1024)],
  ])('%s is refused as soon as too much has come out', async (_, image) => {
    const { outcome } = await look(openPool(), image, { maxBytes: 10n * BigInt(MiB) })
    expect(outcome).toBe('DECOMPRESSED_LIMIT')
  })

  test('is refused before all of it has been sent', async () => {
    const image = zstdBomb(400 * 1024)
    const outcome = await look(openPool(), image, { maxBytes: 10n * BigInt(MiB) })
    expect(outcome).toEqual({ outcome: 'DECOMPRESSED_LIMIT', early: true })
  })

  test('of exactly as much as is allowed is an image', async () => {
    const pool = openPool()
    const image = zstdBomb(10)
    expect((await look(pool, image, { maxBytes: 10n * BigInt(MiB) })).outcome).toEqual({
      ...as('RAW', 10 * MiB),
      compression: 'ZSTD',
    })
    expect((await look(pool, image, { maxBytes: 10n * BigInt(MiB) - 1n })).outcome).toBe('DECOMPRESSED_LIMIT')
  })

  test('within a bomb is not opened', async () => {
    expect(await outcomeOf(openPool(), gzipSync(bomb))).toBe('NESTED_COMPRESSION')
  })

  test('that would take too long is ended in the midst of it', async () => {
    const pool = openPool({ maxMillis: 3000 })
    const image = Buffer.concat(Array.from({ length: 100 }, () => bomb))
    expect(await outcomeOf(pool, image)).toBe('DECOMPRESSED_LIMIT')
    expect(await outcomeOf(pool, gzipSync('x'))).toEqual({ ...as('RAW', 1), compression: 'GZIP' })
  })
})

/** A worker that says nothing, whatever it is given. */
const silent = (): Worker => new Worker('setInterval(() => {}, 1000)', { eval: true })
const dying = (): Worker => new Worker('process.exit(1)', { eval: true })
const failing = (): Worker => new Worker('throw new Error("the decoder has a bug")', { eval: true })
const packed = gzipSync(disk)

describe('A decoder', () => {
  test('that hangs is ended, and its image refused', async () => {
    const { outcome, early } = await look(openPool({ startWorker: silent, maxMillis: 50 }), packed)
    expect({ outcome, early }).toEqual({ outcome: 'DECOMPRESSED_LIMIT', early: true })
  })

  test('is not ended for waiting for bytes', async () => {
    const decompression = openPool({ maxMillis: 3000 }).begin(MAX_BYTES)
    const half = packed.length / 2
    await decompression.update(packed.subarray(0, half))
    await sleep(3500)
    expect(await decompression.update(packed.subarray(half))).toBe(null)
    expect(await decompression.finish()).toMatchObject({ _tag: 'Right' })
  })

  test.each([
    ['dies', dying, 'A decoder ended with code 1'],
    ['fails', failing, 'A decoder failed'],
  ])('that %s has its image refused, and is told of', async (_, startWorker, message) => {
    const crashes: string[] = []
    const pool = openPool({ startWorker, onCrash: (reason) => crashes.push(reason.message) })
    expect(await outcomeOf(pool, packed)).toBe('INVALID_IMAGE')
    expect(crashes).toEqual([message])
  })
})

describe('While all places are taken', () => {
  test('the next image waits for its turn, and gets it when another is abandoned', async () => {
    const pool = openPool({ places: 1 })
    const first = pool.begin(MAX_BYTES)
    await first.update(packed)
    const second = look(pool, packed)
    const third = look(pool, packed)
    expect(await Promise.race([second, third, sleep(50, 'they wait')])).toBe('they wait')
    first.abandon()
    const right = { outcome: { ...as('RAW', disk.length), compression: 'GZIP' }, early: false }
    expect(await Promise.all([second, third])).toEqual([right, right])
  })

  test('who gives up waiting takes no place', async () => {
    const pool = openPool({ places: 1 })
    const first = pool.begin(MAX_BYTES)
    await first.update(packed)
    const second = pool.begin(MAX_BYTES)
    const waiting = second.update(packed)
    second.abandon()
    await expect(waiting).rejects.toThrow('abandoned')
    first.abandon()
    expect(await outcomeOf(pool, gzipSync('x'))).toEqual({ ...as('RAW', 1), compression: 'GZIP' })
  })

  test('an image that is not compressed waits for nobody', async () => {
    const pool = openPool({ places: 1 })
    await pool.begin(MAX_BYTES).update(packed)
    expect(await outcomeOf(pool, disk)).toBe(null)
  })

  test('one that is refused makes room, though it is still being sent', async () => {
    const pool = openPool({ places: 1 })
    const corrupt = pool.begin(MAX_BYTES)
    await corrupt.update(Buffer.concat([gzipSync('x'), disk]))
    expect(await outcomeOf(pool, gzipSync('x'))).toEqual({ ...as('RAW', 1), compression: 'GZIP' })
    expect(await corrupt.finish()).toMatchObject({ left: { code: 'INVALID_IMAGE' } })
  })
})

test('No more than the memory it lends is taken from a caller while the decoder is busy', async () => {
  const decompression = openPool({ startWorker: silent }).begin(MAX_BYTES)
  await decompression.update(packed.subarray(0, MiB))
  const more = decompression.update(Buffer.from('b')).then(
    () => 'taken',
    () => 'let go',
  )
  expect(await Promise.race([more, sleep(20, 'waits')])).toBe('waits')
  decompression.abandon()
  expect(await more).toBe('let go')
})

test('A pool that is closed begins nothing, and fails what is under way', async () => {
  const pool = createDecoderPool({ startWorker: silent })
  const decompression = pool.begin(MAX_BYTES)
  await decompression.update(packed.subarray(0, 10_000))
  const answer = expect(decompression.finish()).rejects.toThrow('closed')
  await pool.close()
  await answer
  expect(() => pool.begin(MAX_BYTES)).toThrow('closed')
  await pool.close()
})
