import xxhash, { type XXHashAPI } from 'xxhash-wasm'
import { corrupt, type Decode, notSupported, trailing } from './decode.ts'
import { Input } from './input.ts'
import { decodeBlock } from './lz4-block.ts'

const NAME = 'LZ4'
const MAGIC = 0x184d2204
const SKIPPABLE = 0x184d2a50

/** How far back a block may reach, into blocks before it too. */
const HISTORY_BYTES = 64 * 1024
const MAX_BLOCK_BYTES = 4 * 1024 * 1024

/**
 * The frame format, version 1.6.4 (lz4_Frame_format.md): any number of frames, those to be skipped left out. All checksums
 * that there are must be right, and so must the size where a frame says it. Dictionaries and legacy frames are refused.
 */
export const unlz4: Decode = async (next, emit) => {
  const input = new Input(next, NAME)
  const hashes = await xxhash()
  // For all frames: there may be millions of empty ones.
  const memory = Buffer.alloc(HISTORY_BYTES + MAX_BLOCK_BYTES)
  while (!input.atEnd()) nextFrame(input, emit, hashes, memory)
}

const nextFrame = (
  input: Input,
  emit: (bytes: Uint8Array) => void,
  hashes: XXHashAPI,
  memory: Buffer,
): void => {
  const magic = input.uint32LE()
  if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
    input.skip(input.uint32LE())
    return
  }
  if (magic !== MAGIC) throw trailing(NAME)
  const frame = readDescriptor(input, hashes)
  const checksum = hashes.create32()
  const decoded = memory.subarray(0, HISTORY_BYTES + frame.maxBlockBytes)
  // What was decoded before ends where the next block begins.
  let known = 0
  let size = 0n
  for (let header = input.uint32LE(); header !== 0; header = input.uint32LE()) {
    const block = readBlock(input, header, frame, hashes)
    if (frame.isIndependent) known = 0
    const end = block.isPlain
      ? HISTORY_BYTES + block.bytes.length
      : decodeBlock(block.bytes, decoded, HISTORY_BYTES, HISTORY_BYTES - known)
    if (end === null) throw corrupt(NAME)
    if (block.isPlain) decoded.set(block.bytes, HISTORY_BYTES)
    const out = decoded.subarray(HISTORY_BYTES, end)
    size += BigInt(out.length)
    if (frame.hasChecksum) checksum.update(out)
    emit(out)
    known = Math.min(HISTORY_BYTES, known + out.length)
    decoded.copyWithin(HISTORY_BYTES - known, end - known, end)
  }
  if (frame.contentBytes !== null && frame.contentBytes !== size) throw corrupt(NAME)
  if (frame.hasChecksum && input.uint32LE() !== checksum.digest()) throw corrupt(NAME)
}

interface Frame {
  readonly isIndependent: boolean
  readonly hasBlockChecksums: boolean
  readonly hasChecksum: boolean
  /** Null where it is not said. */
  readonly contentBytes: bigint | null
  readonly maxBlockBytes: number
}

const readDescriptor = (input: Input, hashes: XXHashAPI): Frame => {
  const flags = input.byte()
  const hasContentSize = (flags & 0x08) !== 0
  const hasDictionary = (flags & 0x01) !== 0
  const rest = Buffer.from(input.take(1 + (hasContentSize ? 8 : 0) + (hasDictionary ? 4 : 0)))
  const descriptor = Buffer.concat([Buffer.from([flags]), rest])
  if (input.byte() !== ((hashes.h32Raw(descriptor) >>> 8) & 0xff)) throw corrupt(NAME)
  const sizeId = (rest.readUInt8() >> 4) & 7
  // Version 01, bits that are reserved, sizes of blocks from 64 KiB to 4 MiB.
  if (flags >> 6 !== 1 || (flags & 0x02) !== 0 || (rest.readUInt8() & 0x8f) !== 0 || sizeId < 4)
    throw notSupported('The LZ4 image has a frame of a version that is not known: compress it with lz4.')
  if (hasDictionary)
    throw notSupported('The LZ4 image takes a dictionary to decompress: compress it without one.')
  return {
    isIndependent: (flags & 0x20) !== 0,
    hasBlockChecksums: (flags & 0x10) !== 0,
    hasChecksum: (flags & 0x04) !== 0,
    contentBytes: hasContentSize ? rest.readBigUInt64LE(1) : null,
    maxBlockBytes: 2 ** (8 + 2 * sizeId),
  }
}

/** The highest bit of a block's size says that it is not compressed. */
const readBlock = (
  input: Input,
  header: number,
  { maxBlockBytes, hasBlockChecksums }: Frame,
  hashes: XXHashAPI,
): { readonly bytes: Uint8Array; readonly isPlain: boolean } => {
  const length = header & 0x7fffffff
  if (length > maxBlockBytes) throw corrupt(NAME)
  // A copy where a checksum is still to be read behind it.
  const bytes = hasBlockChecksums ? input.take(length).slice() : input.take(length)
  if (hasBlockChecksums && input.uint32LE() !== hashes.h32Raw(bytes)) throw corrupt(NAME)
  return { bytes, isPlain: header >>> 31 === 1 }
}
