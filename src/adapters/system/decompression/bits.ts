import type { Input } from './input.ts'

/** Bits, the highest of each byte first. No byte is taken before a bit of it is asked for. */
export class Bits {
  readonly #input: Input
  #held = 0
  #count = 0

  constructor(input: Input) {
    this.#input = input
  }

  /** The next 1 to 24 bits as a number. */
  read(bits: number): number {
    while (this.#count < bits) {
      this.#held = (this.#held << 8) | this.#input.byte()
      this.#count += 8
    }
    this.#count -= bits
    return (this.#held >>> this.#count) & ((1 << bits) - 1)
  }

  uint32(): number {
    const high = this.read(16)
    return ((high << 16) | this.read(16)) >>> 0
  }
}
