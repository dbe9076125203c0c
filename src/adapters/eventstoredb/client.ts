import { EventStoreDBClient } from '@eventstore/db-client'

/**
 * The one client of the process, behind a handle that can replace it: what the client has once learned wrongly about its
 * server it remembers for good, and a call that hangs is ended only with the client.
 */
export class ClientHandle {
  readonly #url: string
  #client: EventStoreDBClient
  #disposing: Promise<unknown> = Promise.resolve()

  constructor(url: string) {
    this.#url = url
    this.#client = this.#connect()
  }

  get client(): EventStoreDBClient {
    return this.#client
  }

  /** Whoever finds that a client is of no use any more says so; of many who say it of the same one the first counts. */
  replace(failed: EventStoreDBClient): void {
    if (failed !== this.#client) return
    this.#client = this.#connect()
    this.#disposing = this.#disposing.then(() => failed.dispose()).catch(() => undefined)
  }

  async close(): Promise<void> {
    await this.#disposing
    await this.#client.dispose()
  }

  #connect(): EventStoreDBClient {
    return EventStoreDBClient.connectionString(this.#url)
  }
}
