import { decide } from '../../domain/image/decide.ts'
import { imageAggregate } from '../../domain/image/state.ts'
import { left, right, type TaskEither } from '../../domain/kernel/fp.ts'
import { projectIdSchema, type ShareKey, shareKey } from '../../domain/kernel/ids.ts'
import { notFound, type Refusal } from '../../domain/kernel/refusal.ts'
import { type Caller, commandOf } from '../command.ts'
import type { Done } from '../done.ts'
import { parseInput } from '../input.ts'
import { reachImage } from '../reach.ts'
import type { Services } from '../services.ts'
import { type RawShareRef, shareRefInput } from '../shares.ts'

/**
 * Takes an offer back, or ends a share: what runs from the image runs on. Collaborators of the image's owner. Refusals:
 * NotFound (also where it was never offered to that project), Forbidden, InvalidInput, IdempotencyConflict, InvalidState.
 */
export const imageUnshare =
  (services: Services) =>
  (caller: Caller, raw: RawShareRef): TaskEither<Refusal, Done<ShareKey>> =>
  async () => {
    const image = await reachImage(services, caller.principal, 'shareImage', raw.image)
    if (image._tag === 'Left') return image
    const parsed = parseInput(shareRefInput, raw)
    if (parsed._tag === 'Left') return parsed
    const { id, state } = image.right
    const project = projectIdSchema.safeParse(raw.project)
    if (!project.success || !state.shares.has(project.data))
      return left(notFound('offer', `${raw.image} to ${raw.project}`))
    const unshared = await services.ledger.change(
      imageAggregate,
      id,
      commandOf(caller, 'imageUnshare', services.clock.now(), parsed.right),
      (current) => decide({ type: 'Unshare', project: project.data }, current),
    )
    return unshared._tag === 'Left'
      ? unshared
      : right({ id: shareKey(id, project.data), position: unshared.right.position })
  }
