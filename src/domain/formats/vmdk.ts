import { left, right } from '../kernel/fp.ts'
import { type Capture, hasAt, zeroPadded } from './capture.ts'
import { type ContentRefusal, contentRefusal, invalidImage } from './content.ts'
import { type FormatInspector, firstRefusal, type Rule, type Verdict } from './inspector.ts'
import { checkDescriptor } from './vmdk-descriptor.ts'

const MAGIC = 'KDMV'
const SECTOR_BYTES = 512

/**
 * VMDK in one file: a sparse extent that holds its own descriptor (monolithicSparse or streamOptimized), by VMware's
 * Virtual Disk Format. Refused is whatever lies in other files or builds on another image (CVE-2022-47951), and what did
 * not come. The virtual size is the capacity of the header; 0 is refused, for then QEMU opens the files that the
 * descriptor names.
 */
export const vmdk: FormatInspector = {
  name: 'VMDK',
  inspect: (capture) => {
    if (hasAt(capture.head, 0, MAGIC)) return judgeSparse(capture)
    return isBareDescriptor(capture) ? left(bareDescriptor) : null
  },
}

/** QEMU reads as a descriptor whatever has `version=` behind nothing but comments and blank lines. */
const isBareDescriptor = ({ head }: Capture): boolean => {
  const text = head.toString('latin1', 0, 4096)
  return /^# disk descriptorfile/i.test(text) || /^(?:#[^\n]*\n| *\r?\n)*version=[1-3]\r?\n/.test(text)
}

/** Whichever it names, and however late: a descriptor has no bytes of the disk itself. */
const bareDescriptor = contentRefusal(
  'UNSAFE_EXTENT',
  'The image is the descriptor of a VMDK, whose disk lies in other files: convert it to one file, for example with qemu-img convert.',
)

const judgeSparse = (capture: Capture): Verdict => {
  const header = readHeader(zeroPadded(capture.head, SECTOR_BYTES))
  const refusal = firstRefusal(rules, header, capture)
  return refusal === null
    ? right({ format: 'VMDK', virtualSizeBytes: header.capacity * BigInt(SECTOR_BYTES) })
    : left(refusal)
}

/** Offsets and sizes in sectors. */
interface Header {
  readonly version: number
  readonly flags: number
  readonly capacity: bigint
  readonly grain: bigint
  readonly descriptorAt: bigint
  readonly descriptorSize: bigint
  readonly tableEntries: number
  readonly redundantDirectoryAt: bigint
  readonly directoryAt: bigint
  readonly overhead: bigint
  readonly lineEnds: string
  readonly compression: number
}

const readHeader = (fields: Buffer): Header => ({
  version: fields.readUInt32LE(4),
  flags: fields.readUInt32LE(8),
  capacity: fields.readBigUInt64LE(12),
  grain: fields.readBigUInt64LE(20),
  descriptorAt: fields.readBigUInt64LE(28),
  descriptorSize: fields.readBigUInt64LE(36),
  tableEntries: fields.readUInt32LE(44),
  redundantDirectoryAt: fields.readBigUInt64LE(48),
  directoryAt: fields.readBigUInt64LE(56),
  overhead: fields.readBigUInt64LE(64),
  lineEnds: fields.toString('latin1', 73, 77),
  compression: fields.readUInt16LE(77),
})

const MAX_DESCRIPTOR_SECTORS = 4096n

/**
 * The text is what stands from sector 1 to the first NUL, whatever size the header gives it: programs differ in how much
 * they read. What the size covers behind that NUL is looked at too, for one that reads on.
 */
const hasHarmlessDescriptor: Rule<Header> = ({ descriptorSize, capacity }, { head }) => {
  const area = head.subarray(SECTOR_BYTES)
  const end = area.indexOf(0)
  const text = area.toString('latin1', 0, end === -1 ? area.length : end)
  const covered = Number(descriptorSize < MAX_DESCRIPTOR_SECTORS ? descriptorSize : 0n) * SECTOR_BYTES
  return (
    checkDescriptor(text, area.toString('latin1', text.length, covered), capacity) ??
    (end === -1 ? invalidImage('The VMDK image has a descriptor without an end.') : null)
  )
}

const isNotCutOff: Rule<Header> = (_, { head }) =>
  head.length < 2 * SECTOR_BYTES ? invalidImage('The VMDK image ends inside of its header.') : null

const hasKnownVersion: Rule<Header> = ({ version }) =>
  version >= 1 && version <= 3
    ? null
    : contentRefusal(
        'UNSUPPORTED_FEATURE',
        `The VMDK image is of version ${version}: versions 1 to 3 are accepted.`,
      )

const LINE_ENDS_FLAG = 1

const hasItsLineEnds: Rule<Header> = ({ flags, lineEnds }) =>
  (flags & LINE_ENDS_FLAG) === 0 || lineEnds === '\n \r\n'
    ? null
    : invalidImage('The VMDK image was sent as text, which changed its line ends: send it as binary.')

const hasCapacity: Rule<Header> = ({ capacity }) =>
  capacity > 0n ? null : invalidImage('The VMDK image has a disk of 0 sectors: it must have one at least.')

const hasDescriptorInPlace: Rule<Header> = ({ descriptorAt, descriptorSize }) =>
  descriptorAt === 1n && descriptorSize > 0n && descriptorSize < MAX_DESCRIPTOR_SECTORS
    ? null
    : invalidImage(
        `The VMDK image has a descriptor of ${descriptorSize} sectors at sector ${descriptorAt}: it must be at sector 1, and of less than 2 MiB.`,
      )

const DEFLATE = 1

const hasKnownCompression: Rule<Header> = ({ compression }) =>
  compression <= DEFLATE
    ? null
    : contentRefusal(
        'UNSUPPORTED_FEATURE',
        `The VMDK image is compressed in a way that is not known: type ${compression}; deflate (1) is accepted.`,
      )

const MAX_GRAIN_SECTORS = 0x200000n
const MAX_TABLE_ENTRIES = 512

const hasSaneGrains: Rule<Header> = ({ grain, tableEntries }) =>
  grain > 0n &&
  grain <= MAX_GRAIN_SECTORS &&
  (grain & (grain - 1n)) === 0n &&
  tableEntries > 0 &&
  tableEntries <= MAX_TABLE_ENTRIES
    ? null
    : invalidImage(
        `The VMDK image has grains of ${grain} sectors, ${tableEntries} a table: they must be a power of 2 up to 2^21, and 1 to 512 a table.`,
      )

const DIRECTORY_AT_END = 2n ** 64n - 1n
const FOOTER_BYTES = 3 * SECTOR_BYTES
const FOOTER_MARKER = 3
const END_MARKER = 0

/** Marker, footer and end-of-stream, a sector each: the last three. */
const footerOf = ({ tail, sizeBytes }: Capture): Buffer | null => {
  if (tail.length < FOOTER_BYTES || sizeBytes % BigInt(SECTOR_BYTES) !== 0n) return null
  const isMarker = (at: number, type: number): boolean =>
    tail.readUInt32LE(at + 8) === 0 && tail.readUInt32LE(at + 12) === type
  const end = 2 * SECTOR_BYTES
  const isFooter = isMarker(0, FOOTER_MARKER) && isMarker(end, END_MARKER) && tail.readBigUInt64LE(end) === 0n
  return isFooter ? tail.subarray(SECTOR_BYTES, end) : null
}

/** All fields but the place of the directory, which the header leaves to the footer. */
const sameButDirectory = (a: Buffer, b: Buffer): boolean =>
  a.subarray(0, 56).equals(b.subarray(0, 56)) && a.subarray(64, 79).equals(b.subarray(64, 79))

const hasItsFooter: Rule<Header> = ({ directoryAt }, capture) => {
  if (directoryAt !== DIRECTORY_AT_END) return null
  const footer = footerOf(capture)
  if (footer === null)
    return invalidImage('The VMDK image ends without the footer that its header announces.')
  return sameButDirectory(footer, capture.head)
    ? null
    : invalidImage('The VMDK image has a footer that differs from its header.')
}

const REDUNDANT_FLAG = 2

const hasItsDirectories: Rule<Header> = (header, capture) => {
  const { capacity, grain, tableEntries, flags, overhead, redundantDirectoryAt } = header
  const tableSectors = grain * BigInt(tableEntries)
  const directoryBytes = ((capacity + tableSectors - 1n) / tableSectors) * 4n
  const places = [directoryOf(header, capture)]
  if ((flags & REDUNDANT_FLAG) !== 0) places.push(redundantDirectoryAt)
  const ends = places.flatMap((at) => (at === null ? [] : [at * BigInt(SECTOR_BYTES) + directoryBytes]))
  return checkEnd([...ends, overhead * BigInt(SECTOR_BYTES)], capture)
}

/** Null where the footer leaves it open too: such a stream can be read from its front alone. */
const directoryOf = ({ directoryAt }: Header, capture: Capture): bigint | null => {
  if (directoryAt !== DIRECTORY_AT_END) return directoryAt
  const inFooter = footerOf(capture)?.readBigUInt64LE(56) ?? DIRECTORY_AT_END
  return inFooter === DIRECTORY_AT_END ? null : inFooter
}

const checkEnd = (ends: readonly bigint[], { sizeBytes }: Capture): ContentRefusal | null => {
  const end = ends.reduce((a, b) => (a > b ? a : b))
  return end <= sizeBytes
    ? null
    : invalidImage(
        `The VMDK image has its grain directory and what comes before its grains up to byte ${end}, but only ${sizeBytes} bytes came: it is cut off.`,
      )
}

/** In this order; the first refusal counts. What is hostile is said first. */
const rules: readonly Rule<Header>[] = [
  hasHarmlessDescriptor,
  isNotCutOff,
  hasKnownVersion,
  hasItsLineEnds,
  hasCapacity,
  hasDescriptorInPlace,
  hasKnownCompression,
  hasSaneGrains,
  hasItsFooter,
  hasItsDirectories,
]
