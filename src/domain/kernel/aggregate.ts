import type { DomainEvent, EventDefinitions, Json } from './event.ts'

/**
 * What folds one stream's events into the state that decisions are made from.
 * Its `decide(command, state): Either<Refusal, readonly Event[]>` stands beside it in decide.ts.
 */
export interface Aggregate<State, Event extends DomainEvent> {
  /** What streams of this kind begin with: the stream is `<category>-<id>`. */
  readonly category: string
  readonly definitions: EventDefinitions
  /** Before the first event. */
  readonly initial: State
  /** Total over legal histories, and pure. */
  readonly evolve: (state: State, event: Event) => State
  /** Only where streams grow so long that a cold start must not fold them whole. */
  readonly snapshot?: SnapshotCodec<State>
}

export interface SnapshotCodec<State> {
  /** Changes whenever evolve or the form of the state does; snapshots of other versions are ignored. */
  readonly version: number
  readonly encode: (state: State) => Json
  readonly decode: (stored: Json) => State
  /** How many parts the state has: a snapshot is worth writing after about as many events. */
  readonly weight: (state: State) => number
}
