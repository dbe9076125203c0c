import type { ContentRefusal, Detected } from '../../domain/formats/content.ts'
import { checkDeclared } from '../../domain/formats/declared.ts'
import { beginInspection } from '../../domain/formats/inspection.ts'
import { decide, type ImageCommand } from '../../domain/image/decide.ts'
import type { DeclaredContent, ImageContent } from '../../domain/image/events.ts'
import { imageAggregate } from '../../domain/image/state.ts'
import { type Either, left, right, type TaskEither } from '../../domain/kernel/fp.ts'
import type { BlobKey, ImageId } from '../../domain/kernel/ids.ts'
import type { Refusal } from '../../domain/kernel/refusal.ts'
import { type Caller, commandOf } from '../command.ts'
import type { Done } from '../done.ts'
import type { BlobWriter } from '../ports/blob-store.ts'
import type { Digest, Digests } from '../ports/digester.ts'
import { reachImage } from '../reach.ts'
import type { Services } from '../services.ts'

/** Another upload to this image is running. */
export interface UploadConflict {
  readonly tag: 'Conflict'
  readonly message: string
}

/** The bytes came, and are not what this image may be: it is in ERROR now, and nothing of them was kept. */
export interface ContentRefused extends ContentRefusal {
  readonly tag: 'ContentRefused'
}

export type UploadRefusal = Refusal | UploadConflict | ContentRefused

export interface Upload {
  readonly body: AsyncIterable<Uint8Array>
  /** What the client says will come; null where it does not say. */
  readonly contentLength: bigint | null
}

/**
 * Takes an image's bytes: stored, hashed and inspected in one pass, in bounded memory; then made durable; then recorded.
 * Never an event without its bytes. If `body` breaks off, nothing is kept, the image stays CREATING and its error is thrown
 * on. Collaborators of the owner. Refusals: NotFound, Forbidden, InvalidState, Conflict, ContentRefused.
 */
export const imageUpload =
  (services: Services) =>
  (
    caller: Caller,
    imageId: string,
    upload: Upload,
  ): TaskEither<UploadRefusal, Done<ImageId> & { readonly content: ImageContent }> =>
  async () => {
    const { uploads } = services
    const image = await reachImage(services, caller.principal, 'uploadImage', imageId)
    if (image._tag === 'Left') return image
    const { id, state } = image.right
    const misplaced = decide({ type: 'FailCreation', code: '', message: '' }, state)
    if (misplaced._tag === 'Left') return misplaced
    if (!uploads.begin(id, upload.contentLength ?? state.declared.sizeBytes ?? null))
      return left({
        tag: 'Conflict',
        message:
          'Another upload to this image is running: wait for its end, or send the bytes to an image of their own.',
      })
    try {
      const received = await receive(services, id, state.declared, upload)
      if (received._tag === 'Left') {
        const { code, message } = received.left
        const failed = await record(services, id, caller, { type: 'FailCreation', code, message })
        return failed._tag === 'Left' ? failed : left({ tag: 'ContentRefused', code, message })
      }
      const content = received.right
      const stored = await record(services, id, caller, { type: 'StoreContent', content })
      // Deleted while the bytes came: they belong to nothing.
      if (stored._tag === 'Left') await services.blobs.remove(content.blob)
      return stored._tag === 'Left' ? stored : right({ id, position: stored.right.position, content })
    } finally {
      uploads.end(id)
    }
  }

/** As of now, when the bytes are all there, and not as of when they began to come. */
const record = ({ ledger, clock }: Services, id: ImageId, caller: Caller, what: ImageCommand) =>
  ledger.change(imageAggregate, id, commandOf(caller, 'imageUpload', clock.now(), {}), (state) =>
    decide(what, state),
  )

/** From the first byte to a durable blob. Left: what was wrong with the bytes, and nothing of them is left. */
const receive = async (
  services: Services,
  id: ImageId,
  declared: DeclaredContent,
  upload: Upload,
): Promise<Either<ContentRefusal, ImageContent>> => {
  const blob = crypto.randomUUID() as BlobKey
  const writer = await services.blobs.create(blob)
  const digest = services.digester.begin()
  try {
    const seen = await drain(services, id, declared, upload, writer, digest)
    if (seen._tag === 'Left') return seen
    services.uploads.report(id, { stage: 'VERIFYING', doneBytes: seen.right.sizeBytes })
    const { detected, sizeBytes, digests } = seen.right
    const { format, virtualSizeBytes, compression } = detected
    const wrong = checkDeclared(declared, { format, sizeBytes, sha256: digests.sha256 })
    if (wrong !== null) return left(wrong)
    await writer.commit()
    return right({ blob, sizeBytes, virtualSizeBytes, format, compression, digests })
  } finally {
    digest.abandon()
    await writer.abort()
  }
}

interface Seen {
  readonly detected: Detected
  readonly sizeBytes: bigint
  readonly digests: Digests
}

const drain = async (
  { uploads, limits }: Services,
  id: ImageId,
  declared: DeclaredContent,
  { body, contentLength }: Upload,
  writer: BlobWriter,
  digest: Digest,
): Promise<Either<ContentRefusal, Seen>> => {
  const inspection = beginInspection({ maxVirtualBytes: limits.maxVirtualBytes })
  const tooLarge = tooLargeFor(declared, limits.maxImageBytes)
  const atOnce = contentLength === null ? null : tooLarge(contentLength)
  if (atOnce !== null) return left(atOnce)
  let doneBytes = 0n
  for await (const chunk of body) {
    doneBytes += BigInt(chunk.byteLength)
    const excess = tooLarge(doneBytes)
    if (excess !== null) return left(excess)
    inspection.push(chunk)
    await Promise.all([writer.write(chunk), digest.update(chunk)])
    uploads.report(id, { stage: 'UPLOADING', doneBytes })
  }
  const detected = inspection.finish()
  if (detected._tag === 'Left') return detected
  return right({ detected: detected.right, sizeBytes: doneBytes, digests: await digest.finish() })
}

/** There is no need to take the rest of what can no longer be right. */
const tooLargeFor =
  (declared: DeclaredContent, maxImageBytes: bigint) =>
  (bytes: bigint): ContentRefusal | null => {
    if (bytes > maxImageBytes)
      return {
        code: 'SIZE_LIMIT',
        message: `The image is larger than ${maxImageBytes} bytes, the most that this service takes.`,
      }
    const { sizeBytes } = declared
    if (sizeBytes !== undefined && bytes > sizeBytes)
      return {
        code: 'SIZE_MISMATCH',
        message: `${sizeBytes} bytes were declared, but more came: create the image anew with its true size.`,
      }
    return null
  }
