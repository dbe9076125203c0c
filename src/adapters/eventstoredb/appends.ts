import { setTimeout as sleep } from 'node:timers/promises'
import { type AppendResult, jsonEvent, NO_STREAM } from '@eventstore/db-client'
import type {
  Appended,
  ExpectedRevision,
  NewEvent,
  WrongExpectedRevision,
} from '../../application/ports/event-log.ts'
import { type Either, left, right } from '../../domain/kernel/fp.ts'
import type { Position, StreamName } from '../../domain/kernel/recorded.ts'
import { backoff } from '../backoff.ts'
import type { ClientHandle } from './client.ts'
import { failureOf, NoAnswer, unavailable } from './failure.ts'
import { withRecordedAt } from './recorded-at.ts'
import { attemptLeft, type Timing } from './timing.ts'

/** More than any server takes at once: a message beyond it would break the stream that all appends share. */
const MAX_BYTES = 16 * 1024 * 1024
/**
 * The instant by which the server must have written, in milliseconds from now by the clock of this machine: far enough that
 * clocks that differ do no harm. The server's own limit is nearer, and so is ours.
 */
const DEADLINE_MS = 60_000

type Outcome = Either<WrongExpectedRevision, Appended>
type Written = readonly ReturnType<typeof jsonEvent>[]

/** The events as they are now, whatever becomes of the objects. Throws RangeError where no server would take so much. */
export const writtenDown = (stream: StreamName, events: readonly NewEvent[]): Written => {
  let bytes = 0
  const copied = (value: NewEvent['data']): NewEvent['data'] => {
    const text = JSON.stringify(value)
    bytes += Buffer.byteLength(text)
    return JSON.parse(text)
  }
  const written = events.map(({ id, type, data, metadata, recordedAt }) =>
    jsonEvent({ id, type, data: copied(data), metadata: copied(withRecordedAt(metadata, recordedAt)) }),
  )
  if (bytes > MAX_BYTES) throw tooMuch(stream)
  return written
}

const tooMuch = (stream: StreamName) =>
  new RangeError(`This is too much for one append to ${stream}: the server takes no more`)

/** The appends under way: one after the other on each stream, for the client keeps no order. */
export class Appends {
  readonly #handle: ClientHandle
  readonly #timing: Timing
  /** The last append under way on each stream. */
  readonly #last = new Map<StreamName, Promise<unknown>>()
  /**
   * When the last answer came, whoever waited for it. One call without an answer costs the others their client only where they
   * have none either: under load all of them would be asked again, and again.
   */
  #heardAt = Number.NEGATIVE_INFINITY

  constructor(handle: ClientHandle, timing: Timing) {
    this.#handle = handle
    this.#timing = timing
  }

  /** See EventLog.append. Settles within `answerMs`, the time included in which it waits for its turn. */
  append(stream: StreamName, expected: ExpectedRevision, events: Written): Promise<Outcome> {
    const until = performance.now() + this.#timing.answerMs
    const before = this.#last.get(stream) ?? Promise.resolve()
    const appending = before.catch(() => undefined).then(() => this.#append(stream, expected, events, until))
    this.#last.set(stream, appending)
    return appending.finally(() => {
      if (this.#last.get(stream) === appending) this.#last.delete(stream)
    })
  }

  /** Resolves when none is under way. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#last.values())
  }

  /**
   * An attempt without an answer may have been carried out: the same again, with the same ids at the same revision, is answered
   * as the first time then.
   */
  async #append(
    stream: StreamName,
    expected: ExpectedRevision,
    events: Written,
    until: number,
  ): Promise<Outcome> {
    if (performance.now() >= until) throw unavailable(failureOf(new NoAnswer('Those before had none')))
    const options = {
      expectedRevision: expected === 'NO_STREAM' ? NO_STREAM : BigInt(expected),
      deadline: DEADLINE_MS,
    } as const
    for (let attempt = 1; ; attempt += 1) {
      const connection = this.#handle.current
      const begun = performance.now()
      try {
        const timeoutMs = attemptLeft(this.#timing, until)
        const answer = inTime(connection.client.appendToStream(stream, [...events], options), timeoutMs)
        const outcome = appended(await answer)
        this.#heardAt = performance.now()
        return right(outcome)
      } catch (error) {
        const failure = failureOf(error)
        if (failure.kind !== 'OUTAGE') this.#heardAt = performance.now()
        if (failure.kind === 'CONFLICT') return left({ tag: 'WrongExpectedRevision', actual: failure.actual })
        if (failure.kind === 'TOO_LARGE') throw tooMuch(stream)
        if (failure.kind !== 'OUTAGE') throw error
        const useless = !failure.followsLeader && !(failure.silent && this.#heardAt > begun)
        if (useless) this.#handle.replace(connection)
        const pauseMs = backoff(attempt)
        if (performance.now() + pauseMs >= until) throw unavailable(failure)
        this.#handle.observer.retried('append')
        await sleep(pauseMs)
      }
    }
  }
}

const appended = ({ nextExpectedRevision, position }: AppendResult): Appended => {
  if (position === undefined) throw new NoAnswer('The server said no position')
  return { revision: Number(nextExpectedRevision), position: position.commit as Position }
}

const inTime = <Value>(answer: Promise<Value>, timeoutMs: number): Promise<Value> =>
  new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new NoAnswer(`No answer within ${Math.round(timeoutMs)} ms`)),
      timeoutMs,
    )
    answer.then(resolve, reject).finally(() => clearTimeout(late))
  })
