import { imageAggregate, isRegistered } from '../domain/image/state.ts'
import { type Either, left } from '../domain/kernel/fp.ts'
import type { ImageId, UploadId } from '../domain/kernel/ids.ts'
import type { Refusal } from '../domain/kernel/refusal.ts'
import { uploadAggregate } from '../domain/upload/state.ts'
import { type ContentRefused, type Intake, refuse, type TakenIn, takeIn } from './intake.ts'
import { bytesOf, PieceLost } from './pieces.ts'
import type { Services } from './services.ts'
import { type Author, UploadOver } from './uploads.ts'
import { takesUploads } from './use-cases/image-upload.ts'

/**
 * Looks into a resumable upload all of whose bytes have come, and takes them in as those of any other upload: see takeIn. Null where
 * somebody else does, or nobody is to any more. What it throws leaves the upload to whoever tries next: see verifyUploads.
 */
export const verifyUpload = async (
  services: Services,
  id: ImageId,
  upload: UploadId,
  author: Author,
): Promise<Either<Refusal | ContentRefused, TakenIn> | null> => {
  const { ledger, uploads } = services
  const { state } = await ledger.load(imageAggregate, id)
  const misplaced = isRegistered(state) ? takesUploads(state) : null
  if (!isRegistered(state) || misplaced !== null) {
    await uploads.endWith(id, author)
    return misplaced === null ? null : left(misplaced)
  }
  const verifying = await uploads.verify(id, upload, author)
  if (verifying === null) return null
  try {
    return await takePieces(services, { id, state, upload: verifying, author })
  } catch (error) {
    if (error instanceof UploadOver) return null
    throw error
  } finally {
    verifying.letGo()
  }
}

const takePieces = async (services: Services, intake: Intake) => {
  const { ledger, blobs } = services
  const { id, upload } = intake
  const { running } = (await ledger.load(uploadAggregate, id)).state
  // Over since it began to be looked into.
  if (running?.upload !== upload.id) return null
  const body = bytesOf(blobs, running.pieces, upload.signal)
  try {
    return await takeIn(services, intake, { body, contentLength: running.sizeBytes })
  } catch (error) {
    if (!(error instanceof PieceLost)) throw error
    services.logger.error({ image: id, upload: upload.id, err: error }, 'Bytes of an upload are lost.')
    const message = 'A part of the bytes was lost on our side: ask for imageRetry, then send them again.'
    return refuse(services, intake, { code: 'UPLOAD_INCOMPLETE', message })
  }
}
