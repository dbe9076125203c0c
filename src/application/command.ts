import { createHash } from 'node:crypto'
import { stringify } from 'safe-stable-stringify'
import { v5 as derivedUuid, v4 as randomUuid } from 'uuid'
import type { Principal } from '../domain/access/principal.ts'
import type { Instant } from '../domain/kernel/instant.ts'
import type { Actor } from '../domain/kernel/metadata.ts'

/** What is known about a request before it is looked into. */
export interface Caller {
  readonly principal: Principal
  /** The client sees it, the log of the service and every event carry it. */
  readonly requestId: string
}

/** One command on its way to the log: what becomes the metadata of its events. */
export interface Command {
  readonly id: string
  readonly actor: Actor
  readonly reason?: string
  readonly correlationId: string
  readonly causationId?: string
  readonly requestId: string
  readonly occurredAt: Instant
  /** Only where the client gave an idempotencyKey. */
  readonly inputHash?: string
}

/** Ours alone, so that ids derived here are derived nowhere else. */
const NAMESPACE = '5b2f6c1e-9a57-4c0e-8f43-6d1d3a1f2b60'

/**
 * A command of a caller. With an idempotencyKey its id is a UUIDv5 of issuer, subject, account, mutation and key, so that
 * the keys of two tenants can never meet, and the hash of its input tells a repetition from another command under the same
 * key (DESIGN, events and streams). `input` is the mutation's input as the client gave it.
 */
export const commandOf = (
  { principal, requestId }: Caller,
  mutation: string,
  now: Instant,
  input: { readonly idempotencyKey?: string | null | undefined; readonly reason?: string | null | undefined },
): Command => {
  const { idempotencyKey, reason } = input
  const common = {
    actor: actorOf(principal),
    ...(typeof reason === 'string' && reason !== '' ? { reason } : {}),
    correlationId: requestId,
    requestId,
    occurredAt: now,
  }
  if (typeof idempotencyKey !== 'string') return { id: randomUuid(), ...common }
  const identity = [principal.issuer, principal.subject, principal.account, mutation, idempotencyKey]
  return { id: derivedUuid(JSON.stringify(identity), NAMESPACE), inputHash: hashOf(input), ...common }
}

/** A command of the service itself. The same seed is the same command, whichever node or attempt carries it out. */
export const systemCommand = (part: string, seed: string, now: Instant): Command => {
  const id = derivedUuid(`${part}/${seed}`, NAMESPACE)
  return { id, actor: { id: part, kind: 'SYSTEM' }, correlationId: id, requestId: id, occurredAt: now }
}

/** A further step that a command takes on another stream, or a second time on the same one. */
export const stepOf = ({ inputHash: _, ...command }: Command, step: string): Command => ({
  ...command,
  id: derivedUuid(step, command.id),
  causationId: command.id,
})

/** An id for what a command creates: a repetition of the command comes to the same one. */
export const createdId = (command: Command, what: string): string => derivedUuid(what, command.id)

/**
 * The id of the index-th event that a command gives to a stream. A verbatim retry is the same event; another input under the
 * same key is not, so that of two nodes that take them in at once only one is acknowledged.
 */
export const eventId = ({ id, inputHash = '' }: Command, stream: string, index: number): string =>
  derivedUuid(`${stream}/${index}/${inputHash}`, id)

const actorOf = ({ subject, operator, hypervisor, account }: Principal): Actor => ({
  id: subject,
  kind: operator ? 'OPERATOR' : hypervisor === null ? 'USER' : 'AGENT',
  ...(account === null ? {} : { account }),
})

/** Of the canonical form: the order of keys and what is left out or null do not count. */
const hashOf = (input: object): string => {
  const canonical = stringify(input, (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value === null ? undefined : value,
  )
  return createHash('sha256')
    .update(canonical ?? '')
    .digest('hex')
}
