const MIN_MATCH = 4

/**
 * Decodes one block (lz4_Block_format.md) into `out` from `start` on; it may copy from what stands before, from `known` on.
 * Gives the end of what was written; null where the block is corrupt or would write beyond `out`. Never throws, and ends
 * after as many steps as there are bytes in both.
 */
export const decodeBlock = (block: Uint8Array, out: Buffer, start: number, known: number): number | null => {
  let from = 0
  let to = start
  /** A length of 15 goes on in the bytes that follow, up to the first that is not 255; NaN where they end. */
  const lengthFrom = (nibble: number): number => {
    let length = nibble
    if (nibble === 15) for (let more = 255; more === 255; length += more) more = block[from++] ?? Number.NaN
    return length
  }
  while (from < block.length) {
    const token = block[from++] as number
    const literals = lengthFrom(token >> 4)
    // Written so that NaN is refused too.
    if (!(from + literals <= block.length && to + literals <= out.length)) return null
    out.set(block.subarray(from, from + literals), to)
    from += literals
    to += literals
    // The last sequence has literals only.
    if (from === block.length) return to
    if (from + 2 > block.length) return null
    const offset = (block[from] as number) | ((block[from + 1] as number) << 8)
    from += 2
    const length = lengthFrom(token & 15) + MIN_MATCH
    if (offset === 0 || offset > to - known || !(to + length <= out.length)) return null
    to = repeat(out, to, offset, length)
  }
  // It ends with a match, or without a single token.
  return null
}

/** Copies what stands `offset` bytes before; where that overlaps, what has been copied is copied again. */
const repeat = (out: Buffer, to: number, offset: number, length: number): number => {
  if (length < 32) {
    for (let n = 0; n < length; n += 1) out[to + n] = out[to + n - offset] as number
    return to + length
  }
  for (let done = 0; done < length; ) {
    // All that has been copied is a whole number of repetitions, so that each step may be twice as long.
    const step = Math.min(offset + done, length - done)
    out.copyWithin(to + done, to - offset, to - offset + step)
    done += step
  }
  return to + length
}
