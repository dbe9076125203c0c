import { Readable } from 'node:stream'

/**
 * A stream of exactly so many bytes of a source: what a server sends beyond is cut, for some answer a range with more than was
 * asked for; what ends before is an error and no end. Whoever leaves it early ends the source.
 */
export const exactly = (source: Readable, length: bigint): Readable =>
  Readable.from(cut(source, length), { objectMode: false })

async function* cut(source: Readable, length: bigint): AsyncGenerator<Buffer> {
  let left = length
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      const taken = BigInt(chunk.length) <= left ? chunk : chunk.subarray(0, Number(left))
      left -= BigInt(taken.length)
      if (taken.length > 0) yield taken
      if (left === 0n) return
    }
    if (left > 0n) throw new Error(`The object store sent ${left} bytes less than it has`)
  } finally {
    source.destroy()
  }
}
