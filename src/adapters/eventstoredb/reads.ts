import { setTimeout as sleep } from 'node:timers/promises'
import {
  BACKWARDS,
  START as BEGIN,
  END,
  FORWARDS,
  type ReadRevision,
  type ReadStreamOptions,
} from '@eventstore/db-client'
import type { EventLog } from '../../application/ports/event-log.ts'
import { type Position, START, type StoredEvent, type StreamName } from '../../domain/kernel/recorded.ts'
import { backoff } from '../backoff.ts'
import type { ClientHandle, Connection } from './client.ts'
import { failureOf, unavailable } from './failure.ts'
import { collected, storedEvent } from './reading.ts'
import { attemptLeft, type Timing } from './timing.ts'

/**
 * What is asked of the log once and has an end. Each read is asked again for a while, for the connection may have been lost
 * since the last one; then it rejects with StoreUnavailable.
 */
export class Reads {
  readonly #handle: ClientHandle
  readonly #timing: Timing
  readonly #refuseIfClosed: () => void
  /**
   * When the last answer came, whoever waited for it. One call without an answer costs the others their client only where they
   * have none either: under load all of them would be asked again, and again.
   */
  #heardAt = Number.NEGATIVE_INFINITY

  constructor(handle: ClientHandle, timing: Timing, refuseIfClosed: () => void) {
    this.#handle = handle
    this.#timing = timing
    this.#refuseIfClosed = refuseIfClosed
  }

  /** See EventLog.readStream. */
  async stream(
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
    return this.#read(({ client, givenUp }, silenceMs) =>
      collected(client.readStream(stream, options), silenceMs, givenUp),
    )
  }

  /** Up to so many events after a position, ours and others'; empty at the end of the log. */
  async after(position: Position, count: number): Promise<readonly StoredEvent[]> {
    const fromPosition = position === START ? BEGIN : { commit: position, prepare: position }
    // Reading begins with the event at the position, subscribing after it.
    const options = { direction: FORWARDS, fromPosition, maxCount: count + 1 } as const
    const page = await this.#read(({ client, givenUp }, silenceMs) =>
      collected(client.readAll(options), silenceMs, givenUp),
    )
    return page.filter((event) => event.position > position)
  }

  /** Up to so many events before a position, or of the end, the newest first; empty at the beginning of the log. */
  async before(position: Position | null, count: number): Promise<readonly StoredEvent[]> {
    const fromPosition = position === null ? END : { commit: position, prepare: position }
    const options = { direction: BACKWARDS, fromPosition, maxCount: count } as const
    const page = await this.#read(({ client, givenUp }, silenceMs) =>
      collected(client.readAll(options), silenceMs, givenUp),
    )
    return page.filter((event) => position === null || event.position < position)
  }

  async #read(
    ask: (connection: Connection, silenceMs: number) => ReturnType<typeof collected>,
  ): Promise<readonly StoredEvent[]> {
    const until = performance.now() + this.#timing.answerMs
    for (let attempt = 1; ; attempt += 1) {
      this.#refuseIfClosed()
      const connection = this.#handle.current
      const begun = performance.now()
      try {
        const found = await ask(connection, attemptLeft(this.#timing, until))
        this.#heardAt = performance.now()
        return found.map(storedEvent).filter((event) => event !== null)
      } catch (error) {
        const failure = failureOf(error)
        if (failure.kind !== 'OUTAGE') this.#heardAt = performance.now()
        if (failure.kind === 'NO_STREAM') return []
        if (failure.kind !== 'OUTAGE') throw error
        if (!(failure.silent && this.#heardAt > begun)) this.#handle.replace(connection)
        const pauseMs = backoff(attempt)
        if (performance.now() + pauseMs >= until) throw unavailable(failure)
        this.#handle.observer.retried('read')
        await sleep(pauseMs)
      }
    }
  }
}
