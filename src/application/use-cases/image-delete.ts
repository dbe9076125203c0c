import { decide } from '../../domain/image/decide.ts'
import { imageAggregate, isRegistered } from '../../domain/image/state.ts'
import { right, type TaskEither } from '../../domain/kernel/fp.ts'
import type { ImageId } from '../../domain/kernel/ids.ts'
import type { Refusal } from '../../domain/kernel/refusal.ts'
import { type Caller, commandOf } from '../command.ts'
import type { Done } from '../done.ts'
import type { RawInput } from '../image-command.ts'
import { imageCommandInput } from '../image-input.ts'
import { parseInput } from '../input.ts'
import { settleClaim } from '../names.ts'
import { reachImage } from '../reach.ts'
import { finalDeletion, type Services } from '../services.ts'

/**
 * Deletes an image: at once and for good, or after the recovery window where there is one (DELETE_RECOVERY_HOURS). Its name
 * and place are free when it is final; its bytes go soon after. What runs from it runs on. Collaborators of its owner.
 * Refusals: NotFound, Forbidden, InvalidInput, IdempotencyConflict, RevisionConflict, ImageProtected.
 */
export const imageDelete =
  (services: Services) =>
  (caller: Caller, raw: RawInput): TaskEither<Refusal, Done<ImageId>> =>
  async () => {
    const { ledger, clock, limits } = services
    const image = await reachImage(services, caller.principal, 'deleteImage', raw.image)
    if (image._tag === 'Left') return image
    const parsed = parseInput(imageCommandInput, raw)
    if (parsed._tag === 'Left') return parsed
    const { id } = image.right
    const now = clock.now()
    const deleteAt = finalDeletion(now, limits)
    const command = commandOf(caller, 'imageDelete', now, parsed.right)
    const deleted = await ledger.change(
      imageAggregate,
      id,
      command,
      (state) => decide({ type: 'RequestDeletion', now, deleteAt }, state),
      parsed.right,
    )
    if (deleted._tag === 'Left') return deleted
    const { state, position } = deleted.right
    await services.uploads.endWith(id, (at) => commandOf(caller, 'imageDelete', at, {}))
    if (!isRegistered(state) || state.status !== 'DELETED') return right({ id, position })
    const settled = await settleClaim(services, {
      claimId: state.claimId,
      account: state.account,
      imageId: id,
    })
    return settled._tag === 'Left' ? settled : right({ id, position: settled.right })
  }
