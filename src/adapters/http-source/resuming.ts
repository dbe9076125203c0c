import { setTimeout as sleep } from 'node:timers/promises'
import { SourceChanged, SourceRefused } from '../../application/ports/source.ts'
import { atLeast, type Pace, TooSlow } from '../at-least.ts'
import { backoff } from '../backoff.ts'
import { type Answer, drop } from './ask.ts'
import { isOfTheLine, unavailable } from './failures.ts'
import type { Line } from './line.ts'
import { isPassing, refusedStatus, restOf, type Version } from './version.ts'

export interface ResumingOptions {
  readonly line: Line
  readonly pace: Pace
  readonly maxBytes: bigint
  /** How many attempts to go on may fail one after the other. */
  readonly resumptions: number
  /** Asks once more, with these headers. */
  readonly again: (headers: Readonly<Record<string, string>>) => Promise<Answer>
}

/**
 * The bytes of one version of a source, over as many connections as it takes: each goes on at the byte where the last one
 * broke, or not at all.
 */
export class ResumingBody {
  readonly #options: ResumingOptions
  readonly #etag: string | null
  #totalBytes: bigint | null
  #doneBytes = 0n
  #failures = 0

  constructor({ etag, totalBytes }: Version, options: ResumingOptions) {
    this.#options = options
    this.#etag = etag
    this.#totalBytes = totalBytes
  }

  async *bytes(first: Answer): AsyncGenerator<Uint8Array> {
    let answer = first
    for (;;) {
      const before = this.#doneBytes
      if (yield* this.#read(answer)) return
      // A few bytes a connection are no progress, or a source could go on like that for ever.
      if (this.#doneBytes - before >= this.#enoughBytes) this.#failures = 0
      answer = await this.#rest()
    }
  }

  /** What one window takes. */
  get #enoughBytes(): number {
    const { bytesPerSecond, windowMs } = this.#options.pace
    return (bytesPerSecond * windowMs) / 1000
  }

  /** True when all bytes came, false where the line broke. */
  async *#read(answer: Answer): AsyncGenerator<Uint8Array, boolean> {
    try {
      for await (const chunk of atLeast(answer.body, this.#options.pace)) {
        this.#count(chunk)
        yield chunk
      }
    } catch (error) {
      if (error instanceof TooSlow) throw tooSlow(this.#options.pace)
      if (!isOfTheLine(error)) throw error
      return false
    }
    return this.#totalBytes === null || this.#doneBytes === this.#totalBytes
  }

  #count(chunk: Uint8Array): void {
    const { maxBytes } = this.#options
    this.#doneBytes += BigInt(chunk.byteLength)
    if (this.#doneBytes > maxBytes)
      throw new SourceRefused({
        code: 'SIZE_LIMIT',
        message: `The source sends more than ${maxBytes} bytes, the most that is taken.`,
      })
    if (this.#totalBytes !== null && this.#doneBytes > this.#totalBytes)
      throw new SourceChanged('The source sends more bytes than it said.')
  }

  /** An answer that goes on where the last one broke, after as many attempts as it takes. */
  async #rest(): Promise<Answer> {
    const { resumptions, line } = this.#options
    if (this.#etag === null)
      throw new SourceChanged('The connection to the source broke, and it offers no way to go on from there.')
    for (;;) {
      this.#failures += 1
      if (this.#failures > resumptions)
        throw unavailable(`The connection to the source broke, and ${resumptions} attempts to go on failed.`)
      await sleep(backoff(this.#failures), undefined, { signal: line.signal })
      const answer = await this.#attempt(this.#etag)
      if (answer !== null) return answer
    }
  }

  /** Null where it may work later. */
  async #attempt(etag: string): Promise<Answer | null> {
    const headers = { range: `bytes=${this.#doneBytes}-`, 'if-range': etag }
    const answer = await this.#options.again(headers).catch((error: unknown) => {
      if (!isOfTheLine(error)) throw error
      return null
    })
    if (answer === null) return null
    try {
      return this.#accepted(answer, etag)
    } catch (error) {
      drop(answer)
      throw error
    }
  }

  #accepted(answer: Answer, etag: string): Answer | null {
    const { status } = answer
    if (isPassing(answer)) {
      drop(answer)
      return null
    }
    if (status !== 200 && status !== 206 && status !== 416) throw refusedStatus(answer)
    const total = restOf(answer, { etag, totalBytes: this.#totalBytes }, this.#doneBytes)
    if (total === null)
      throw new SourceChanged('The source changed, or cannot go on from where the connection broke.')
    this.#totalBytes = total
    return answer
  }
}

const tooSlow = ({ bytesPerSecond }: Pace) =>
  unavailable(`The source sends fewer than ${bytesPerSecond} bytes a second.`)
