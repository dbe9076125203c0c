import { left, right } from '../kernel/fp.ts'
import { bytesAt, type Capture, hasAt, type Span, zeroPadded } from './capture.ts'
import { type ContentRefusal, contentRefusal, invalidImage } from './content.ts'
import { type FormatInspector, firstRefusal, type Rule } from './inspector.ts'

const COOKIE = 'conectix'
const FOOTER_BYTES = 512
const DYNAMIC_HEADER_BYTES = 1024

/**
 * VHD of Virtual PC and Hyper-V, fixed or dynamic, by Microsoft's Virtual Hard Disk Image Format Specification. Refused is
 * what builds on another image, a footer that does not hold together, and a front that tells another story than the end.
 *
 * The virtual size is the footer's current size, as Hyper-V and Azure have it. Virtual PC, and QEMU for what these two
 * wrote, go by the geometry, which may be less by part of a cylinder, and must not be more.
 */
export const vhd: FormatInspector = {
  name: 'VHD',
  inspect: (capture) => {
    const image = readImage(capture)
    if (image === null) return null
    const refusal = firstRefusal(rules, image, capture)
    return refusal === null
      ? right({ format: 'VHD', virtualSizeBytes: currentSize(image.footer) })
      : left(refusal)
  },
  spans: (head) => (hasAt(head, 0, COOKIE) ? [dynamicHeaderSpan(head)] : []),
}

interface Image {
  /** The one at the front, which only a dynamic disk has. */
  readonly front: Buffer | null
  /** The one at the end, which every disk has. */
  readonly end: Buffer | null
  /** The one that counts. */
  readonly footer: Buffer
  readonly dynamicHeader: Buffer | null
}

const readImage = (capture: Capture): Image | null => {
  const { head, tail } = capture
  const front = hasAt(head, 0, COOKIE) ? zeroPadded(head, FOOTER_BYTES) : null
  const last = tail.subarray(Math.max(0, tail.length - FOOTER_BYTES))
  const end = last.length === FOOTER_BYTES && hasAt(last, 0, COOKIE) ? last : null
  const footer = end ?? front ?? (hasAt(last, 1, COOKIE) ? zeroPadded(last.subarray(1), FOOTER_BYTES) : null)
  if (footer === null) return null
  return { front, end, footer, dynamicHeader: front && bytesAt(capture, dynamicHeaderSpan(front)) }
}

const dynamicHeaderSpan = (front: Buffer): Span => ({
  offset: front.readBigUInt64BE(16),
  length: DYNAMIC_HEADER_BYTES,
})

const currentSize = (footer: Buffer): bigint => footer.readBigUInt64BE(48)
const diskType = (footer: Buffer): number => footer.readUInt32BE(60)

const FIXED = 2
const DYNAMIC = 3
const DIFFERENCING = 4

/** A dynamic disk has no use for the UUID, name and locators of a parent: a program that looked at them would find one. */
const needsNoParent: Rule<Image> = ({ front, end, footer, dynamicHeader }) => {
  const isDifferencing = [front, end, footer].some((one) => one !== null && diskType(one) === DIFFERENCING)
  const parent = [dynamicHeader?.subarray(40, 56), dynamicHeader?.subarray(64, 768)]
  const namesParent =
    hasAt(dynamicHeader ?? Buffer.alloc(0), 0, SPARSE_COOKIE) &&
    parent.some((bytes) => bytes?.some((byte) => byte !== 0))
  return isDifferencing || namesParent
    ? contentRefusal(
        'UNSAFE_PARENT',
        'The VHD image builds on another image: merge the two, for example with qemu-img convert.',
      )
    : null
}

const hasItsFooter: Rule<Image> = ({ end }, { tail }) => {
  if (end !== null) return null
  return hasAt(tail, tail.length - FOOTER_BYTES + 1, COOKIE)
    ? contentRefusal(
        'UNSUPPORTED_FEATURE',
        'The VHD image has a footer of 511 bytes, as old versions of Virtual PC wrote it: 512 are accepted.',
      )
    : invalidImage('The VHD image ends without the footer of its last 512 bytes: it is cut off.')
}

const hasRightChecksum: Rule<Image> = ({ footer }) =>
  hasChecksum(footer, 64) ? null : invalidImage('The VHD image has a footer whose checksum is wrong.')

const hasKnownVersion: Rule<Image> = ({ footer }) =>
  footer.readUInt16BE(12) === 1
    ? null
    : contentRefusal(
        'UNSUPPORTED_FEATURE',
        `The VHD image is of version ${footer.readUInt16BE(12)}: version 1 is accepted.`,
      )

/** QEMU takes for dynamic what has a footer at the front, and for fixed what has none, whatever the footer says. */
const hasItsFrontByItsType: Rule<Image> = ({ front, footer }) => {
  const type = diskType(footer)
  if (type === FIXED)
    return front === null
      ? null
      : invalidImage('The VHD image is fixed, but has a footer at its front, as only dynamic ones have.')
  if (type === DYNAMIC)
    return front?.equals(footer)
      ? null
      : invalidImage('The VHD image is dynamic, but has no copy of its footer at its front.')
  return contentRefusal(
    'UNSUPPORTED_FEATURE',
    `The VHD image is of type ${type}: fixed (2) and dynamic (3) ones are accepted.`,
  )
}

const SECTOR_BYTES = 512n
const MAX_BYTES = 2040n << 30n
/** Written where the disk is too large for a geometry, or where its size alone is to count. */
const MAX_GEOMETRY_SECTORS = 65_535n * 16n * 255n

const hasSaneSize: Rule<Image> = ({ footer }) => {
  const bytes = currentSize(footer)
  const sectors = BigInt(footer.readUInt16BE(56) * footer.readUInt8(58) * footer.readUInt8(59))
  if (bytes % SECTOR_BYTES !== 0n || bytes > MAX_BYTES)
    return invalidImage(
      `The VHD image has a disk of ${bytes} bytes: it must be of whole sectors, and of 2040 GiB at most.`,
    )
  return sectors * SECTOR_BYTES <= bytes || sectors === MAX_GEOMETRY_SECTORS
    ? null
    : invalidImage(
        `The VHD image has a disk of ${bytes} bytes, but a geometry of ${sectors * SECTOR_BYTES}: it must not be larger.`,
      )
}

const hasItsBytes: Rule<Image> = ({ footer }, { sizeBytes }) => {
  const bytes = currentSize(footer)
  return diskType(footer) === DYNAMIC || bytes + BigInt(FOOTER_BYTES) <= sizeBytes
    ? null
    : invalidImage(`The VHD image has a fixed disk of ${bytes} bytes, but only ${sizeBytes} bytes came.`)
}

const SPARSE_COOKIE = 'cxsparse'

const hasItsDynamicHeader: Rule<Image> = ({ footer, dynamicHeader }, { sizeBytes }) => {
  if (diskType(footer) !== DYNAMIC) return null
  if (dynamicHeader === null || !hasAt(dynamicHeader, 0, SPARSE_COOKIE))
    return invalidImage('The VHD image has no dynamic header where its footer says.')
  if (!hasChecksum(dynamicHeader, 36))
    return invalidImage('The VHD image has a dynamic header whose checksum is wrong.')
  return wrongTable(dynamicHeader, currentSize(footer), sizeBytes - BigInt(FOOTER_BYTES))
}

const wrongTable = (header: Buffer, diskBytes: bigint, endOfData: bigint): ContentRefusal | null => {
  const entries = BigInt(header.readUInt32BE(28))
  const blockBytes = BigInt(header.readUInt32BE(32))
  if (blockBytes < SECTOR_BYTES || (blockBytes & (blockBytes - 1n)) !== 0n)
    return invalidImage(
      `The VHD image has blocks of ${blockBytes} bytes: it must be a power of 2 from 512 on.`,
    )
  if (entries * blockBytes < diskBytes)
    return invalidImage(
      `The VHD image has ${entries} blocks of ${blockBytes} bytes: too few for a disk of ${diskBytes}.`,
    )
  const end = header.readBigUInt64BE(16) + entries * 4n
  return end <= endOfData
    ? null
    : invalidImage(
        `The VHD image has a block table that ends at byte ${end}, where no more than ${endOfData} came: it is cut off.`,
      )
}

/** The complement of the sum of all bytes but its own four. */
const hasChecksum = (bytes: Buffer, offset: number): boolean => {
  let sum = 0
  for (const [at, byte] of bytes.entries()) if (at < offset || at >= offset + 4) sum += byte
  return bytes.readUInt32BE(offset) === ~sum >>> 0
}

/** In this order; the first refusal counts. What is hostile is said first. */
const rules: readonly Rule<Image>[] = [
  needsNoParent,
  hasItsFooter,
  hasRightChecksum,
  hasKnownVersion,
  hasItsFrontByItsType,
  hasSaneSize,
  hasItsBytes,
  hasItsDynamicHeader,
]
