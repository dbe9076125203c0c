import { Worker } from 'node:worker_threads'
import type { Decompression, Decompressor } from '../../../application/ports/decompressor.ts'
import { compressionOf, DETECTION_BYTES } from '../../../domain/formats/compression.ts'
import type { ContentRefusal } from '../../../domain/formats/content.ts'
import { Decoder, type DecoderOptions } from './decoder.ts'
import type { WithinVerdict } from './decoder-worker.ts'
import { Turns } from './turns.ts'

export interface DecoderPoolOptions extends Partial<DecoderOptions> {
  /** How many images are decompressed at once. */
  readonly places?: number
}

/** Each may take 128 MiB for its window, beside what a thread takes. */
const PLACES = 4

/** An hour: 50 GB of what bzip2, the slowest, makes of a disk, and more of all others. No client can make it longer. */
const MAX_MILLIS = 3_600_000

/**
 * Decompresses each image in a thread of its own, which is started once the image is known to be compressed and its turn
 * has come. Where an image kills its thread, or keeps it for too long, that image is refused and no other one.
 */
export const createDecoderPool = ({
  places = PLACES,
  maxMillis = MAX_MILLIS,
  startWorker = (workerData) =>
    new Worker(new URL('./decoder-worker.ts', import.meta.url), {
      workerData,
      // What is decoded in JavaScript takes 10 MiB; this is against what nobody has thought of.
      resourceLimits: { maxOldGenerationSizeMb: 256 },
    }),
  onCrash = () => undefined,
}: DecoderPoolOptions = {}): Decompressor => {
  const turns = new Turns(places)
  const open = new Set<ImageDecompression>()
  let closed = false
  return {
    begin: (maxBytes) => {
      if (closed) throw new Error('The decoder pool is closed')
      const decompression = new ImageDecompression(maxBytes, turns, { startWorker, maxMillis, onCrash }, () =>
        open.delete(decompression),
      )
      open.add(decompression)
      return decompression
    },
    close: async () => {
      closed = true
      await Promise.all(
        [...open].map((decompression) => decompression.end(new Error('The decoder pool is closed'))),
      )
    },
  }
}

class ImageDecompression implements Decompression {
  readonly #maxBytes: bigint
  readonly #turns: Turns
  readonly #options: DecoderOptions
  readonly #onEnd: () => void
  #head = Buffer.alloc(0)
  #decided = false
  #decoder: Decoder | null = null
  #ended: Error | null = null
  #cancelTurn: () => void = () => {}

  constructor(maxBytes: bigint, turns: Turns, options: DecoderOptions, onEnd: () => void) {
    this.#maxBytes = maxBytes
    this.#turns = turns
    this.#options = options
    this.#onEnd = onEnd
  }

  async update(chunk: Uint8Array): Promise<ContentRefusal | null> {
    if (this.#decided) await this.#decoder?.write(chunk)
    else {
      this.#head = Buffer.concat([this.#head, chunk])
      if (this.#head.length >= DETECTION_BYTES) await this.#decide()
    }
    const verdict = this.#decoder?.verdict
    // All else is said in the end, when what is around it has been judged too.
    return verdict?._tag === 'Left' && verdict.left.code === 'DECOMPRESSED_LIMIT' ? verdict.left : null
  }

  async finish(): Promise<WithinVerdict | null> {
    if (!this.#decided) await this.#decide()
    const verdict = (await this.#decoder?.finish()) ?? null
    this.abandon()
    return verdict
  }

  abandon(): void {
    void this.end(new Error('The decompression was abandoned'))
  }

  /** Resolves when its thread is gone. */
  async end(reason: Error): Promise<void> {
    if (this.#ended !== null) return
    this.#ended = reason
    this.#cancelTurn()
    await this.#decoder?.end(reason)
    this.#onEnd()
  }

  async #decide(): Promise<void> {
    const head = this.#head
    this.#decided = true
    this.#head = Buffer.alloc(0)
    const compression = compressionOf(head)
    if (compression === 'NONE') return
    const turn = this.#turns.take()
    this.#cancelTurn = turn.giveBack
    await turn.come
    if (this.#ended !== null) throw this.#ended
    this.#decoder = new Decoder({ compression, maxBytes: this.#maxBytes }, this.#options)
    // A verdict frees the place, whatever is still to come of the image.
    void this.#decoder.over.finally(turn.giveBack)
    await this.#decoder.write(head)
  }
}
