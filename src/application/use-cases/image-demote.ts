import { z } from 'zod'
import { decide } from '../../domain/image/decide.ts'
import { left, right, type TaskEither } from '../../domain/kernel/fp.ts'
import type { ImageId } from '../../domain/kernel/ids.ts'
import { invalidInput, type Refusal } from '../../domain/kernel/refusal.ts'
import { type Caller, commandOf } from '../command.ts'
import type { Done } from '../done.ts'
import type { RawInput } from '../image-command.ts'
import { idempotencyKey, ifRevision, parseInput, reason } from '../input.ts'
import { moveName } from '../names.ts'
import { reachImage, reachProject } from '../reach.ts'
import type { Services } from '../services.ts'

const input = z.strictObject({ image: z.string(), project: z.string(), reason, ifRevision, idempotencyKey })

/**
 * Moves a promoted image from its account to one of the account's projects, which has it alone from then on (reference 000).
 * Its name must be free there. Collaborators of the account. Refusals: NotFound, Forbidden, InvalidInput,
 * IdempotencyConflict, RevisionConflict, InvalidState, NameTaken.
 */
export const imageDemote =
  (services: Services) =>
  (caller: Caller, raw: RawInput & { readonly project: string }): TaskEither<Refusal, Done<ImageId>> =>
  async () => {
    const image = await reachImage(services, caller.principal, 'moveImage', raw.image)
    if (image._tag === 'Left') return image
    const to = await reachProject(services.ledger, caller.principal, 'seeProject', raw.project)
    if (to._tag === 'Left') return to
    const parsed = parseInput(input, raw)
    if (parsed._tag === 'Left') return parsed
    const { id, state } = image.right
    const { account, name } = state
    const project = to.right.id
    if (to.right.account !== account)
      return left(invalidInput([{ path: ['project'], message: 'must be a project of the image’s account' }]))
    const moved = await moveName(
      services,
      commandOf(caller, 'imageDemote', services.clock.now(), parsed.right),
      {
        id,
        account,
        project,
        name,
        decide: (claimId) => (current) => decide({ type: 'Demote', project, name, claimId }, current),
      },
      parsed.right,
    )
    return moved._tag === 'Left' ? moved : right({ id, position: moved.right.position })
  }
