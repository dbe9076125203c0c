import { left, right } from '../kernel/fp.ts'
import { type Capture, hasAt } from './capture.ts'
import { type ContentRefusal, contentRefusal } from './content.ts'
import type { FormatInspector } from './inspector.ts'

/** Sixteen sectors are left to the system (ECMA-119, 6.2.1): an isohybrid keeps its MBR or GPT there. */
const FIRST_DESCRIPTOR = 0x8000
const SECTOR_BYTES = 2048
const identifiers = ['CD001', 'NSR02', 'NSR03']

const PRIMARY = 1
const SUPPLEMENTARY = 2
const TERMINATOR = 255

/**
 * ISO 9660 (ECMA-119) and UDF (ECMA-167) discs. Refused: a volume that is larger than the bytes received. The virtual size
 * is that of the bytes received, which an isohybrid's or a padded disc's may exceed the volume's.
 */
export const iso: FormatInspector = {
  name: 'ISO',
  inspect: (capture) => {
    if (!identifiers.some((identifier) => hasAt(capture.head, FIRST_DESCRIPTOR + 1, identifier))) return null
    const refusal = cutOff(capture) ?? volumeTooLarge(capture)
    return refusal === null ? right({ format: 'ISO', virtualSizeBytes: capture.sizeBytes }) : left(refusal)
  },
}

const cutOff = ({ sizeBytes }: Capture): ContentRefusal | null =>
  sizeBytes < FIRST_DESCRIPTOR + SECTOR_BYTES
    ? contentRefusal('INVALID_IMAGE', 'The ISO image ends inside of its first volume descriptor.')
    : null

const volumeTooLarge = ({ head, sizeBytes }: Capture): ContentRefusal | null => {
  const largest = volumeDescriptors(head).map(volumeBytes).reduce(larger, 0n)
  return largest > sizeBytes
    ? contentRefusal(
        'INVALID_IMAGE',
        `The ISO image describes a volume of ${largest} bytes, but only ${sizeBytes} bytes came: it is cut off.`,
      )
    : null
}

/** The primary and supplementary (Joliet) descriptors of the set that begins at sector 16. */
const volumeDescriptors = (head: Buffer): readonly Buffer[] => {
  const found: Buffer[] = []
  for (let at = FIRST_DESCRIPTOR; at + SECTOR_BYTES <= head.length; at += SECTOR_BYTES) {
    const type = head[at]
    if (!hasAt(head, at + 1, 'CD001') || type === TERMINATOR) break
    if (type === PRIMARY || type === SUPPLEMENTARY) found.push(head.subarray(at, at + SECTOR_BYTES))
  }
  return found
}

/** Both numbers are stored little-endian and big-endian; readers differ in which they take, so the larger one counts. */
const volumeBytes = (descriptor: Buffer): bigint => {
  const blocks = Math.max(descriptor.readUInt32LE(80), descriptor.readUInt32BE(84))
  const blockBytes = Math.max(descriptor.readUInt16LE(128), descriptor.readUInt16BE(130))
  return BigInt(blocks) * BigInt(blockBytes)
}

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b)
