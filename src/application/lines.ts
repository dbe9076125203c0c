import type { UploadId } from '../domain/kernel/ids.ts'

/** By which bytes of a resumable upload come in. */
export interface Line {
  /** Whether no newer one has come. */
  readonly isLast: () => boolean
  /** Nothing more comes by it. */
  readonly close: () => void
}

interface OpenLine {
  readonly upload: UploadId
  readonly cut: () => void
  readonly closed: Promise<void>
}

/** The lines of resumable uploads in this process: of each upload, the one that was opened last. */
export class Lines {
  readonly #open = new Set<OpenLine>()

  get count(): number {
    return this.#open.size
  }

  /** Opens one, and cuts those before it, which may hang for long: what they have brought and is not recorded comes again. */
  open(upload: UploadId, cut: () => void): Line {
    for (const line of this.#open) if (line.upload === upload) line.cut()
    const { promise: closed, resolve } = Promise.withResolvers<void>()
    const line = { upload, cut, closed }
    this.#open.add(line)
    return {
      isLast: () => [...this.#open].findLast((other) => other.upload === upload) === line,
      close: () => {
        this.#open.delete(line)
        resolve()
      },
    }
  }

  /** Cuts all of them; resolves when what has come by them is kept. */
  async stop(): Promise<void> {
    const open = [...this.#open]
    for (const { cut } of open) cut()
    await Promise.all(open.map(({ closed }) => closed))
  }
}
