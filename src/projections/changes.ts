import type { StreamName } from '../domain/kernel/recorded.ts'

/** Waits for what changes one stream. Between two readings it remembers that something did, and not how often. */
export interface Watch {
  /** True once the stream has changed since this was asked before, or since the beginning; false when the watch is over. */
  next(): Promise<boolean>
  /** Ends it, also for whoever is waiting. */
  end(): void
}

/** As much of an AppliedBatch as counts here. */
interface ChangedStreams {
  readonly projection: string
  readonly events: readonly { readonly stream: StreamName }[]
}

/** What a projection of this node has applied, for those who wait for it. It sees the events of every node. */
export class Changes {
  readonly #projection: string
  readonly #watches = new Map<StreamName, Set<OneWatch>>()
  #closed = false

  constructor(projection: string) {
    this.#projection = projection
  }

  /** Hears of every batch, once it can be read. */
  applied({ projection, events }: ChangedStreams): void {
    if (projection !== this.#projection || this.#watches.size === 0) return
    for (const { stream } of events) for (const watch of this.#watches.get(stream) ?? []) watch.changed()
  }

  /**
   * Watches a stream from now on: whoever reads it after this misses nothing. Whoever asks for it ends it, by `end` or by
   * the signal.
   */
  of(stream: StreamName, until: AbortSignal): Watch {
    const watch = new OneWatch(() => {
      const others = this.#watches.get(stream)
      others?.delete(watch)
      if (others?.size === 0) this.#watches.delete(stream)
    })
    const watches = this.#watches.get(stream) ?? new Set()
    this.#watches.set(stream, watches.add(watch))
    if (this.#closed || until.aborted) watch.end()
    else until.addEventListener('abort', () => watch.end(), { once: true })
    return watch
  }

  /** How many streams are being watched. */
  get streams(): number {
    return this.#watches.size
  }

  /** Ends all watches, those to come too: the service is stopping. */
  close(): void {
    this.#closed = true
    for (const watches of [...this.#watches.values()]) for (const watch of [...watches]) watch.end()
  }
}

class OneWatch implements Watch {
  readonly #onEnd: () => void
  #changed = false
  #over = false
  #wake: () => void = () => undefined

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd
  }

  changed(): void {
    this.#changed = true
    this.#wake()
  }

  end(): void {
    this.#over = true
    this.#onEnd()
    this.#wake()
  }

  async next(): Promise<boolean> {
    if (!(this.#changed || this.#over))
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    this.#changed = false
    return !this.#over
  }
}
