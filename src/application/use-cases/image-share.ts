import { z } from 'zod'
import { decide } from '../../domain/image/decide.ts'
import { tooManyWaiting } from '../../domain/image/sharing.ts'
import { imageAggregate } from '../../domain/image/state.ts'
import { left, right, type TaskEither } from '../../domain/kernel/fp.ts'
import { projectIdSchema, type ShareKey, shareKey } from '../../domain/kernel/ids.ts'
import { instantSchema } from '../../domain/kernel/instant.ts'
import type { Refusal } from '../../domain/kernel/refusal.ts'
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
        if (decision._tag === 'Left' || decision.right.length === 0) return decision
        // Counted in the catalog: offers made at once may go a little beyond.
        const full = tooManyWaiting(project, directory.pendingOffersTo(project))
        return full === null ? decision : left(full)
      },
    )
    return shared._tag === 'Left'
      ? shared
      : right({ id: shareKey(id, project), position: shared.right.position })
  }
