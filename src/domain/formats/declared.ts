import { type ContentRefusal, contentRefusal, type ImageFormat } from './content.ts'

/** What the sender said of the bytes beforehand; null and absent alike are nothing said. */
export interface Declared {
  readonly format?: ImageFormat | null | undefined
  readonly sizeBytes?: bigint | null | undefined
  /** Hex, in either case. */
  readonly sha256?: string | null | undefined
}

/** What came. */
export interface Received {
  readonly format: ImageFormat
  readonly sizeBytes: bigint
  /** Lower-case hex. */
  readonly sha256: string
}

/**
 * Null where the bytes are what was declared. Else FORMAT_MISMATCH, SIZE_MISMATCH or CHECKSUM_MISMATCH, the first of them
 * that holds, with a sentence that names both values.
 */
export const checkDeclared = (declared: Declared, received: Received): ContentRefusal | null => {
  if (isSaid(declared.format) && declared.format !== received.format)
    return contentRefusal(
      'FORMAT_MISMATCH',
      `The image was declared as ${declared.format}, but its bytes are ${received.format}.`,
    )
  if (isSaid(declared.sizeBytes) && declared.sizeBytes !== received.sizeBytes)
    return contentRefusal(
      'SIZE_MISMATCH',
      `The image was declared with ${declared.sizeBytes} bytes, but ${received.sizeBytes} bytes came.`,
    )
  if (isSaid(declared.sha256) && declared.sha256.toLowerCase() !== received.sha256)
    return contentRefusal(
      'CHECKSUM_MISMATCH',
      `The image was declared with SHA-256 ${declared.sha256.toLowerCase()}, but that of its bytes is ${received.sha256}.`,
    )
  return null
}

const isSaid = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined
