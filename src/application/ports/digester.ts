/** The digests of a stream of bytes, lower-case hex. */
export interface Digests {
  readonly sha256: string
  readonly sha512: string
  readonly sha1: string
  readonly md5: string
}

/** Computes all digests of one stream in one pass, off the main thread. */
export interface Digest {
  /** Resolves when more may be given (bounded memory). The bytes are read or copied before it resolves. */
  update(chunk: Uint8Array): Promise<void>
  /** The digests of everything given; the digest is used up. */
  finish(): Promise<Digests>
  /** Gives up; resources are freed. Does nothing after finish(), or a second time. */
  abandon(): void
}

export interface Digester {
  begin(): Digest
  close(): Promise<void>
}
