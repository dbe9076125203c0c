import type { ImageId } from '../domain/kernel/ids.ts'

/** How far an upload has come. */
export interface UploadProgress {
  readonly stage: 'UPLOADING' | 'VERIFYING'
  readonly doneBytes: bigint
  /** Null where the client did not say how many will come. */
  readonly totalBytes: bigint | null
}

/** The uploads that this process is receiving: at most one an image. */
export class Uploads {
  readonly #running = new Map<ImageId, UploadProgress>()

  /** False where one is running already. */
  begin(image: ImageId, totalBytes: bigint | null): boolean {
    if (this.#running.has(image)) return false
    this.#running.set(image, { stage: 'UPLOADING', doneBytes: 0n, totalBytes })
    return true
  }

  report(image: ImageId, progress: Pick<UploadProgress, 'stage' | 'doneBytes'>): void {
    const running = this.#running.get(image)
    if (running !== undefined) this.#running.set(image, { ...running, ...progress })
  }

  end(image: ImageId): void {
    this.#running.delete(image)
  }

  /** How many of them there are. */
  get count(): number {
    return this.#running.size
  }

  /** Null where nothing is being received. */
  progressOf(image: ImageId): UploadProgress | null {
    return this.#running.get(image) ?? null
  }
}
