import { type ContentRefusal, contentRefusal } from '../../../domain/formats/content.ts'

/**
 * Decompresses one whole image, all of its members, and throws Undecodable where it cannot. `next` blocks until there are
 * more bytes, which hold until it is called again, and gives null after the last of them. `emit` is given what comes out, in
 * pieces that hold for the call only.
 */
export type Decode = (next: () => Uint8Array | null, emit: (bytes: Uint8Array) => void) => Promise<void>

/** The image cannot be decompressed, by its own fault. */
export class Undecodable extends Error {
  readonly refusal: ContentRefusal

  constructor(refusal: ContentRefusal) {
    super(refusal.message)
    this.refusal = refusal
  }
}

export const corrupt = (name: string): Undecodable =>
  new Undecodable(
    contentRefusal(
      'INVALID_IMAGE',
      `The ${name} image is corrupt: it does not decompress to what was compressed.`,
    ),
  )

export const cutOff = (name: string): Undecodable =>
  new Undecodable(contentRefusal('INVALID_IMAGE', `The ${name} image is cut off: its end is missing.`))

export const trailing = (name: string): Undecodable =>
  new Undecodable(
    contentRefusal('INVALID_IMAGE', `The ${name} image has bytes behind its end that are not ${name}.`),
  )

export const notSupported = (message: string): Undecodable =>
  new Undecodable(contentRefusal('UNSUPPORTED_FEATURE', message))
