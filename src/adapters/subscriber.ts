import { setImmediate as nextTurn } from 'node:timers/promises'
import type { BatchHandler, Subscription } from '../application/ports/event-log.ts'
import type { Position, StoredEvent } from '../domain/kernel/recorded.ts'

/** The part of a log that a subscriber needs; what it reads is what is committed at that moment. */
export interface Source {
  /** Up to so many events after a position; empty only if there are none. A promise where the log is not at hand. */
  readBatch(after: Position, limit: number): readonly StoredEvent[] | Promise<readonly StoredEvent[]>
  /** The position of the newest event. */
  head(): Position
}

/**
 * Hands the log over from a position on. There is no gap and no repeat by construction: it only ever reads what follows
 * the last event it handed over, and the same reading serves catching up and living on; a wake-up carries no events.
 */
export class Subscriber implements Subscription {
  readonly ended: Promise<void>
  #stopped = false
  #wake: () => void = () => undefined
  #news = 0

  constructor(source: Source, after: Position, batchSize: number, handle: BatchHandler) {
    this.ended = this.#run(source, after, batchSize, handle)
    // Whoever asks for `ended` hears of it; if nobody does, it must not end the process.
    this.ended.catch(() => undefined)
  }

  /** There is something new to read. */
  wake(): void {
    this.#news += 1
    this.#wake()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#wake()
    await this.ended.catch(() => undefined)
  }

  async #run(source: Source, after: Position, batchSize: number, handle: BatchHandler): Promise<void> {
    let position = after
    // The process lives on between batches of the past: each waits for a turn of the event loop.
    await nextTurn()
    while (!this.#stopped) {
      const news = this.#news
      const read = source.readBatch(position, batchSize)
      const batch = read instanceof Promise ? await read : read
      if (this.#stopped) return
      const last = batch.at(-1)
      if (last === undefined) {
        // No wake-up is lost: what came since the reading was asked for is read once more.
        if (this.#news === news)
          await new Promise<void>((resolve) => {
            this.#wake = resolve
          })
        continue
      }
      // A handler that is done at once is not awaited: each await is a turn that others come in between.
      const handled = handle(batch)
      if (handled !== undefined) await handled
      position = last.position
      if (position < source.head()) await nextTurn()
    }
  }
}
