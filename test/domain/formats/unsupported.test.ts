import { brotliCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { rawDisk } from '../../support/images.ts'
import { as, everywhere, outcomes, patched } from './verdicts.ts'

const disk = rawDisk(4096, 4)
const at = (offset: number, magic: string): Buffer => patched(disk, offset, magic)
const text = (...lines: readonly string[]): Buffer => Buffer.from(lines.join('\n'))

describe('A format that is not accepted is refused as UNSUPPORTED_FORMAT', () => {
  test.each<[string, Buffer]>([
    ['VMDK of ESX', at(0, 'COWD')],
    ['QED', at(0, 'QED\0')],
    ['qcow of version 1', at(0, 'QFI\xfb\0\0\0\x01')],
    ['LUKS 1', at(0, 'LUKS\xba\xbe\0\x01')],
    ['LUKS 2', at(0, 'LUKS\xba\xbe\0\x02')],
    ['Parallels', at(0, 'WithoutFreeSpace')],
    ['Parallels, extended', at(0, 'WithouFreSpacExt')],
    ['LZ4 of old', at(0, '\x02\x21\x4c\x18')],
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
    ['of three letters of a magic', Buffer.from('QED')],
    ['with a magic behind its first byte', at(1, 'COWD')],
    ['with the magic of another method than gzip', at(0, '\x1f\x8b\x07')],
    ['with reserved flags of gzip', at(0, '\x1f\x8b\x08\xe0')],
    ['with two bytes of gzip and no more', Buffer.from([0x1f, 0x8b])],
    ['with the letters of bzip2 alone', at(0, 'BZh9')],
    ['that begins with a comment', text('#!/bin/sh', 'version=1.5', 'echo')],
    ['that begins with a comment without an end', Buffer.from(`#${'#'.repeat(5000)}`)],
    ['compressed with what has no magic', brotliCompressSync(disk)],
  ])('%s', (_, image) => {
    expect(outcomes(image)).toEqual(everywhere(as('RAW', image.length)))
  })
})

test('A file in such a format and in another one is refused as AMBIGUOUS_FORMAT', () => {
  const image = patched(at(0, 'QED\0'), 0x40, '\x7f\x10\xda\xbe')
  expect(outcomes(image)).toEqual(everywhere('AMBIGUOUS_FORMAT'))
})
