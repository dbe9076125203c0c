const MiB = 1024 * 1024

/** S3 takes 10,000 parts of at least 5 MiB: they grow, so that small blobs take little memory and large ones fit at all. */
const sizes = [
  { upTo: 1_000, bytes: 8 * MiB },
  { upTo: 5_000, bytes: 64 * MiB },
  { upTo: 10_000, bytes: 512 * MiB },
] as const

/** Cuts bytes that come in chunks into the parts of an upload; chunks are copied. */
export class Parts {
  #count = 0
  #filling: Buffer[] = []
  #filled = 0

  /** The parts that are full with this chunk. */
  take(chunk: Uint8Array): readonly Buffer[] {
    const full: Buffer[] = []
    for (let at = 0; at < chunk.length; ) {
      const size = this.#size()
      const end = Math.min(chunk.length, at + size - this.#filled)
      // A copy: whoever wrote the chunk may use it again.
      this.#filling.push(Buffer.from(chunk.subarray(at, end)))
      this.#filled += end - at
      at = end
      if (this.#filled === size) full.push(this.rest())
    }
    return full
  }

  /** What is left of the last part. */
  rest(): Buffer {
    const part = Buffer.concat(this.#filling)
    this.#filling = []
    this.#filled = 0
    this.#count += 1
    return part
  }

  #size(): number {
    const size = sizes.find(({ upTo }) => this.#count < upTo)
    if (size === undefined) throw new RangeError('A blob has 10,000 parts at most')
    return size.bytes
  }
}
