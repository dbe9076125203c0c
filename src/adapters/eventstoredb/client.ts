import type { Duplex } from 'node:stream'
import { EventStoreDBClient } from '@eventstore/db-client'
import { NoAnswer } from './failure.ts'
import { nobody, type StoreObserver } from './observer.ts'

/** A client for as long as it serves. */
export interface Connection {
  readonly client: EventStoreDBClient
  /** Aborted when the client is given up: whatever it was asked is not answered to its end any more. */
  readonly givenUp: AbortSignal
}

/** What the client keeps to itself, as of 6.2.1. */
interface Inside {
  GRPCStreamCreator: (
    service: unknown,
    name: string,
    open: (grpc: unknown) => Duplex,
    shared?: object,
  ) => () => Promise<Duplex>
  getGRPCClient: () => Promise<never>
  getChannel(): Promise<{ close(): void }>
}

const insideOf = (client: EventStoreDBClient) => client as unknown as Inside

/**
 * The one client of the process, behind a handle that can replace it: what the client has once learned wrongly about its
 * server it remembers for good, and a call that hangs is ended only with the client.
 */
export class ClientHandle {
  readonly observer: StoreObserver
  readonly #url: string
  readonly #givingUp = new Set<Promise<unknown>>()
  #current: Connection
  #giveUp = new AbortController()

  /** Throws TypeError for a connection string that the client does not take. It connects when it is first asked something. */
  constructor(url: string, observer = nobody) {
    this.observer = observer
    this.#url = url
    this.#current = { client: connect(url), givenUp: this.#giveUp.signal }
  }

  get current(): Connection {
    return this.#current
  }

  /** Whoever finds that a client is of no use any more says so; of many who say it of the same one the first counts. */
  replace(failed: Connection): void {
    if (failed !== this.#current) return
    this.observer.reconnected('client')
    // The old one is ended before the new one is asked anything: where it breaks off, the client breaks off the appends of
    // all clients of the process.
    this.#end()
    this.#giveUp = new AbortController()
    this.#current = { client: connect(this.#url), givenUp: this.#giveUp.signal }
  }

  async close(): Promise<void> {
    this.#end()
    await Promise.all(this.#givingUp)
  }

  #end(): void {
    const { client } = this.#current
    // First of all: a read that the client itself breaks off looks as if it had come to its end.
    this.#giveUp.abort()
    const ended = client.dispose().catch(() => undefined)
    this.#givingUp.add(ended)
    ended.finally(() => this.#givingUp.delete(ended))
    const inside = insideOf(client)
    // What waits for an answer before it begins, as an append for the methods that the server has, does not begin any more.
    inside.getGRPCClient = () => Promise.reject(new NoAnswer('The connection was given up'))
    // Disposing leaves the channel open: the next client would share its connection, and how long it waits to connect anew.
    // Not at once, for a call that is just being made would throw where nobody hears it.
    inside
      .getChannel()
      .then((channel) => setImmediate(() => channel.close()))
      .catch(() => undefined)
  }
}

const connect = (url: string): EventStoreDBClient => {
  const client = connecting(url)
  const inside = insideOf(client)
  const create = inside.GRPCStreamCreator
  // Only the stream of batches is shared.
  inside.GRPCStreamCreator = (service, name, open, shared) =>
    create(service, name, shared === undefined ? open : (grpc) => hardened(open(grpc)), shared)
  return client
}

const connecting = (url: string): EventStoreDBClient => {
  try {
    return EventStoreDBClient.connectionString(url)
  } catch {
    // What it threw holds the string with the password.
    throw new TypeError('The connection string is none that the client takes: see checkConnection')
  }
}

/**
 * The stream on which all batches of appends go, without two slips of the client that would end the process: an answer to an
 * append that it has forgotten throws in its listener, and appends that wait until the stream takes more reject unheard
 * when the stream breaks. None waits now; that they do not pile up is seen to by the time that each of them has.
 */
const hardened = (batches: Duplex): Duplex => {
  for (const listener of batches.listeners('data')) {
    batches.on('data', (answer) => {
      try {
        listener(answer)
      } catch {
        // Nobody waits for this answer any more.
      }
    })
    batches.off('data', listener as () => void)
  }
  const write = batches.write.bind(batches)
  batches.write = (message: unknown): boolean => {
    write(message)
    return true
  }
  return batches
}
