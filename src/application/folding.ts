import type { Aggregate } from '../domain/kernel/aggregate.ts'
import { type DomainEvent, encodeEvent } from '../domain/kernel/event.ts'
import { type Position, readRecorded, type StoredEvent, type StreamName } from '../domain/kernel/recorded.ts'
import { type Command, eventId } from './command.ts'
import type { ExpectedRevision, NewEvent } from './ports/event-log.ts'

/** An aggregate as the log has it right now. */
export interface Loaded<State> {
  readonly state: State
  /** NO_STREAM before the first event. */
  readonly revision: ExpectedRevision
  /** The commands with an idempotencyKey that changed it, and the hash of what they asked for. */
  readonly commands: ReadonlyMap<string, string>
  /** Of the last event; START before the first. A reader that has come this far has seen all of it. */
  readonly position: Position
}

/** What `loaded` becomes by an event that the log holds. Throws where this program cannot read it. */
export const fold = <State, Event extends DomainEvent>(
  aggregate: Aggregate<State, Event>,
  loaded: Loaded<State>,
  stored: StoredEvent,
): Loaded<State> => {
  const event = readRecorded<Event>(aggregate.definitions, stored)
  if (event._tag === 'Left')
    throw new Error(`${stored.stream} cannot be read at revision ${stored.revision}: ${event.left}`)
  const { commandId, inputHash } = event.right.metadata
  return {
    state: aggregate.evolve(loaded.state, event.right),
    revision: stored.revision,
    commands: remember(loaded.commands, commandId, inputHash),
    position: stored.position,
  }
}

/** What `loaded` becomes by a command's events, which have no position yet. */
export const after = <State, Event extends DomainEvent>(
  aggregate: Aggregate<State, Event>,
  loaded: Loaded<State>,
  { id, inputHash }: Command,
  events: readonly Event[],
): Loaded<State> => {
  if (events.length === 0) return loaded
  const { state, revision, commands, position } = loaded
  return {
    position,
    state: events.reduce(aggregate.evolve, state),
    revision: (revision === 'NO_STREAM' ? -1 : revision) + events.length,
    commands: remember(commands, id, inputHash),
  }
}

const remember = (
  commands: ReadonlyMap<string, string>,
  id: string,
  hash: string | undefined,
): ReadonlyMap<string, string> =>
  hash === undefined || commands.has(id) ? commands : new Map(commands).set(id, hash)

/** An event as the log takes it. */
export const toStored = <State, Event extends DomainEvent>(
  aggregate: Aggregate<State, Event>,
  stream: StreamName,
  command: Command,
  event: Event,
  index: number,
): NewEvent => {
  const { id, actor, ...context } = command
  return {
    id: eventId(command, stream, index),
    type: event.type,
    data: encodeEvent(aggregate.definitions, event),
    metadata: {
      ...context,
      actor: {
        id: actor.id,
        kind: actor.kind,
        ...(actor.account === undefined ? {} : { account: actor.account }),
      },
      commandId: id,
      schemaVersion: aggregate.definitions[event.type]?.version ?? 1,
    },
  }
}
