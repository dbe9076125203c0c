import { z } from 'zod'
import type { ImageChanges } from '../../domain/image/changes.ts'
import { decide } from '../../domain/image/decide.ts'
import { type ImageName, imageNameSchema } from '../../domain/image/names.ts'
import {
  definedOnly,
  type ImageState,
  imageAggregate,
  type RegisteredImage,
} from '../../domain/image/state.ts'
import { right, type TaskEither } from '../../domain/kernel/fp.ts'
import type { ClaimId, ImageId } from '../../domain/kernel/ids.ts'
import type { Refusal } from '../../domain/kernel/refusal.ts'
import { type Caller, commandOf } from '../command.ts'
import type { Done } from '../done.ts'
import type { RawInput } from '../image-command.ts'
import * as shape from '../image-input.ts'
import { idempotencyKey, ifRevision, parseInput, reason } from '../input.ts'
import { moveName } from '../names.ts'
import { reachImage } from '../reach.ts'
import type { Services } from '../services.ts'

const input = z.strictObject({
  image: z.string(),
  name: imageNameSchema.nullish(),
  ...shape.details,
  setProperties: shape.properties.nullish(),
  removeProperties: shape.propertyNames.nullish(),
  addTags: shape.tags.nullish(),
  removeTags: shape.tags.nullish(),
  reason,
  ifRevision,
  idempotencyKey,
})
type Input = z.output<typeof input>

/** The fields that null clears. */
const clearable = ['os', 'osFamily', 'version', 'arch', 'family'] as const

/**
 * Changes what an image is called and how it is described; what is left out stays as it is, and null clears os, osFamily,
 * version, arch and family. A new name is claimed before and the old one freed after; see names.ts. Collaborators of its
 * owner. Refusals: NotFound, Forbidden, InvalidInput, IdempotencyConflict, RevisionConflict, InvalidState, NameTaken.
 */
export const imageUpdate =
  (services: Services) =>
  (caller: Caller, raw: RawInput): TaskEither<Refusal, Done<ImageId>> =>
  async () => {
    const { ledger, clock } = services
    const image = await reachImage(services, caller.principal, 'changeImage', raw.image)
    if (image._tag === 'Left') return image
    const parsed = parseInput(input, raw)
    if (parsed._tag === 'Left') return parsed
    const { id, state } = image.right
    // What null clears is part of what is asked for, though elsewhere null is what is left out.
    const asked = { ...parsed.right, clears: clearable.filter((field) => parsed.right[field] === null) }
    const command = commandOf(caller, 'imageUpdate', clock.now(), asked)
    const { name, ifRevision } = parsed.right
    const changes = changesOf(parsed.right)
    const changed =
      typeof name === 'string' && name !== state.name
        ? await moveName(services, command, renaming(id, state, name, changes), { ifRevision })
        : await ledger.change(
            imageAggregate,
            id,
            command,
            (current) => decide({ type: 'ChangeImage', changes }, current),
            { ifRevision },
          )
    return changed._tag === 'Left' ? changed : right({ id, position: changed.right.position })
  }

/** The name is held where the image lives now; if it moves meanwhile, the decision refuses. */
const renaming = (
  id: ImageId,
  { account, project }: RegisteredImage,
  name: ImageName,
  changes: ImageChanges,
) => ({
  id,
  account,
  project,
  name,
  decide: (claimId: ClaimId) => (state: ImageState) =>
    decide({ type: 'ChangeImage', changes: { ...changes, rename: { name, project, claimId } } }, state),
})

const changesOf = (given: Input): ImageChanges => {
  const { description, cloudInit, compatibilityMode, minDiskBytes, minRamBytes } = given
  const { os, osFamily, version, arch, family } = given
  return {
    details: definedOnly({
      os,
      osFamily,
      version,
      arch,
      family,
      description: description ?? undefined,
      cloudInit: cloudInit ?? undefined,
      compatibilityMode: compatibilityMode ?? undefined,
      minDiskBytes: minDiskBytes ?? undefined,
      minRamBytes: minRamBytes ?? undefined,
    }),
    ...(typeof given.protected === 'boolean' ? { protected: given.protected } : {}),
    setProperties: given.setProperties ?? [],
    removeProperties: given.removeProperties ?? [],
    addTags: given.addTags ?? [],
    removeTags: given.removeTags ?? [],
  }
}
