/** Large enough that handing over costs little; four of them are what a decoder may be behind. */
const SLOT_BYTES = 256 * 1024
const SLOTS = 4

// Places in the control words, which stand before the slots. The lengths of what is in the slots follow them.
const SIGNAL = 0
const WRITTEN = 1
const TAKEN = 2
const CLOSED = 3
const WAITING = 4
const LENGTHS = 5
const CONTROL_WORDS = LENGTHS + SLOTS

const control = (memory: SharedArrayBuffer): Int32Array<SharedArrayBuffer> =>
  new Int32Array(memory, 0, CONTROL_WORDS)

const slot = (memory: SharedArrayBuffer, turn: number): Uint8Array =>
  new Uint8Array(memory, CONTROL_WORDS * 4 + (turn % SLOTS) * SLOT_BYTES, SLOT_BYTES)

/** Memory that bytes go through from one thread to one other: 1 MiB. */
export const createRing = (): SharedArrayBuffer =>
  new SharedArrayBuffer(CONTROL_WORDS * 4 + SLOTS * SLOT_BYTES)

/** The end that never blocks. */
export class RingWriter {
  readonly #memory: SharedArrayBuffer
  readonly #control: Int32Array<SharedArrayBuffer>
  #written = 0
  #filled = 0

  constructor(memory: SharedArrayBuffer) {
    this.#memory = memory
    this.#control = control(memory)
  }

  /** Copies what there is room for, and says how many bytes that were: 0 where the reader must first take some. */
  write(bytes: Uint8Array): number {
    if (this.#written - Atomics.load(this.#control, TAKEN) === SLOTS) return 0
    const piece = bytes.subarray(0, SLOT_BYTES - this.#filled)
    slot(this.#memory, this.#written).set(piece, this.#filled)
    this.#filled += piece.length
    if (this.#filled === SLOT_BYTES) this.#publish()
    return piece.length
  }

  /** Nothing more will come. */
  close(): void {
    if (this.#filled > 0) this.#publish()
    Atomics.store(this.#control, CLOSED, 1)
    this.#signal()
  }

  /** Whether the reader has nothing to do but wait for bytes. */
  isAwaited(): boolean {
    return Atomics.load(this.#control, WAITING) === 1
  }

  #publish(): void {
    Atomics.store(this.#control, LENGTHS + (this.#written % SLOTS), this.#filled)
    this.#written += 1
    this.#filled = 0
    Atomics.store(this.#control, WRITTEN, this.#written)
    this.#signal()
  }

  #signal(): void {
    Atomics.add(this.#control, SIGNAL, 1)
    Atomics.notify(this.#control, SIGNAL)
  }
}

/** The end that waits by blocking its thread, so that decoders can be written as if all bytes were there. */
export class RingReader {
  readonly #memory: SharedArrayBuffer
  readonly #control: Int32Array<SharedArrayBuffer>
  readonly #onTaken: () => void
  #taken = 0
  #holds = false

  /** `onTaken`: there is room for more. */
  constructor(memory: SharedArrayBuffer, onTaken: () => void) {
    this.#memory = memory
    this.#control = control(memory)
    this.#onTaken = onTaken
  }

  /** The next bytes, which hold until it is called again; null after the last. */
  next(): Uint8Array | null {
    if (this.#holds) this.#letGo()
    for (;;) {
      const signal = Atomics.load(this.#control, SIGNAL)
      // In this order: what was written before it was closed is seen.
      const isClosed = Atomics.load(this.#control, CLOSED) === 1
      if (Atomics.load(this.#control, WRITTEN) !== this.#taken) break
      if (isClosed) return null
      Atomics.store(this.#control, WAITING, 1)
      Atomics.wait(this.#control, SIGNAL, signal)
      Atomics.store(this.#control, WAITING, 0)
    }
    this.#holds = true
    const length = Atomics.load(this.#control, LENGTHS + (this.#taken % SLOTS))
    return slot(this.#memory, this.#taken).subarray(0, length)
  }

  #letGo(): void {
    this.#holds = false
    this.#taken += 1
    Atomics.store(this.#control, TAKEN, this.#taken)
    this.#onTaken()
  }
}
