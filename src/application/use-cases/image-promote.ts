import { decide } from '../../domain/image/decide.ts'
import { right, type TaskEither } from '../../domain/kernel/fp.ts'
import type { ImageId } from '../../domain/kernel/ids.ts'
import type { Refusal } from '../../domain/kernel/refusal.ts'
import { type Caller, commandOf } from '../command.ts'
import type { Done } from '../done.ts'
import type { RawInput } from '../image-command.ts'
import { imageCommandInput } from '../image-input.ts'
import { parseInput } from '../input.ts'
import { moveName } from '../names.ts'
import { reachImage } from '../reach.ts'
import type { Services } from '../services.ts'

/**
 * Moves an image from its project to its account: every project of the account may use it (reference 000). Its name must be
 * free in the account. Collaborators of the account. Refusals: NotFound, Forbidden, InvalidInput, IdempotencyConflict,
 * RevisionConflict, InvalidState, NameTaken.
 */
export const imagePromote =
  (services: Services) =>
  (caller: Caller, raw: RawInput): TaskEither<Refusal, Done<ImageId>> =>
  async () => {
    const image = await reachImage(services, caller.principal, 'moveImage', raw.image)
    if (image._tag === 'Left') return image
    const parsed = parseInput(imageCommandInput, raw)
    if (parsed._tag === 'Left') return parsed
    const { id, state } = image.right
    const { account, name } = state
    const moved = await moveName(
      services,
      commandOf(caller, 'imagePromote', services.clock.now(), parsed.right),
      {
        id,
        account,
        project: null,
        name,
        decide: (claimId) => (current) => decide({ type: 'Promote', name, claimId }, current),
      },
      parsed.right,
    )
    return moved._tag === 'Left' ? moved : right({ id, position: moved.right.position })
  }
