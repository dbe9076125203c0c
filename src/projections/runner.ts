import type { EventLog } from '../application/ports/event-log.ts'
import type { Logger } from '../application/ports/logger.ts'
import type { DomainEvent, EventDefinitions } from '../domain/kernel/event.ts'
import type { Either } from '../domain/kernel/fp.ts'
import { type Position, type Recorded, readRecorded, type StoredEvent } from '../domain/kernel/recorded.ts'
import type { Decode } from './batch-applier.ts'
import { openReadModel } from './checkpoint.ts'
import { type ProjectionStatus, progressOf } from './progress.ts'
import type { Projection, ReadModelCopies, ReadModels, SqlDatabase } from './projection.ts'
import { type AppliedBatch, RunningProjection, type Surroundings } from './running-projection.ts'
import { Turns } from './turns.ts'

export { ProjectionBehind, type ProjectionStatus } from './progress.ts'
export type { AppliedBatch } from './running-projection.ts'

/** How many events a projection is handed at a time. */
const BATCH_SIZE = 500
/** How long the log's head is not asked for again, in milliseconds. */
const HEAD_MS = 1_000

export interface StartProjections {
  readonly log: EventLog
  readonly readModels: ReadModels
  /** Of every event type that the log may hold. */
  readonly definitions: EventDefinitions
  readonly projections: readonly Projection[]
  readonly logger: Logger
  /** How many events are handed over at a time: 500 by default. */
  readonly batchSize?: number
  /** Where a read model that is of no use is fetched from, before it is built anew. */
  readonly copies?: ReadModelCopies | null
  /** Hears of every batch, once it is committed. Must not throw. */
  readonly onApplied?: (batch: AppliedBatch) => void
}

/**
 * Opens the read models and sets all projections going; resolves without waiting for them to catch up. A read model that
 * another version of its projection made, or that is of another log or ahead of this one, is built anew from the first event. Rejects with
 * StoreUnavailable where the log cannot be asked for its head, or with what opening a read model threw.
 */
export const startProjections = async (options: StartProjections): Promise<ProjectionRunner> => {
  const { log, readModels, definitions, projections, logger, batchSize = BATCH_SIZE, onApplied } = options
  const [head, identity] = await Promise.all([log.head(), log.identity()])
  const shared: Surroundings = {
    log,
    logger,
    batchSize,
    head,
    headAskedAt: performance.now(),
    turns: new Turns(),
    decode: sharedDecode(definitions),
    onApplied,
  }
  const running: RunningProjection[] = []
  try {
    for (const projection of projections) {
      const opened = await openReadModel(readModels, projection, { head, identity }, options.copies ?? null)
      if (opened.emptied !== null)
        logger.info({ projection: projection.name, reason: opened.emptied }, 'a read model is built anew')
      running.push(new RunningProjection(projection, opened, shared))
    }
  } catch (error) {
    for (const { db } of running) db.close()
    throw error
  }
  for (const projection of running) projection.start()
  return new ProjectionRunner(running, shared)
}

/** Live projections are handed the same events, which are then decoded once for all of them. */
const sharedDecode = (definitions: EventDefinitions): Decode => {
  const decoded = new WeakMap<StoredEvent, Either<string, Recorded<DomainEvent>>>()
  return (stored) => {
    const known = decoded.get(stored)
    if (known !== undefined) return known
    const event = readRecorded<DomainEvent>(definitions, stored)
    decoded.set(stored, event)
    return event
  }
}

const PASSED = Promise.resolve()

/** The projections of this process. */
export class ProjectionRunner {
  readonly #projections: ReadonlyMap<string, RunningProjection>
  readonly #shared: Surroundings
  #stopping: Promise<void> | null = null

  constructor(projections: readonly RunningProjection[], shared: Surroundings) {
    this.#projections = new Map(projections.map((projection) => [projection.name, projection]))
    this.#shared = shared
  }

  /** How each of them is doing, in the order in which they were given. */
  status(): readonly ProjectionStatus[] {
    const { head } = this.#shared
    return [...this.#projections.values()].map(({ name, state, position, reason, staleSince }) => ({
      name,
      state,
      position,
      head,
      progress: progressOf(position, head),
      ...(reason === undefined ? {} : { reason }),
      ...(staleSince === undefined ? {} : { staleSince }),
    }))
  }

  /** Asks the log for its head, at most once a second: while nothing comes, it is how far behind they are. Never rejects. */
  async lookAtHead(): Promise<void> {
    const shared = this.#shared
    if (performance.now() - shared.headAskedAt < HEAD_MS) return
    shared.headAskedAt = performance.now()
    const head = await shared.log.head().catch(() => shared.head)
    if (head > shared.head) shared.head = head
  }

  /** The read model, for queries: the same one until stop(). */
  database(name: string): SqlDatabase {
    return this.#named(name).db
  }

  /**
   * Resolves once the projection has applied the event at this position and committed. Rejects with ProjectionBehind after
   * `timeoutMs` milliseconds, or as soon as it is clear that it will not come so far before the next start.
   */
  waitFor(name: string, position: Position, timeoutMs: number): Promise<void> {
    const projection = this.#named(name)
    return projection.position >= position ? PASSED : projection.waitFor(position, timeoutMs)
  }

  /** Stops all projections, each after the transaction under way, and closes the read models. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    await Promise.all([...this.#projections.values()].map((projection) => projection.stop()))
  }

  #named(name: string): RunningProjection {
    const projection = this.#projections.get(name)
    if (projection === undefined) throw new Error(`There is no projection ${name}`)
    return projection
  }
}
