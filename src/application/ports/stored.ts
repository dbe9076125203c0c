import type { ImageSource } from '../../domain/image/events.ts'
import type { BlobKey, ImageId, UploadId } from '../../domain/kernel/ids.ts'
import type { Instant } from '../../domain/kernel/instant.ts'
import type { UploadProgress } from '../uploads.ts'

/**
 * What the blob store is to hold, and what is on its way into it, read off the ledger. It may be a moment behind: whoever acts on it
 * asks the ledger, where another command may have come first.
 */
export interface Stored {
  /** Bytes of this content that are kept for an image, and were not found damaged; null where there are none. */
  sameContent(sha256: string, sizeBytes: bigint): BlobKey | null
  /** Whether anything in the ledger is about bytes under this key. */
  knows(key: BlobKey): boolean
  /** Bytes that are kept for no image any more. */
  condemned(limit: number): readonly BlobKey[]
  /** Bytes that have been kept since before the given instant for an image which was not given them. */
  unheldReferences(before: Instant, limit: number): readonly UnheldReference[]
  /** Images whose bytes the service gets by itself, has not got yet, and was not heard to be getting since the given instant. */
  awaited(
    from: Exclude<ImageSource['from'], 'UPLOAD'>,
    heardBefore: Instant,
    limit: number,
  ): readonly ImageId[]
  /** Resumable uploads all of whose bytes have come, and which nobody was heard to look into since before the given instant. */
  complete(heardBefore: Instant, limit: number): readonly UploadOfImage[]
  /** Resumable uploads of which nothing was heard since before the given instant. */
  idle(heardBefore: Instant, limit: number): readonly UploadOfImage[]
  /** Uploads that are over, and whose pieces are in the store still. */
  leftPieces(limit: number): readonly UploadOfImage[]
  /** How far the upload to an image has come, whichever node receives it; null where none is under way. */
  progressOf(image: ImageId): UploadProgress | null
}

export interface UploadOfImage {
  readonly image: ImageId
  readonly upload: UploadId
}

export interface UnheldReference {
  readonly blob: BlobKey
  readonly image: ImageId
}
