import { left, right, type TaskEither } from '../../domain/kernel/fp.ts'
import type { Caller } from '../command.ts'
import { type Resumable, reachUpload } from '../resumable.ts'
import type { Services } from '../services.ts'
import { type UploadConflict, type UploadRefusal, uploadBy } from './image-upload.ts'

const tooLate: UploadConflict = {
  tag: 'Conflict',
  message: 'All bytes of the upload have come, and are taken in: delete the image to be rid of them.',
}

/**
 * Ends a resumable upload, so that another may begin; what has come of it is removed soon. Collaborators of the image's owner.
 * Refusals: NotFound, Forbidden, Conflict.
 */
export const uploadCancel =
  (services: Services) =>
  (caller: Caller, given: string): TaskEither<UploadRefusal, Resumable> =>
  async () => {
    const reached = await reachUpload(services, caller, given)
    if (reached._tag === 'Left') return reached
    const { seen, running } = reached.right
    const isOver =
      running !== null && (await services.uploads.cancel(seen.image, running.upload, uploadBy(caller)))
    return isOver ? right(seen) : left(tooLate)
  }
