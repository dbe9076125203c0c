import { describe, expect, test } from 'vitest'
import {
  BACKING_FORMAT_EXTENSION,
  DATA_FILE_EXTENSION,
  FEATURE_NAMES_EXTENSION,
  type Qcow2Options,
  qcow2,
} from '../../support/images.ts'
import { as, everywhere, outcomes, patched } from './verdicts.ts'

const MiB = 1024 * 1024
const DISK = 7 * MiB

const of = (options: Partial<Qcow2Options>): Buffer =>
  qcow2({ virtualSize: DISK, clusterBits: 12, ...options })
const bits = (...numbers: readonly number[]): { incompatible: bigint } => ({
  incompatible: numbers.reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n),
})
const extension = (type: number, bytes: number) => ({ type, data: Buffer.alloc(bytes, 'x') })
const u32 = (value: number): readonly number[] => [
  value >>> 24,
  (value >>> 16) & 255,
  (value >>> 8) & 255,
  value & 255,
]

const u64 = (value: number): readonly number[] => [...u32(Math.floor(value / 2 ** 32)), ...u32(value)]

/** Four entries in the fourth cluster of 4,096 bytes, which is the last one. */
const L1_END = 3 * 4096 + 4 * 8
/** With a refcount table that is said to be in that cluster too. */
const refcountsLast = patched(of({}), 48, u64(3 * 4096))

describe('A qcow2 image is accepted with the size of its disk', () => {
  const plain = of({})
  test.each<[string, Buffer, number]>([
    ['of version 3', plain, DISK],
    ['of version 2', of({ version: 2 }), DISK],
    [
      'of version 2, where what would be feature bits are extensions',
      of({ version: 2, extensions: [extension(0xfffffffc, 40)] }),
      DISK,
    ],
    ['with an empty disk', of({ virtualSize: 0 }), 0],
    ['with the smallest clusters', of({ virtualSize: MiB, clusterBits: 9 }), MiB],
    ['with clusters larger than what is captured', of({ clusterBits: 19 }), DISK],
    ['with extended L2 entries', of({ clusterBits: 16, ...bits(4) }), DISK],
    ['compressed with zstd', of({ compressionType: 1, ...bits(3) }), DISK],
    ['with zlib in a longer header', of({ compressionType: 0 }), DISK],
    ['that was not closed cleanly', of(bits(0)), DISK],
    ['with a table of feature names', of({ extensions: [extension(FEATURE_NAMES_EXTENSION, 288)] }), DISK],
    ['with an extension that nobody knows', of({ extensions: [extension(0x12345678, 13)] }), DISK],
    [
      'whose extensions fill the first cluster',
      of({ clusterBits: 9, virtualSize: MiB, extensions: [extension(1, 512 - 104 - 8 - 8)] }),
      MiB,
    ],
    [
      'whose last extension ends with the cluster',
      patched(of({ clusterBits: 9, virtualSize: MiB }), 104, [...u32(1), ...u32(512 - 104 - 8)]),
      MiB,
    ],
    ['where it ends with its L1 table', plain.subarray(0, L1_END), DISK],
    ['where it ends within the last cluster, that of its refcounts', refcountsLast.subarray(0, L1_END), DISK],
    ['without an L1 table, wherever it would be', patched(of({ virtualSize: 0 }), 40, u64(2 ** 40)), 0],
    [
      'with a list of snapshots',
      patched(plain, 60, [...u32(1), ...u64(L1_END - 40)]).subarray(0, L1_END),
      DISK,
    ],
  ])('%s', (_, image, virtualSize) => {
    expect(outcomes(image)).toEqual(everywhere(as('QCOW2', virtualSize)))
  })
})

describe('A qcow2 image is refused as UNSAFE_BACKING_FILE', () => {
  const hostile = of({ backingFile: '/etc/passwd', backingFormat: 'raw' })
  test.each<[string, Buffer]>([
    ['where it names a backing file', of({ backingFile: '/etc/passwd' })],
    ['where it names one and its format', hostile],
    ['in version 2', of({ version: 2, backingFile: '/etc/passwd' })],
    ['where it names no more than the format', of({ backingFormat: 'raw' })],
    [
      'where the format stands behind other extensions',
      of({ extensions: [extension(1, 100), extension(2, 7)], backingFormat: 'raw' }),
    ],
    ['where the offset lies beyond the file', patched(of({}), 8, [0x7f])],
    ['with 200 bytes of it left', hostile.subarray(0, 200)],
    ['with 80 bytes of it left', hostile.subarray(0, 80)],
    ['with 16 bytes of it left', hostile.subarray(0, 16)],
    ['with clusters that cannot be', patched(hostile, 20, u32(99))],
    ['with a disk over the limit', patched(hostile, 24, [0x7f])],
    ['with features that nobody knows', patched(hostile, 72, [0x80])],
    [
      'where the length of the format is made up',
      patched(of({ backingFormat: 'raw' }), 108, u32(0xffffffff)),
    ],
  ])('%s', (_, image) => {
    expect(outcomes(image)).toEqual(everywhere('UNSAFE_BACKING_FILE'))
  })
})

describe('A qcow2 image is refused as UNSAFE_DATA_FILE', () => {
  const hostile = of({ dataFile: '/etc/shadow' })
  test.each<[string, Buffer]>([
    ['where it names a data file', hostile],
    ['where only the feature bit is set', of(bits(2))],
    ['where only the extension is there', patched(hostile, 72, [0, 0, 0, 0, 0, 0, 0, 0])],
    ['in version 2, by the extension', of({ version: 2, extensions: [extension(DATA_FILE_EXTENSION, 11)] })],
    [
      'where the extension stands behind others',
      of({ extensions: [extension(1, 2000), extension(DATA_FILE_EXTENSION, 11)] }),
    ],
    [
      'where the extension is cut off',
      of({ extensions: [extension(DATA_FILE_EXTENSION, 11)] }).subarray(0, 114),
    ],
    [
      'where the extension stands late in a large cluster',
      of({ clusterBits: 18, extensions: [extension(1, 200_000), extension(DATA_FILE_EXTENSION, 11)] }),
    ],
  ])('%s', (_, image) => {
    expect(outcomes(image)).toEqual(everywhere('UNSAFE_DATA_FILE'))
  })

  test('though the format of a backing file comes later', () => {
    const image = of({
      extensions: [extension(DATA_FILE_EXTENSION, 8), extension(BACKING_FORMAT_EXTENSION, 3)],
    })
    expect(outcomes(image)).toEqual(everywhere('UNSAFE_DATA_FILE'))
  })
})

describe('A qcow2 image is refused as UNSUPPORTED_FEATURE', () => {
  test.each<[string, Buffer]>([
    ['in version 0', patched(of({}), 4, u32(0))],
    ['in version 4', patched(of({}), 4, u32(4))],
    ['with the first incompatible feature that is not known', of(bits(5))],
    ['with the last one', of(bits(63))],
    ['with a known and an unknown feature', of(bits(3, 40))],
    ['encrypted with AES', of({ cryptMethod: 1 })],
    ['encrypted with LUKS', of({ cryptMethod: 2 })],
    ['with the header of its encryption', of({ extensions: [extension(0x0537be77, 16)] })],
    ['compressed in a third way', of({ compressionType: 2, ...bits(3) })],
  ])('%s', (_, image) => {
    expect(outcomes(image)).toEqual(everywhere('UNSUPPORTED_FEATURE'))
  })
})

describe('A qcow2 image is refused as INVALID_IMAGE', () => {
  const plain = of({})
  test.each<[string, Buffer]>([
    ['where nothing but the magic is left', plain.subarray(0, 4)],
    ['where it ends within its version', plain.subarray(0, 7)],
    ['where it ends before its feature bits', plain.subarray(0, 72)],
    ['where it ends within its header', plain.subarray(0, 103)],
    ['where it ends with its header', plain.subarray(0, 104)],
    ['where version 2 ends within its header', of({ version: 2 }).subarray(0, 71)],
    ['with clusters of less than 512 bytes', patched(plain, 20, u32(8))],
    ['with clusters of more than 2 MiB', patched(plain, 20, u32(22))],
    ['with clusters of 2^(2^32 - 1) bytes', patched(plain, 20, u32(0xffffffff))],
    ['with a header of 96 bytes', patched(plain, 100, u32(96))],
    ['with a header of 105 bytes', patched(plain, 100, u32(105))],
    ['with a header longer than its cluster', patched(plain, 100, u32(4104))],
    ['with an extension longer than its cluster', patched(plain, 104, [...u32(1), ...u32(4096)])],
    [
      'with an extension that leaves its cluster by a byte',
      patched(plain, 104, [...u32(1), ...u32(4096 - 104 - 8 + 1)]),
    ],
    ['with an extension of 4 GiB', patched(plain, 104, [...u32(1), ...u32(0xffffffff)])],
    ['where it ends within its extensions', of({ extensions: [extension(1, 100)] }).subarray(0, 150)],
    [
      'with extensions that leave what is captured',
      of({ clusterBits: 19, extensions: [extension(1, 300_000)] }),
    ],
    ['marked as corrupt', of(bits(1))],
    ['with 200 bytes of it left', plain.subarray(0, 200)],
    ['where it ends a byte before its L1 table does', plain.subarray(0, L1_END - 1)],
    ['with an L1 table behind its end', patched(plain, 40, u64(2 ** 40))],
    ['with an L1 table larger than it', patched(plain, 36, u32(0xffffffff))],
    ['where it ends before the cluster of its refcounts', refcountsLast.subarray(0, 3 * 4096)],
    ['with a refcount table behind its end', patched(plain, 48, u64(2 ** 40))],
    ['with a refcount table larger than it', patched(plain, 56, u32(0xffffffff))],
    ['with snapshots behind its end', patched(plain, 60, [...u32(1), ...u64(2 ** 40)])],
    ['with more snapshots than it has room for', patched(plain, 60, [...u32(0xffffffff), ...u64(4096)])],
  ])('%s', (_, image) => {
    expect(outcomes(image)).toEqual(everywhere('INVALID_IMAGE'))
  })
})

describe('A qcow2 image is refused as VIRTUAL_SIZE_LIMIT', () => {
  test.each<[string, Buffer]>([
    ['with a disk of one byte too much', patched(of({}), 24, [0, 0, 1, 0, 0, 0, 0, 1])],
    [
      'with a disk of 2^64 - 1 bytes',
      patched(
        of({}),
        24,
        Array.from({ length: 8 }, () => 0xff),
      ),
    ],
  ])('%s', (_, image) => {
    expect(outcomes(image)).toEqual(everywhere('VIRTUAL_SIZE_LIMIT'))
  })

  test('and accepted with a disk of just as much', () => {
    const image = patched(of({}), 24, [0, 0, 1, 0, 0, 0, 0, 0])
    expect(outcomes(image)).toEqual(everywhere(as('QCOW2', 1n << 40n)))
  })
})
