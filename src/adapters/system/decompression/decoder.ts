import type { Worker } from 'node:worker_threads'
import { contentRefusal } from '../../../domain/formats/content.ts'
import { left } from '../../../domain/kernel/fp.ts'
import type { Job, Report, WithinVerdict } from './decoder-worker.ts'
import { createRing, RingWriter } from './ring.ts'

const TICK_MILLIS = 100

export interface DecoderOptions {
  readonly startWorker: (job: Job) => Worker
  /** How long it may work on one image; waiting for bytes is not work. */
  readonly maxMillis: number
  readonly onCrash: (reason: Error) => void
}

/** A thread that decompresses one image, ended as soon as there is a verdict: its own, or one about it. */
export class Decoder {
  readonly #worker: Worker
  readonly #ring: RingWriter
  readonly #over = Promise.withResolvers<WithinVerdict>()
  readonly #ticks: NodeJS.Timeout
  #verdict: WithinVerdict | Error | null = null
  #wake: () => void = () => {}

  constructor(job: Omit<Job, 'memory'>, { startWorker, maxMillis, onCrash }: DecoderOptions) {
    const memory = createRing()
    this.#ring = new RingWriter(memory)
    // Nobody may be waiting yet when it fails.
    this.#over.promise.catch(() => undefined)
    this.#worker = startWorker({ ...job, memory })
    this.#worker.on('message', (report: Report) => {
      if (report.type === 'verdict') this.#end(report.verdict)
      else this.#wake()
    })
    const die = (reason: Error): void => {
      if (this.#verdict !== null) return
      onCrash(reason)
      this.#end(
        left(contentRefusal('INVALID_IMAGE', 'The image made its decompressor fail: compress it anew.')),
      )
    }
    this.#worker.on('error', (error) => die(new Error('A decoder failed', { cause: error })))
    this.#worker.on('exit', (code) => die(new Error(`A decoder ended with code ${code}`)))
    this.#ticks = this.#watch(maxMillis)
  }

  /** What was found out so far; null: nothing yet. */
  get verdict(): WithinVerdict | null {
    return this.#verdict instanceof Error ? null : this.#verdict
  }

  /** Resolves when its thread is of no more use. */
  get over(): Promise<void> {
    return this.#over.promise.then(
      () => undefined,
      () => undefined,
    )
  }

  /** Resolves when the bytes are copied, or nobody needs them any more. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length && this.#verdict === null; ) {
      const written = this.#ring.write(bytes.subarray(at))
      at += written
      if (written === 0)
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
    }
    if (this.#verdict instanceof Error) throw this.#verdict
  }

  /** The verdict on all that was written. */
  finish(): Promise<WithinVerdict> {
    this.#ring.close()
    return this.#over.promise
  }

  /** Ends the thread without a verdict; whoever waits fails with `reason`. Resolves when it is gone. */
  async end(reason: Error): Promise<void> {
    this.#end(reason)
    await this.#worker.terminate()
  }

  #end(verdict: WithinVerdict | Error): void {
    if (this.#verdict !== null) return
    this.#verdict = verdict
    clearInterval(this.#ticks)
    void this.#worker.terminate()
    if (verdict instanceof Error) this.#over.reject(verdict)
    else this.#over.resolve(verdict)
    this.#wake()
  }

  /** Looks at it from outside, for it may never come back from the bytes that it has. */
  #watch(maxMillis: number): NodeJS.Timeout {
    let worked = 0
    let last = performance.now()
    return setInterval(() => {
      const now = performance.now()
      if (!this.#ring.isAwaited()) worked += now - last
      last = now
      if (worked > maxMillis)
        this.#end(
          left(
            contentRefusal(
              'DECOMPRESSED_LIMIT',
              `The image takes more than ${maxMillis / 1000} seconds to decompress: send it uncompressed, or compress it with another program.`,
            ),
          ),
        )
    }, TICK_MILLIS)
  }
}
