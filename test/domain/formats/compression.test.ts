import { brotliCompressSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { compressionOf, extensionOf, judgeWithin } from '../../../src/domain/formats/compression.ts'
import { type Compression, contentRefusal } from '../../../src/domain/formats/content.ts'
import { left, right } from '../../../src/domain/kernel/fp.ts'
import { packedSamples, skippable } from '../../support/compressed.ts'
import { rawDisk } from '../../support/images.ts'
import { as, everywhere, outcomes, patched } from './verdicts.ts'

const disk = rawDisk(4096, 4)
const at = (offset: number, magic: string): Buffer => patched(disk, offset, magic)
const { LZ4, ZSTD } = packedSamples

describe('A compressed stream is known by its first bytes', () => {
  test.each<[string, Buffer, Compression]>([
    ['gzip', packedSamples.GZIP, 'GZIP'],
    ['bzip2', packedSamples.BZIP2, 'BZIP2'],
    ['bzip2 of nothing', Buffer.from('BZh9\x17\x72\x45\x38\x50\x90\0\0\0\0', 'latin1'), 'BZIP2'],
    ['xz', packedSamples.XZ, 'XZ'],
    ['LZ4', LZ4, 'LZ4'],
    ['Zstandard', ZSTD, 'ZSTD'],
    [
      'LZ4 behind frames to skip',
      Buffer.concat([skippable(disk.subarray(0, 99)), skippable(Buffer.alloc(0)), LZ4]),
      'LZ4',
    ],
    ['Zstandard behind a frame to skip', Buffer.concat([skippable(Buffer.alloc(4)), ZSTD]), 'ZSTD'],
  ])('%s', (_, image, compression) => {
    expect(compressionOf(image)).toBe(compression)
    expect(outcomes(image)).toEqual(everywhere({ ...as('RAW', image.length), compression }))
  })
})

describe('What begins otherwise is not compressed', () => {
  test.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['the magic of another method than gzip', at(0, '\x1f\x8b\x07')],
    ['reserved flags of gzip', at(0, '\x1f\x8b\x08\xe0')],
    ['two bytes of gzip and no more', Buffer.from([0x1f, 0x8b])],
    ['the letters of bzip2 alone', at(0, 'BZh9')],
    ['the level 0 of bzip2', at(0, 'BZh0\x31\x41\x59\x26\x53\x59')],
    ['five bytes of xz', at(0, '\xfd7zXZ\x01')],
    ['a magic behind the first byte', at(1, '\x28\xb5\x2f\xfd')],
    ['what has no magic', brotliCompressSync(disk)],
  ])('%s', (_, image) => {
    expect(compressionOf(image)).toBe('NONE')
  })
})

describe('A frame to skip is refused as UNSUPPORTED_FORMAT', () => {
  test.each<[string, Buffer]>([
    ['where nothing follows', skippable(disk)],
    ['where it is cut off', at(0, '\x50\x2a\x4d\x18').subarray(0, 6)],
    ['where a raw disk follows', Buffer.concat([skippable(Buffer.alloc(1)), disk])],
    ['where data follows further on than anybody looks', Buffer.concat([skippable(disk), ZSTD])],
  ])('%s', (_, image) => {
    expect(outcomes(image)).toEqual(everywhere('UNSUPPORTED_FORMAT'))
  })
})

test('A compressed file that ends in the footer of a VHD is refused as AMBIGUOUS_FORMAT', () => {
  const footer = Buffer.from('conectix'.padEnd(512))
  expect(outcomes(Buffer.concat([gzipSync(disk), footer]))).toEqual(everywhere('AMBIGUOUS_FORMAT'))
  // As a gzip that is right to its last byte: eight bytes end it, the footer is 504 plain ones of the content before them.
  const content = Buffer.from('conectix'.padEnd(504))
  expect(outcomes(gzipSync(content, { level: 0 }))).toEqual(everywhere('AMBIGUOUS_FORMAT'))
})

describe('What is within a compression', () => {
  test('is what it is, where it is RAW or ZFS', () => {
    expect(judgeWithin('XZ', right(as('RAW', 7)))).toEqual(right({ ...as('RAW', 7), compression: 'XZ' }))
    expect(judgeWithin('XZ', right(as('ZFS', 7)))).toEqual(right({ ...as('ZFS', 7), compression: 'XZ' }))
  })

  test('is refused for what it was refused for by itself', () => {
    const refused = left(contentRefusal('UNSAFE_BACKING_FILE', 'It names another file.'))
    expect(judgeWithin('XZ', refused)).toEqual(refused)
  })

  test('is refused where it is compressed again, or of a format with a compression of its own', () => {
    expect(judgeWithin('XZ', right({ ...as('RAW', 7), compression: 'GZIP' }))).toMatchObject({
      left: { code: 'NESTED_COMPRESSION' },
    })
    expect(judgeWithin('GZIP', right(as('QCOW2', 7)))).toEqual(
      left({
        code: 'UNSUPPORTED_FORMAT',
        message: 'The image is QCOW2 within GZIP: decompress it and send the QCOW2 image itself.',
      }),
    )
  })
})

test('Files are named by their compression', () => {
  const all = ['NONE', 'GZIP', 'BZIP2', 'XZ', 'LZ4', 'ZSTD'] as const
  expect(all.map(extensionOf)).toEqual(['', '.gz', '.bz2', '.xz', '.lz4', '.zst'])
})
