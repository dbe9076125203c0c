import { lookup } from 'node:dns/promises'
import { Agent } from 'undici'
import type { AddressRule } from './addresses.ts'
import { guardedConnector, type Resolve } from './connector.ts'
import { refusalOf, unavailable } from './failures.ts'

/** How long is waited, and how often it is tried again. */
export interface SourceTiming {
  readonly connectMs: number
  /** From a request to the headers of its answer. */
  readonly answerMs: number
  /** Bytes a second are the average over so much time of waiting for them. */
  readonly windowMs: number
  /** So many attempts to go on may fail one after the other. */
  readonly resumptions: number
}

/** By the pauses between them, so many resumptions give a source two minutes at least to come back. */
export const defaultSourceTiming: SourceTiming = {
  connectMs: 10_000,
  answerMs: 30_000,
  windowMs: 30_000,
  resumptions: 50,
}

export interface LineOptions {
  readonly isAllowed: AddressRule
  readonly timeoutSeconds: number
  readonly timing: SourceTiming
  readonly resolve?: Resolve | undefined
  readonly ca?: string | undefined
}

const MAX_HEADER_BYTES = 16 * 1024

/** The connections of one fetch, and what ends them: the caller, the time, or one's own verdict. */
export class Line {
  readonly agent: Agent
  readonly signal: AbortSignal
  readonly #end = new AbortController()
  readonly #deadline: NodeJS.Timeout

  constructor(
    { isAllowed, timeoutSeconds, timing, resolve = ofTheSystem, ca }: LineOptions,
    given: AbortSignal,
  ) {
    this.signal = AbortSignal.any([given, this.#end.signal])
    // Without cookies, a proxy of the environment or HTTP/2: undici has them only where they are asked for.
    this.agent = new Agent({
      connect: guardedConnector({ isAllowed, resolve, connectMs: timing.connectMs, ca }),
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: timing.answerMs,
      // The pace that is asked for says when a body is too slow.
      bodyTimeout: 0,
    })
    this.#deadline = setTimeout(
      () => this.#end.abort(unavailable(`Fetching the source took longer than ${timeoutSeconds} seconds.`)),
      timeoutSeconds * 1000,
    )
    this.signal.addEventListener('abort', () => this.close(), { once: true })
    if (this.signal.aborted) this.close()
  }

  /** Frees the sockets; nothing more can be asked. */
  close(): void {
    clearTimeout(this.#deadline)
    // It only says that it is closed already.
    this.agent.destroy().catch(() => undefined)
  }

  /** The error to throw: what ended the line where something did, for the rest only follows from it. */
  verdict(error: unknown): unknown {
    return this.signal.aborted ? this.signal.reason : refusalOf(error)
  }
}

const ofTheSystem: Resolve = async (hostname) =>
  (await lookup(hostname, { all: true })).map(({ address }) => address)
