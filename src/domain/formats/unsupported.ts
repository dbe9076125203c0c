import { left } from '../kernel/fp.ts'
import { type Capture, hasAt } from './capture.ts'
import { compressionOf, isSkippableFrame } from './compression.ts'
import { type ContentRefusal, contentRefusal } from './content.ts'
import type { FormatInspector } from './inspector.ts'
import { QCOW_MAGIC } from './qcow2.ts'

interface Unsupported {
  readonly name: string
  readonly refusal: ContentRefusal
  readonly matches: (capture: Capture) => boolean
}

const refuse = (message: string): ContentRefusal => contentRefusal('UNSUPPORTED_FORMAT', message)
const never = (name: string): ContentRefusal =>
  refuse(`${name} images are not accepted: convert to qcow2 or raw.`)

/** Whether one of the magics (latin1) stands at `offset`. */
const at =
  (offset: number, ...magics: readonly string[]) =>
  ({ head }: Capture): boolean =>
    magics.some((magic) => hasAt(head, offset, magic))

/** What a reader would have to look for beyond all that is captured, and nobody writes. */
const isLostBehindFrames = ({ head }: Capture): boolean =>
  isSkippableFrame(head) && compressionOf(head) === 'NONE'

/**
 * Formats that are told by a magic, and refused by name: as RAW they would be stored as what they are not, and a hypervisor
 * that probes would open the files that some of them point at (CVE-2022-47951). Only whole magics count, for a raw disk
 * may begin with any bytes. A format that comes to be supported leaves this list for a file of its own.
 */
const formats: readonly Unsupported[] = [
  { name: 'VMDK of ESX', refusal: never('VMDK of ESX (COWD)'), matches: at(0, 'COWD') },
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
  {
    name: 'legacy LZ4',
    refusal: refuse(
      'Images in the legacy format of LZ4 are not accepted: compress them with lz4 and without -l.',
    ),
    matches: at(0, '\x02\x21\x4c\x18'),
  },
  {
    name: 'LZ4 or Zstandard',
    refusal: refuse(
      'The image begins with a frame that readers skip, and no data follows it: leave that frame out.',
    ),
    matches: isLostBehindFrames,
  },
]

export const unsupported: readonly FormatInspector[] = formats.map(({ name, refusal, matches }) => ({
  name,
  inspect: (capture) => (matches(capture) ? left(refusal) : null),
}))
