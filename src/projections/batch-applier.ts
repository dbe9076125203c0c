import type { DomainEvent } from '../domain/kernel/event.ts'
import type { Either } from '../domain/kernel/fp.ts'
import type { Recorded, StoredEvent } from '../domain/kernel/recorded.ts'
import { rollBack } from './checkpoint.ts'
import type { Projection, SqlDatabase, SqlStatement } from './projection.ts'

/** Left: why this program cannot read the event. */
export type Decode = (stored: StoredEvent) => Either<string, Recorded<DomainEvent>>

/** After so many milliseconds a transaction ends, so that catching up does not freeze the process. */
const SLICE_MS = 5

/** What became of some events. */
export interface Applied {
  /** So many of them are applied and committed. */
  readonly count: number
  /** The sentence for operators where it goes no further: then none is applied. */
  readonly failure: string | null
}

/** Applies events to one read model: rows and checkpoint change in one transaction (DESIGN, event stores). */
export class BatchApplier {
  readonly #projection: Projection
  readonly #db: SqlDatabase
  readonly #decode: Decode
  readonly #begin: SqlStatement
  readonly #moveCheckpoint: SqlStatement
  readonly #commit: SqlStatement
  #apply: (event: Recorded<DomainEvent>) => void

  constructor(projection: Projection, db: SqlDatabase, decode: Decode) {
    this.#projection = projection
    this.#db = db
    this.#decode = decode
    this.#begin = db.prepare('BEGIN IMMEDIATE')
    this.#moveCheckpoint = db.prepare('UPDATE _checkpoint SET position = ?')
    this.#commit = db.prepare('COMMIT')
    this.#apply = projection.applier(db)
  }

  /**
   * Applies and commits the first of these events: as many as some milliseconds allow, at least one, and none from a
   * failing one on. Only where the very first fails is that a failure.
   */
  applySome(events: readonly StoredEvent[]): Applied {
    const first = this.#attempt(events)
    if (first.failure === null || first.count === 0) return first
    const before = this.#attempt(events.slice(0, first.count))
    return before.failure === null ? before : { ...before, count: 0 }
  }

  /** One transaction. With a failure, `count` is how many went well before it, though nothing of them is kept. */
  #attempt(events: readonly StoredEvent[]): Applied {
    let count = 0
    let current: StoredEvent | undefined
    try {
      this.#begin.run()
      const deadline = performance.now() + SLICE_MS
      for (const stored of events) {
        current = stored
        this.#applyOne(stored)
        count += 1
        if (performance.now() >= deadline) break
      }
      if (current !== undefined) this.#moveCheckpoint.run(current.position.toString())
      this.#commit.run()
      return { count, failure: null }
    } catch (error) {
      rollBack(this.#db)
      // What the projection may remember of the events just undone goes with them.
      this.#apply = this.#projection.applier(this.#db)
      return { count, failure: describe(current, error) }
    }
  }

  #applyOne(stored: StoredEvent): void {
    const event = this.#decode(stored)
    if (event._tag === 'Left') throw new Error(event.left)
    this.#apply(event.right)
  }
}

const describe = (event: StoredEvent | undefined, error: unknown): string => {
  const what = error instanceof Error ? error.message : String(error)
  if (event === undefined) return what
  const { position, stream, revision, type } = event
  return `${type} at position ${position}, revision ${revision} of ${stream}, cannot be applied: ${what}`
}
