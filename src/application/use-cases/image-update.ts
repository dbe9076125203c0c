import { z } from 'zod'
import { decide, type ImageChanges } from '../../domain/image/decide.ts'
import { type ImageName, imageNameSchema } from '../../domain/image/names.ts'
import {
  definedOnly,
  type ImageState,
  imageAggregate,
  isRegistered,
  type RegisteredImage,
} from '../../domain/image/state.ts'
import { type Either, right, type TaskEither } from '../../domain/kernel/fp.ts'
import type { ClaimId, ImageId } from '../../domain/kernel/ids.ts'
import type { Refusal } from '../../domain/kernel/refusal.ts'
import { type Caller, type Command, commandOf, stepOf } from '../command.ts'
import type { Done } from '../done.ts'
import * as shape from '../image-input.ts'
import { idempotencyKey, ifRevision, parseInput, reason } from '../input.ts'
import type { Changed } from '../ledger.ts'
import { claimName, settleClaim } from '../names.ts'
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
  (
    caller: Caller,
    raw: { readonly image: string; readonly [field: string]: unknown },
  ): TaskEither<Refusal, Done<ImageId>> =>
  async () => {
    const { ledger, clock } = services
    const image = await reachImage(ledger, caller.principal, 'changeImage', raw.image)
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
        ? await rename(services, command, id, state, name, changes, ifRevision)
        : await ledger.change(
            imageAggregate,
            id,
            command,
            (current) => decide({ type: 'ChangeImage', changes }, current),
            { ifRevision },
          )
    return changed._tag === 'Left' ? changed : right({ id, position: changed.right.position })
  }

const rename = async (
  services: Services,
  command: Command,
  id: ImageId,
  before: RegisteredImage,
  name: ImageName,
  changes: ImageChanges,
  ifRevision: number | null | undefined,
): Promise<Either<Refusal, Changed<ImageState>>> => {
  const { ledger } = services
  const { account, project } = before
  const scope = { kind: 'PROJECT', project } as const
  const change = (decision: (current: ImageState) => ReturnType<typeof decide>) =>
    ledger.change(imageAggregate, id, command, decision, { ifRevision })
  // What would be refused anyway is refused before a name is claimed for it.
  const repeated = await ledger.repetition(await ledger.load(imageAggregate, id), command)
  if (repeated !== null) return repeated
  const permitted = await change((current) => {
    const decision = decide({ type: 'ChangeImage', changes }, current)
    return decision._tag === 'Left' ? decision : right([])
  })
  if (permitted._tag === 'Left') return permitted
  const claim = await claimName(ledger, stepOf(command, 'name'), account, id, scope, name)
  if (claim._tag === 'Left') return claim
  const renaming = { ...changes, rename: { name, claimId: claim.right } }
  const renamed = await change((current) => decide({ type: 'ChangeImage', changes: renaming }, current))
  // Either way one claim is left over: the old name's, or the one that came to nothing. If this is interrupted, repair does it.
  const leftOver = renamed._tag === 'Left' ? claim.right : lastDeadClaim(renamed.right.state)
  if (leftOver !== undefined) await settleClaim(services, { claimId: leftOver, account, imageId: id })
  return renamed
}

const lastDeadClaim = (state: ImageState): ClaimId | undefined =>
  isRegistered(state) ? state.deadClaims.at(-1) : undefined

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
