import { hasAt } from './capture.ts'
import { type ContentRefusal, contentRefusal, invalidImage } from './content.ts'

const TABLE_BYTES = 64 * 1024
const ENTRY_BYTES = 32
const MAX_ENTRIES = 2047

/** The table and the items behind it, which writers put right there: as much as the spans of a stream have room for. */
export const METADATA_BYTES = TABLE_BYTES + 60 * 1024

const FILE_PARAMETERS = '3767a1ca36fa434db3b633f0aa44e76b'
const DISK_SIZE = '2442a52f1bcd7648b2115dbed83bf4b8'
const DISK_ID = 'ab12cabee6b2234593efc309e000c746'
const LOGICAL_SECTOR = '1dbf41816fa90947ba47f233a8faab5f'
const PHYSICAL_SECTOR = 'c748a3cd5d4471449cc9e9885251c556'
const PARENT_LOCATOR = '2d5fd3a80bb34d45abf7d3d84834ab0c'

/** What every image must have, with its length in bytes. */
const needed = new Map([
  [FILE_PARAMETERS, 8],
  [DISK_SIZE, 8],
  [DISK_ID, 16],
  [LOGICAL_SECTOR, 4],
  [PHYSICAL_SECTOR, 4],
])

interface Item {
  /** A GUID as it is stored, in hex. */
  readonly id: string
  readonly offset: number
  readonly length: number
  readonly isRequired: boolean
}

/** In bytes. */
export interface Sizes {
  readonly diskBytes: bigint
  readonly blockBytes: number
  readonly sectorBytes: number
}

const entryCount = (metadata: Buffer): number =>
  metadata.length < TABLE_BYTES || !hasAt(metadata, 0, 'metadata') ? 0 : metadata.readUInt16LE(10)

/** The entries of the table, as they are; none where it is no table. */
export const itemsOf = (metadata: Buffer): readonly Item[] =>
  Array.from({ length: Math.min(entryCount(metadata), MAX_ENTRIES) }, (_, n) => {
    const at = ENTRY_BYTES + ENTRY_BYTES * n
    return {
      id: metadata.toString('hex', at, at + 16),
      offset: metadata.readUInt32LE(at + 16),
      length: metadata.readUInt32LE(at + 20),
      isRequired: (metadata.readUInt32LE(at + 24) & 4) !== 0,
    }
  })

/** The bytes of each item of this id that were kept whole. */
const valuesOf = (metadata: Buffer, id: string): readonly Buffer[] => {
  const length = needed.get(id) ?? 0
  return itemsOf(metadata)
    .filter((item) => item.id === id && item.offset + length <= metadata.length)
    .map(({ offset }) => metadata.subarray(offset, offset + length))
}

const HAS_PARENT = 2

/** Whether anything in the metadata (the region from its start) speaks of a parent. */
export const namesParent = (metadata: Buffer): boolean =>
  itemsOf(metadata).some(({ id }) => id === PARENT_LOCATOR) ||
  valuesOf(metadata, FILE_PARAMETERS).some((value) => (value.readUInt32LE(4) & HAS_PARENT) !== 0)

/** What the metadata say of sizes; zero where they do not. */
export const sizesOf = (metadata: Buffer | null): Sizes => {
  const value = (id: string): Buffer | undefined => (metadata === null ? [] : valuesOf(metadata, id))[0]
  return {
    diskBytes: value(DISK_SIZE)?.readBigUInt64LE() ?? 0n,
    blockBytes: value(FILE_PARAMETERS)?.readUInt32LE() ?? 0,
    sectorBytes: value(LOGICAL_SECTOR)?.readUInt32LE() ?? 0,
  }
}

/** Why the metadata (the region from its start) with these items and sizes are refused; null where they hold together. */
export const checkMetadata = (
  items: readonly Item[],
  metadata: Buffer,
  sizes: Sizes,
): ContentRefusal | null => checkItems(items, metadata) ?? checkSizes(sizes)

const checkItems = (items: readonly Item[], metadata: Buffer): ContentRefusal | null => {
  if (!hasAt(metadata, 0, 'metadata') || entryCount(metadata) > MAX_ENTRIES)
    return invalidImage('The VHDX image has no table of metadata where its region table says.')
  const unknown = items.find(({ id, isRequired }) => isRequired && !needed.has(id))
  if (unknown !== undefined)
    return contentRefusal(
      'UNSUPPORTED_FEATURE',
      `The VHDX image requires metadata that are not known: ${unknown.id}.`,
    )
  for (const [id, length] of needed) {
    const [item, ...more] = items.filter((one) => one.id === id)
    if (item === undefined || more.length > 0)
      return invalidImage(`The VHDX image must have the metadata ${id} exactly once.`)
    if (item.length !== length || item.offset < TABLE_BYTES || item.offset + length > metadata.length)
      return invalidImage(
        `The VHDX image has metadata of ${item.length} bytes at ${item.offset}: they must be of ${length}, from ${TABLE_BYTES} to ${metadata.length}.`,
      )
  }
  return null
}

const MIB = 1024 * 1024

const checkSizes = ({ diskBytes, blockBytes, sectorBytes }: Sizes): ContentRefusal | null => {
  // QEMU takes sectors of 4,096 bytes too, but then shows an eighth of the disk.
  if (sectorBytes !== 512)
    return contentRefusal(
      'UNSUPPORTED_FEATURE',
      `The VHDX image has sectors of ${sectorBytes} bytes: 512 are accepted.`,
    )
  if (blockBytes < MIB || blockBytes > 256 * MIB || !Number.isInteger(Math.log2(blockBytes)))
    return invalidImage(
      `The VHDX image has blocks of ${blockBytes} bytes: it must be a power of 2, from 1 MiB to 256 MiB.`,
    )
  return diskBytes % BigInt(sectorBytes) === 0n
    ? null
    : invalidImage(`The VHDX image has a disk of ${diskBytes} bytes: it must be of whole sectors.`)
}
