import { type Either, left, right } from '../domain/kernel/fp.ts'
import { type ImageId, type ResumableId, readResumableId, resumableId } from '../domain/kernel/ids.ts'
import { type Instant, instantFromMillis, millisOf } from '../domain/kernel/instant.ts'
import { type Forbidden, type NotFound, notFound } from '../domain/kernel/refusal.ts'
import { isComplete, type RunningUpload, uploadAggregate } from '../domain/upload/state.ts'
import type { Caller } from './command.ts'
import { reachImage } from './reach.ts'
import type { Services } from './services.ts'
import { takesUploads } from './use-cases/image-upload.ts'

/** A resumable upload, as who sends it sees it. */
export interface Resumable {
  readonly id: ResumableId
  readonly image: ImageId
  readonly sizeBytes: bigint
  readonly doneBytes: bigint
  /** When it is over unless more comes; null where everything has come. */
  readonly expiresAt: Instant | null
}

interface ReachedUpload {
  readonly seen: Resumable
  /** Null where it is over, and its bytes are those of the image. */
  readonly running: RunningUpload | null
}

const HOUR_MS = 3_600_000

/** What of it is seen. */
export const resumableOf = (
  { limits }: Pick<Services, 'limits'>,
  image: ImageId,
  running: RunningUpload,
): Resumable => {
  const { upload, doneBytes, heardAt } = running
  const expiresAt = instantFromMillis(millisOf(heardAt) + limits.uploadExpiryHours * HOUR_MS)
  return {
    id: resumableId(image, upload),
    image,
    sizeBytes: running.sizeBytes ?? doneBytes,
    doneBytes,
    expiresAt: isComplete(running) ? null : expiresAt,
  }
}

/**
 * A resumable upload that goes on, or whose bytes the image has; from the log, so that each node says the same at once. Whoever may
 * upload to its image may. What is malformed, missing, foreign, or over in another way is NotFound in the same words.
 */
export const reachUpload = async (
  services: Services,
  { principal }: Caller,
  given: string,
): Promise<Either<NotFound | Forbidden, ReachedUpload>> => {
  const missing = left(notFound('upload', given))
  const named = readResumableId(given)
  if (named === null) return missing
  const { image, upload } = named
  const reached = await reachImage(services, principal, 'uploadImage', image)
  if (reached._tag === 'Left') return reached.left.tag === 'NotFound' ? missing : reached
  const { running, stored } = (await services.ledger.load(uploadAggregate, image)).state
  if (stored?.upload === upload && reached.right.state.status === 'AVAILABLE') {
    const sizeBytes = stored.sizeBytes ?? 0n
    const seen = { id: resumableId(image, upload), image, sizeBytes, doneBytes: sizeBytes, expiresAt: null }
    return right({ seen, running: null })
  }
  const goesOn = running?.upload === upload && running.kind === 'RESUMABLE'
  if (!goesOn || takesUploads(reached.right.state) !== null) return missing
  return right({ seen: resumableOf(services, image, running), running })
}
