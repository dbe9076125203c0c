import { constants, deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import xxhash from 'xxhash-wasm'
import type { Packed } from '../../../../src/domain/formats/compression.ts'
import { patched } from '../../../domain/formats/verdicts.ts'
import { packedSamples, packings, sample, skippable, zstd } from '../../../support/compressed.ts'
import { rawDisk } from '../../../support/images.ts'
import { testSize } from '../../../support/size.ts'
import { decoded } from './decoded.ts'

const { concat } = Buffer
const junk = Buffer.from('junk that is of no format')

describe.each(packings)('%s', (compression) => {
  const packed = packedSamples[compression]

  test.each([1, 17, 512, 65_536])('comes out the same in chunks of %i', async (chunkSize) => {
    expect(await decoded(compression, packed, chunkSize)).toEqual(sample)
  })

  test.each([1, 17, 65_536])('goes on with what follows, in chunks of %i', async (chunkSize) => {
    expect(await decoded(compression, concat([packed, packed]), chunkSize)).toEqual(concat([sample, sample]))
  })

  test.each([1, 65_536])('is refused with junk behind it, in chunks of %i', async (chunkSize) => {
    for (const tail of [junk, Buffer.from([packed[0] ?? 0]), Buffer.alloc(1), Buffer.alloc(511)])
      expect(await decoded(compression, concat([packed, tail]), chunkSize)).toBe('INVALID_IMAGE')
  })

  test('is refused wherever it is cut off, the second one too', async () => {
    for (let length = 1; length < packed.length; length += 1) {
      expect(await decoded(compression, packed.subarray(0, length))).toBe('INVALID_IMAGE')
      if (length % 16 === 1)
        expect(await decoded(compression, concat([packed, packed.subarray(0, length)]))).toBe('INVALID_IMAGE')
    }
  })

  test('never gives anything else when a byte of it is another one', async () => {
    for (let at = 0; at < packed.length; at += 1) {
      const flipped = patched(packed, at, [(packed[at] ?? 0) ^ (1 << (at % 8))])
      const outcome = await decoded(compression, flipped)
      // Some bytes say nothing of the content: a name, a time, padding.
      if (typeof outcome === 'string') expect(['INVALID_IMAGE', 'UNSUPPORTED_FEATURE']).toContain(outcome)
      else expect(outcome).toEqual(sample)
    }
  })
})

/** A change to bytes at a place that is given in millionths of them. */
const change = fc.record({
  place: fc.nat(999_999),
  removed: fc.nat(40),
  added: fc.oneof(fc.uint8Array({ maxLength: 12 }), fc.constant('a copy of itself' as const)),
})

const changed = (
  bytes: Buffer,
  changes: readonly (typeof change extends fc.Arbitrary<infer C> ? C : never)[],
) =>
  changes.reduce((all, { place, removed, added }) => {
    const at = Math.floor((all.length * place) / 1_000_000)
    return concat([
      all.subarray(0, at),
      added === 'a copy of itself' ? bytes : added,
      all.subarray(at + removed),
    ])
  }, bytes)

test(
  'Whatever is done to a compressed image, there is an outcome, the same at any chunking',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...packings),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(7, 512),
        async (compression, changes, chunkSize) => {
          const image = changed(packedSamples[compression], changes)
          const outcome = await decoded(compression, image, chunkSize)
          expect(outcome).toEqual(await decoded(compression, image))
        },
      ),
      { numRuns: testSize(2000, 20_000) },
    )
  },
  testSize(60_000, 600_000),
)

test('Bytes that are compressed with nothing are refused', async () => {
  for (const compression of packings)
    expect(await decoded(compression, rawDisk(5000, 1))).toBe('INVALID_IMAGE')
})

describe('gzip', () => {
  test('may have members without content before and between', async () => {
    const none = gzipSync('')
    expect(await decoded('GZIP', concat([none, none, gzipSync(sample), none, gzipSync('x')]))).toEqual(
      concat([sample, Buffer.from('x')]),
    )
  })

  test('of a bare deflate is refused', async () => {
    expect(await decoded('GZIP', deflateRawSync(sample))).toBe('INVALID_IMAGE')
  })
})

describe('Zstandard', () => {
  const header = (...bytes: readonly number[]): Buffer => Buffer.from([0x28, 0xb5, 0x2f, 0xfd, ...bytes])
  const emptyBlock = Buffer.from([1, 0, 0])

  test.each<[string, Buffer]>([
    ['a window above 128 MiB', header(0, (27 - 10) * 8 + 1)],
    ['the largest window', header(0, 0xff)],
    ['a single segment above 128 MiB', header(0xa0, 1, 0, 0, 8)],
    ['a single segment of 2^63 bytes', header(0xe0, 0, 0, 0, 0, 0, 0, 0, 0x80)],
    ['a dictionary', header(1, 0x58, 7)],
    ['a dictionary with a long number', header(3, 0x58, 0, 0, 1, 0)],
  ])('that takes %s is refused as UNSUPPORTED_FEATURE', async (_, frame) => {
    expect(await decoded('ZSTD', concat([frame, emptyBlock]))).toBe('UNSUPPORTED_FEATURE')
    // Behind another frame as well.
    expect(await decoded('ZSTD', concat([zstd(sample), frame, emptyBlock]))).toBe('UNSUPPORTED_FEATURE')
  })

  test('may have the largest window that is allowed', async () => {
    expect(await decoded('ZSTD', concat([header(0, (27 - 10) * 8), emptyBlock]))).toEqual(Buffer.alloc(0))
    const params = { [constants.ZSTD_c_windowLog]: 27 }
    expect(await decoded('ZSTD', zstdCompressSync(sample, { params }))).toEqual(sample)
  })

  test('is refused where more comes out than its header says', async () => {
    // A single segment of one byte, and a run of 300.
    expect(await decoded('ZSTD', concat([header(0x20, 1), Buffer.from([0x63, 9, 0, 0])]))).toBe(
      'INVALID_IMAGE',
    )
  })
})

describe('LZ4', () => {
  const word = (value: number): Buffer => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(value)
    return bytes
  }
  const plainA = concat([word(0x80000001), Buffer.from('a')])
  const end = word(0)

  /** A frame with this descriptor and one block, by default a plain byte. */
  const frame = async (
    flags: number,
    size: number,
    more: readonly number[] = [],
    block = plainA,
  ): Promise<Buffer> => {
    const descriptor = Buffer.from([flags, size, ...more])
    const check = ((await xxhash()).h32Raw(descriptor) >>> 8) & 0xff
    return concat([word(0x184d2204), descriptor, Buffer.from([check]), block, end])
  }

  test('of a frame with one plain byte is that byte', async () => {
    expect(await decoded('LZ4', await frame(0x60, 0x40))).toEqual(Buffer.from('a'))
  })

  test('is refused where its checksum is another one', async () => {
    const checked = await frame(0x64, 0x40)
    const sum = (await xxhash()).h32Raw(Buffer.from('a'))
    expect(await decoded('LZ4', concat([checked, word(sum)]))).toEqual(Buffer.from('a'))
    expect(await decoded('LZ4', concat([checked, word(sum ^ 1)]))).toBe('INVALID_IMAGE')
  })

  test.each([
    ['before its beginning', [0x10, 0x61, 2, 0, 0]],
    ['nowhere', [0x10, 0x61, 0, 0, 0]],
    ['beyond its end', [0x1f, 0x61, 1, 0, ...Array.from({ length: 300 }, () => 255), 0, 0]],
  ])('is refused where it copies from %s', async (_, sequence) => {
    const block = concat([word(sequence.length), Buffer.from(sequence)])
    const image = await frame(0x60, 0x40, [], block)
    expect(await decoded('LZ4', image)).toBe('INVALID_IMAGE')
    // There is something before it then, which is of another frame.
    expect(await decoded('LZ4', concat([packedSamples.LZ4, image]))).toBe('INVALID_IMAGE')
  })

  test('may copy from what it has copied', async () => {
    // A literal, a match of 5 at 1, and a literal to end with.
    const sequence = Buffer.from([0x11, 0x61, 1, 0, 0x10, 0x62])
    const image = await frame(0x60, 0x40, [], concat([word(sequence.length), sequence]))
    expect(await decoded('LZ4', image)).toEqual(Buffer.from('aaaaaab'))
  })

  test.each([
    ['a dictionary', 0x61, 0x40, [1, 2, 3, 4]],
    ['another version', 0xa0, 0x40, []],
    ['a reserved flag', 0x62, 0x40, []],
    ['a size of block that is not known', 0x60, 0x30, []],
  ])('with %s is refused as UNSUPPORTED_FEATURE', async (_, flags, size, more) => {
    expect(await decoded('LZ4', await frame(flags, size, more))).toBe('UNSUPPORTED_FEATURE')
  })

  test('is refused where it is not of the size that it says', async () => {
    expect(await decoded('LZ4', await frame(0x68, 0x40, [1, 0, 0, 0, 0, 0, 0, 0]))).toEqual(Buffer.from('a'))
    expect(await decoded('LZ4', await frame(0x68, 0x40, [2, 0, 0, 0, 0, 0, 0, 0]))).toBe('INVALID_IMAGE')
  })

  test('is refused where a legacy frame follows', async () => {
    const legacy = Buffer.from([2, 0x21, 0x4c, 0x18, 2, 0, 0, 0, 0x10, 0x61])
    expect(await decoded('LZ4', concat([packedSamples.LZ4, legacy]))).toBe('INVALID_IMAGE')
  })
})

test.each<Packed>(['LZ4', 'ZSTD'])('%s may have frames to skip, which must be whole', async (compression) => {
  const packed = packedSamples[compression]
  const skipped = skippable(rawDisk(100_000, 5))
  for (const chunkSize of [17, 65_536])
    expect(
      await decoded(compression, concat([skipped, packed, skipped, packed, skipped]), chunkSize),
    ).toEqual(concat([sample, sample]))
  expect(await decoded(compression, concat([packed, skipped.subarray(0, -1)]))).toBe('INVALID_IMAGE')
})

test('xz may have padding by fours between its streams', async () => {
  const pad = Buffer.alloc(4)
  const { XZ } = packedSamples
  expect(await decoded('XZ', concat([XZ, pad, XZ, pad, pad]), 17)).toEqual(concat([sample, sample]))
})
