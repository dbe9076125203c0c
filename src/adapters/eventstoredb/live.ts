import { setTimeout as sleep } from 'node:timers/promises'
import { type AllStreamSubscription, START, streamNameFilter } from '@eventstore/db-client'
import type { Logger } from '../../application/ports/logger.ts'
import type { Position, StoredEvent } from '../../domain/kernel/recorded.ts'
import { backoff } from './backoff.ts'
import type { ClientHandle } from './client.ts'
import { storedEvent } from './reading.ts'

/** Each counts 32 events that the server looked at and passed over. */
const CHECKPOINT_INTERVAL = 100

/**
 * The one live subscription of this node: from a position on every event of our streams, without gap or repeat, through
 * errors, ends and closes of the connection, until it is stopped.
 */
export class LiveEvents {
  readonly #handle: ClientHandle
  readonly #prefixes: readonly string[]
  readonly #logger: Logger
  readonly #take: (event: StoredEvent) => void
  readonly #stopping = new AbortController()
  #position: Position
  #subscription: AllStreamSubscription | null = null
  readonly #running: Promise<void>

  /** `take` is handed each event after `after`, in the order of the log. */
  constructor(
    options: {
      readonly handle: ClientHandle
      readonly prefixes: readonly string[]
      readonly logger: Logger
      readonly after: Position
    },
    take: (event: StoredEvent) => void,
  ) {
    this.#handle = options.handle
    this.#prefixes = options.prefixes
    this.#logger = options.logger
    this.#position = options.after
    this.#take = take
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#subscription?.unsubscribe().catch(() => undefined)
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    for (let failures = 0; !signal.aborted; ) {
      const before = this.#position
      const client = this.#handle.client
      const reason = await this.#follow(client)
      if (signal.aborted) return
      failures = this.#position > before ? 1 : failures + 1
      const pauseMs = backoff(failures)
      this.#logger.warn({ reason, retryInMs: pauseMs }, 'The live subscription ended: it is begun again.')
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
      this.#handle.replace(client)
    }
  }

  /** Resolves when the subscription is over, for whatever reason. */
  #follow(client: ClientHandle['client']): Promise<string> {
    return new Promise((resolve) => {
      const commit = this.#position
      const subscription = client.subscribeToAll({
        fromPosition: commit === 0n ? START : { commit, prepare: commit },
        filter: streamNameFilter({
          prefixes: [...this.#prefixes],
          checkpointInterval: CHECKPOINT_INTERVAL,
        }),
      })
      this.#subscription = subscription
      const over = (reason: string): void => {
        subscription.unsubscribe().catch(() => undefined)
        resolve(reason)
      }
      subscription.on('data', (resolved) => {
        const event = storedEvent(resolved)
        if (event === null || event.position <= this.#position) return
        this.#position = event.position
        this.#take(event)
      })
      subscription.on('error', (error) => over(error.message === '' ? error.name : error.message))
      subscription.on('end', () => over('the server ended it'))
      subscription.on('close', () => over('the connection was closed'))
      if (this.#stopping.signal.aborted) over('stopped')
    })
  }
}
