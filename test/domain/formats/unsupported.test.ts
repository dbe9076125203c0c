import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { rawDisk } from '../../support/images.ts'
import { as, everywhere, outcomes, patched } from './verdicts.ts'

const disk = rawDisk(4096, 4)
const at = (offset: number, magic: string): Buffer => patched(disk, offset, magic)
const text = (...lines: readonly string[]): Buffer => Buffer.from(lines.join('\n'))

const vmdkFields = [
  'version=1',
  'parentCID=ffffffff',
  'createType="monolithicFlat"',
  'RW 8 FLAT "/etc/passwd" 0',
  '',
]

describe('A format that is not accepted is refused as UNSUPPORTED_FORMAT', () => {
  test.each<[string, Buffer]>([
    ['VMDK', at(0, 'KDMV')],
    ['VMDK of ESX', at(0, 'COWD')],
    ['VMDK, a bare descriptor', text('# Disk DescriptorFile', ...vmdkFields)],
    ['VMDK, a bare descriptor in other letters', text('# disk descriptorfile', ...vmdkFields)],
    ['VMDK, a bare descriptor without its title', text('# x', '', '  ', ...vmdkFields)],
    ['VMDK, a bare descriptor of Windows', Buffer.from(`# x\r\n\r\n${vmdkFields.join('\r\n')}`)],
    ['VMDK, a bare descriptor and nothing else', text('# Disk DescriptorFile')],
    ['VHD, dynamic', at(0, 'conectix')],
    ['VHD, fixed', at(4096 - 512, 'conectix')],
    ['VHD, fixed by an old program', at(4096 - 511, 'conectix')],
    ['VHD, a footer alone', Buffer.from('conectix'.padEnd(512))],
    ['VHDX', at(0, 'vhdxfile')],
    ['VDI', at(0x40, '\x7f\x10\xda\xbe')],
    ['ZFS stream, little-endian', at(0, '\0\0\0\0\0\0\0\0\xac\xcb\xba\xf5\x02\0\0\0')],
    ['ZFS stream, big-endian', at(0, '\0\0\0\0\0\0\0\0\0\0\0\x02\xf5\xba\xcb\xac')],
    ['QED', at(0, 'QED\0')],
    ['qcow of version 1', at(0, 'QFI\xfb\0\0\0\x01')],
    ['LUKS 1', at(0, 'LUKS\xba\xbe\0\x01')],
    ['LUKS 2', at(0, 'LUKS\xba\xbe\0\x02')],
    ['Parallels', at(0, 'WithoutFreeSpace')],
    ['Parallels, extended', at(0, 'WithouFreSpacExt')],
    ['gzip', gzipSync(disk)],
    ['bzip2', at(0, 'BZh9\x31\x41\x59\x26\x53\x59')],
    ['bzip2 of nothing', Buffer.from('BZh9\x17\x72\x45\x38\x50\x90\0\0\0\0', 'latin1')],
    ['xz', at(0, '\xfd7zXZ\0')],
    ['LZ4', at(0, '\x04\x22\x4d\x18')],
    ['LZ4 of old', at(0, '\x02\x21\x4c\x18')],
    ['Zstandard', zstdCompressSync(disk)],
    ['Zstandard behind a frame to skip', at(0, '\x50\x2a\x4d\x18')],
    ['LZ4 behind the last kind of frame to skip', at(0, '\x5f\x2a\x4d\x18')],
  ])('%s', (_, image) => {
    expect(outcomes(image)).toEqual(everywhere('UNSUPPORTED_FORMAT'))
  })
})

describe('What has no magic in full is a raw disk', () => {
  test.each<[string, Buffer]>([
    ['of a single byte', Buffer.from('Q')],
    ['of zeros', Buffer.alloc(2048)],
    ['of three letters of a magic', Buffer.from('KDM')],
    ['with a magic behind its first byte', at(1, 'KDMV')],
    ['with the magic of another method than gzip', at(0, '\x1f\x8b\x07')],
    ['with reserved flags of gzip', at(0, '\x1f\x8b\x08\xe0')],
    ['with two bytes of gzip and no more', Buffer.from([0x1f, 0x8b])],
    ['with the letters of bzip2 alone', at(0, 'BZh9')],
    ['with the magic of a VHD in its middle', at(2048, 'conectix')],
    ['with the magic of a VHD one sector before its end', at(4096 - 1024, 'conectix')],
    ['with the magic of ZFS in another record', at(0, '\x01\0\0\0\0\0\0\0\xac\xcb\xba\xf5\x02\0\0\0')],
    ['that begins with a comment', text('#!/bin/sh', 'version=1.5', 'echo')],
    ['that begins with a comment without an end', Buffer.from(`#${'#'.repeat(5000)}`)],
    ['compressed with what has no magic', brotliCompressSync(disk)],
  ])('%s', (_, image) => {
    expect(outcomes(image)).toEqual(everywhere(as('RAW', image.length)))
  })
})

test('A file in two such formats is refused as AMBIGUOUS_FORMAT', () => {
  const image = patched(at(0, 'vhdxfile'), 0x40, '\x7f\x10\xda\xbe')
  expect(outcomes(image)).toEqual(everywhere('AMBIGUOUS_FORMAT'))
})
