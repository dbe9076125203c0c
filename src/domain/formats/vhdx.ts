import { left, right } from '../kernel/fp.ts'
import { bytesAt, type Capture, hasAt, type Span } from './capture.ts'
import { contentRefusal, invalidImage } from './content.ts'
import { crc32c } from './crc32c.ts'
import { type FormatInspector, firstRefusal, type Rule } from './inspector.ts'
import { checkMetadata, itemsOf, METADATA_BYTES, namesParent, type Sizes, sizesOf } from './vhdx-metadata.ts'

/**
 * VHDX of Hyper-V, by MS-VHDX. Refused is what builds on another image, what has a log to be replayed (which could make it
 * anything), and a structure that does not hold together. The metadata lie beyond the head, and are kept as a span.
 */
export const vhdx: FormatInspector = {
  name: 'VHDX',
  inspect: (capture) => {
    if (!hasAt(capture.head, 0, SIGNATURE)) return null
    const image = readImage(capture)
    const refusal = firstRefusal(rules, image, capture)
    return refusal === null
      ? right({ format: 'VHDX', virtualSizeBytes: image.sizes.diskBytes })
      : left(refusal)
  },
  spans: (head) => {
    if (!hasAt(head, 0, SIGNATURE)) return []
    const metadata = regionsOf(head).find(({ id }) => id === METADATA_REGION)
    return metadata === undefined ? [SECOND_TABLE] : [SECOND_TABLE, metadataSpan(metadata)]
  },
}

const SIGNATURE = 'vhdxfile'
const HEADERS = [0x10000, 0x20000]
const HEADER_BYTES = 4096
const TABLE_OFFSET = 0x30000
const TABLE_BYTES = 64 * 1024

/** So many entries, of which two are needed, lie within what is read of the second table. */
const MAX_REGIONS = 127
const SECOND_TABLE: Span = { offset: 0x40000n, length: 4096 }

const BLOCK_TABLE_REGION = '6677c22d23f600429d64115e9bfd4a08'
const METADATA_REGION = '06a27c8b90479a4bb8fe575f050f886e'

interface Region {
  /** A GUID as it is stored, in hex. */
  readonly id: string
  readonly offset: bigint
  readonly length: number
  readonly isRequired: boolean
}

interface Image {
  readonly regions: readonly Region[]
  /** Null where there is none, or it did not come whole. */
  readonly metadata: Buffer | null
  /** All zero where the metadata do not say. */
  readonly sizes: Sizes
}

const readImage = (capture: Capture): Image => {
  const regions = regionsOf(capture.head)
  const region = regions.find(({ id }) => id === METADATA_REGION)
  const metadata = region === undefined ? null : bytesAt(capture, metadataSpan(region))
  return { regions, metadata, sizes: sizesOf(metadata) }
}

const regionCount = (head: Buffer): number =>
  head.length < TABLE_OFFSET + TABLE_BYTES ? 0 : head.readUInt32LE(TABLE_OFFSET + 8)

const regionsOf = (head: Buffer): readonly Region[] =>
  Array.from({ length: Math.min(regionCount(head), MAX_REGIONS) }, (_, n) => {
    const at = TABLE_OFFSET + 16 + 32 * n
    return {
      id: head.toString('hex', at, at + 16),
      offset: head.readBigUInt64LE(at + 16),
      length: head.readUInt32LE(at + 24),
      isRequired: (head.readUInt32LE(at + 28) & 1) === 1,
    }
  })

const metadataSpan = ({ offset, length }: Region): Span => ({
  offset,
  length: Math.min(length, METADATA_BYTES),
})

const needsNoParent: Rule<Image> = ({ metadata }) =>
  metadata !== null && namesParent(metadata)
    ? contentRefusal(
        'UNSAFE_PARENT',
        'The VHDX image builds on another image: merge the two, for example with Merge-VHD or qemu-img convert.',
      )
    : null

/** The checksum is taken with zeros in its own place, behind the signature. */
const isSealed = (bytes: Buffer, signature: string): boolean => {
  const unsealed = Buffer.from(bytes)
  unsealed.writeUInt32LE(0, 4)
  return hasAt(bytes, 0, signature) && bytes.readUInt32LE(4) === crc32c(unsealed)
}

const hasCleanHeader: Rule<Image> = (_, { head }) => {
  if (head.length < TABLE_OFFSET + TABLE_BYTES)
    return invalidImage('The VHDX image ends inside of its headers.')
  const valid = HEADERS.map((at) => head.subarray(at, at + HEADER_BYTES)).filter((header) =>
    isSealed(header, 'head'),
  )
  // The one with the larger sequence number is in force; of two with the same neither one is, unless they are the same.
  const sequences = valid.map((header) => header.readBigUInt64LE(8))
  const current = valid[(sequences[1] ?? 0n) > (sequences[0] ?? 0n) ? 1 : 0]
  if (current === undefined)
    return invalidImage('The VHDX image has no header whose signature and checksum are right.')
  if (sequences[0] === sequences[1] && valid[1]?.equals(current) === false)
    return invalidImage('The VHDX image has two headers with one sequence number that are not the same.')
  if (current.readUInt16LE(66) !== 1)
    return contentRefusal(
      'UNSUPPORTED_FEATURE',
      `The VHDX image is of version ${current.readUInt16LE(66)}: version 1 is accepted.`,
    )
  return current.subarray(48, 64).some((byte) => byte !== 0)
    ? contentRefusal(
        'UNSUPPORTED_FEATURE',
        'The VHDX image has a log that is to be replayed: open and close it where it was written.',
      )
    : null
}

/** Readers take the second table where the first one is damaged, or any time: it must not tell another story. */
const hasTwoEqualTables: Rule<Image> = (_, capture) => {
  const first = capture.head.subarray(TABLE_OFFSET)
  if (!isSealed(first, 'regi'))
    return invalidImage('The VHDX image has a region table whose signature or checksum is wrong.')
  if (regionCount(capture.head) > MAX_REGIONS)
    return contentRefusal(
      'UNSUPPORTED_FEATURE',
      `The VHDX image has ${regionCount(capture.head)} regions: at most ${MAX_REGIONS} are accepted.`,
    )
  return bytesAt(capture, SECOND_TABLE)?.equals(first.subarray(0, SECOND_TABLE.length))
    ? null
    : invalidImage('The VHDX image has a second region table that is not the same as the first.')
}

const hasKnownRegions: Rule<Image> = ({ regions }) => {
  const known = [BLOCK_TABLE_REGION, METADATA_REGION]
  const unknown = regions.find(({ id, isRequired }) => isRequired && !known.includes(id))
  if (unknown !== undefined)
    return contentRefusal(
      'UNSUPPORTED_FEATURE',
      `The VHDX image requires a region that is not known: ${unknown.id}.`,
    )
  return known.every((id) => regions.filter((region) => region.id === id).length === 1)
    ? null
    : invalidImage('The VHDX image must have one region of metadata and one of its block table.')
}

const MIB = 1024n * 1024n

const hasItsRegions: Rule<Image> = ({ regions }, { sizeBytes }) => {
  const astray = regions.find(({ offset }) => offset < MIB || offset % MIB !== 0n)
  if (astray !== undefined)
    return invalidImage(
      `The VHDX image has a region at byte ${astray.offset}: it must be a multiple of 1 MiB, and not 0.`,
    )
  const end = regions.map(({ offset, length }) => offset + BigInt(length)).reduce((a, b) => (a > b ? a : b))
  return end <= sizeBytes
    ? null
    : invalidImage(
        `The VHDX image has regions up to byte ${end}, but only ${sizeBytes} bytes came: it is cut off.`,
      )
}

const hasSaneMetadata: Rule<Image> = ({ metadata }) =>
  metadata === null
    ? invalidImage('The VHDX image has a region of metadata without a byte in it.')
    : checkMetadata(itemsOf(metadata), metadata, sizesOf(metadata))

/** An entry of 8 bytes for each block, and one more after each chunk of blocks that together have 2^23 sectors. */
const hasRoomForItsBlocks: Rule<Image> = ({ regions, sizes: { diskBytes, blockBytes, sectorBytes } }) => {
  const room = BigInt(regions.find(({ id }) => id === BLOCK_TABLE_REGION)?.length ?? 0) / 8n
  const blocks = (diskBytes + BigInt(blockBytes) - 1n) / BigInt(blockBytes)
  const chunk = (BigInt(sectorBytes) << 23n) / BigInt(blockBytes)
  const entries = blocks === 0n ? 0n : blocks + (blocks - 1n) / chunk
  return entries <= room
    ? null
    : invalidImage(
        `The VHDX image has a block table of ${room} entries: a disk of ${diskBytes} bytes takes ${entries}.`,
      )
}

/** In this order; the first refusal counts. What is hostile is said first. */
const rules: readonly Rule<Image>[] = [
  needsNoParent,
  hasCleanHeader,
  hasTwoEqualTables,
  hasKnownRegions,
  hasItsRegions,
  hasSaneMetadata,
  hasRoomForItsBlocks,
]
