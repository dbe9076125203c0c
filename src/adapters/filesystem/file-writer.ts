import { type FileHandle, open } from 'node:fs/promises'

/** Chunks from the network are gathered to this size: a write costs a trip to the thread pool whatever its length. */
const BUFFER_BYTES = 512 * 1024

/** Only the service's own user may read what it writes. */
const OWNER_ONLY = 0o600

/**
 * Writes a new file from front to back, with at most two buffers: one is filled while the other is on its way to the file.
 * An error of a write in the background is thrown by what is called next.
 */
export class FileWriter {
  readonly #file: FileHandle
  #state: 'open' | 'finished' | 'abandoned' = 'open'
  #filling: Buffer | null = null
  #filled = 0
  /** On its way to the file, or there. */
  #other: Buffer | null = null
  #position = 0
  /** Never rejects: what fails is kept in #failure. */
  #writing: Promise<void> = Promise.resolve()
  #failure: unknown = null

  private constructor(file: FileHandle) {
    this.#file = file
  }

  /** Begins a file that must not exist yet. */
  static async begin(path: string): Promise<FileWriter> {
    return new FileWriter(await open(path, 'wx', OWNER_ONLY))
  }

  /** Keeps no reference to the chunk once it resolves. */
  async write(chunk: Uint8Array): Promise<void> {
    this.#mustBeOpen()
    for (let at = 0; at < chunk.length; ) {
      this.#filling ??= Buffer.allocUnsafeSlow(BUFFER_BYTES)
      const piece = chunk.subarray(at, at + BUFFER_BYTES - this.#filled)
      this.#filling.set(piece, this.#filled)
      this.#filled += piece.length
      at += piece.length
      if (this.#filled === BUFFER_BYTES) await this.#flush()
    }
  }

  /** Resolves when every byte is on the disk, and the file is closed. */
  async finish(): Promise<void> {
    this.#mustBeOpen()
    this.#state = 'finished'
    await this.#flush()
    await this.#sent()
    await this.#file.sync()
    await this.#file.close()
  }

  /** Closes the file as it is; does nothing where finish() closed it. */
  async abandon(): Promise<void> {
    this.#state = 'abandoned'
    await this.#writing
    await this.#file.close()
  }

  /** Sends what is gathered on its way, once what was sent before has arrived. */
  async #flush(): Promise<void> {
    await this.#sent()
    const full = this.#filling
    if (full === null) return
    this.#writing = this.#writeAll(full.subarray(0, this.#filled)).catch((error: unknown) => {
      this.#failure = error
    })
    this.#filling = this.#other
    this.#other = full
    this.#filled = 0
  }

  async #sent(): Promise<void> {
    await this.#writing
    if (this.#failure !== null) throw this.#failure
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at, this.#position)
      at += bytesWritten
      this.#position += bytesWritten
    }
  }

  #mustBeOpen(): void {
    if (this.#state !== 'open') throw new Error(`The file is ${this.#state}`)
  }
}
