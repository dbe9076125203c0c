import type { ContentRefusal, ContentRefusalCode } from '../../domain/formats/content.ts'

export interface OpenSourceOptions {
  /** Ends the fetch at once and frees its connections; what is pending throws the reason. */
  readonly signal: AbortSignal
  /** SIZE_LIMIT where more comes than so many bytes. */
  readonly maxBytes: bigint
}

/** A source that has begun to answer. */
export interface OpenSource {
  /** What the source says will come, for showing progress: it may be wrong. Null where it does not say. */
  readonly totalBytes: bigint | null
  /**
   * The bytes, to be read once. A line that breaks is taken up where it broke. Ends only when all bytes came; otherwise it
   * throws, and nothing of what it gave may be kept. Whoever leaves it early frees its connections.
   */
  readonly body: AsyncIterable<Uint8Array>
}

/** Where the bytes of images are fetched from. */
export interface ImageSources {
  /** What speaks against the URL before anybody is asked for it; null where nothing does. */
  check(url: string): ContentRefusal | null
  /**
   * Asks for the bytes of a URL. One who does not read the body must abort the signal. Throws SourceRefused, here and while
   * the body is read; SourceChanged among them says that beginning anew may help.
   */
  open(url: string, options: OpenSourceOptions): Promise<OpenSource>
}

/** The bytes cannot be had, and why: the message tells nothing that the source sent, nor any address. */
export class SourceRefused extends Error implements ContentRefusal {
  override readonly name: string = 'SourceRefused'
  readonly code: ContentRefusalCode

  constructor({ code, message }: ContentRefusal) {
    super(message)
    this.code = code
  }
}

/**
 * What would follow may not belong to what came before: throw that away, and open the source again. After a few times of
 * this it is a refusal like any other.
 */
export class SourceChanged extends SourceRefused {
  override readonly name = 'SourceChanged'

  constructor(message: string) {
    super({ code: 'SOURCE_UNAVAILABLE', message })
  }
}
