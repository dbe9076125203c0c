import { cutOff } from './decode.ts'

const nothing = new Uint8Array(0)

/** Compressed bytes as parsers want them. Throws Undecodable where they end too early. */
export class Input {
  readonly #next: () => Uint8Array | null
  readonly #name: string
  #chunk: Uint8Array = nothing
  #at = 0

  /** `name`: what people call the compression. */
  constructor(next: () => Uint8Array | null, name: string) {
    this.#next = next
    this.#name = name
  }

  atEnd(): boolean {
    while (this.#at === this.#chunk.length) {
      const chunk = this.#next()
      this.#chunk = chunk ?? nothing
      this.#at = 0
      if (chunk === null) return true
    }
    return false
  }

  byte(): number {
    if (this.#at === this.#chunk.length) this.#mustGoOn()
    return this.#chunk[this.#at++] as number
  }

  uint32LE(): number {
    return Buffer.from(this.take(4)).readUInt32LE()
  }

  /** The next bytes; they hold until anything else is asked for. */
  take(length: number): Uint8Array {
    if (length > 0) this.#mustGoOn()
    const rest = this.#chunk.subarray(this.#at, this.#at + length)
    if (rest.length === length) {
      this.#at += length
      return rest
    }
    const bytes = new Uint8Array(length)
    let filled = 0
    while (filled < length) {
      this.#mustGoOn()
      const piece = this.#chunk.subarray(this.#at, this.#at + length - filled)
      bytes.set(piece, filled)
      filled += piece.length
      this.#at += piece.length
    }
    return bytes
  }

  skip(length: number): void {
    for (let left = length; left > 0; ) {
      this.#mustGoOn()
      const step = Math.min(left, this.#chunk.length - this.#at)
      this.#at += step
      left -= step
    }
  }

  #mustGoOn(): void {
    if (this.atEnd()) throw cutOff(this.#name)
  }
}
