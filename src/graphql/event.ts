import type { Principal } from '../domain/access/principal.ts'
import type { EventDefinition } from '../domain/kernel/event.ts'
import { actorKinds, type Actor as EventActor } from '../domain/kernel/metadata.ts'
import { type Recorded, readRecorded, type StoredEvent } from '../domain/kernel/recorded.ts'
import { type LedgerEvent, ledgerEvents } from '../domain/ledger-events.ts'
import { builder, handed } from './builder.ts'

/** A stored event with what this program reads in it. */
export interface EventRow {
  readonly stored: StoredEvent
  readonly recorded: Recorded<LedgerEvent>
}

/** Throws for an event that this program cannot read: history must not have holes. */
export const eventRow = (stored: StoredEvent): EventRow => {
  const recorded = readRecorded<LedgerEvent>(ledgerEvents, stored)
  if (recorded._tag === 'Left') throw new Error(`${stored.stream} at ${stored.revision}: ${recorded.left}`)
  return { stored, recorded: recorded.right }
}

const ActorKind = builder.enumType('ActorKind', { values: actorKinds })

const Actor = builder.objectRef<EventActor>('Actor').implement({
  fields: (t) => ({
    id: t.exposeString('id', handed),
    kind: t.expose('kind', { type: ActorKind, ...handed }),
    account: t.exposeID('account', { nullable: true, ...handed }),
  }),
})

export const Event = builder.objectRef<EventRow>('Event').implement({
  description: 'One recorded fact, as auditors and other consumers read it.',
  fields: (t) => ({
    id: t.id({ ...handed, resolve: ({ stored }) => stored.id }),
    position: t.field({ type: 'Position', ...handed, resolve: ({ stored }) => stored.position }),
    stream: t.string({ ...handed, resolve: ({ stored }) => stored.stream }),
    revision: t.int({ ...handed, resolve: ({ stored }) => stored.revision }),
    type: t.string({
      ...handed,
      description: 'Past tense: ImageShareAccepted.',
      resolve: ({ stored }) => stored.type,
    }),
    schemaVersion: t.int({ ...handed, resolve: ({ recorded }) => recorded.metadata.schemaVersion }),
    occurredAt: t.field({
      type: 'DateTime',
      ...handed,
      description: 'When it happened; billing goes by this.',
      resolve: ({ recorded }) => recorded.metadata.occurredAt,
    }),
    recordedAt: t.field({
      type: 'DateTime',
      ...handed,
      description: 'When the log took it.',
      resolve: ({ stored }) => stored.recordedAt,
    }),
    actor: t.field({
      type: Actor,
      ...handed,
      description: 'Who did it. Of those who answer an offer others see the project that they answered for.',
      resolve: ({ recorded }, _args, { principal }) => actorSeenBy(principal, recorded),
    }),
    reason: t.string({
      nullable: true,
      ...handed,
      resolve: ({ recorded }) => recorded.metadata.reason ?? null,
    }),
    correlationId: t.id({ ...handed, resolve: ({ recorded }) => recorded.metadata.correlationId }),
    causationId: t.id({
      nullable: true,
      ...handed,
      resolve: ({ recorded }) => recorded.metadata.causationId ?? null,
    }),
    summary: t.string({
      ...handed,
      description: 'The event in a sentence for a person.',
      resolve: ({ recorded }) => summaryOf(recorded),
    }),
    data: t.field({
      type: 'JSON',
      ...handed,
      description:
        'As the log has it; of a URL that was fetched, without its query, which may hold a secret.',
      resolve: ({ stored, recorded }) =>
        recorded.type === 'ImageRegistered' && recorded.data.source.from === 'URL'
          ? { ...stored.data, source: { from: 'URL', url: withoutQuery(recorded.data.source.url) } }
          : stored.data,
    }),
  }),
})

/** An owner sees of a recipient its id, and not who is who in it (DESIGN, tenancy and access). */
const actorSeenBy = (
  principal: Principal | null,
  { metadata, ...event }: Recorded<LedgerEvent>,
): EventActor => {
  const { actor } = metadata
  const answers = event.type === 'ImageShareAccepted' || event.type === 'ImageShareRejected'
  if (!answers || actor.kind !== 'USER' || principal?.operator) return actor
  return actor.account !== undefined && actor.account === principal?.account
    ? actor
    : { id: event.data.project, kind: actor.kind }
}

const withoutQuery = (url: string): string => url.replace(/[?#].*$/s, '')

const summaryOf = ({ type, data }: LedgerEvent): string => {
  const definition: EventDefinition = ledgerEvents[type]
  return definition.summary(data)
}
