import type { z } from 'zod'
import { authorize } from '../domain/access/access.ts'
import type { ImageAction } from '../domain/access/image-access.ts'
import { decide, type ImageCommand } from '../domain/image/decide.ts'
import { imageAggregate } from '../domain/image/state.ts'
import { right, type TaskEither } from '../domain/kernel/fp.ts'
import type { ImageId } from '../domain/kernel/ids.ts'
import type { Instant } from '../domain/kernel/instant.ts'
import type { Refusal } from '../domain/kernel/refusal.ts'
import { type Caller, commandOf } from './command.ts'
import type { Done } from './done.ts'
import { parseInput } from './input.ts'
import { type ReachedImage, reachImage } from './reach.ts'
import type { Services } from './services.ts'

/** The input of a command on one image as it comes in. */
export interface RawInput {
  readonly image: string
  readonly [field: string]: unknown
}

/** What inputs of commands on one image have in common, once parsed. */
interface Given {
  readonly reason?: string | null | undefined
  readonly ifRevision?: number | null | undefined
  readonly idempotencyKey?: string | null | undefined
  /** Where it happened before it is told. */
  readonly occurredAt?: Instant
}

interface Asked<Input> {
  readonly given: Input
  readonly image: ReachedImage
  readonly services: Services
  readonly caller: Caller
  readonly now: Instant
}

/** Where what is asked for decides what it takes. */
type ActionFor = (raw: RawInput, image: ReachedImage, services: Services) => Promise<ImageAction>

/**
 * A use case that is one decision about one image: visibility, role, input, then idempotency, ifRevision and state.
 * Refusals: NotFound, Forbidden, InvalidInput, IdempotencyConflict, RevisionConflict, and those of the decision.
 */
export const imageUseCase =
  <Schema extends z.ZodType<Given>>(
    mutation: string,
    action: ImageAction | ActionFor,
    schema: Schema,
    commandFor: (asked: Asked<z.output<Schema>>) => ImageCommand | Promise<ImageCommand>,
  ) =>
  (services: Services) =>
  (caller: Caller, raw: RawInput): TaskEither<Refusal, Done<ImageId>> =>
  async () => {
    const { principal } = caller
    const image = await reachImage(
      services,
      principal,
      typeof action === 'string' ? action : 'seeImage',
      raw.image,
    )
    if (image._tag === 'Left') return image
    if (typeof action !== 'string') {
      const wanted = await action(raw, image.right, services)
      const allowed = authorize(principal, wanted, image.right.target)
      if (allowed._tag === 'Left') return allowed
    }
    const parsed = parseInput(schema, raw)
    if (parsed._tag === 'Left') return parsed
    const now = services.clock.now()
    const given = parsed.right
    const command = await commandFor({ given, image: image.right, services, caller, now })
    const { id } = image.right
    const changed = await services.ledger.change(
      imageAggregate,
      id,
      commandOf(caller, mutation, happenedAt(given, now), given),
      (state) => decide(command, state),
      given,
    )
    return changed._tag === 'Left' ? changed : right({ id, position: changed.right.position })
  }

const happenedAt = ({ occurredAt }: Given, now: Instant): Instant => occurredAt ?? now
