import { setTimeout as sleep } from 'node:timers/promises'
import type { EventLog, Subscription } from '../application/ports/event-log.ts'
import type { Logger } from '../application/ports/logger.ts'
import { type Instant, instantFromMillis } from '../domain/kernel/instant.ts'
import { type Position, START, type StoredEvent } from '../domain/kernel/recorded.ts'
import { BatchApplier, type Decode } from './batch-applier.ts'
import { inTransaction, type OpenedReadModel } from './checkpoint.ts'
import { ProjectionBehind, type ProjectionState, progressOf, Waiters } from './progress.ts'
import type { Projection, SqlDatabase } from './projection.ts'
import type { Turns } from './turns.ts'

/** Whoever reaches a head that was asked for no longer ago than this is live: under load the head never stands still. */
const FRESH_MS = 1_000
/** After an outage of the log: the first pause, doubled up to the last one. */
const FIRST_PAUSE_MS = 100
const LAST_PAUSE_MS = 10_000

/** What all projections of a process share. */
export interface Surroundings {
  readonly log: EventLog
  readonly logger: Logger
  readonly turns: Turns
  readonly batchSize: number
  readonly decode: Decode
  /** The newest position that anybody has heard of. */
  head: Position
  /** When anybody last asked the log for it, by performance.now(). */
  headAskedAt: number
  /** Hears of every batch, once it is committed. Must not throw. */
  readonly onApplied?: ((batch: AppliedBatch) => void) | undefined
}

/** What a projection has just applied and committed. */
export interface AppliedBatch {
  readonly projection: string
  /** In the order of the log; never empty. */
  readonly events: readonly StoredEvent[]
  readonly state: ProjectionState
  readonly tookMs: number
}

/** Ends the subscription of a projection that stopped; the reason is told by its status. */
class Stopped extends Error {
  override readonly name = 'Stopped'
}

/** One projection on its way through the log: catching up, then live, until it is stopped or stops by itself. */
export class RunningProjection {
  readonly name: string
  readonly db: SqlDatabase
  state: ProjectionState = 'CATCHING_UP'
  position: Position
  reason: string | undefined
  staleSince: Instant | undefined
  readonly #projection: Projection
  readonly #shared: Surroundings
  readonly #applier: BatchApplier
  readonly #waiters = new Waiters()
  readonly #stopping = new AbortController()
  #indexed: boolean
  #target: { readonly position: Position; readonly askedAt: number }
  #reportedTenth: number
  #subscription: Subscription | null = null
  #running: Promise<void> = Promise.resolve()

  constructor(projection: Projection, { db, checkpoint }: OpenedReadModel, shared: Surroundings) {
    this.name = projection.name
    this.db = db
    this.position = checkpoint.position
    this.#indexed = checkpoint.indexed
    this.#projection = projection
    this.#shared = shared
    this.#applier = new BatchApplier(projection, db, shared.decode)
    this.#target = { position: shared.head, askedAt: performance.now() }
    this.#reportedTenth = Math.floor(10 * progressOf(this.position, shared.head))
  }

  /** Begins; does not wait for anything. Live at once where nothing is left to do, or nothing that takes time. */
  start(): void {
    try {
      if (this.position >= this.#target.position && (this.#indexed || this.position === START))
        this.#becomeLive()
    } catch (error) {
      if (!(error instanceof Stopped)) throw error
    }
    this.#running = this.#run()
  }

  /** See ProjectionRunner.waitFor. */
  waitFor(position: Position, timeoutMs: number): Promise<void> {
    const behind = () => new ProjectionBehind(this, position)
    if (this.#isStopped()) return Promise.reject(behind())
    return this.#waiters.wait(position, timeoutMs, behind)
  }

  /** Finishes the transaction under way and closes the file. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#subscription?.stop()
    await this.#running
    this.#halt('the service is stopping')
    this.db.close()
  }

  // A method, for the compiler believes a field unchanged across a call that changes it.
  #isStopped(): boolean {
    return this.state === 'STOPPED'
  }

  /** Follows the log, through its outages, until stopped. */
  async #run(): Promise<void> {
    let pause = FIRST_PAUSE_MS
    let resumedAt = this.position
    while (!this.#stopping.signal.aborted && !this.#isStopped()) {
      try {
        await this.#follow()
        if (!this.#stopping.signal.aborted) this.#halt('the event log was closed')
        return
      } catch (error) {
        // By the state and not by the error: a log may wrap what a handler threw.
        if (this.#isStopped()) return
        if (this.position > resumedAt) pause = FIRST_PAUSE_MS
        resumedAt = this.position
        this.#interrupted(error, pause)
      }
      await sleep(pause, undefined, { signal: this.#stopping.signal }).catch(() => undefined)
      pause = Math.min(2 * pause, LAST_PAUSE_MS)
    }
  }

  /** Resolves when the subscription was stopped; throws Stopped, or what the log threw. */
  async #follow(): Promise<void> {
    if (this.state === 'CATCHING_UP') {
      await this.#shared.turns.next()
      await this.#lookWhetherLive()
    }
    if (this.#stopping.signal.aborted) return
    const { log, batchSize } = this.#shared
    this.#subscription = log.subscribeAll({ after: this.position, batchSize, handle: this.#handle })
    await this.#subscription.ended
  }

  #interrupted(error: unknown, pause: number): void {
    const reason = error instanceof Error ? error.message : String(error)
    this.#isStale()
    this.state = 'CATCHING_UP'
    this.reason = reason
    this.#target = { position: this.#shared.head, askedAt: Number.NEGATIVE_INFINITY }
    this.#shared.logger.warn(
      { projection: this.name, position: this.position.toString(), retryInMs: pause, reason },
      'a projection lost the event log and will ask again',
    )
  }

  /** Synchronous where it can be: a live projection has applied a small batch before anybody else has their turn. */
  readonly #handle = (events: readonly StoredEvent[]): void | Promise<void> => {
    const live = this.state === 'LIVE'
    const applied = live ? this.#applySome(events) : 0
    if (applied < events.length || !live) return this.#handleRest(events, applied)
  }

  async #handleRest(events: readonly StoredEvent[], from: number): Promise<void> {
    for (let next = from; next < events.length; ) {
      await this.#shared.turns.next()
      // The rest of the batch is applied after the next start, from the checkpoint on.
      if (this.#stopping.signal.aborted) return
      next += this.#applySome(next === 0 ? events : events.slice(next))
      if (this.state === 'CATCHING_UP') await this.#lookWhetherLive()
    }
  }

  /** How many of the events were applied: at least one, for it throws where there is no going on. */
  #applySome(events: readonly StoredEvent[]): number {
    const begun = performance.now()
    const { count, failure } = this.#applier.applySome(events)
    if (failure !== null) this.#fail(failure)
    const last = events[count - 1]
    if (last === undefined) return count
    this.#shared.onApplied?.({
      projection: this.name,
      events: count === events.length ? events : events.slice(0, count),
      state: this.state,
      tookMs: performance.now() - begun,
    })
    this.#advance(last.position)
    return count
  }

  #advance(position: Position): void {
    this.position = position
    if (position > this.#shared.head) this.#shared.head = position
    this.#waiters.passed(position)
    if (this.state === 'CATCHING_UP') this.#reportProgress()
  }

  #reportProgress(): void {
    const tenth = Math.floor(10 * progressOf(this.position, this.#shared.head))
    if (tenth <= this.#reportedTenth) return
    this.#reportedTenth = tenth
    this.#shared.logger.info(
      { projection: this.name, position: this.position.toString(), percent: 10 * tenth },
      'a projection is catching up',
    )
  }

  async #lookWhetherLive(): Promise<void> {
    if (this.position < this.#target.position) return
    if (performance.now() - this.#target.askedAt > FRESH_MS) {
      const head = await this.#shared.log.head()
      this.#target = { position: head, askedAt: performance.now() }
      if (head > this.#shared.head) this.#shared.head = head
      if (this.position < head) return
    }
    this.#becomeLive()
  }

  #becomeLive(): void {
    if (!this.#indexed) this.#buildIndexes()
    this.state = 'LIVE'
    this.staleSince = undefined
    this.reason = undefined
    this.#shared.logger.info(
      { projection: this.name, position: this.position.toString() },
      'a projection is live',
    )
  }

  /** In one transaction with the note of it, so that a crash in between leaves neither. */
  #buildIndexes(): void {
    try {
      inTransaction(this.db, () => {
        this.db.exec(this.#projection.indexes)
        this.db.prepare('UPDATE _checkpoint SET indexed = 1').run()
      })
      this.#indexed = true
    } catch (error) {
      this.#fail(`Its indexes cannot be built: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  /** Stops this projection for good and lets the others go on; the next start tries again. */
  #fail(reason: string): never {
    this.#shared.logger.error(
      { projection: this.name, position: this.position.toString(), reason },
      'a projection stopped and needs a look',
    )
    this.reason = reason
    this.#halt(reason)
    throw new Stopped(reason)
  }

  #isStale(): void {
    if (this.state === 'LIVE') this.staleSince = instantFromMillis(Date.now())
  }

  #halt(reason: string): void {
    this.#isStale()
    this.reason ??= reason
    this.state = 'STOPPED'
    this.#waiters.giveUp((wanted) => new ProjectionBehind(this, wanted))
  }
}
