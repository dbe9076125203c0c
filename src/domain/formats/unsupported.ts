import { left } from '../kernel/fp.ts'
import { type Capture, hasAt } from './capture.ts'
import { type ContentRefusal, contentRefusal } from './content.ts'
import type { FormatInspector } from './inspector.ts'
import { QCOW_MAGIC } from './qcow2.ts'

interface Unsupported {
  readonly name: string
  readonly refusal: ContentRefusal
  readonly matches: (capture: Capture) => boolean
}

const refuse = (message: string): ContentRefusal => contentRefusal('UNSUPPORTED_FORMAT', message)
const notYet = (name: string): ContentRefusal =>
  refuse(`${name} images are not accepted yet: convert to qcow2 or raw.`)
const never = (name: string): ContentRefusal =>
  refuse(`${name} images are not accepted: convert to qcow2 or raw.`)
const compressed = (name: string): ContentRefusal =>
  refuse(`Images compressed with ${name} are not accepted yet: decompress them first.`)

/** Whether one of the magics (latin1) stands at `offset`. */
const at =
  (offset: number, ...magics: readonly string[]) =>
  ({ head }: Capture): boolean =>
    magics.some((magic) => hasAt(head, offset, magic))

/** QEMU reads as a descriptor whatever has `version=` behind nothing but comments and blank lines. */
const isVmdkDescriptor = ({ head }: Capture): boolean => {
  const text = head.toString('latin1', 0, 4096)
  return /^# disk descriptorfile/i.test(text) || /^(?:#[^\n]*\n| *\r?\n)*version=[1-3]\r?\n/.test(text)
}

/** At the front of a dynamic disk, and at the end of every one; old versions of Virtual PC wrote one byte less. */
const isVhd = ({ head, tail }: Capture): boolean =>
  hasAt(head, 0, 'conectix') ||
  hasAt(tail, tail.length - 512, 'conectix') ||
  hasAt(tail, tail.length - 511, 'conectix')

/** A DRR_BEGIN record (type 0) of either endianness, with its magic 0x2F5bacbac. */
const isZfsStream = (capture: Capture): boolean =>
  at(0, '\0\0\0\0')(capture) && at(8, '\xac\xcb\xba\xf5\x02\0\0\0', '\0\0\0\x02\xf5\xba\xcb\xac')(capture)

/** Deflate is the only method there is, and the upper three flags are reserved (RFC 1952). */
const isGzip = ({ head }: Capture): boolean =>
  hasAt(head, 0, '\x1f\x8b\x08') && ((head[3] ?? 0xff) & 0xe0) === 0

/** The level is a digit, and what follows begins a block, or ends a stream without one. */
const isBzip2 = (capture: Capture): boolean =>
  /^BZh[1-9]$/.test(capture.head.toString('latin1', 0, 4)) &&
  at(4, '\x31\x41\x59\x26\x53\x59', '\x17\x72\x45\x38\x50\x90')(capture)

/** LZ4 and Zstandard share the frames that readers skip; a stream may begin with one. */
const isSkippableFrame = ({ head }: Capture): boolean =>
  hasAt(head, 1, '\x2a\x4d\x18') && ((head[0] ?? 0) & 0xf0) === 0x50

/**
 * Formats that are told by a magic, and refused by name: as RAW they would be stored as what they are not, and a hypervisor
 * that probes would open the files that some of them point at (CVE-2022-47951). Only whole magics count, for a raw disk
 * may begin with any bytes. A format that comes to be supported leaves this list for a file of its own.
 */
const formats: readonly Unsupported[] = [
  { name: 'VMDK', refusal: notYet('VMDK'), matches: at(0, 'KDMV', 'COWD') },
  { name: 'VMDK descriptor', refusal: notYet('VMDK'), matches: isVmdkDescriptor },
  { name: 'VHD', refusal: notYet('VHD'), matches: isVhd },
  { name: 'VHDX', refusal: notYet('VHDX'), matches: at(0, 'vhdxfile') },
  { name: 'VDI', refusal: notYet('VDI'), matches: at(0x40, '\x7f\x10\xda\xbe') },
  { name: 'ZFS stream', refusal: notYet('ZFS stream'), matches: isZfsStream },
  { name: 'QED', refusal: never('QED'), matches: at(0, 'QED\0') },
  {
    name: 'qcow version 1',
    refusal: never('qcow version 1'),
    matches: at(0, `${QCOW_MAGIC.toString('latin1')}\0\0\0\x01`),
  },
  {
    name: 'LUKS',
    refusal: never('LUKS encrypted'),
    matches: at(0, 'LUKS\xba\xbe\0\x01', 'LUKS\xba\xbe\0\x02'),
  },
  { name: 'Parallels', refusal: never('Parallels'), matches: at(0, 'WithoutFreeSpace', 'WithouFreSpacExt') },
  { name: 'gzip', refusal: compressed('gzip'), matches: isGzip },
  { name: 'bzip2', refusal: compressed('bzip2'), matches: isBzip2 },
  { name: 'xz', refusal: compressed('xz'), matches: at(0, '\xfd7zXZ\0') },
  { name: 'LZ4', refusal: compressed('LZ4'), matches: at(0, '\x04\x22\x4d\x18', '\x02\x21\x4c\x18') },
  { name: 'Zstandard', refusal: compressed('Zstandard'), matches: at(0, '\x28\xb5\x2f\xfd') },
  { name: 'LZ4 or Zstandard', refusal: compressed('LZ4 or Zstandard'), matches: isSkippableFrame },
]

export const unsupported: readonly FormatInspector[] = formats.map(({ name, refusal, matches }) => ({
  name,
  inspect: (capture) => (matches(capture) ? left(refusal) : null),
}))
