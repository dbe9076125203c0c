/** How slow a sender may be: so many bytes a second, on the average of so many milliseconds. 0 bytes: as slow as it likes. */
export interface Pace {
  readonly bytesPerSecond: number
  readonly windowMs: number
}

/** The bytes come so slowly that they are waited for no longer. */
export class TooSlow extends Error {
  override readonly name = 'TooSlow'
}

/**
 * The same chunks; throws TooSlow where they come slower than the pace. Only the time for which the sender is waited for counts,
 * so that whoever takes the chunks may be as slow as the disk.
 */
export async function* atLeast(body: AsyncIterable<Uint8Array>, pace: Pace): AsyncGenerator<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]()
  const watch = new PaceWatch(pace)
  let waiting = false
  try {
    for (;;) {
      waiting = true
      const next = await watch.during(chunks.next())
      waiting = false
      if (next.done) return
      watch.came(next.value.byteLength)
      yield next.value
    }
  } finally {
    watch.stop()
    // What is waited for in vain may never come.
    const over = chunks.return?.()
    if (waiting) over?.catch(() => undefined)
    else await over
  }
}

/** Windows of waiting, one after the other. It has one timer, that is rarely set: chunks come by ten thousand a second. */
class PaceWatch {
  readonly #windowMs: number
  readonly #leastBytes: number
  #bytes = 0
  /** In this window, without the wait under way. */
  #waitedMs = 0
  #waitingSince: number | null = null
  #failure: TooSlow | null = null
  #giveUp: (error: TooSlow) => void = () => undefined
  #timer: NodeJS.Timeout

  constructor({ bytesPerSecond, windowMs }: Pace) {
    this.#windowMs = windowMs
    this.#leastBytes = (bytesPerSecond * windowMs) / 1000
    this.#timer = setTimeout(() => this.#look(), windowMs)
  }

  /** Settles as the promise does, or rejects with TooSlow. */
  during<T>(arrival: Promise<T>): Promise<T> {
    this.#waitingSince = performance.now()
    return new Promise<T>((resolve, reject) => {
      this.#giveUp = reject
      if (this.#failure !== null) reject(this.#failure)
      arrival.then(resolve, reject)
    })
  }

  /** The wait is over. */
  came(bytes: number): void {
    this.#waitedMs = this.#waited()
    this.#waitingSince = null
    this.#bytes += bytes
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #waited(): number {
    return this.#waitedMs + (this.#waitingSince === null ? 0 : performance.now() - this.#waitingSince)
  }

  #look(): void {
    const leftMs = this.#windowMs - this.#waited()
    if (leftMs > 0) {
      this.#timer = setTimeout(() => this.#look(), leftMs)
    } else if (this.#bytes < this.#leastBytes) {
      this.#failure = new TooSlow('The bytes come too slowly')
      this.#giveUp(this.#failure)
    } else {
      this.#begin()
    }
  }

  #begin(): void {
    this.#bytes = 0
    this.#waitedMs = 0
    if (this.#waitingSince !== null) this.#waitingSince = performance.now()
    this.#timer = setTimeout(() => this.#look(), this.#windowMs)
  }
}
