import { z } from 'zod'
import { decide } from '../domain/image/decide.ts'
import type { SharingCommand } from '../domain/image/sharing.ts'
import { imageAggregate } from '../domain/image/state.ts'
import { right, type TaskEither } from '../domain/kernel/fp.ts'
import { type ProjectId, type ShareKey, shareKey } from '../domain/kernel/ids.ts'
import type { Instant } from '../domain/kernel/instant.ts'
import type { Refusal } from '../domain/kernel/refusal.ts'
import { type Caller, commandOf } from './command.ts'
import type { Done } from './done.ts'
import type { RawInput } from './image-command.ts'
import { idempotencyKey, parseInput, reason } from './input.ts'
import { reachOffer } from './reach.ts'
import type { Services } from './services.ts'

/** The input of commands on a share that is there. */
export const shareRefInput = z.strictObject({
  image: z.string(),
  project: z.string(),
  reason,
  idempotencyKey,
})

/** An input of them as it comes in. */
export type RawShareRef = RawInput & { readonly project: string }

/**
 * A use case by which a project answers an offer. Its collaborators, and never the owner of the image for it. Refusals:
 * NotFound, Forbidden, InvalidInput, IdempotencyConflict, and those of the decision.
 */
export const answerUseCase =
  (mutation: string, commandFor: (project: ProjectId, now: Instant) => SharingCommand) =>
  (services: Services) =>
  (caller: Caller, raw: RawShareRef): TaskEither<Refusal, Done<ShareKey>> =>
  async () => {
    const offer = await reachOffer(services, caller.principal, raw)
    if (offer._tag === 'Left') return offer
    const parsed = parseInput(shareRefInput, raw)
    if (parsed._tag === 'Left') return parsed
    const { image, project } = offer.right
    const now = services.clock.now()
    const answered = await services.ledger.change(
      imageAggregate,
      image,
      commandOf(caller, mutation, now, parsed.right),
      (state) => decide(commandFor(project, now), state),
    )
    return answered._tag === 'Left'
      ? answered
      : right({ id: shareKey(image, project), position: answered.right.position })
  }
