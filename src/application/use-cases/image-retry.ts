import { decide } from '../../domain/image/decide.ts'
import { imageAggregate } from '../../domain/image/state.ts'
import { right, type TaskEither } from '../../domain/kernel/fp.ts'
import type { ImageId } from '../../domain/kernel/ids.ts'
import type { Refusal } from '../../domain/kernel/refusal.ts'
import { type Caller, commandOf } from '../command.ts'
import type { Done } from '../done.ts'
import { imageCommandInput } from '../image-input.ts'
import { parseInput } from '../input.ts'
import { reachImage } from '../reach.ts'
import type { Services } from '../services.ts'

/**
 * Takes an image that ended in ERROR back to CREATING, so that its bytes can be sent again. Collaborators of its owner.
 * Refusals: NotFound, Forbidden, InvalidInput, IdempotencyConflict, RevisionConflict, InvalidState.
 */
export const imageRetry =
  ({ ledger, clock }: Services) =>
  (
    caller: Caller,
    raw: { readonly image: string; readonly [field: string]: unknown },
  ): TaskEither<Refusal, Done<ImageId>> =>
  async () => {
    const image = await reachImage(ledger, caller.principal, 'changeImage', raw.image)
    if (image._tag === 'Left') return image
    const parsed = parseInput(imageCommandInput, raw)
    if (parsed._tag === 'Left') return parsed
    const { id } = image.right
    const command = commandOf(caller, 'imageRetry', clock.now(), parsed.right)
    const retried = await ledger.change(
      imageAggregate,
      id,
      command,
      (state) => decide({ type: 'RetryCreation' }, state),
      parsed.right,
    )
    return retried._tag === 'Left' ? retried : right({ id, position: retried.right.position })
  }
