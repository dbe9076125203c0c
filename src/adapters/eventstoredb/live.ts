import { setTimeout as sleep } from 'node:timers/promises'
import { type AllStreamSubscription, START, streamNameFilter } from '@eventstore/db-client'
import type { Logger } from '../../application/ports/logger.ts'
import { type Instant, instantFromMillis } from '../../domain/kernel/instant.ts'
import type { Position, StoredEvent } from '../../domain/kernel/recorded.ts'
import { backoff } from '../backoff.ts'
import type { ClientHandle, Connection } from './client.ts'
import { storedEvent } from './reading.ts'

/** Each counts 32 events that the server looked at and passed over. */
const CHECKPOINT_INTERVAL = 100

export interface LiveOptions {
  readonly handle: ClientHandle
  readonly prefixes: readonly string[]
  readonly logger: Logger
  /** See Timing. */
  readonly confirmMs: number
  readonly after: Position
}

/**
 * The one live subscription of this node: from a position on every event of our streams, without gap or repeat, through
 * errors, ends and closes of the connection, until it is stopped.
 */
export class LiveEvents {
  readonly #options: LiveOptions
  readonly #take: (event: StoredEvent) => void
  readonly #stopping = new AbortController()
  #position: Position
  /** Ends in a row, without a confirmation in between. */
  #failures = 0
  /** Since when it is down; null while it is up. */
  lostSince: Instant | null = null
  readonly #running: Promise<void>

  /** `take` is handed each event after `after`, in the order of the log. */
  constructor(options: LiveOptions, take: (event: StoredEvent) => void) {
    this.#options = options
    this.#position = options.after
    this.#take = take
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    const { handle, logger } = this.#options
    while (!signal.aborted) {
      const connection = handle.current
      const reason = await this.#follow(connection)
      if (signal.aborted) return
      this.#failures += 1
      this.lostSince ??= instantFromMillis(Date.now())
      const retryInMs = backoff(this.#failures)
      logger.warn({ reason, retryInMs }, 'The live subscription ended: it is begun again.')
      await sleep(retryInMs, undefined, { signal }).catch(() => undefined)
      handle.observer.reconnected('subscription')
      // Not at the first time: the end of a subscription says nothing against its client, with which others work.
      if (this.#failures > 1) handle.replace(connection)
    }
  }

  /** Resolves when the subscription is over, for whatever reason. */
  #follow({ client }: Connection): Promise<string> {
    const { prefixes, logger, confirmMs } = this.#options
    const { signal } = this.#stopping
    const commit = this.#position
    const subscription: AllStreamSubscription = client.subscribeToAll({
      fromPosition: commit === 0n ? START : { commit, prepare: commit },
      filter: streamNameFilter({ prefixes: [...prefixes], checkpointInterval: CHECKPOINT_INTERVAL }),
    })
    return new Promise((resolve) => {
      let isOver = false
      const over = (reason: string): void => {
        if (isOver) return
        isOver = true
        clearTimeout(unconfirmed)
        signal.removeEventListener('abort', stop)
        // Not waited for: it may take as long as finding the server does.
        subscription.unsubscribe().catch(() => undefined)
        resolve(reason)
      }
      const stop = () => over('it was stopped')
      const unconfirmed = setTimeout(() => over('it was not confirmed'), confirmMs)
      signal.addEventListener('abort', stop)
      subscription.on('confirmation', () => {
        clearTimeout(unconfirmed)
        if (this.#failures > 0) logger.info({ failures: this.#failures }, 'The live subscription is back.')
        this.#failures = 0
        this.lostSince = null
      })
      subscription.on('data', (resolved) => {
        // What comes after the end comes a second time with the next subscription, which may have begun.
        if (isOver) return
        try {
          this.#receive(storedEvent(resolved))
        } catch (error) {
          over(String(error))
        }
      })
      subscription.on('error', (error) => over(error.message === '' ? error.name : error.message))
      subscription.on('end', () => over('the server ended it'))
      subscription.on('close', () => over('the connection was closed'))
      if (signal.aborted) stop()
    })
  }

  #receive(event: StoredEvent | null): void {
    if (event === null || event.position <= this.#position) return
    this.#position = event.position
    this.#take(event)
  }
}
