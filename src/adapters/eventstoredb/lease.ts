import type { ExpectedRevision } from '../../application/ports/event-log.ts'
import type { StreamName } from '../../domain/kernel/recorded.ts'
import type { EventStoreDBLog } from './event-log.ts'

/** A lease that is not renewed for so long is free, in milliseconds. */
const LASTS_MS = 15_000
/** The holder renews it after so long, and others look for it as often. */
const LOOK_MS = 5_000
/** The stream keeps so many events: it is looked at for its last one only. */
const KEPT = 10

/** What the stream says last. */
interface Last {
  readonly revision: ExpectedRevision
  /** Null: nobody's. */
  readonly holder: string | null
  /** When this node saw it first, by performance.now(). */
  readonly seenAt: number
}

/**
 * Work that one node does for all, for as long as it renews its lease, by appends at the exact revision of a stream of its own.
 * No clocks are compared: who sees the same event for as long as a lease lasts takes it for free. It only spares the others
 * the work: a node that was away may believe for a while that it still holds it, and what is done twice is refused by revisions.
 */
export class Lease {
  readonly #log: EventStoreDBLog
  readonly #stream: StreamName
  readonly #node = crypto.randomUUID()
  readonly #lastsMs: number
  #last: Last | null = null
  #lookedAt = Number.NEGATIVE_INFINITY

  constructor(log: EventStoreDBLog, name: string, lastsMs = LASTS_MS) {
    this.#log = log
    this.#stream = `lease-${name}` as StreamName
    this.#lastsMs = lastsMs
  }

  /** Whether this node is the one, after trying to be. To be asked again and again. Throws StoreUnavailable. */
  async held(): Promise<boolean> {
    const now = performance.now()
    if (now - this.#lookedAt < Math.min(LOOK_MS, this.#lastsMs / 3)) return this.#isMine()
    const last = await this.#look(now)
    const free = last.holder === null || now - last.seenAt >= this.#lastsMs
    if (this.#isMine() || free) await this.#append('LeaseTaken', this.#node)
    this.#lookedAt = now
    return this.#isMine()
  }

  /** Lets the others have it at once, where this node has it. */
  async release(): Promise<void> {
    if (this.#isMine()) await this.#append('LeaseReleased', null)
  }

  #isMine(): boolean {
    return this.#last?.holder === this.#node
  }

  async #look(now: number): Promise<Last> {
    const [event] = await this.#log.readStream(this.#stream, { direction: 'backwards', limit: 1 })
    const revision = event?.revision ?? 'NO_STREAM'
    if (event === undefined) await this.#log.keepNewest(this.#stream, KEPT)
    if (this.#last?.revision === revision) return this.#last
    const holder = event?.type === 'LeaseTaken' ? String(event.data['node']) : null
    this.#last = { revision, holder, seenAt: now }
    return this.#last
  }

  async #append(type: string, holder: string | null): Promise<void> {
    const expected = this.#last?.revision ?? 'NO_STREAM'
    const event = { id: crypto.randomUUID(), type, data: { node: this.#node }, metadata: {} }
    const appended = await this.#log.append(this.#stream, expected, [event])()
    // Somebody was faster: who, the next look tells.
    this.#last =
      appended._tag === 'Left'
        ? null
        : { revision: appended.right.revision, holder, seenAt: performance.now() }
  }
}
