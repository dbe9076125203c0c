import type { Position, StoredEvent } from '../../domain/kernel/recorded.ts'

/** How much of the log's end is kept; twice as much for a moment, so that dropping the oldest costs little an event. */
const MAX_EVENTS = 2_000

/**
 * The newest events in memory, so that live subscribers share one subscription to the server. It holds every event after its
 * start and none before, and knows when it cannot answer.
 */
export class Tail {
  #start: Position
  #events: StoredEvent[] = []

  /** Everything after `start` will be pushed. */
  constructor(start: Position) {
    this.#start = start
  }

  /** The position of the newest event, or where it begins. */
  get end(): Position {
    return this.#events.at(-1)?.position ?? this.#start
  }

  /** What was there already, as after a reconnection, is passed over. */
  push(event: StoredEvent): void {
    if (event.position <= this.end) return
    this.#events.push(event)
    if (this.#events.length <= 2 * MAX_EVENTS) return
    const dropped = this.#events.length - MAX_EVENTS
    this.#start = this.#events[dropped - 1]?.position ?? this.#start
    this.#events = this.#events.slice(dropped)
  }

  /** The first `limit` events after a position; null where they are not all here. */
  after(position: Position, limit: number): readonly StoredEvent[] | null {
    if (position < this.#start) return null
    const first = this.#indexAfter(position)
    return this.#events.slice(first, first + limit)
  }

  #indexAfter(position: Position): number {
    let low = 0
    let high = this.#events.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#events[middle]?.position ?? 0n) > position) high = middle
      else low = middle + 1
    }
    return low
  }
}
