import { describe, expect, test } from 'vitest'
import { type Patch, u16le, u32le, u64le, vmdk, vmdkDescriptor } from '../../support/disk-images.ts'
import { rawDisk } from '../../support/images.ts'
import { as, everywhere, outcomeOf, outcomes, patched } from './verdicts.ts'

const MiB = 1024 * 1024
type Lines = Parameters<typeof vmdkDescriptor>[0]

const saying = (lines: Lines): Buffer => vmdk({ descriptor: vmdkDescriptor(lines) })
const sparse = (...header: readonly Patch[]): Buffer => vmdk({ header })
const stream = (...header: readonly Patch[]): Buffer => vmdk({ kind: 'streamOptimized', header })
const whole = stream()

describe('A VMDK image is accepted with the capacity of its header', () => {
  const gap = '\n'.repeat(20 * 512 - vmdkDescriptor().length - 1)
  test.each<[string, Buffer]>([
    ['sparse', sparse()],
    ['a stream, with its directory named in its footer', whole],
    ['a stream without a directory, to be read from its front', stream([56, u64le(2n ** 64n - 1n)])],
    ['of version 2', sparse([4, u32le(2)])],
    ['of version 3', sparse([4, u32le(3)])],
    ['with a redundant directory', sparse([8, u32le(3)], [48, u64le(21)])],
    ['without the check of line ends', sparse([8, u32le(0)], [73, '\n\n\r\n'])],
    ['with a descriptor of Windows', saying({ lineEnd: '\r\n' })],
    ['with a descriptor of an old Mac', saying({ lineEnd: '\r' })],
    ['with a descriptor that fills its sectors but for a byte', vmdk({ descriptor: vmdkDescriptor() + gap })],
    ['with a descriptor said to be of just less than 2 MiB', sparse([36, u64le(4095)])],
    ['with a read-only extent', saying({ extents: ['RDONLY 2048 SPARSE "disk.vmdk"'] })],
    ['with an extent of less than its capacity', saying({ extents: ['RW 2000\tSPARSE "a disk (1).vmdk" '] })],
    ['with no parent in capitals', saying({ parentCid: 'parentCID=FFFFFFFF' })],
    [
      'as VirtualBox writes it',
      saying({
        lines: [
          'ddb.uuid.image="ed4a61a5-3f39-4f5e-8a1c-fa2a3b2e8b11"',
          'ddb.uuid.parent="00000000-0000-0000-0000-000000000000"',
          'ddb.uuid.parentmodification="00000000-0000-0000-0000-000000000000"',
        ],
      }),
    ],
    [
      'as ESX writes it',
      saying({ lines: ['encoding="UTF-8"', 'isNativeSnapshot="no"', 'ddb.longContentID = "c0"'] }),
    ],
  ])('%s', (_, image) => {
    expect(outcomes(image)).toEqual(everywhere(as('VMDK', MiB)))
  })
})

describe('A VMDK image is refused as UNSAFE_PARENT', () => {
  const hint = 'parentFileNameHint="/etc/passwd"'
  test.each<[string, Buffer]>([
    ['with the name of a parent', saying({ lines: [hint] })],
    ['with its name in a comment, where QEMU finds it', saying({ lines: [`# ${hint}`] })],
    ['with its name in other letters', saying({ lines: [hint.toLowerCase()] })],
    ['with its name within another line', saying({ lines: [`ddb.comment = "x ${hint}"`] })],
    ['with its name behind a CR', saying({ lines: [`# x\r${hint}`] })],
    ['with its name behind the end of the text', saying({ lines: [`\0${hint}`] })],
    ['with its name, though it is cut off', saying({ lines: [hint] }).subarray(0, 800)],
    [
      'with its name, though its version is not known',
      vmdk({ descriptor: vmdkDescriptor({ lines: [hint] }), header: [[4, u32le(9)]] }),
    ],
    [
      'with its name behind a descriptor that is said to be short',
      vmdk({ descriptor: `#${' '.repeat(600)}\n${hint}`, header: [[36, u64le(1)]] }),
    ],
    ['with the id of a parent', saying({ parentCid: 'parentCID=12345678' })],
    ['with the id of a parent that begins with eight f', saying({ parentCid: 'parentCID=ffffffff0' })],
    ['with the id of a parent in quotes', saying({ parentCid: 'parentCID = "12345678"' })],
    ['with a second id', saying({ lines: ['parentCID=12345678'] })],
    ['with a first id', saying({ parentCid: 'PARENTCID=1\nparentCID=ffffffff' })],
    [
      'with an id in a comment, where QEMU finds it',
      saying({ parentCid: '#parentCID=1\nparentCID=ffffffff' }),
    ],
    [
      'with the UUID of a parent',
      saying({ lines: ['ddb.uuid.parent="ed4a61a5-3f39-4f5e-8a1c-fa2a3b2e8b11"'] }),
    ],
    ['with the parent of a native snapshot', saying({ lines: ['ddb.nativeParentHint="x"'] })],
  ])('%s', (_, image) => {
    expect(outcomes(image)).toEqual(everywhere('UNSAFE_PARENT'))
  })
})

describe('A VMDK image is refused as UNSAFE_EXTENT', () => {
  const types = [
    'monolithicFlat',
    'twoGbMaxExtentSparse',
    'vmfs',
    'fullDevice',
    'custom',
    '',
    'MONOLITHICSPARSE',
  ]
  test.each<[string, Buffer]>([
    ...types.map((type): [string, Buffer] => [
      `of type "${type}"`,
      saying({ createType: `createType="${type}"` }),
    ]),
    ['with a type of a second line', saying({ lines: ['createType="monolithicFlat"'] })],
    ['with a type of a comment', saying({ createType: '#createType="vmfs"\ncreateType="monolithicSparse"' })],
    ['with a type in other letters', saying({ lines: ['CREATETYPE="monolithicSparse"'] })],
    ['with an absolute path', saying({ extents: ['RW 2048 SPARSE "/etc/passwd"'] })],
    ['with a relative path', saying({ extents: ['RW 2048 SPARSE "../other.vmdk"'] })],
    ['with a path of Windows', saying({ extents: ['RW 2048 SPARSE "..\\other.vmdk"'] })],
    ['with a protocol', saying({ extents: ['RW 2048 SPARSE "json:{}"'] })],
    ['with a flat extent', saying({ extents: ['RW 2048 FLAT "disk.vmdk" 0'] })],
    ['with an extent of no file', saying({ extents: ['RW 2048 ZERO'] })],
    ['with an extent in other letters', saying({ extents: ['rw 2048 flat "/etc/passwd" 0'] })],
    ['with an extent behind spaces', saying({ lines: ['  RW 1 FLAT "/etc/passwd" 0'] })],
    ['with an extent behind a CR', saying({ lines: ['#\rRW 1 FLAT "/etc/passwd" 0'] })],
    [
      'with an extent in several lines, as QEMU reads them',
      saying({ extents: ['RW', '1', 'FLAT', '"/etc/passwd" 0'] }),
    ],
    ['with an extent behind the end of the text', saying({ lines: ['\0RW 1 FLAT "/etc/passwd" 0'] })],
    ['with two extents', saying({ extents: ['RW 1 SPARSE "a.vmdk"', 'RW 1 SPARSE "b.vmdk"'] })],
    ['with a file of changes', saying({ lines: ['changeTrackPath="/etc/passwd"'] })],
    ['with a sidecar', saying({ lines: ['ddb.sidecars = "x_1.vmfd;"'] })],
    [
      'with a capacity of 0, for which QEMU would open its extents',
      vmdk({
        descriptor: vmdkDescriptor({
          createType: 'createType="monolithicFlat"',
          extents: ['RW 8 FLAT "/etc/passwd" 0'],
        }),
        header: [[12, u64le(0)]],
      }),
    ],
  ])('%s', (_, image) => {
    expect(outcomes(image)).toEqual(everywhere('UNSAFE_EXTENT'))
  })
})

describe('A bare descriptor, which is the disk of other files, is refused as UNSAFE_EXTENT', () => {
  const fields = [
    'version=1',
    'parentCID=ffffffff',
    'createType="monolithicFlat"',
    'RW 8 FLAT "/etc/passwd" 0',
    '',
  ]
  const text = (...lines: readonly string[]): Buffer => Buffer.from(lines.join('\n'))
  test.each<[string, Buffer]>([
    ['plain', text('# Disk DescriptorFile', ...fields)],
    ['in other letters', text('# disk descriptorfile', ...fields)],
    ['without its title', text('# x', '', '  ', ...fields)],
    ['of Windows', Buffer.from(`# x\r\n\r\n${fields.join('\r\n')}`)],
    ['and nothing else', text('# Disk DescriptorFile')],
    ['of one that would be in one file', Buffer.from(vmdkDescriptor())],
  ])('%s', (_, image) => {
    expect(outcomes(image)).toEqual(everywhere('UNSAFE_EXTENT'))
  })
})

describe('A VMDK image is refused as UNSUPPORTED_FEATURE', () => {
  test.each<[string, Buffer]>([
    ['of version 0', sparse([4, u32le(0)])],
    ['of version 4', sparse([4, u32le(4)])],
    ['compressed in another way', sparse([77, u16le(2)])],
  ])('%s', (_, image) => {
    expect(outcomes(image)).toEqual(everywhere('UNSUPPORTED_FEATURE'))
  })
})

describe('A VMDK image is refused as INVALID_IMAGE', () => {
  test.each<[string, Buffer]>([
    ['with nothing but its magic', Buffer.from('KDMV')],
    ['where it ends within its descriptor', sparse().subarray(0, 700)],
    ['that was sent as text', sparse([73, '\n \n\n'])],
    ['with a disk of 0 sectors', saying({ extents: ['RW 0 SPARSE "disk.vmdk"'] }).fill(0, 12, 20)],
    ['with its descriptor at another sector', sparse([28, u64le(2)])],
    ['without a descriptor', sparse([28, u64le(0)], [36, u64le(0)])],
    ['with a descriptor of 0 sectors', sparse([36, u64le(0)])],
    ['with a descriptor of 2 MiB', sparse([36, u64le(4096)])],
    ['with a descriptor of 2^64 - 1 sectors', sparse([36, u64le(2n ** 64n - 1n)])],
    ['with an empty descriptor', vmdk({ descriptor: '' })],
    ['with a descriptor without an end', vmdk({ patches: [[512, Buffer.alloc(65_024, '#')]] })],
    ['without the id of a parent', saying({ parentCid: '' })],
    ['without a type', saying({ createType: '' })],
    ['with its type twice', saying({ lines: ['createType="monolithicSparse"'] })],
    ['without an extent', saying({ extents: [] })],
    ['with an extent of more than its capacity', saying({ extents: ['RW 2049 SPARSE "disk.vmdk"'] })],
    ['with a line that is nothing', saying({ lines: ['FLAT "/etc/passwd" 0'] })],
    ['with a line of blanks that goes on and on', saying({ lines: [`${' '.repeat(60_000)}x`] })],
    ['with control characters', saying({ lines: ['ddb.x = "\v"'] })],
    ['with grains of 0 sectors', sparse([20, u64le(0)])],
    ['with grains of 96 sectors', sparse([20, u64le(96)])],
    ['with grains of 2 GiB', sparse([20, u64le(2 ** 22)])],
    ['with no grains in a table', sparse([44, u32le(0)])],
    ['with 513 grains in a table', sparse([44, u32le(513)])],
    ['with its directory behind its end', sparse([56, u64le(2n ** 63n)])],
    ['with a directory larger than it', sparse([12, u64le(2n ** 64n - 1n)])],
    ['with its redundant directory behind its end', sparse([8, u32le(3)], [48, u64le(128)])],
    ['where it ends before its grains', sparse().subarray(0, -1)],
    ['where its footer is cut off', whole.subarray(0, -512)],
    ['where its footer is not at its very end', Buffer.concat([whole, Buffer.alloc(511)])],
    ['without the marker of its footer', patched(whole, whole.length - 1536 + 12, [0])],
    ['with a size in that marker', patched(whole, whole.length - 1536 + 8, [1])],
    ['without the marker of its end', patched(whole, whole.length - 512, [1])],
    ['with a footer of another capacity', patched(whole, whole.length - 1024 + 12, [0, 9])],
    ['with a footer without its magic', patched(whole, whole.length - 1024, 'KDMX')],
    ['with a footer of another compression', patched(whole, whole.length - 1024 + 77, [0])],
    [
      'where its footer does not begin with a sector',
      Buffer.concat([whole.subarray(0, -1536), Buffer.alloc(100), whole.subarray(-1536)]),
    ],
    [
      'with its directory, as its footer says, behind its end',
      patched(whole, whole.length - 1024 + 56, [0, 0, 1]),
    ],
  ])('%s', (_, image) => {
    expect(outcomes(image)).toEqual(everywhere('INVALID_IMAGE'))
  })
})

test('A VMDK image whose disk is over the limit is refused as VIRTUAL_SIZE_LIMIT', () => {
  expect(outcomeOf([sparse()], BigInt(MiB))).toEqual(as('VMDK', MiB))
  expect(outcomeOf([sparse()], BigInt(MiB) - 1n)).toBe('VIRTUAL_SIZE_LIMIT')
})

test('What has three letters of the magic, or has it late, is a raw disk', () => {
  const disk = rawDisk(4096, 4)
  expect(outcomes(Buffer.from('KDM'))).toEqual(everywhere(as('RAW', 3)))
  expect(outcomes(patched(disk, 1, 'KDMV'))).toEqual(everywhere(as('RAW', disk.length)))
  expect(outcomes(Buffer.from('#!/bin/sh\nversion=1.5\necho'))).toEqual(everywhere(as('RAW', 26)))
})
