import type { Readable } from 'node:stream'
import type { BlobKey, ImageId, UploadId } from '../domain/kernel/ids.ts'
import type { UploadPiece } from '../domain/upload/events.ts'
import type { RunningUpload } from '../domain/upload/state.ts'
import type { BlobStore, BlobWriter } from './ports/blob-store.ts'
import type { Services } from './services.ts'
import type { Author } from './uploads.ts'

/** What is lost when a node dies, and what one event is about. */
const PIECE_BYTES = 64 * 1024 * 1024
/** So that the largest image fits, with room for lines that break. */
const PIECES_OF_AN_UPLOAD = 10_000
/** Each is an event for good. */
export const MAX_PIECES = 20_000

/** What came does not fit the upload, though it may begin where it should. */
export interface PieceRefused {
  readonly tag: 'PieceRefused'
  readonly code: 'SIZE_MISMATCH' | 'TOO_MANY_PIECES'
  readonly message: string
}

const tooManyPieces: PieceRefused = {
  tag: 'PieceRefused',
  code: 'TOO_MANY_PIECES',
  message: `The upload has come in ${MAX_PIECES} pieces, the most there may be: end it with DELETE, begin anew and send larger pieces.`,
}

export const moreThanAnnounced = (sizeBytes: bigint): PieceRefused => ({
  tag: 'PieceRefused',
  code: 'SIZE_MISMATCH',
  message: `Upload-Length was ${sizeBytes}, but more bytes come: begin an upload of the true size.`,
})

/** Another line has brought the bytes from here on. */
export const OVERTAKEN = 'OVERTAKEN'

interface OpenPiece {
  readonly blob: BlobKey
  readonly writer: BlobWriter
  sizeBytes: number
}

/**
 * Takes the bytes of a resumable upload and keeps them piece by piece: first the piece is durable in the store, then the ledger hears of it.
 * Whoever has one is to call keep() or discard() in the end.
 */
export class Pieces {
  readonly #services: Services
  readonly #image: ImageId
  readonly #upload: UploadId
  readonly #author: Author
  readonly #sizeBytes: bigint
  readonly #pieceBytes: number
  #doneBytes: bigint
  #count: number
  #open: OpenPiece | null = null

  constructor(services: Services, image: ImageId, running: RunningUpload, author: Author) {
    this.#services = services
    this.#image = image
    this.#upload = running.upload
    this.#author = author
    this.#sizeBytes = running.sizeBytes ?? 0n
    this.#pieceBytes = Math.max(PIECE_BYTES, Math.ceil(Number(this.#sizeBytes) / PIECES_OF_AN_UPLOAD))
    this.#doneBytes = running.doneBytes
    this.#count = running.pieces.size
  }

  /** Null where the bytes were taken. After a refusal what is not kept yet is for discard(). */
  async take(chunk: Uint8Array): Promise<PieceRefused | typeof OVERTAKEN | null> {
    let rest = chunk
    while (rest.byteLength > 0) {
      const open = this.#open ?? (await this.#begin())
      if (open === null) return tooManyPieces
      const room = BigInt(this.#pieceBytes - open.sizeBytes)
      const awaited = this.#sizeBytes - this.#doneBytes - BigInt(open.sizeBytes)
      if (BigInt(rest.byteLength) > awaited) return moreThanAnnounced(this.#sizeBytes)
      const part = rest.subarray(0, Number(room))
      await this.#write(open, part)
      rest = rest.subarray(part.byteLength)
      if (open.sizeBytes === this.#pieceBytes && !(await this.keep())) return OVERTAKEN
    }
    return null
  }

  /** Keeps what has come since the last piece. False where another line has brought the same bytes, or the upload is over. */
  async keep(): Promise<boolean> {
    const open = this.#open
    if (open === null) return true
    this.#open = null
    const { blobs, uploads } = this.#services
    const { blob, writer } = open
    try {
      await writer.commit()
    } finally {
      await writer.abort()
    }
    const sizeBytes = BigInt(open.sizeBytes)
    const piece: UploadPiece = { blob, offset: this.#doneBytes, sizeBytes }
    const running = await uploads.addPiece(this.#image, this.#upload, piece, this.#author)
    if (running === null) {
      await blobs.remove(blob)
      return false
    }
    this.#doneBytes += sizeBytes
    this.#count = running.pieces.size
    return true
  }

  /** Nothing is left of what has come since the last piece. */
  async discard(): Promise<void> {
    const open = this.#open
    this.#open = null
    await open?.writer.abort()
  }

  /** Null where there are too many already. */
  async #begin(): Promise<OpenPiece | null> {
    if (this.#count >= MAX_PIECES) return null
    const blob = crypto.randomUUID() as BlobKey
    this.#open = { blob, writer: await this.#services.blobs.create(blob), sizeBytes: 0 }
    return this.#open
  }

  async #write(open: OpenPiece, part: Uint8Array): Promise<void> {
    try {
      await open.writer.write(part)
    } catch (error) {
      // A writer that failed is of no more use.
      await this.discard()
      throw error
    }
    open.sizeBytes += part.byteLength
  }
}

/** A piece is not in the store as the ledger says that it is. */
export class PieceLost extends Error {
  override readonly name = 'PieceLost'
}

/** The bytes of an upload, in order. Throws PieceLost, and what the store and the signal throw. */
export async function* bytesOf(
  blobs: BlobStore,
  pieces: Iterable<UploadPiece>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for (const { blob, sizeBytes } of pieces) {
    signal.throwIfAborted()
    const stream = await blobs.read(blob)
    if (stream === null) throw new PieceLost('A piece of the upload is missing in the store.')
    let came = 0n
    for await (const chunk of endedBy(signal, stream)) {
      came += BigInt(chunk.byteLength)
      yield chunk
    }
    if (came !== sizeBytes) throw new PieceLost('A piece of the upload has another size in the store.')
  }
}

/** Does not wait for a store that is silent once nobody wants the bytes. */
const endedBy = async function* (signal: AbortSignal, stream: Readable): AsyncGenerator<Uint8Array> {
  const end = () => void stream.destroy(signal.reason)
  signal.addEventListener('abort', end)
  try {
    yield* stream
  } finally {
    signal.removeEventListener('abort', end)
  }
}
