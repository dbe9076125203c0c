import type { StoredEvent } from '../../domain/kernel/recorded.ts'
import { type Row, toStoredEvent } from './event-table.ts'

/** How much of the log's end is kept; twice as much for a moment, so that dropping the oldest costs little an event. */
const MAX_EVENTS = 2_000
const MAX_CHARS = 4_000_000

interface Entry {
  readonly row: Row
  event: StoredEvent | undefined
}

/**
 * The newest events in memory, so that live subscribers share one reading and parsing instead of each doing their own.
 * It holds every event after its start and none before, and knows when it cannot answer.
 */
export class Tail {
  /** Everything after this position is in the entries. */
  #start: number
  #end: number
  #entries: Entry[] = []
  #chars = 0

  /** `head`: the position of the newest event so far, 0 for an empty log. */
  constructor(head: number) {
    this.#start = head
    this.#end = head
  }

  /** The position of the newest event. */
  get end(): number {
    return this.#end
  }

  /** Takes the rows of a transaction that was committed. */
  push(rows: readonly Row[]): void {
    for (const row of rows) {
      this.#entries.push({ row, event: undefined })
      this.#chars += charsOf(row)
      this.#end = row[0]
    }
    if (this.#entries.length > 2 * MAX_EVENTS || this.#chars > 2 * MAX_CHARS) this.#dropOldest()
  }

  /** The first `limit` events after a position; null where they are not all here. */
  after(position: bigint, limit: number): readonly StoredEvent[] | null {
    if (position < this.#start) return null
    const first = this.#indexAfter(position)
    return this.#entries.slice(first, first + limit).map((entry) => {
      entry.event ??= toStoredEvent(entry.row)
      return entry.event
    })
  }

  /** Binary search: live subscribers stand near the end of thousands of entries. */
  #indexAfter(position: bigint): number {
    if (position >= this.#end) return this.#entries.length
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#entries[middle]?.row[0] ?? 0) > position) high = middle
      else low = middle + 1
    }
    return low
  }

  #dropOldest(): void {
    let dropped = 0
    for (const { row } of this.#entries) {
      if (this.#entries.length - dropped <= MAX_EVENTS && this.#chars <= MAX_CHARS) break
      this.#start = row[0]
      this.#chars -= charsOf(row)
      dropped += 1
    }
    this.#entries = this.#entries.slice(dropped)
  }
}

const charsOf = (row: Row): number => row[5].length + row[6].length
