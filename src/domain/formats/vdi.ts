import { left, right } from '../kernel/fp.ts'
import { hasAt, zeroPadded } from './capture.ts'
import { contentRefusal, invalidImage } from './content.ts'
import { type FormatInspector, firstRefusal, type Rule } from './inspector.ts'

const SIGNATURE_OFFSET = 0x40
const HEADER_BYTES = 0x1c8
const VERSION_1_1 = 0x00010001
const SECTOR_BYTES = 512

/**
 * VDI of VirtualBox, version 1.1, dynamic or static. Refused is what builds on another image, and a block map or blocks
 * that did not come. The virtual size is that of the header in whole sectors: some programs write odd sizes, and guests
 * see them rounded up.
 */
export const vdi: FormatInspector = {
  name: 'VDI',
  inspect: (capture) => {
    if (!hasAt(capture.head, SIGNATURE_OFFSET, '\x7f\x10\xda\xbe')) return null
    const header = readHeader(capture.head)
    const refusal = firstRefusal(rules, header, capture)
    return refusal === null
      ? right({ format: 'VDI', virtualSizeBytes: wholeSectors(header.diskBytes) })
      : left(refusal)
  },
}

const wholeSectors = (bytes: bigint): bigint =>
  ((bytes + BigInt(SECTOR_BYTES) - 1n) / BigInt(SECTOR_BYTES)) * BigInt(SECTOR_BYTES)

interface Header {
  readonly version: number
  readonly type: number
  readonly mapOffset: number
  readonly dataOffset: number
  readonly sectorBytes: number
  readonly diskBytes: bigint
  readonly blockBytes: number
  readonly blocks: number
  readonly allocatedBlocks: number
  readonly namesParent: boolean
}

const readHeader = (head: Buffer): Header => {
  const fields = zeroPadded(head, HEADER_BYTES)
  return {
    version: fields.readUInt32LE(0x44),
    type: fields.readUInt32LE(0x4c),
    mapOffset: fields.readUInt32LE(0x154),
    dataOffset: fields.readUInt32LE(0x158),
    sectorBytes: fields.readUInt32LE(0x168),
    diskBytes: fields.readBigUInt64LE(0x170),
    blockBytes: fields.readUInt32LE(0x178),
    blocks: fields.readUInt32LE(0x180),
    allocatedBlocks: fields.readUInt32LE(0x184),
    // Linkage and parent, a UUID each.
    namesParent: fields.subarray(0x1a8, 0x1c8).some((byte) => byte !== 0),
  }
}

const DYNAMIC = 1
const STATIC = 2
const DIFFERENCING = 4

const needsNoParent: Rule<Header> = ({ type, namesParent }) =>
  type === DIFFERENCING || namesParent
    ? contentRefusal(
        'UNSAFE_PARENT',
        'The VDI image builds on another image: merge the two, for example with VBoxManage clonemedium.',
      )
    : null

const isNotCutOff: Rule<Header> = (_, { sizeBytes }) =>
  sizeBytes < HEADER_BYTES ? invalidImage('The VDI image ends inside of its header.') : null

const hasKnownVersion: Rule<Header> = ({ version }) =>
  version === VERSION_1_1
    ? null
    : contentRefusal(
        'UNSUPPORTED_FEATURE',
        `The VDI image is of version 0x${version.toString(16)}: 1.1 (0x10001) is accepted.`,
      )

const hasKnownType: Rule<Header> = ({ type }) =>
  type === DYNAMIC || type === STATIC
    ? null
    : contentRefusal(
        'UNSUPPORTED_FEATURE',
        `The VDI image is of type ${type}: dynamic (1) and static (2) ones are accepted.`,
      )

/** VirtualBox writes no others, and QEMU reads no others. */
const BLOCK_BYTES = 1024 * 1024

const hasUsualBlocks: Rule<Header> = ({ sectorBytes, blockBytes }) =>
  sectorBytes === SECTOR_BYTES && blockBytes === BLOCK_BYTES
    ? null
    : contentRefusal(
        'UNSUPPORTED_FEATURE',
        `The VDI image has sectors of ${sectorBytes} bytes and blocks of ${blockBytes}: 512 and ${BLOCK_BYTES} are accepted.`,
      )

const hasRoomForItsDisk: Rule<Header> = ({ diskBytes, blocks, allocatedBlocks }) =>
  wholeSectors(diskBytes) <= BigInt(blocks) * BigInt(BLOCK_BYTES) && allocatedBlocks <= blocks
    ? null
    : invalidImage(
        `The VDI image has a disk of ${diskBytes} bytes, ${allocatedBlocks} blocks in use and ${blocks} in all: they do not go together.`,
      )

const hasItsBlocks: Rule<Header> = ({ mapOffset, blocks, dataOffset, allocatedBlocks }, { sizeBytes }) => {
  if (mapOffset % SECTOR_BYTES !== 0 || dataOffset % SECTOR_BYTES !== 0)
    return invalidImage(
      `The VDI image has its block map at ${mapOffset} and its blocks at ${dataOffset}: both must begin with a sector.`,
    )
  const mapEnd = BigInt(mapOffset) + wholeSectors(BigInt(blocks) * 4n)
  const dataEnd = BigInt(dataOffset) + BigInt(allocatedBlocks) * BigInt(BLOCK_BYTES)
  const end = mapEnd > dataEnd ? mapEnd : dataEnd
  return end <= sizeBytes
    ? null
    : invalidImage(`The VDI image reaches to byte ${end}, but only ${sizeBytes} bytes came: it is cut off.`)
}

/** In this order; the first refusal counts. What is hostile is said first. */
const rules: readonly Rule<Header>[] = [
  needsNoParent,
  isNotCutOff,
  hasKnownVersion,
  hasKnownType,
  hasUsualBlocks,
  hasRoomForItsDisk,
  hasItsBlocks,
]
