import type { Bits } from './bits.ts'
import { corrupt } from './decode.ts'

const NAME = 'bzip2'
const MAX_CODE_BITS = 20

/** A canonical prefix code. */
export interface Code {
  readonly minBits: number
  readonly maxBits: number
  /** The last code word of each length; -1 where there is none. */
  readonly last: Int32Array
  /** What to take from a word of each length for its place in `symbols`. */
  readonly shift: Int32Array
  readonly symbols: Uint16Array
}

/** The codes of a block, and which of them each fifty symbols are written in. `bytes`: how many different ones it has. */
export const readCodes = (
  bits: Bits,
  bytes: number,
): { readonly selectors: Uint8Array; readonly codes: readonly Code[] } => {
  const count = bits.read(3)
  if (count < 2 || count > 6) throw corrupt(NAME)
  const selectors = new Uint8Array(bits.read(15))
  const front = Array.from({ length: count }, (_, n) => n)
  for (let n = 0; n < selectors.length; n += 1) {
    let place = 0
    while (bits.read(1) === 1) {
      place += 1
      if (place === count) throw corrupt(NAME)
    }
    const [selector = 0] = front.splice(place, 1)
    front.unshift(selector)
    selectors[n] = selector
  }
  // All bytes but the first have a symbol; two more for runs, and one for the end.
  return { selectors, codes: Array.from({ length: count }, () => codeOf(readLengths(bits, bytes + 2))) }
}

/** The length of each symbol's word, as steps from that of the one before. */
const readLengths = (bits: Bits, symbols: number): Uint8Array => {
  let length = bits.read(5)
  const mustBeLegal = (): void => {
    if (length < 1 || length > MAX_CODE_BITS) throw corrupt(NAME)
  }
  return new Uint8Array(symbols).map(() => {
    mustBeLegal()
    while (bits.read(1) === 1) {
      length += bits.read(1) === 0 ? 1 : -1
      mustBeLegal()
    }
    return length
  })
}

const codeOf = (lengths: Uint8Array): Code => {
  const last = new Int32Array(MAX_CODE_BITS + 1).fill(-1)
  const shift = new Int32Array(MAX_CODE_BITS + 1)
  const symbols = new Uint16Array(lengths.length)
  let word = 0
  let placed = 0
  for (let bits = 1; bits <= MAX_CODE_BITS; bits += 1) {
    shift[bits] = word - placed
    lengths.forEach((length, symbol) => {
      if (length !== bits) return
      symbols[placed++] = symbol
      word += 1
    })
    if (placed > 0) last[bits] = word - 1
    word <<= 1
  }
  return { minBits: Math.min(...lengths), maxBits: Math.max(...lengths), last, shift, symbols }
}

/** The next symbol. Lengths that no code can have may be claimed, so that a word may be nobody's. */
export const readCode = (bits: Bits, { minBits, maxBits, last, shift, symbols }: Code): number => {
  let word = bits.read(minBits)
  let length = minBits
  while (word > (last[length] as number)) {
    length += 1
    if (length > maxBits) throw corrupt(NAME)
    word = (word << 1) | bits.read(1)
  }
  const symbol = symbols[word - (shift[length] as number)]
  if (symbol === undefined) throw corrupt(NAME)
  return symbol
}
