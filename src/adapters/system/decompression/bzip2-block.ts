import type { Bits } from './bits.ts'
import { readCode, readCodes } from './bzip2-codes.ts'
import { corrupt, notSupported } from './decode.ts'

const NAME = 'bzip2'
const MAX_BLOCK_BYTES = 900_000
const GROUP_SYMBOLS = 50
const OUT_BYTES = 64 * 1024

/**
 * Reads a block of at most `maxBytes` before their last run-length coding, and gives the CRC of what it emitted. As there is
 * no specification, it follows what bzip2 1.0.8 reads.
 */
export type BlockReader = (bits: Bits, maxBytes: number) => number

/** With memory for one block at a time, 3.6 MB, which all streams of an image share: there may be millions of empty ones. */
export const blockReader = (emit: (bytes: Uint8Array) => void): BlockReader => {
  // The low byte is the symbol; the upper three will be the place of the one that follows it.
  const memory = new Uint32Array(MAX_BLOCK_BYTES)
  return (bits, maxBytes) => {
    const chain = memory.subarray(0, maxBytes)
    if (bits.read(1) === 1)
      throw notSupported(
        'The bzip2 image has randomised blocks, of a version before 0.9.5: compress it anew.',
      )
    const first = bits.read(24)
    const { length, counts } = readSymbols(bits, chain)
    if (first >= length) throw corrupt(NAME)
    linkUp(chain, length, counts)
    return unfold(chain, first, length, emit)
  }
}

/** Undoes Huffman's coding, move-to-front and its runs: the last column of the sorted block, and how often each byte is in it. */
const readSymbols = (
  bits: Bits,
  chain: Uint32Array,
): { readonly length: number; readonly counts: Uint32Array } => {
  const front = readUsedBytes(bits)
  const { selectors, codes } = readCodes(bits, front.length)
  const endOfBlock = front.length + 1
  const counts = new Uint32Array(256)
  let length = 0
  let run = 0
  let weight = 1
  const flush = (): void => {
    const byte = front[0] as number
    if (length + run > chain.length) throw corrupt(NAME)
    chain.fill(byte, length, length + run)
    counts[byte] = (counts[byte] as number) + run
    length += run
    run = 0
    weight = 1
  }
  for (const selector of selectors) {
    const code = codes[selector]
    if (code === undefined) throw corrupt(NAME)
    for (let n = 0; n < GROUP_SYMBOLS; n += 1) {
      const symbol = readCode(bits, code)
      if (symbol <= 1) {
        // Digits 1 and 2 of a number to the base 2, the lowest first.
        run += weight << symbol
        weight <<= 1
        if (run > chain.length) throw corrupt(NAME)
        continue
      }
      if (run > 0) flush()
      if (symbol === endOfBlock) return { length, counts }
      const byte = front[symbol - 1] as number
      front.copyWithin(1, 0, symbol - 1)
      front[0] = byte
      if (length === chain.length) throw corrupt(NAME)
      chain[length++] = byte
      counts[byte] = (counts[byte] as number) + 1
    }
  }
  throw corrupt(NAME)
}

/** Which of the 256 bytes there are, by 16 bits for the sixteens and 16 for each of those that there is. */
const readUsedBytes = (bits: Bits): Uint8Array => {
  const sixteens = bits.read(16)
  const used: number[] = []
  for (let high = 0; high < 16; high += 1) {
    if (((sixteens >> (15 - high)) & 1) === 0) continue
    const bytes = bits.read(16)
    for (let low = 0; low < 16; low += 1) if (((bytes >> (15 - low)) & 1) === 1) used.push(16 * high + low)
  }
  if (used.length === 0) throw corrupt(NAME)
  return Uint8Array.from(used)
}

/** Undoes the sorting (Burrows and Wheeler): the n-th of a byte in the last column is the n-th of it in the first. */
const linkUp = (chain: Uint32Array, length: number, counts: Uint32Array): void => {
  const places = new Uint32Array(256)
  for (let byte = 1; byte < 256; byte += 1)
    places[byte] = (places[byte - 1] as number) + (counts[byte - 1] as number)
  for (let n = 0; n < length; n += 1) {
    const byte = (chain[n] as number) & 0xff
    const place = places[byte] as number
    places[byte] = place + 1
    chain[place] = (chain[place] as number) | (n << 8)
  }
}

/** Follows the chain, and undoes the first run-length coding: four like bytes are followed by how many more there are. */
const unfold = (
  chain: Uint32Array,
  first: number,
  length: number,
  emit: (bytes: Uint8Array) => void,
): number => {
  const out = new Uint8Array(OUT_BYTES)
  let filled = 0
  let crc = 0xffffffff
  let link = chain[first] as number
  let last = -1
  let alike = 0
  for (let n = 0; n < length; n += 1) {
    link = chain[link >>> 8] as number
    const byte = link & 0xff
    const isCount = alike === 4
    const times = isCount ? byte : 1
    const written = isCount ? last : byte
    if (filled + times > OUT_BYTES) {
      emit(out.subarray(0, filled))
      filled = 0
    }
    for (let t = 0; t < times; t += 1) {
      out[filled++] = written
      crc = (crc << 8) ^ (crcs[(crc >>> 24) ^ written] as number)
    }
    alike = isCount ? 0 : byte === last ? alike + 1 : 1
    last = isCount ? -1 : byte
  }
  emit(out.subarray(0, filled))
  return ~crc >>> 0
}

/** CRC-32 with the highest bit first, which is not that of gzip. */
const crcs = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24
  for (let bit = 0; bit < 8; bit += 1) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1
  return crc
})
