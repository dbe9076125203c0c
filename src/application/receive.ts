import type { ContentRefusal, Detected } from '../domain/formats/content.ts'
import { checkDeclared } from '../domain/formats/declared.ts'
import { beginInspection } from '../domain/formats/inspection.ts'
import type { DeclaredContent, ImageContent } from '../domain/image/events.ts'
import { type Either, left, right } from '../domain/kernel/fp.ts'
import type { BlobKey } from '../domain/kernel/ids.ts'
import type { BlobWriter } from './ports/blob-store.ts'
import type { Digest, Digests } from './ports/digester.ts'
import type { Services } from './services.ts'
import type { Upload } from './uploads.ts'

/** Bytes that come for an image. */
export interface Incoming {
  readonly body: AsyncIterable<Uint8Array>
  /** How many will come, as their sender says; null where it does not say. */
  readonly contentLength: bigint | null
}

type Receivers = Pick<Services, 'blobs' | 'digester' | 'decompressor' | 'limits'>

/**
 * From the first byte to a durable blob: stored, hashed and inspected in one pass, in bounded memory. Left: what was wrong with
 * the bytes, and nothing of them is left. If `body` breaks off, nothing is kept, and its error is thrown on; UploadOver where
 * the upload is not to go on.
 */
export const receive = async (
  services: Receivers,
  upload: Upload,
  declared: DeclaredContent,
  incoming: Incoming,
): Promise<Either<ContentRefusal, ImageContent>> => {
  const blob = crypto.randomUUID() as BlobKey
  const writer = await services.blobs.create(blob)
  const digest = services.digester.begin()
  try {
    const seen = await drain(services, upload, declared, incoming, writer, digest)
    if (seen._tag === 'Left') return seen
    upload.report({ stage: 'VERIFYING' })
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
  { limits, decompressor }: Receivers,
  upload: Upload,
  declared: DeclaredContent,
  { body, contentLength }: Incoming,
  writer: BlobWriter,
  digest: Digest,
): Promise<Either<ContentRefusal, Seen>> => {
  const inspection = beginInspection({ maxVirtualBytes: limits.maxVirtualBytes })
  const tooLarge = tooLargeFor(declared, limits.maxImageBytes)
  const atOnce = contentLength === null ? null : tooLarge(contentLength)
  if (atOnce !== null) return left(atOnce)
  const decompression = decompressor.begin(limits.maxVirtualBytes)
  try {
    let doneBytes = 0n
    for await (const chunk of body) {
      upload.signal.throwIfAborted()
      doneBytes += BigInt(chunk.byteLength)
      const excess = tooLarge(doneBytes)
      if (excess !== null) return left(excess)
      inspection.push(chunk)
      const [burst] = await Promise.all([
        decompression.update(chunk),
        writer.write(chunk),
        digest.update(chunk),
      ])
      if (burst !== null) return left(burst)
      upload.report({ doneBytes })
    }
    const asItCame = inspection.finish()
    if (asItCame._tag === 'Left') return asItCame
    const detected = (await decompression.finish()) ?? asItCame
    if (detected._tag === 'Left') return detected
    return right({ detected: detected.right, sizeBytes: doneBytes, digests: await digest.finish() })
  } finally {
    decompression.abandon()
  }
}

/** There is no need to take the rest of what can no longer be right. */
export const tooLargeFor =
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
