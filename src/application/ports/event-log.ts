import type { JsonObject } from '../../domain/kernel/event.ts'
import type { TaskEither } from '../../domain/kernel/fp.ts'
import type { Instant } from '../../domain/kernel/instant.ts'
import type { Position, StoredEvent, StreamName } from '../../domain/kernel/recorded.ts'

/** An event to append. `data` and `metadata` are plain JSON: no bigint, no undefined; `recordedAt` is no key of metadata. */
export interface NewEvent {
  /** A UUID. The same id at the same place is the same event: see append. */
  readonly id: string
  readonly type: string
  readonly data: JsonObject
  readonly metadata: JsonObject
  /** When another log took it, for an event that moves from there; without it: now. */
  readonly recordedAt?: Instant
}

/** The revision of the stream's last event, or NO_STREAM where it must not exist yet. */
export type ExpectedRevision = number | 'NO_STREAM'

export interface WrongExpectedRevision {
  readonly tag: 'WrongExpectedRevision'
  readonly actual: ExpectedRevision
}

/** Where the last of the appended events came to stand. */
export interface Appended {
  readonly revision: number
  readonly position: Position
}

/** A subscription hands batches over in the order of the log, one at a time, each event exactly once. */
export interface Subscription {
  /** Settles when it has ended: resolves after stop(), rejects with what the handler or the store threw. */
  readonly ended: Promise<void>
  /** No batch begins afterwards; resolves when the one under way is done. */
  stop(): Promise<void>
}

/** Handles a batch (never empty, at most `batchSize` events); the next one waits for it. Throwing ends the subscription. */
export type BatchHandler = (events: readonly StoredEvent[]) => void | Promise<void>

/**
 * The ledger. An event whose append was acknowledged survives kill -9 and power loss. Outages are thrown as
 * StoreUnavailable; the one expected refusal is a value. test/contracts/event-log.ts holds every adapter to this.
 */
export interface EventLog {
  /**
   * Appends all of the events (one or more) to one stream, or none. Left: the stream is not at the expected revision.
   * Appending the very same ids at the same expected revision again is acknowledged as the first time and writes
   * nothing, so an append of unknown outcome may be retried verbatim.
   */
  append(
    stream: StreamName,
    expected: ExpectedRevision,
    events: readonly NewEvent[],
  ): TaskEither<WrongExpectedRevision, Appended>
  /**
   * At most `limit` events of a stream, from revision `from` on (inclusive), ascending, or descending for backwards.
   * Without `from`: from the first, or the last. A stream that does not exist has none.
   */
  readStream(
    stream: StreamName,
    options: { readonly direction: 'forwards' | 'backwards'; readonly from?: number; readonly limit: number },
  ): Promise<readonly StoredEvent[]>
  /** At most `limit` events after a position (exclusive), in the order of the log. */
  readAll(options: { readonly after: Position; readonly limit: number }): Promise<readonly StoredEvent[]>
  /** Everything after a position (exclusive): first what is there, then what comes, without gap or repeat. */
  subscribeAll(options: {
    readonly after: Position
    readonly batchSize: number
    readonly handle: BatchHandler
  }): Subscription
  /** The position of the newest event, START for an empty log. */
  head(): Promise<Position>
  /** Names this log for as long as it lives: positions of another log mean nothing here. */
  identity(): Promise<string>
  /** Since when events may not have come that others appended; null while they come as they are appended. */
  outageSince(): Instant | null
  /** Ends subscriptions, lets appends under way finish, refuses new ones. */
  close(): Promise<void>
}

/** The log cannot be reached or written right now: nothing is known to be stored. Retry later. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
}
