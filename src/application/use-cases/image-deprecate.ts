import { z } from 'zod'
import { may } from '../../domain/access/access.ts'
import { factsKnownTo } from '../../domain/access/image-access.ts'
import type { Principal } from '../../domain/access/principal.ts'
import { unfitReplacement } from '../../domain/access/replacement.ts'
import { imageAggregate, isRegistered } from '../../domain/image/state.ts'
import { imageIdSchema } from '../../domain/kernel/ids.ts'
import { instantSchema } from '../../domain/kernel/instant.ts'
import { imageUseCase } from '../image-command.ts'
import { idempotencyKey, ifRevision, reason } from '../input.ts'
import { factsOf, type ReachedImage } from '../reach.ts'
import type { Services } from '../services.ts'

const input = z.strictObject({
  image: z.string(),
  replacement: z.string().nullish(),
  reason,
  obsoleteAt: instantSchema.nullish(),
  deleteAt: instantSchema.nullish(),
  ifRevision,
  idempotencyKey,
})

/**
 * Retires an image: DEPRECATED at once, OBSOLETE and deleted at the dates given, by the service itself. It says all anew
 * that is to hold: what is left out is no longer announced. Collaborators of its owner. Refused besides: InvalidInput for
 * dates that are past or out of order and for a replacement that cannot serve, InvalidState.
 */
export const imageDeprecate = imageUseCase(
  'imageDeprecate',
  'deprecateImage',
  input,
  async ({ given, image, services, caller, now }) => {
    const { replacement, reason, obsoleteAt, deleteAt } = given
    const parsed = imageIdSchema.nullish().safeParse(replacement)
    return {
      type: 'Deprecate',
      notice: {
        replacement: parsed.data ?? null,
        reason: reason ?? null,
        obsoleteAt: obsoleteAt ?? null,
        deleteAt: deleteAt ?? null,
      },
      unfit:
        typeof replacement === 'string'
          ? await unfitness(services, caller.principal, image, replacement)
          : null,
      now,
    }
  },
)

/** What may not be seen is spoken of like what is not there. */
const unfitness = async (
  { ledger, directory }: Services,
  principal: Principal,
  image: ReachedImage,
  given: string,
): Promise<string | null> => {
  const missing = `must be an image that you may see: there is no image ${JSON.stringify(given)}`
  const parsed = imageIdSchema.safeParse(given)
  if (!parsed.success) return missing
  const id = parsed.data
  const { state } = await ledger.load(imageAggregate, id)
  if (!isRegistered(state)) return missing
  const facts = factsOf(state, directory)
  if (!may(principal, 'seeImage', { kind: 'image', id, facts })) return missing
  const { status, deactivatedBy, deprecation } = state
  return unfitReplacement(
    { id: image.id, facts: image.target.facts },
    { id, status, deactivated: deactivatedBy !== null, deprecation, facts: factsKnownTo(principal, facts) },
  )
}
