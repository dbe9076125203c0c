import { LRUCache } from 'lru-cache'
import type { Aggregate } from '../domain/kernel/aggregate.ts'
import type { DomainEvent } from '../domain/kernel/event.ts'
import { type Either, left, right } from '../domain/kernel/fp.ts'
import { type Position, START, type StreamName } from '../domain/kernel/recorded.ts'
import { idempotencyConflict, type Refusal, revisionConflict } from '../domain/kernel/refusal.ts'
import type { Command } from './command.ts'
import { after, fold, type Loaded, toStored } from './folding.ts'
import { Busy } from './outages.ts'
import { type EventLog, type NewEvent, StoreUnavailable } from './ports/event-log.ts'
import type { Snapshots } from './ports/snapshots.ts'

/** What came of a command: the thing with the change, or with what made it unnecessary. */
export type Changed<State> = Loaded<State>

/** What a change asks for besides its decision. */
export interface ChangeOptions {
  /** Refuse with RevisionConflict unless the stream is exactly there. */
  readonly ifRevision?: number | null | undefined
}

const ATTEMPTS = 8
/** So many commands on one stream share an append at most. */
const BATCH = 100
const PAGE = 1_000
const NOTHING_REMEMBERED: ReadonlyMap<string, string> = new Map()

/** A command that waits for its stream, with its types forgotten: a queue only holds commands on its own aggregate. */
interface Waiting {
  readonly command: Command
  readonly options: ChangeOptions
  readonly decide: (state: never) => Either<Refusal, readonly DomainEvent[]>
  readonly resolve: (result: Either<Refusal, Changed<unknown>>) => void
  readonly reject: (error: unknown) => void
}

/** Tells one command of a batch what it came to, once the batch's append has succeeded and the log stands there. */
type Verdict = (position: Position) => void

/**
 * Loads aggregates and changes them: load, decide, append at the exact revision; on a conflict once more from the start, a
 * bounded number of times, then Busy. Within this process the commands on one stream queue, so that conflicts come from
 * other nodes only; those that queued up meanwhile are decided one upon the other and share one append, and so one sync
 * of the disk. Folded states are kept by revision, and only what came since is read.
 */
export class Ledger {
  readonly #log: EventLog
  readonly #snapshots: Snapshots
  readonly #cache = new LRUCache<StreamName, Loaded<unknown>>({ max: 10_000 })
  readonly #queues = new Map<StreamName, Waiting[]>()
  /** The revision of each stream's last snapshot. */
  readonly #snapshotted = new Map<StreamName, number>()

  constructor(log: EventLog, snapshots: Snapshots) {
    this.#log = log
    this.#snapshots = snapshots
  }

  /** The aggregate with every event that was acknowledged before the call. */
  async load<State, Event extends DomainEvent>(
    aggregate: Aggregate<State, Event>,
    id: string,
  ): Promise<Loaded<State>> {
    const stream = streamOf(aggregate, id)
    // What is cached under a stream was folded by the aggregate of its category.
    let loaded =
      (this.#cache.get(stream) as Loaded<State> | undefined) ?? (await this.#coldStart(aggregate, stream))
    const before = loaded
    for (;;) {
      const from = loaded.revision === 'NO_STREAM' ? 0 : loaded.revision + 1
      const page = await this.#log.readStream(stream, { direction: 'forwards', from, limit: PAGE })
      for (const stored of page) loaded = fold(aggregate, loaded, stored)
      if (page.length < PAGE) break
    }
    if (loaded !== before || !this.#cache.has(stream)) this.#keep(aggregate, stream, loaded)
    return loaded
  }

  /**
   * Carries one decision out. Checked in this order (DESIGN, tenancy and access): idempotency, ifRevision, state. A
   * repeated command changes nothing and gives the aggregate as it is. Throws Busy and StoreUnavailable.
   */
  change<State, Event extends DomainEvent>(
    aggregate: Aggregate<State, Event>,
    id: string,
    command: Command,
    decide: (state: State) => Either<Refusal, readonly Event[]>,
    options: ChangeOptions = {},
  ): Promise<Either<Refusal, Changed<State>>> {
    const stream = streamOf(aggregate, id)
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        command,
        options,
        decide,
        resolve: (result) => resolve(result as Either<Refusal, Changed<State>>),
        reject,
      }
      const queue = this.#queues.get(stream)
      if (queue !== undefined) queue.push(waiting)
      else void this.#work(aggregate, id, stream, [waiting])
    })
  }

  /** Works a stream's queue off, batch by batch, until nobody waits. */
  async #work<State, Event extends DomainEvent>(
    aggregate: Aggregate<State, Event>,
    id: string,
    stream: StreamName,
    queue: Waiting[],
  ): Promise<void> {
    this.#queues.set(stream, queue)
    while (queue.length > 0) {
      const batch = queue.splice(0, BATCH)
      await this.#carryOut(aggregate, id, stream, batch).catch((error: unknown) => {
        for (const { reject } of batch) reject(error)
        // Those who came meanwhile have waited as long: after another try they would hear too late.
        if (error instanceof StoreUnavailable) for (const { reject } of queue.splice(0)) reject(error)
      })
    }
    this.#queues.delete(stream)
  }

  async #carryOut<State, Event extends DomainEvent>(
    aggregate: Aggregate<State, Event>,
    id: string,
    stream: StreamName,
    batch: readonly Waiting[],
  ): Promise<void> {
    // Most often what is remembered is still so, and the append tells where it is not. A command that gives no event asks.
    let remembered = this.#cache.get(stream) as Loaded<State> | undefined
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const loaded = remembered ?? (await this.load(aggregate, id))
      const { verdicts, events, reached, gaveNone } = decideInTurn<State, Event>(
        aggregate,
        stream,
        loaded,
        batch,
      )
      const unsure = gaveNone && remembered !== undefined
      remembered = undefined
      if (unsure) continue
      const position = await this.#append(stream, loaded, events)
      if (position === null) continue
      if (events.length > 0) this.#keep(aggregate, stream, { ...reached, position })
      for (const tell of verdicts) tell(position)
      return
    }
    throw new Busy(`Too many changes at once to ${stream}: try again.`)
  }

  /** Where the stream's last event stands then; null: somebody else has written to it meanwhile. */
  async #append(
    stream: StreamName,
    { revision, position }: Loaded<unknown>,
    events: readonly NewEvent[],
  ): Promise<Position | null> {
    if (events.length === 0) return position
    const appended = await this.#log.append(stream, revision, events)()
    return appended._tag === 'Left' ? null : appended.right.position
  }

  /** The same command again: with the same content the thing as it is, else a refusal. Null: it is new here. */
  repetition<State>(loaded: Loaded<State>, command: Command): Either<Refusal, Changed<State>> | null {
    const repeated = repeatedIn(loaded, command)
    return repeated === null || repeated._tag === 'Left' ? repeated : right(loaded)
  }

  async #coldStart<State, Event extends DomainEvent>(
    aggregate: Aggregate<State, Event>,
    stream: StreamName,
  ): Promise<Loaded<State>> {
    const codec = aggregate.snapshot
    const snapshot = codec === undefined ? null : this.#snapshots.load(stream)
    if (codec === undefined || snapshot === null || snapshot.version !== codec.version)
      return fromNothing(aggregate)
    const { revision } = snapshot
    const [last] = await this.#log.readStream(stream, { direction: 'forwards', from: revision, limit: 1 })
    // One that has seen more than the log holds is a snapshot of another log.
    if (last === undefined) return fromNothing(aggregate)
    this.#snapshotted.set(stream, revision)
    return {
      state: codec.decode(snapshot.state),
      revision,
      commands: new Map(Object.entries(snapshot.commands)),
      position: last.position,
    }
  }

  #keep<State, Event extends DomainEvent>(
    aggregate: Aggregate<State, Event>,
    stream: StreamName,
    loaded: Loaded<State>,
  ): void {
    this.#cache.set(stream, loaded)
    const codec = aggregate.snapshot
    if (codec === undefined || loaded.revision === 'NO_STREAM') return
    // Writing costs as much as the state weighs: once in as many events, it costs each event a constant.
    const interval = Math.max(PAGE, codec.weight(loaded.state))
    const last = this.#snapshotted.get(stream) ?? 0
    if (loaded.revision - last < interval) return
    this.#snapshotted.set(stream, loaded.revision)
    this.#snapshots.save(stream, {
      revision: loaded.revision,
      version: codec.version,
      state: codec.encode(loaded.state),
      commands: Object.fromEntries(loaded.commands),
    })
  }
}

const fromNothing = <State>({ initial }: { readonly initial: State }): Loaded<State> => ({
  state: initial,
  revision: 'NO_STREAM',
  commands: NOTHING_REMEMBERED,
  position: START,
})

/** `<category>-<id>` */
export const streamOf = (aggregate: { readonly category: string }, id: string): StreamName =>
  `${aggregate.category}-${id}` as StreamName

/**
 * Decides a batch, each command upon what those before it leave. Nothing is written yet. What throws is a bug in one
 * command, and no business of the others.
 */
const decideInTurn = <State, Event extends DomainEvent>(
  aggregate: Aggregate<State, Event>,
  stream: StreamName,
  loaded: Loaded<State>,
  batch: readonly Waiting[],
) => {
  const events: NewEvent[] = []
  const verdicts: Verdict[] = []
  let reached = loaded
  let gaveNone = false
  for (const waiting of batch) {
    const { command, resolve, reject } = waiting
    try {
      const decision = judge<State, Event>(reached, waiting)
      if (decision._tag === 'Left' || decision.right.length === 0) gaveNone = true
      if (decision._tag === 'Left') {
        verdicts.push(() => resolve(decision))
        continue
      }
      const given = decision.right.map((event, index) => toStored(aggregate, stream, command, event, index))
      const result = after(aggregate, reached, command, decision.right)
      events.push(...given)
      reached = result
      verdicts.push((position) => resolve(right({ ...result, position })))
    } catch (error) {
      gaveNone = true
      verdicts.push(() => reject(error))
    }
  }
  return { verdicts, events, reached, gaveNone }
}

/** Idempotency, ifRevision, state: in this order. Right: the events that the command gives, none for one that came before. */
const judge = <State, Event extends DomainEvent>(
  loaded: Loaded<State>,
  { command, options, decide }: Waiting,
): Either<Refusal, readonly Event[]> => {
  const repeated = repeatedIn(loaded, command)
  if (repeated !== null) return repeated
  const { ifRevision } = options
  if (typeof ifRevision === 'number' && ifRevision !== loaded.revision)
    return left(revisionConflict(ifRevision, loaded.revision === 'NO_STREAM' ? -1 : loaded.revision))
  // A queue holds commands on its own aggregate only, whose states and events these are.
  return (decide as (state: State) => Either<Refusal, readonly Event[]>)(loaded.state)
}

const repeatedIn = (
  { commands }: Loaded<unknown>,
  { id, inputHash }: Command,
): Either<Refusal, readonly never[]> | null => {
  const hash = commands.get(id)
  if (hash === undefined) return null
  return hash === inputHash ? right([]) : left(idempotencyConflict())
}
