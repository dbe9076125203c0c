import { right, type TaskEither } from '../../domain/kernel/fp.ts'
import type { Caller } from '../command.ts'
import { type Resumable, reachUpload } from '../resumable.ts'
import type { Services } from '../services.ts'
import type { UploadRefusal } from './image-upload.ts'

/** Where a resumable upload is to be resumed. Collaborators of the image's owner. Refusals: NotFound, Forbidden. */
export const uploadFind =
  (services: Services) =>
  (caller: Caller, given: string): TaskEither<UploadRefusal, Resumable> =>
  async () => {
    const reached = await reachUpload(services, caller, given)
    return reached._tag === 'Left' ? reached : right(reached.right.seen)
  }
