import { z } from 'zod'
import { left, right, type TaskEither } from '../../domain/kernel/fp.ts'
import type { UploadId } from '../../domain/kernel/ids.ts'
import { notFound } from '../../domain/kernel/refusal.ts'
import { uploadAggregate } from '../../domain/upload/state.ts'
import type { Caller } from '../command.ts'
import { bytes, parseInput } from '../input.ts'
import { reachImage } from '../reach.ts'
import { tooLargeFor } from '../receive.ts'
import { type Resumable, resumableOf } from '../resumable.ts'
import type { Services } from '../services.ts'
import { conflictOn, takesUploads, type UploadRefusal, uploadBy } from './image-upload.ts'

const input = z.object({ sizeBytes: bytes })

/**
 * Begins an upload to an image whose bytes come by and by, so many in all. Collaborators of the owner. What is larger than it may be
 * is refused before any of it has come, and changes nothing.
 * Refusals: NotFound, Forbidden, InvalidInput, InvalidState, ContentRefused, Conflict.
 */
export const uploadBegin =
  (services: Services) =>
  (
    caller: Caller,
    raw: { readonly image: string; readonly sizeBytes: bigint },
  ): TaskEither<UploadRefusal, Resumable> =>
  async () => {
    const image = await reachImage(services, caller.principal, 'uploadImage', raw.image)
    if (image._tag === 'Left') return image
    const parsed = parseInput(input, raw)
    if (parsed._tag === 'Left') return parsed
    const { id, state } = image.right
    const { sizeBytes } = parsed.right
    const misplaced = takesUploads(state)
    if (misplaced !== null) return left(misplaced)
    const excess = tooLargeFor(state.declared, services.limits.maxImageBytes)(sizeBytes)
    if (excess !== null) return left({ tag: 'ContentRefused', ...excess })
    const upload = crypto.randomUUID() as UploadId
    if (!(await services.uploads.open(id, upload, 'RESUMABLE', sizeBytes, uploadBy(caller))))
      return left(await conflictOn(services, id))
    const { running } = (await services.ledger.load(uploadAggregate, id)).state
    return running?.upload === upload
      ? right(resumableOf(services, id, running))
      : left(notFound('image', raw.image))
  }
