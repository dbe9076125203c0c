import { setTimeout as sleep } from 'node:timers/promises'
import {
  BACKWARDS,
  START as BEGIN,
  END,
  FORWARDS,
  jsonEvent,
  NO_STREAM,
  type ReadRevision,
  type ReadStreamOptions,
} from '@eventstore/db-client'
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
import { type Either, left, right, type TaskEither } from '../../domain/kernel/fp.ts'
import { type Position, START, type StoredEvent, type StreamName } from '../../domain/kernel/recorded.ts'
import { checkAppend } from '../append-input.ts'
import { Subscriber } from '../subscriber.ts'
import { backoff } from './backoff.ts'
import { ClientHandle } from './client.ts'
import { type Failure, failureOf, NoAnswer } from './failure.ts'
import { LiveEvents } from './live.ts'
import { collected, storedEvent } from './reading.ts'
import { Tail } from './tail.ts'

/** An append is tried so long in all, and a silent attempt is given up so soon: clients are to hear within two seconds. */
const APPEND_MS = 1_900
const ATTEMPT_MS = 1_200
/** So long may a read be silent. */
const READ_MS = 5_000
/** The whole log is read in pages of so many events, ours and others'. */
const PAGE = 1_000

type Outcome = Either<WrongExpectedRevision, Appended>
type Client = ClientHandle['client']

export interface EventStoreDBOptions {
  /** See checkConnection. */
  readonly url: string
  /** What the names of our streams begin with: everything else in the store is not ours. */
  readonly prefixes: readonly string[]
  readonly logger: Logger
}

/** Connects to EventStoreDB, 20.6 or later. Rejects with StoreUnavailable where it does not answer. */
export const openEventStoreDB = async (options: EventStoreDBOptions): Promise<EventStoreDBLog> => {
  const handle = new ClientHandle(options.url)
  try {
    return new EventStoreDBLog(handle, options, await newest(handle.client))
  } catch (error) {
    await handle.close()
    throw unavailable(failureOf(error))
  }
}

/** The end of the log, whosever events stand there. */
const newest = async (client: Client): Promise<Position> => {
  const [last] = await collected(
    client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 }),
    READ_MS,
  )
  return last === undefined ? START : (storedEvent(last)?.position ?? START)
}

/** The EventLog port over EventStoreDB, for several nodes at once. docs/adr/0013-eventstoredb.md */
export class EventStoreDBLog implements EventLog {
  readonly #handle: ClientHandle
  readonly #prefixes: readonly string[]
  readonly #tail: Tail
  readonly #live: LiveEvents
  readonly #subscribers = new Set<Subscriber>()
  /** The last append under way on each stream. */
  readonly #appends = new Map<StreamName, Promise<unknown>>()
  #closing: Promise<void> | null = null

  constructor(handle: ClientHandle, { prefixes, logger }: EventStoreDBOptions, end: Position) {
    this.#handle = handle
    this.#prefixes = prefixes
    this.#tail = new Tail(end)
    this.#live = new LiveEvents({ handle, prefixes, logger, after: end }, (event) => {
      this.#tail.push(event)
      for (const subscriber of this.#subscribers) subscriber.wake()
    })
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
      // As they are now, whatever becomes of the objects while the append is under way.
      const written = events.map(({ id, type, data, metadata }) =>
        jsonEvent({
          id,
          type,
          data: JSON.parse(JSON.stringify(data)),
          metadata: JSON.parse(JSON.stringify(metadata)),
        }),
      )
      // One after the other on one stream: the client keeps no order.
      const before = this.#appends.get(stream) ?? Promise.resolve()
      const appending = before.catch(() => undefined).then(() => this.#append(stream, expected, written))
      this.#appends.set(stream, appending)
      return appending.finally(() => {
        if (this.#appends.get(stream) === appending) this.#appends.delete(stream)
      })
    }
  }

  async readStream(
    stream: StreamName,
    { direction, from, limit }: Parameters<EventLog['readStream']>[1],
  ): Promise<readonly StoredEvent[]> {
    const forwards = direction === 'forwards'
    const end: ReadRevision = forwards ? BEGIN : END
    const options: ReadStreamOptions = {
      direction: forwards ? FORWARDS : BACKWARDS,
      fromRevision: from === undefined ? end : BigInt(from),
      maxCount: limit,
    }
    const events = await this.#read((client) => collected(client.readStream(stream, options), READ_MS))
    return events.map(storedEvent).filter((event) => event !== null)
  }

  async readAll({ after, limit }: Parameters<EventLog['readAll']>[0]): Promise<readonly StoredEvent[]> {
    const found: StoredEvent[] = []
    for (let seen = after; ; ) {
      const page = await this.#page(seen)
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
    const source = {
      readBatch: (position: Position, limit: number) => {
        this.#refuseIfClosed()
        return this.#tail.after(position, limit) ?? this.readAll({ after: position, limit })
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
      const page: readonly StoredEvent[] = await this.#pageBefore(before, before === null ? 1 : PAGE)
      const own = page.find((event) => this.#isOurs(event))
      if (own !== undefined) return own.position
      const last = page.at(-1)
      if (last === undefined) return START
      before = last.position
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#subscribers].map((subscriber) => subscriber.stop()))
    await Promise.allSettled(this.#appends.values())
    await this.#live.stop()
    await this.#handle.close()
  }

  #refuseIfClosed(): void {
    if (this.#closing !== null) throw new StoreUnavailable('The event log is closed.')
  }

  #isOurs({ stream }: StoredEvent): boolean {
    return this.#prefixes.some((prefix) => stream.startsWith(prefix))
  }

  /** The events after a position, ours and others'; empty at the end of the log. */
  async #page(after: Position): Promise<readonly StoredEvent[]> {
    const fromPosition = after === START ? BEGIN : { commit: after, prepare: after }
    const page = await this.#read((client) =>
      collected(client.readAll({ direction: FORWARDS, fromPosition, maxCount: PAGE }), READ_MS),
    )
    // Reading begins with the event at the position, subscribing after it.
    return page.map(storedEvent).filter((event) => event !== null && event.position > after) as StoredEvent[]
  }

  /** The events before a position, or of the end, the newest first; empty at the beginning of the log. */
  async #pageBefore(before: Position | null, maxCount: number): Promise<readonly StoredEvent[]> {
    const fromPosition = before === null ? END : { commit: before, prepare: before }
    const page = await this.#read((client) =>
      collected(client.readAll({ direction: BACKWARDS, fromPosition, maxCount }), READ_MS),
    )
    return page
      .map(storedEvent)
      .filter((event) => event !== null)
      .filter(({ position }) => before === null || position < before)
  }

  /** A read may be asked again at once: the connection may have been lost since the last one. */
  async #read<Event>(read: (client: Client) => Promise<readonly Event[]>): Promise<readonly Event[]> {
    this.#refuseIfClosed()
    for (let attempt = 1; ; attempt += 1) {
      const { client } = this.#handle
      try {
        return await read(client)
      } catch (error) {
        const failure = failureOf(error)
        if (failure.kind === 'NO_STREAM') return []
        if (failure.kind !== 'OUTAGE') throw error
        this.#handle.replace(client)
        if (attempt === 2) throw unavailable(failure)
        await sleep(backoff(1))
      }
    }
  }

  /**
   * An attempt without an answer may have been carried out: the same again, with the same ids at the same revision, is answered
   * as the first time then.
   */
  async #append(
    stream: StreamName,
    expected: ExpectedRevision,
    events: readonly ReturnType<typeof jsonEvent>[],
  ): Promise<Outcome> {
    const expectedRevision = expected === 'NO_STREAM' ? NO_STREAM : BigInt(expected)
    const until = performance.now() + APPEND_MS
    for (let attempt = 1; ; attempt += 1) {
      const { client } = this.#handle
      const left_ = until - performance.now()
      try {
        const result = await inTime(
          client.appendToStream(stream, [...events], { expectedRevision }),
          Math.min(ATTEMPT_MS, left_),
        )
        if (result.position === undefined) throw new NoAnswer('The server said no position')
        return right({
          revision: Number(result.nextExpectedRevision),
          position: result.position.commit as Position,
        })
      } catch (error) {
        const failure = failureOf(error)
        if (failure.kind === 'CONFLICT') return left({ tag: 'WrongExpectedRevision', actual: failure.actual })
        if (failure.kind === 'TOO_LARGE')
          throw new RangeError(`This is too much for one append to ${stream}: the server takes no more`)
        if (failure.kind !== 'OUTAGE') throw error
        this.#handle.replace(client)
        const pauseMs = backoff(attempt)
        if (performance.now() + pauseMs >= until) throw unavailable(failure)
        await sleep(pauseMs)
      }
    }
  }
}

const inTime = async <Value>(answer: Promise<Value>, timeoutMs: number): Promise<Value> => {
  const timer = new AbortController()
  const late = sleep(timeoutMs, undefined, { signal: timer.signal }).then(() => {
    throw new NoAnswer(`No answer within ${Math.round(timeoutMs)} ms`)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    late.catch(() => undefined)
    answer.catch(() => undefined)
    timer.abort()
  }
}

const unavailable = (failure: Failure): StoreUnavailable =>
  new StoreUnavailable(
    failure.kind === 'OUTAGE'
      ? `The event store does not answer (${failure.reason}).`
      : 'The event store refused.',
  )
