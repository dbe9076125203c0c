import { describe, expect, test } from 'vitest'
import { type Patch, u32be, u64be, vhd } from '../../support/disk-images.ts'
import { rawDisk } from '../../support/images.ts'
import { as, everywhere, outcomes, patched } from './verdicts.ts'

const MiB = 1024 * 1024
const GiB = 1024 * MiB
const DISK = 3 * MiB

const dynamic = (footer: readonly Patch[] = [], dynamicHeader: readonly Patch[] = []): Buffer =>
  vhd({ diskBytes: DISK, footer, dynamicHeader })
const fixed = (...footer: readonly Patch[]): Buffer => vhd({ diskBytes: 4096, kind: 'fixed', footer })

/** The dynamic header where no part of it is in the captured head. */
const farHeader = (): Buffer => {
  const at = 300_000
  const near = dynamic([[16, u64be(at)]])
  const far = Buffer.alloc(at - 512)
  return Buffer.concat([near.subarray(0, 512), far, near.subarray(512)])
}

describe('A VHD image is accepted with the size of its footer', () => {
  test.each<[string, Buffer, number]>([
    ['dynamic', dynamic(), DISK],
    ['dynamic, with its header far from its front', farHeader(), DISK],
    ['dynamic, with an empty disk', vhd({ diskBytes: 0 }), 0],
    ['fixed', fixed(), 4096],
    ['fixed, with more bytes than its disk has', fixed([48, u64be(3584)]), 3584],
    ['with a geometry of less than its size', fixed([56, Buffer.from([0, 1, 1, 7])]), 4096],
    ['with a geometry of its size', fixed([56, Buffer.from([0, 1, 1, 8])]), 4096],
  ])('%s', (_, image, size) => {
    expect(outcomes(image)).toEqual(everywhere(as('VHD', size)))
  })
})

describe('A VHD image is refused as UNSAFE_PARENT', () => {
  const differencing = dynamic([[60, u32be(4)]])
  test.each<[string, Buffer]>([
    ['of the differencing type', differencing],
    ['where only the footer at its front says so', patched(dynamic(), 60, [0, 0, 0, 4])],
    [
      'where only the footer at its end says so',
      patched(dynamic(), dynamic().length - 512 + 60, [0, 0, 0, 4]),
    ],
    ['though it is cut off', differencing.subarray(0, 80)],
    ['with the UUID of a parent', dynamic([], [[40, '\x01']])],
    ['with the name of a parent', dynamic([], [[64, '\0p']])],
    ['with the place of a parent', dynamic([], [[767, '\x01']])],
  ])('%s', (_, image) => {
    expect(outcomes(image)).toEqual(everywhere('UNSAFE_PARENT'))
  })
})

describe('A VHD image is refused as UNSUPPORTED_FEATURE', () => {
  test.each<[string, Buffer]>([
    ['of version 2', fixed([12, u32be(0x20000)])],
    ['of type 0', fixed([60, u32be(0)])],
    ['of type 5', dynamic([[60, u32be(5)]])],
    ['with a footer of 511 bytes', Buffer.concat([fixed().subarray(0, -1)])],
    ['dynamic, with a footer of 511 bytes', dynamic().subarray(0, -1)],
  ])('%s', (_, image) => {
    expect(outcomes(image)).toEqual(everywhere('UNSUPPORTED_FEATURE'))
  })
})

describe('A VHD image is refused as INVALID_IMAGE', () => {
  const whole = dynamic()
  const noFooter = Buffer.concat([whole.subarray(0, -512), Buffer.alloc(512)])
  test.each<[string, Buffer]>([
    ['with nothing but its cookie', Buffer.from('conectix')],
    ['with nothing but a footer', Buffer.from('conectix'.padEnd(512))],
    ['without a footer at its end', noFooter],
    ['where it is cut off', whole.subarray(0, -512)],
    ['with a footer whose checksum is wrong', patched(fixed(), 4096 + 100, [1])],
    ['where its front differs from its end', patched(whole, 100, [1])],
    ['dynamic, without a footer at its front', Buffer.concat([Buffer.alloc(512), whole.subarray(512)])],
    ['fixed, with a footer at its front', Buffer.concat([fixed().subarray(-512), fixed().subarray(512)])],
    ['of a size within a sector', fixed([48, u64be(3585)])],
    ['of a size over 2040 GiB', dynamic([[48, u64be(2040 * GiB + 512)]])],
    ['of 2^64 - 512 bytes', dynamic([[48, u64be(2n ** 64n - 512n)]])],
    ['with a geometry of more than its size', fixed([56, Buffer.from([0, 1, 1, 9])])],
    ['fixed, of more bytes than came', fixed([48, u64be(4608)])],
    ['without a dynamic header where the footer says', dynamic([[16, u64be(1024)]])],
    ['with a dynamic header behind its end', dynamic([[16, u64be(2n ** 63n)]])],
    ['with a dynamic header whose checksum is wrong', patched(whole, 512 + 60, [1])],
    ['with blocks of 0 bytes', dynamic([], [[32, u32be(0)]])],
    ['with blocks of 3 MiB', dynamic([], [[32, u32be(3 * MiB)]])],
    ['with too few blocks for its disk', dynamic([], [[28, u32be(1)]])],
    ['with a block table larger than it', dynamic([], [[28, u32be(0xffffffff)]])],
    ['with a block table behind its end', dynamic([], [[16, u64be(2n ** 64n - 1n)]])],
    ['with a block table that reaches into its footer', dynamic([], [[16, u64be(whole.length - 512 - 7)]])],
  ])('%s', (_, image) => {
    expect(outcomes(image)).toEqual(everywhere('INVALID_IMAGE'))
  })
})

describe('What has the cookie of a VHD elsewhere is a raw disk', () => {
  const disk = rawDisk(4096, 4)
  test.each<[string, number]>([
    ['in its middle', 2048],
    ['one sector before its end', 4096 - 1024],
    ['two bytes behind the place of a footer', 4096 - 510],
  ])('%s', (_, at) => {
    expect(outcomes(patched(disk, at, 'conectix'))).toEqual(everywhere(as('RAW', disk.length)))
  })
})
