import { describe, expect, test } from 'vitest'
import { type Patch, u32le, u64le, vdi } from '../../support/disk-images.ts'
import { as, everywhere, outcomes } from './verdicts.ts'

const MiB = 1024 * 1024
const DISK = 3 * MiB
const of = (...patches: readonly Patch[]): Buffer => vdi({ diskBytes: DISK, patches })
const small = vdi({ diskBytes: 5000, kind: 'static' })

describe('A VDI image is accepted with the size of its disk', () => {
  test.each<[string, Buffer, number]>([
    ['dynamic', of(), DISK],
    ['static', small, 5120],
    ['of an odd size, in whole sectors', of([0x170, u64le(DISK - 511)]), DISK],
    ['with an empty disk', vdi({ diskBytes: 0 }), 0],
    ['with bytes behind its end', Buffer.concat([of(), Buffer.alloc(700)]), DISK],
  ])('%s', (_, image, size) => {
    expect(outcomes(image)).toEqual(everywhere(as('VDI', size)))
  })
})

describe('A VDI image is refused as UNSAFE_PARENT', () => {
  test.each<[string, Buffer]>([
    ['of the differencing type', of([0x4c, u32le(4)])],
    ['with the first byte of a linkage', of([0x1a8, '\x01'])],
    ['with the last byte of a linkage', of([0x1b7, '\x01'])],
    ['with the first byte of a parent', of([0x1b8, '\x01'])],
    ['with the last byte of a parent', of([0x1c7, '\x01'])],
    ['though it ends within its header', of([0x4c, u32le(4)]).subarray(0, 0x60)],
    ['though its version is not known', of([0x1b8, '\x01'], [0x44, u32le(7)])],
  ])('%s', (_, image) => {
    expect(outcomes(image)).toEqual(everywhere('UNSAFE_PARENT'))
  })
})

describe('A VDI image is refused as UNSUPPORTED_FEATURE', () => {
  test.each<[string, Buffer]>([
    ['of version 1.0', of([0x44, u32le(0x10000)])],
    ['of type 0', of([0x4c, u32le(0)])],
    ['of the undo type', of([0x4c, u32le(3)])],
    ['of type 5', of([0x4c, u32le(5)])],
    ['with sectors of 4,096 bytes', of([0x168, u32le(4096)])],
    ['with blocks of 2 MiB', of([0x178, u32le(2 * MiB)])],
  ])('%s', (_, image) => {
    expect(outcomes(image)).toEqual(everywhere('UNSUPPORTED_FEATURE'))
  })
})

describe('A VDI image is refused as INVALID_IMAGE', () => {
  test.each<[string, Buffer]>([
    ['where it ends with its signature', of().subarray(0, 0x44)],
    ['where it ends a byte before its header does', of().subarray(0, 0x1c7)],
    ['where it ends within its block map', of().subarray(0, 1023)],
    ['where its last block is cut off', small.subarray(0, -1)],
    ['with fewer blocks than its disk takes', of([0x180, u32le(2)])],
    ['with a disk of 2^64 - 1 bytes', of([0x170, u64le(2n ** 64n - 1n)])],
    ['with more blocks in use than it has', of([0x184, u32le(4)])],
    ['with a block map behind its end', of([0x154, u32le(0xfffffe00)])],
    ['with a block map larger than it', of([0x180, u32le(0xffffffff)])],
    ['with blocks behind its end', of([0x158, u32le(0xfffffe00)])],
    ['with a block map within a sector', of([0x154, u32le(513)])],
    ['with blocks that begin within a sector', of([0x158, u32le(1023)])],
  ])('%s', (_, image) => {
    expect(outcomes(image)).toEqual(everywhere('INVALID_IMAGE'))
  })
})
