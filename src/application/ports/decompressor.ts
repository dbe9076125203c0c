import type { ContentRefusal, Detected } from '../../domain/formats/content.ts'
import type { Either } from '../../domain/kernel/fp.ts'

/** Looks into one image while its bytes come in. Of an image that is not compressed it keeps nothing and says nothing. */
export interface Decompression {
  /**
   * Resolves when more may be given (bounded memory); it may have to wait for its turn. The bytes are copied before it
   * resolves. Gives a refusal (DECOMPRESSED_LIMIT) once there is no need to take the rest; null else.
   */
  update(chunk: Uint8Array): Promise<ContentRefusal | null>
  /**
   * What the image is within its compression, or why it is refused: UNSUPPORTED_FEATURE, INVALID_IMAGE, EMPTY_IMAGE,
   * NESTED_COMPRESSION, DECOMPRESSED_LIMIT, and all that is refused of an image as it came. Null where it is not compressed.
   */
  finish(): Promise<Either<ContentRefusal, Detected> | null>
  /** Gives up; resources are freed. Does nothing after finish(), or a second time. */
  abandon(): void
}

/** Decompresses images to see what they are, off the main thread; what comes out is inspected and forgotten. */
export interface Decompressor {
  /** `maxBytes`: the most that may come out of the image. */
  begin(maxBytes: bigint): Decompression
  close(): Promise<void>
}
