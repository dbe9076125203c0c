import { decide } from '../../domain/image/decide.ts'
import type { ImageContent } from '../../domain/image/events.ts'
import type { RegisteredImage } from '../../domain/image/state.ts'
import { left, right, type TaskEither } from '../../domain/kernel/fp.ts'
import { type ImageId, resumableId } from '../../domain/kernel/ids.ts'
import { invalidState, type Refusal } from '../../domain/kernel/refusal.ts'
import { uploadAggregate } from '../../domain/upload/state.ts'
import { type Caller, commandOf } from '../command.ts'
import type { Done } from '../done.ts'
import { type ContentRefused, type Intake, takeIn } from '../intake.ts'
import type { PieceRefused } from '../pieces.ts'
import { reachImage } from '../reach.ts'
import type { Incoming } from '../receive.ts'
import type { Services } from '../services.ts'
import { type Author, UploadOver } from '../uploads.ts'

/** Another upload to this image is under way. */
export interface UploadConflict {
  readonly tag: 'Conflict'
  readonly message: string
}

export type UploadRefusal = Refusal | UploadConflict | ContentRefused | PieceRefused

/**
 * Takes an image's bytes in one request; see takeIn. If `body` breaks off, nothing is kept and the image stays CREATING.
 * Collaborators of the owner. Refusals: NotFound, Forbidden, InvalidState, Conflict, ContentRefused.
 */
export const imageUpload =
  (services: Services) =>
  (
    caller: Caller,
    imageId: string,
    incoming: Incoming,
  ): TaskEither<UploadRefusal, Done<ImageId> & { readonly content: ImageContent }> =>
  async () => {
    const image = await reachImage(services, caller.principal, 'uploadImage', imageId)
    if (image._tag === 'Left') return image
    const { id, state } = image.right
    const misplaced = takesUploads(state)
    if (misplaced !== null) return left(misplaced)
    const author = uploadBy(caller)
    const sizeBytes = incoming.contentLength ?? state.declared.sizeBytes ?? null
    const upload = await services.uploads.begin(id, 'WHOLE', sizeBytes, author)
    if (upload === null) return left(await conflictOn(services, id))
    const taken = await takeAsLongAsWanted(services, { id, state, upload, author }, incoming)
    if (taken !== 'OVER') return taken._tag === 'Left' ? taken : right({ id, ...taken.right })
    const now = await reachImage(services, caller.principal, 'uploadImage', imageId)
    return now._tag === 'Left' ? now : left(takesUploads(now.right.state) ?? (await conflictOn(services, id)))
  }

/** Takes the bytes in, and ends the upload whatever comes of them. OVER: it was not to go on. */
const takeAsLongAsWanted = async (services: Services, intake: Intake, incoming: Incoming) => {
  const { upload } = intake
  try {
    return await takeIn(services, intake, incoming)
  } catch (error) {
    await upload.end('BROKEN_OFF')
    if (error instanceof UploadOver) return 'OVER'
    throw error
  } finally {
    upload.letGo()
  }
}

/** Whoever sends bytes, of which each event is a command of its own. */
export const uploadBy =
  (caller: Caller): Author =>
  (now) =>
    commandOf(caller, 'imageUpload', now, {})

const conflict: UploadConflict = {
  tag: 'Conflict',
  message:
    'Another upload to this image is running: wait for its end, or send the bytes to an image of their own.',
}

/** What is in the way of an upload; one that may wait for long is named. */
export const conflictOn = async ({ ledger }: Services, image: ImageId): Promise<UploadConflict> => {
  const { running } = (await ledger.load(uploadAggregate, image)).state
  if (running?.kind !== 'RESUMABLE' || running.verifiedBy !== null) return conflict
  const path = `/uploads/${resumableId(image, running.upload)}`
  return {
    tag: 'Conflict',
    message: `A resumable upload to this image is unfinished: resume it at ${path}, or end it with DELETE of that path.`,
  }
}

/** Null where it waits for bytes that are sent to it. */
export const takesUploads = (state: RegisteredImage): Refusal | null => {
  const misplaced = decide({ type: 'FailCreation', code: '', message: '' }, state)
  if (misplaced._tag === 'Left') return misplaced.left
  const { from } = state.source
  if (from === 'UPLOAD') return null
  const whence = from === 'URL' ? 'fetched from a URL' : 'those of another image'
  return invalidState(
    state.status,
    `The bytes of this image are ${whence}: create one with source.upload to send bytes.`,
  )
}
