import { describe, expect, test } from 'vitest'
import { type Patch, u16le, u32le, u64le } from '../../support/disk-images.ts'
import { guids, type VhdxOptions, vhdx, vhdxItem, vhdxRegion } from '../../support/vhdx-images.ts'
import { as, everywhere, type Outcome, outcomeOf, outcomes } from './verdicts.ts'

const MiB = 1024 * 1024
const DISK = 5 * MiB
const of = (options: VhdxOptions = {}): Buffer => vhdx({ diskBytes: DISK, ...options })
const metadata = (...patches: readonly Patch[]): Buffer => of({ metadata: patches })
const regions = (...patches: readonly Patch[]): Buffer => of({ regionTable: patches })
const header = (nth: number, ...patches: readonly Patch[]): Buffer =>
  of({ headers: nth === 0 ? [patches] : [[], patches] })

/** In one piece: the images are of megabytes, and the first tests have each way through at every size of chunk. */
const judged = (image: Buffer): Outcome => outcomeOf([image])

const UNKNOWN = '11'.repeat(16)
const LOG = [48, '\x01'] as const

test('A VHDX image is accepted with the size of its metadata, at every size of chunk', () => {
  expect(outcomes(of())).toEqual(everywhere(as('VHDX', DISK)))
})

test('A VHDX image with a parent is refused as UNSAFE_PARENT, at every size of chunk', () => {
  expect(outcomes(metadata([65_540, u32le(2)]))).toEqual(everywhere('UNSAFE_PARENT'))
})

describe('A VHDX image is accepted', () => {
  test.each<[string, Buffer, number]>([
    ['fixed', metadata([65_540, u32le(1)]), DISK],
    ['with an empty disk', of({ diskBytes: 0 }), 0],
    ['with a first header that was damaged', of({ patches: [[0x10000, 'x']] }), DISK],
    ['with a second header that was damaged', of({ patches: [[0x20000, 'x']] }), DISK],
    ['with a log of old', header(0, LOG), DISK],
    ['with two equal headers', header(1, [8, u64le(1)]), DISK],
    ['with a region that is not needed', regions([8, u32le(3)], vhdxRegion(2, UNKNOWN, MiB, MiB, 0)), DISK],
    ['with metadata that are not needed', metadata([10, u16le(6)], vhdxItem(5, UNKNOWN, 65_600, 4, 0)), DISK],
    [
      'where its metadata are last in what is read of them',
      metadata(vhdxItem(1, guids.diskSize, 69_000, 8), [69_000, u64le(MiB)]),
      MiB,
    ],
  ])('%s', (_, image, size) => {
    expect(judged(image)).toEqual(as('VHDX', size))
  })
})

describe('A VHDX image is refused as UNSAFE_PARENT', () => {
  test.each<[string, Buffer]>([
    ['where it says that it has a parent', metadata([65_540, u32le(3)])],
    [
      'where it says where its parent is',
      metadata([10, u16le(6)], vhdxItem(5, guids.parentLocator, 65_600, 4, 0)),
    ],
    [
      'where the second one of its parameters says so',
      metadata([10, u16le(6)], vhdxItem(5, guids.fileParameters, 65_600, 8), [65_604, u32le(2)]),
    ],
    [
      'though its headers are damaged',
      of({ metadata: [[65_540, u32le(2)]], patches: [[0x10000, Buffer.alloc(0x20000)]] }),
    ],
  ])('%s', (_, image) => {
    expect(judged(image)).toBe('UNSAFE_PARENT')
  })
})

describe('A VHDX image is refused as UNSUPPORTED_FEATURE', () => {
  test.each<[string, Buffer]>([
    ['of version 2', header(1, [66, u16le(2)])],
    ['with a log that is to be replayed', header(1, LOG)],
    ['with such a log in the only header', of({ headers: [[LOG]], patches: [[0x20000, 'x']] })],
    ['with more regions than are read', regions([8, u32le(128)])],
    ['with a region that is needed and not known', regions([8, u32le(3)], vhdxRegion(2, UNKNOWN, MiB))],
    [
      'with metadata that are needed and not known',
      metadata([10, u16le(6)], vhdxItem(5, UNKNOWN, 65_600, 4)),
    ],
    ['with sectors of 4,096 bytes', metadata([65_568, u32le(4096)])],
  ])('%s', (_, image) => {
    expect(judged(image)).toBe('UNSUPPORTED_FEATURE')
  })
})

describe('A VHDX image is refused as INVALID_IMAGE', () => {
  const whole = of()
  test.each<[string, Buffer]>([
    ['with nothing but its signature', whole.subarray(0, 8)],
    ['where it ends within its first region table', whole.subarray(0, 0x3ffff)],
    ['where it ends with its first region table', whole.subarray(0, 0x40000)],
    ['where it ends within its metadata', whole.subarray(0, 3 * MiB + 65_536)],
    ['where it ends within a region', whole.subarray(0, -1)],
    [
      'with two headers that were damaged',
      of({
        patches: [
          [0x10100, 'x'],
          [0x20100, 'x'],
        ],
      }),
    ],
    ['with two headers of one number', header(1, [8, u64le(1)], [100, 'x'])],
    ['with a region table whose checksum is wrong', of({ patches: [[0x3ffff, 'x']] })],
    ['with a region table without its signature', regions([0, 'x'])],
    ['with a second region table that differs', of({ secondTable: [[16 + 32 + 16, u64le(2 * MiB)]] })],
    ['without metadata', regions(vhdxRegion(1, UNKNOWN, 3 * MiB, MiB, 0))],
    ['without a block table', regions(vhdxRegion(0, UNKNOWN, 2 * MiB, MiB, 0))],
    ['with two regions of metadata', regions([8, u32le(3)], vhdxRegion(2, guids.metadata, MiB))],
    ['with a region behind its end', regions(vhdxRegion(1, guids.metadata, 4 * MiB))],
    ['with a region among its headers', regions(vhdxRegion(1, guids.metadata, 0))],
    ['with a region between two MiB', regions(vhdxRegion(1, guids.metadata, 3 * MiB - 512))],
    ['with metadata of 0 bytes', regions(vhdxRegion(1, guids.metadata, 3 * MiB, 0))],
    ['with metadata of less than their table', regions(vhdxRegion(1, guids.metadata, 3 * MiB, 65_535))],
    ['with metadata without their signature', metadata([0, 'x'])],
    ['with metadata without an entry', metadata([10, u16le(0)])],
    ['with more metadata than a table has', metadata([10, u16le(2048)])],
    ['without the size of its disk', metadata(vhdxItem(1, UNKNOWN, 65_544, 8, 0))],
    ['with two sizes of its disk', metadata([10, u16le(6)], vhdxItem(5, guids.diskSize, 65_544, 8))],
    ['with a size of its disk of 4 bytes', metadata(vhdxItem(1, guids.diskSize, 65_544, 4))],
    ['with metadata within their table', metadata(vhdxItem(1, guids.diskSize, 65_528, 8))],
    [
      'with metadata behind what is read of them',
      metadata(vhdxItem(1, guids.diskSize, 65_536 + 60 * 1024 - 7, 8)),
    ],
    ['with metadata far away', metadata(vhdxItem(1, guids.diskSize, 0xffffffff, 8))],
    ['with blocks of 0 bytes', metadata([65_536, u32le(0)])],
    ['with blocks of 512 KiB', metadata([65_536, u32le(MiB / 2)])],
    ['with blocks of 3 MiB', metadata([65_536, u32le(3 * MiB)])],
    ['with blocks of 512 MiB', metadata([65_536, u32le(512 * MiB)])],
    ['with a disk that ends within a sector', metadata([65_544, u64le(MiB + 1)])],
    ['with a block table too small for its disk', metadata([65_544, u64le(2n ** 41n)], [65_536, u32le(MiB)])],
    ['with a disk of 2^64 - 512 bytes', metadata([65_544, u64le(2n ** 64n - 512n)])],
  ])('%s', (_, image) => {
    expect(judged(image)).toBe('INVALID_IMAGE')
  })
})

test('A VHDX image whose disk is over the limit is refused as VIRTUAL_SIZE_LIMIT', () => {
  const largeBlocks: Patch = [65_536, u32le(32 * MiB)]
  expect(judged(of({ diskBytes: 2 ** 40, metadata: [largeBlocks] }))).toEqual(as('VHDX', 2 ** 40))
  expect(judged(of({ diskBytes: 2 ** 40 + 512, metadata: [largeBlocks] }))).toBe('VIRTUAL_SIZE_LIMIT')
})
