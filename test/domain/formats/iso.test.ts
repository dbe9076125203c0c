import { describe, expect, test } from 'vitest'
import { iso, qcow2, rawDisk } from '../../support/images.ts'
import { as, everywhere, outcomes, patched } from './verdicts.ts'

const SECTOR = 2048
const plain = iso()

/** A second descriptor before the terminator, as Joliet has it. */
const withSupplementary = (sectors: number): Buffer => {
  const image = Buffer.concat([plain.subarray(0, 18 * SECTOR), plain.subarray(17 * SECTOR)])
  plain.copy(image, 17 * SECTOR, 16 * SECTOR, 17 * SECTOR)
  image[17 * SECTOR] = 2
  image.writeUInt32LE(sectors, 17 * SECTOR + 80)
  return image
}

describe('A disc is accepted with the size of the bytes that came', () => {
  test.each<[string, Buffer]>([
    ['empty', plain],
    ['with a file', iso({ data: rawDisk(100_000, 1) })],
    ['that boots from a stick by its MBR', iso({ bootable: 'MBR' })],
    ['that boots from a stick by its GPT', iso({ bootable: 'GPT' })],
    ['padded behind its volume', Buffer.concat([plain, Buffer.alloc(300 * SECTOR)])],
    ['with a smaller volume than came', iso({ volumeSectors: 20 })],
    ['with a Joliet volume', withSupplementary(22)],
    ['of UDF, NSR02', patched(rawDisk(50_000, 2), 0x8001, 'NSR02')],
    ['of UDF, NSR03', patched(rawDisk(50_000, 2), 0x8001, 'NSR03')],
  ])('%s', (_, image) => {
    expect(outcomes(image)).toEqual(everywhere(as('ISO', image.length)))
  })
})

describe('A disc is refused as INVALID_IMAGE', () => {
  test.each<[string, Buffer]>([
    ['with a volume of one sector more than came', iso({ volumeSectors: 22 })],
    ['without its last byte', plain.subarray(0, -1)],
    ['where it ends within its first descriptor', plain.subarray(0, 0x8000 + 100)],
    ['where it ends with its identifier', plain.subarray(0, 0x8006)],
    ['where only the big-endian size is too large', patched(plain, 0x8000 + 84, [0, 0, 0, 22])],
    ['where only the big-endian size of a block is too large', patched(plain, 0x8000 + 130, [0x10, 0])],
    [
      'with the largest volume there can be',
      patched(
        plain,
        0x8000 + 80,
        Array.from({ length: 8 }, () => 0xff),
      ),
    ],
    ['with a Joliet volume that is larger than the disc', withSupplementary(23)],
  ])('%s', (_, image) => {
    expect(outcomes(image)).toEqual(everywhere('INVALID_IMAGE'))
  })
})

describe('What only resembles a disc is a raw disk', () => {
  test.each<[string, Buffer]>([
    ['with the identifier one byte early', patched(rawDisk(60_000, 3), 0x8000, 'CD001')],
    ['with the identifier one sector late', patched(rawDisk(60_000, 3), 0x8801, 'CD001')],
    ['with an identifier that is cut off', plain.subarray(0, 0x8005)],
  ])('%s', (_, image) => {
    expect(outcomes(image)).toEqual(everywhere(as('RAW', image.length)))
  })
})

describe('A file that is a disc and something else is refused as AMBIGUOUS_FORMAT', () => {
  const hostile = qcow2({ virtualSize: 1_048_576, backingFile: '/etc/passwd', backingFormat: 'raw' })
  test.each<[string, Buffer]>([
    [
      'with the header of a hostile qcow2',
      Buffer.concat([hostile.subarray(0, 0x8000), plain.subarray(0x8000)]),
    ],
    [
      'with the header of a harmless qcow2',
      Buffer.concat([qcow2({ virtualSize: 512 }).subarray(0, 0x8000), plain.subarray(0x8000)]),
    ],
    ['with the magic of a VMDK', patched(plain, 0, 'KDMV')],
    ['with the footer of a VHD', Buffer.concat([plain, Buffer.from('conectix'.padEnd(512))])],
  ])('%s', (_, image) => {
    expect(outcomes(image)).toEqual(everywhere('AMBIGUOUS_FORMAT'))
  })
})
