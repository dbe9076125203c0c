import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../application/ports/clock.ts'
import {
  type Appended,
  type BatchHandler,
  type EventLog,
  type ExpectedRevision,
  type NewEvent,
  StoreUnavailable,
  type Subscription,
  type WrongExpectedRevision,
} from '../../application/ports/event-log.ts'
import { type Either, left, right, type TaskEither } from '../../domain/kernel/fp.ts'
import { type Instant, instantFromMillis } from '../../domain/kernel/instant.ts'
import type { Position, StoredEvent, StreamName } from '../../domain/kernel/recorded.ts'
import { checkAppend } from '../append-input.ts'
import { Subscriber } from '../subscriber.ts'
import { EventTable, type Row } from './event-table.ts'
import { Tail } from './tail.ts'

/** One transaction takes at most so many appends, and no further one after so many characters of JSON. */
const GROUP_APPENDS = 1_000
const GROUP_CHARS = 4_000_000
/** A page of so many events took its time: whoever reads page after page lets others have theirs in between. */
const LONG_PAGE = 250
/** One append takes at most so many characters of JSON, so that none takes a whole group down with it. */
const APPEND_CHARS = 16_000_000

type Outcome = Either<WrongExpectedRevision, Appended>

/** An event as it is written. */
interface Written {
  readonly id: string
  readonly type: string
  readonly data: string
  readonly metadata: string
  /** Where another log took it first. */
  readonly recordedAt: Instant | undefined
}

/** An append that waits for its group. */
interface Pending {
  readonly stream: StreamName
  readonly expected: ExpectedRevision
  readonly events: readonly Written[]
  readonly chars: number
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: unknown) => void
}

/**
 * Opens the embedded event log: one SQLite file, whose directory is created. At most one process may have it open
 * (lockDirectory). Throws where the file cannot be opened, or not with commits that survive power loss.
 */
export const openSqliteEventLog = (options: {
  readonly file: string
  readonly clock: Clock
}): SqliteEventLog => new SqliteEventLog(new EventTable(options.file), options.clock)

/**
 * The EventLog port over node:sqlite. Appends that come within one turn of the event loop share one transaction and so
 * one sync of the disk; each is decided by itself, in the order of arrival, and acknowledged after the commit.
 */
export class SqliteEventLog implements EventLog {
  readonly #table: EventTable
  readonly #clock: Clock
  readonly #tail: Tail
  readonly #subscribers = new Set<Subscriber>()
  readonly #queue: Pending[] = []
  #scheduled = false
  #lastRecordedAt: Instant
  #closing: Promise<void> | null = null

  constructor(table: EventTable, clock: Clock) {
    this.#table = table
    this.#clock = clock
    const newest = table.newest()
    this.#tail = new Tail(newest?.position ?? 0)
    this.#lastRecordedAt = newest?.recordedAt ?? instantFromMillis(0)
  }

  /** See EventLog. Rejects with TypeError or RangeError where the input is none that a log can hold. */
  append(
    stream: StreamName,
    expected: ExpectedRevision,
    events: readonly NewEvent[],
  ): TaskEither<WrongExpectedRevision, Appended> {
    return () =>
      new Promise<Outcome>((resolve, reject) => {
        checkAppend(stream, expected, events)
        this.#refuseIfClosed()
        const written = events.map(toWritten)
        const chars = written.reduce((sum, { data, metadata }) => sum + data.length + metadata.length, 0)
        if (chars > APPEND_CHARS)
          throw new RangeError(
            `${chars} characters are too many for one append to ${stream}: ${APPEND_CHARS}`,
          )
        this.#queue.push({ stream, expected, events: written, chars, resolve, reject })
        this.#schedule()
      })
  }

  async readStream(
    stream: StreamName,
    options: { readonly direction: 'forwards' | 'backwards'; readonly from?: number; readonly limit: number },
  ): Promise<readonly StoredEvent[]> {
    return afterATurn(this.#table.readStream(stream, options.direction, options.from, options.limit))
  }

  async readAll(options: {
    readonly after: Position
    readonly limit: number
  }): Promise<readonly StoredEvent[]> {
    return afterATurn(this.#table.readAfter(options.after, options.limit))
  }

  subscribeAll(options: {
    readonly after: Position
    readonly batchSize: number
    readonly handle: BatchHandler
  }): Subscription {
    const { after, batchSize, handle } = options
    if (!Number.isSafeInteger(batchSize) || batchSize < 1)
      throw new RangeError(`A batch holds one event or more, not ${batchSize}`)
    const subscriber = new Subscriber(this.#source, after, batchSize, handle)
    this.#subscribers.add(subscriber)
    const forget = () => this.#subscribers.delete(subscriber)
    subscriber.ended.then(forget, forget)
    return subscriber
  }

  async head(): Promise<Position> {
    return this.#source.head()
  }

  async identity(): Promise<string> {
    return this.#table.identity()
  }

  /** Nobody else appends here, and the tail is fed by the appends themselves. */
  outageSince(): null {
    return null
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    while (this.#queue.length > 0) this.#commitGroup()
    await Promise.all([...this.#subscribers].map((subscriber) => subscriber.stop()))
    this.#table.close()
  }

  readonly #source = {
    readBatch: (after: Position, limit: number): readonly StoredEvent[] => {
      this.#refuseIfClosed()
      return this.#tail.after(after, limit) ?? this.#table.readBatchAfter(after, limit)
    },
    head: (): Position => BigInt(this.#tail.end) as Position,
  }

  #refuseIfClosed(): void {
    if (this.#closing !== null) throw new StoreUnavailable('The event log is closed.')
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      if (this.#queue.length > 0) this.#commitGroup()
      if (this.#queue.length > 0) this.#schedule()
    })
  }

  #commitGroup(): void {
    const group = this.#takeGroup()
    const rows: Row[] = []
    let outcomes: readonly Outcome[]
    try {
      const recordedAt = this.#now()
      outcomes = this.#table.transaction(() =>
        group.map((pending) => this.#decide(pending, recordedAt, rows)),
      )
    } catch (error) {
      for (const pending of group) pending.reject(error)
      return
    }
    this.#tail.push(rows)
    // Subscribers first: a projection that handles a batch at once has then applied it before the writer goes on.
    if (rows.length > 0) for (const subscriber of this.#subscribers) subscriber.wake()
    group.forEach((pending, index) => {
      const outcome = outcomes[index]
      if (outcome !== undefined) pending.resolve(outcome)
    })
  }

  #takeGroup(): readonly Pending[] {
    let size = 0
    let chars = 0
    for (const pending of this.#queue) {
      if (size === GROUP_APPENDS || chars >= GROUP_CHARS) break
      size += 1
      chars += pending.chars
    }
    return this.#queue.splice(0, size)
  }

  /** Writes one append's events into the transaction under way, or finds why not. */
  #decide({ stream, expected, events }: Pending, recordedAt: Instant, rows: Row[]): Outcome {
    const last = this.#table.lastRevision(stream)
    const first = expected === 'NO_STREAM' ? 0 : expected + 1
    if (last !== first - 1) return this.#retried(stream, first, last, events)
    let revision = last
    let position = 0
    for (const { id, type, data, metadata, recordedAt: before } of events) {
      const at = before ?? recordedAt
      revision += 1
      position = this.#table.insert(stream, revision, id, type, data, metadata, at)
      rows.push([position, stream, revision, id, type, data, metadata, at])
    }
    return right({ revision, position: BigInt(position) as Position })
  }

  /** The stream is elsewhere: because these very events came before, or because others did. */
  #retried(stream: StreamName, first: number, last: number, events: readonly Written[]): Outcome {
    const ids = events.map(({ id }) => id)
    const position = first > last ? null : this.#table.positionOf(stream, first, ids)
    if (position === null)
      return left({ tag: 'WrongExpectedRevision', actual: last < 0 ? 'NO_STREAM' : last })
    return right({ revision: first + events.length - 1, position: BigInt(position) as Position })
  }

  /** The clock's time, but never before what was recorded already: clocks are set back, ledgers are not. */
  #now(): Instant {
    const now = this.#clock.now()
    if (now > this.#lastRecordedAt) this.#lastRecordedAt = now
    return this.#lastRecordedAt
  }
}

const afterATurn = async (page: readonly StoredEvent[]): Promise<readonly StoredEvent[]> => {
  if (page.length >= LONG_PAGE) await nextTurn()
  return page
}

const toWritten = ({ id, type, data, metadata, recordedAt }: NewEvent): Written => ({
  id,
  type,
  data: JSON.stringify(data),
  metadata: JSON.stringify(metadata),
  recordedAt,
})
