import { setImmediate as nextTurn } from 'node:timers/promises'
import type { BatchHandler, Subscription } from '../../application/ports/event-log.ts'
import type { Position, StoredEvent } from '../../domain/kernel/recorded.ts'

/** The part of a log that a subscriber needs; what it reads is what is committed at that moment. */
export interface Source {
  /** Up to so many events after a position; empty only if there are none. */
  readBatch(after: Position, limit: number): readonly StoredEvent[]
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

  constructor(source: Source, after: Position, batchSize: number, handle: BatchHandler) {
    this.ended = this.#run(source, after, batchSize, handle)
    // Whoever asks for `ended` hears of it; if nobody does, it must not end the process.
    this.ended.catch(() => undefined)
  }

  /** There is something new to read. */
  wake(): void {
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
      const batch = source.readBatch(position, batchSize)
      const last = batch.at(-1)
      if (last === undefined) {
        // No wake-up is lost: nothing can be committed between the reading and this.
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
