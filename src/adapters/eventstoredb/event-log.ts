import { setTimeout as sleep } from 'node:timers/promises'
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
import type { Logger } from '../../application/ports/logger.ts'
import type { TaskEither } from '../../domain/kernel/fp.ts'
import type { Instant } from '../../domain/kernel/instant.ts'
import { type Position, START, type StoredEvent, type StreamName } from '../../domain/kernel/recorded.ts'
import { checkAppend } from '../append-input.ts'
import { Subscriber } from '../subscriber.ts'
import { Appends, writtenDown } from './appends.ts'
import { ClientHandle } from './client.ts'
import { checkConnection } from './connection.ts'
import { LiveEvents } from './live.ts'
import type { StoreObserver } from './observer.ts'
import { Reads } from './reads.ts'
import { Tail } from './tail.ts'
import { defaultTiming, type Timing } from './timing.ts'

/** The whole log is read in pages of so many events, ours and others', or fewer where fewer are asked for. */
const MAX_PAGE = 1_000
const MIN_PAGE = 100
/** How often a question is asked whose answer says no more than that there is one, in milliseconds. */
const WATCH_MS = 1_000
/** Its first event's id is the name of the log. */
const IDENTITY = 'log-identity' as StreamName

export interface EventStoreDBOptions extends Partial<Timing> {
  /** See checkConnection. */
  readonly url: string
  /** What the names of our streams begin with: everything else in the store is not ours. */
  readonly prefixes: readonly string[]
  readonly logger: Logger
  /** Nobody, where none is given. */
  readonly observer?: StoreObserver
}

/**
 * Connects to EventStoreDB, 20.6 or later. Rejects with StoreUnavailable where it does not answer, with TypeError where the
 * connection string is none.
 */
export const openEventStoreDB = async (options: EventStoreDBOptions): Promise<EventStoreDBLog> => {
  const checked = checkConnection(options.url)
  if (checked._tag === 'Left') throw new TypeError(`The connection string ${checked.left}`)
  const timing = { ...defaultTiming, ...options }
  const handle = new ClientHandle(checked.right, options.observer)
  try {
    // The end of the log, whosever event stands there.
    const [last] = await new Reads(handle, timing, () => undefined).before(null, 1)
    return new EventStoreDBLog(handle, timing, last?.position ?? START)
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** The EventLog port over EventStoreDB, for several nodes at once. docs/adr/0013-eventstoredb.md */
export class EventStoreDBLog implements EventLog {
  readonly #handle: ClientHandle
  readonly #prefixes: readonly string[]
  readonly #appends: Appends
  readonly #reads: Reads
  readonly #tail: Tail
  readonly #live: LiveEvents
  readonly #subscribers = new Set<Subscriber>()
  #closing: Promise<void> | null = null

  constructor(handle: ClientHandle, options: EventStoreDBOptions & Timing, end: Position) {
    this.#handle = handle
    this.#prefixes = options.prefixes
    this.#appends = new Appends(handle, options)
    this.#reads = new Reads(handle, options, () => this.#refuseIfClosed())
    this.#tail = new Tail(end)
    this.#live = new LiveEvents({ ...options, handle, after: end }, (event) => {
      this.#tail.push(event)
      for (const subscriber of this.#subscribers) subscriber.wake()
    })
    void this.#watch()
  }

  /** A server that takes everything in and answers nothing ends no subscription: a read without an answer does. */
  async #watch(): Promise<void> {
    for (;;) {
      await sleep(WATCH_MS, undefined, { ref: false })
      if (this.#closing !== null) return
      await this.#reads.before(null, 1).catch(() => undefined)
    }
  }

  /** See EventLog. Rejects with TypeError or RangeError where the input is none that a log can hold. */
  append(
    stream: StreamName,
    expected: ExpectedRevision,
    events: readonly NewEvent[],
  ): TaskEither<WrongExpectedRevision, Appended> {
    return async () => {
      checkAppend(stream, expected, events)
      this.#refuseIfClosed()
      return this.#appends.append(stream, expected, writtenDown(stream, events))
    }
  }

  async readStream(
    stream: StreamName,
    options: Parameters<EventLog['readStream']>[1],
  ): Promise<readonly StoredEvent[]> {
    return this.#reads.stream(stream, options)
  }

  async readAll({ after, limit }: Parameters<EventLog['readAll']>[0]): Promise<readonly StoredEvent[]> {
    const count = Math.min(MAX_PAGE, Math.max(MIN_PAGE, limit))
    const found: StoredEvent[] = []
    for (let seen = after; ; ) {
      const page = await this.#reads.after(seen, count)
      for (const event of page) if (this.#isOurs(event)) found.push(event)
      const last = page.at(-1)
      if (last === undefined || found.length >= limit) return found.slice(0, limit)
      seen = last.position
    }
  }

  subscribeAll(options: {
    readonly after: Position
    readonly batchSize: number
    readonly handle: BatchHandler
  }): Subscription {
    const { after, batchSize, handle } = options
    let caughtUp = false
    /** The batch after the last one, on its way while that is handled. */
    let ahead: { readonly after: Position; readonly batch: Promise<readonly StoredEvent[]> } | null = null
    const read = (position: Position, limit: number) => this.readAll({ after: position, limit })
    // At first by asking: what was acknowledged before is there at once, and does not come by and by as live events do.
    const ask = async (position: Position, limit: number): Promise<readonly StoredEvent[]> => {
      const batch = await (ahead?.after === position ? ahead.batch : read(position, limit))
      const last = batch.at(-1)
      caughtUp = batch.length < limit
      ahead =
        caughtUp || last === undefined ? null : { after: last.position, batch: read(last.position, limit) }
      ahead?.batch.catch(() => undefined)
      return batch
    }
    const source = {
      readBatch: (position: Position, limit: number) => {
        this.#refuseIfClosed()
        return (caughtUp ? this.#tail.after(position, limit) : null) ?? ask(position, limit)
      },
      head: () => this.#tail.end,
    }
    const subscriber = new Subscriber(source, after, batchSize, handle)
    this.#subscribers.add(subscriber)
    const leave = () => this.#subscribers.delete(subscriber)
    subscriber.ended.then(leave, leave)
    return subscriber
  }

  async head(): Promise<Position> {
    // Most often the newest event is ours; behind it others may stand, of the store's own.
    for (let before: Position | null = null; ; ) {
      const page: readonly StoredEvent[] = await this.#reads.before(before, before === null ? 1 : MAX_PAGE)
      const own = page.find((event) => this.#isOurs(event))
      if (own !== undefined) return own.position
      const last = page.at(-1)
      if (last === undefined) return START
      before = last.position
    }
  }

  /** The one that comes first to a new log names it; its stream is none of ours, so that no projection meets it. */
  async identity(): Promise<string> {
    const named = { id: crypto.randomUUID(), type: 'LogNamed', data: {}, metadata: {} }
    await this.append(IDENTITY, 'NO_STREAM', [named])()
    const [first] = await this.readStream(IDENTITY, { direction: 'forwards', limit: 1 })
    if (first === undefined) throw new StoreUnavailable('The event log does not say its name.')
    return first.id
  }

  /** Of a stream that is none of ours, the server may forget all but the newest events. */
  async keepNewest(stream: StreamName, maxCount: number): Promise<void> {
    await this.#handle.current.client.setStreamMetadata(stream, { maxCount })
  }

  outageSince(): Instant | null {
    return this.#live.lostSince
  }

  /** See EventLog. It takes no longer than an append or a read may take, and the handlers under way. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#subscribers].map((subscriber) => subscriber.stop()))
    await this.#appends.settled()
    await this.#live.stop()
    await this.#handle.close()
  }

  #refuseIfClosed(): void {
    if (this.#closing !== null) throw new StoreUnavailable('The event log is closed.')
  }

  #isOurs({ stream }: StoredEvent): boolean {
    return this.#prefixes.some((prefix) => stream.startsWith(prefix))
  }
}
