import { z } from 'zod'
import { decide } from '../../domain/image/decide.ts'
import { imageAggregate } from '../../domain/image/state.ts'
import { left, right, type TaskEither } from '../../domain/kernel/fp.ts'
import { projectIdSchema, type ShareKey, shareKey } from '../../domain/kernel/ids.ts'
import { instantSchema } from '../../domain/kernel/instant.ts'
import { invalidState, type Refusal } from '../../domain/kernel/refusal.ts'
import { type Caller, commandOf } from '../command.ts'
import type { Done } from '../done.ts'
import type { RawInput } from '../image-command.ts'
import { idempotencyKey, parseInput, prose } from '../input.ts'
import { reachImage } from '../reach.ts'
import type { Services } from '../services.ts'

const input = z.strictObject({
  image: z.string(),
  project: projectIdSchema,
  message: prose(1_000).nullish(),
  expiresAt: instantSchema.nullish(),
  idempotencyKey,
})

/** A project has so many offers waiting at most. Counted in the catalog, so that offers made at once may go beyond it. */
const MAX_OFFERS_TO_PROJECT = 1_000

/**
 * Offers an image to another project, which finds it in its inbox; a PRIVATE image becomes SHARED (reference 004). Takes any
 * project id, and answers the same whether there is such a project or not. Collaborators of the image's owner. Refusals:
 * NotFound, Forbidden, InvalidInput, IdempotencyConflict, InvalidState.
 */
export const imageShare =
  (services: Services) =>
  (caller: Caller, raw: RawInput): TaskEither<Refusal, Done<ShareKey>> =>
  async () => {
    const { ledger, clock, directory } = services
    const image = await reachImage(services, caller.principal, 'shareImage', raw.image)
    if (image._tag === 'Left') return image
    const parsed = parseInput(input, raw)
    if (parsed._tag === 'Left') return parsed
    const { id } = image.right
    const { project, message, expiresAt } = parsed.right
    const now = clock.now()
    const shared = await ledger.change(
      imageAggregate,
      id,
      commandOf(caller, 'imageShare', now, parsed.right),
      (state) => {
        const decision = decide(
          { type: 'Share', project, message: message ?? null, expiresAt: expiresAt ?? null, now },
          state,
        )
        const full =
          decision._tag === 'Right' &&
          decision.right.length > 0 &&
          directory.pendingOffersTo(project) >= MAX_OFFERS_TO_PROJECT
        return full
          ? left(
              invalidState(
                'PENDING',
                `Project ${JSON.stringify(project)} has ${MAX_OFFERS_TO_PROJECT} offers to answer: offer it when it has answered some.`,
              ),
            )
          : decision
      },
    )
    return shared._tag === 'Left'
      ? shared
      : right({ id: shareKey(id, project), position: shared.right.position })
  }
