import type { Worker } from 'node:worker_threads'
import type { Digest, Digests } from '../../application/ports/digester.ts'
import type { Algorithm, Order, Report } from './digest-worker.ts'

/** How many MiB a second of each a core computes, measured with node:crypto: how the work is divided. */
const SPEEDS: Readonly<Record<Algorithm, number>> = { md5: 771, sha512: 808, sha256: 1714, sha1: 1800 }

/** Memory that is shared with the workers: large enough that messages cost little, small enough for a core's cache. */
const SLOT_BYTES = 512 * 1024

/** Of one digest, at work or being filled: 2 MiB. What would take more has to wait. */
const SLOTS_PER_DIGEST = 4

/** Kept for the next digest; the rest of a crowd's slots goes back to the system. */
const FREE_SLOTS = 16

interface Slot {
  readonly id: number
  readonly bytes: Uint8Array
}

interface Loan {
  readonly slot: Slot
  readonly owner: SharedDigest
  /** How many workers have yet to read it. */
  readers: number
}

/** What a digest asks of the crew that it belongs to. */
interface Services {
  takeSlot(): Slot
  returnSlot(slot: Slot): void
  /** All workers read the first `bytes` of the slot; then slotRead() of the owner is called. */
  read(owner: SharedDigest, slot: Slot, bytes: number): void
  finish(digest: number): void
  abandon(digest: number): void
}

/**
 * A set of workers and the digests that they compute, which live and fail together: when one worker dies, what it knew of
 * each digest is lost, so all of them fail and a new crew is made.
 */
export class Crew {
  readonly #workers: readonly Worker[]
  readonly #lanes: readonly (readonly Algorithm[])[]
  readonly #digests = new Map<number, SharedDigest>()
  readonly #loans = new Map<number, Loan>()
  readonly #onIdle: () => void
  readonly #free: Slot[] = []
  #slots = 0
  #begun = 0
  #ended = false

  /** `onIdle`: the last digest under way is over. `onDeath`: a worker died, so the crew must be ended. */
  constructor(workers: readonly Worker[], onIdle: () => void, onDeath: (reason: Error) => void) {
    this.#workers = workers
    this.#lanes = divide(workers.length)
    this.#onIdle = onIdle
    const die = (reason: Error): void => {
      if (!this.#ended) onDeath(reason)
    }
    for (const worker of workers) {
      worker.on('message', (report: Report) => this.#hear(report))
      worker.on('error', (error) => die(new Error('A digest worker failed', { cause: error })))
      worker.on('exit', (code) => die(new Error(`A digest worker ended with code ${code}`)))
    }
  }

  begin(): Digest {
    if (this.#digests.size === 0) for (const worker of this.#workers) worker.ref()
    const id = this.#begun++
    // In turns, so that many digests at once load the workers evenly although no division is quite even.
    this.#workers.forEach((worker, n) => {
      const algorithms = this.#lanes[(n + id) % this.#lanes.length] ?? []
      order(worker, { type: 'begin', digest: id, algorithms })
    })
    const digest = new SharedDigest(id, this.#workers.length, this.#services)
    this.#digests.set(id, digest)
    return digest
  }

  /** Ends the workers; what is under way fails with `reason`. Resolves when they are gone. */
  async end(reason: Error): Promise<void> {
    this.#ended = true
    for (const digest of this.#digests.values()) digest.fail(reason)
    this.#digests.clear()
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }

  readonly #services: Services = {
    takeSlot: () => {
      const free = this.#free.pop()
      if (free !== undefined) return free
      const memory = new SharedArrayBuffer(SLOT_BYTES)
      const slot = { id: this.#slots++, bytes: new Uint8Array(memory) }
      this.#all({ type: 'lend', slot: slot.id, memory })
      return slot
    },
    returnSlot: (slot) => {
      if (this.#free.length < FREE_SLOTS) this.#free.push(slot)
      else this.#all({ type: 'takeBack', slot: slot.id })
    },
    read: (owner, slot, bytes) => {
      this.#loans.set(slot.id, { slot, owner, readers: this.#workers.length })
      this.#all({ type: 'update', digest: owner.id, slot: slot.id, bytes })
    },
    finish: (digest) => this.#all({ type: 'finish', digest }),
    abandon: (digest) => {
      this.#all({ type: 'abandon', digest })
      this.#over(digest)
    },
  }

  #hear(report: Report): void {
    if (this.#ended) return
    if (report.type === 'result') {
      if (this.#digests.get(report.digest)?.add(report.digests) === 'complete') this.#over(report.digest)
      return
    }
    const loan = this.#loans.get(report.slot)
    if (loan === undefined) return
    loan.readers -= 1
    if (loan.readers > 0) return
    this.#loans.delete(report.slot)
    this.#services.returnSlot(loan.slot)
    loan.owner.slotRead()
  }

  #over(digest: number): void {
    this.#digests.delete(digest)
    if (this.#digests.size > 0 || this.#ended) return
    // An idle crew does not keep the process alive.
    for (const worker of this.#workers) worker.unref()
    this.#onIdle()
  }

  #all(what: Order): void {
    for (const worker of this.#workers) order(worker, what)
  }
}

const order = (worker: Worker, what: Order): void => worker.postMessage(what)

/** The slowest algorithm first, each to the worker that has the least to do. */
const divide = (workers: number): readonly (readonly Algorithm[])[] => {
  const lanes = Array.from({ length: workers }, () => ({ algorithms: [] as Algorithm[], cost: 0 }))
  const slowestFirst = (Object.keys(SPEEDS) as Algorithm[]).sort((a, b) => SPEEDS[a] - SPEEDS[b])
  for (const algorithm of slowestFirst) {
    const lane = lanes.reduce((least, candidate) => (candidate.cost < least.cost ? candidate : least))
    lane.algorithms.push(algorithm)
    lane.cost += 1 / SPEEDS[algorithm]
  }
  return lanes.map(({ algorithms }) => algorithms)
}

/** One stream's digests, parts of which each worker of the crew computes. */
class SharedDigest implements Digest {
  readonly id: number
  readonly #services: Services
  #filling: Slot | null = null
  #filled = 0
  #slots = 0
  #updating = false
  #state: 'open' | 'used up' | 'abandoned' | Error = 'open'
  #wake: () => void = () => {}
  #missing: number
  #digests: Partial<Digests> = {}
  #answer: PromiseWithResolvers<Digests> | null = null

  constructor(id: number, workers: number, services: Services) {
    this.id = id
    this.#missing = workers
    this.#services = services
  }

  async update(chunk: Uint8Array): Promise<void> {
    this.#mustBeFree()
    this.#updating = true
    try {
      for (let at = 0; at < chunk.length; ) {
        const slot = this.#filling ?? (await this.#nextSlot())
        // Abandoned while it waited: nobody needs the bytes.
        if (slot === null) return
        const piece = chunk.subarray(at, at + SLOT_BYTES - this.#filled)
        slot.bytes.set(piece, this.#filled)
        this.#filled += piece.length
        at += piece.length
        if (this.#filled === SLOT_BYTES) this.#send(slot)
      }
    } finally {
      this.#updating = false
    }
  }

  async finish(): Promise<Digests> {
    this.#mustBeFree()
    this.#state = 'used up'
    if (this.#filling !== null) this.#send(this.#filling)
    this.#answer = Promise.withResolvers()
    this.#services.finish(this.id)
    return await this.#answer.promise
  }

  abandon(): void {
    if (this.#state !== 'open') return
    this.#state = 'abandoned'
    if (this.#filling !== null) this.#services.returnSlot(this.#filling)
    this.#filling = null
    this.#services.abandon(this.id)
    this.#wake()
  }

  /** The crew ended: whoever waits is told, and whoever asks later. */
  fail(reason: Error): void {
    this.#state = reason
    this.#filling = null
    this.#answer?.reject(reason)
    this.#wake()
  }

  slotRead(): void {
    this.#slots -= 1
    this.#wake()
  }

  /** What one worker computed. */
  add(digests: Partial<Digests>): 'complete' | 'incomplete' {
    this.#digests = { ...this.#digests, ...digests }
    this.#missing -= 1
    if (this.#missing > 0) return 'incomplete'
    this.#answer?.resolve(this.#digests as Digests)
    return 'complete'
  }

  #send(slot: Slot): void {
    this.#services.read(this, slot, this.#filled)
    this.#filling = null
    this.#filled = 0
  }

  /** Null when abandoned meanwhile. */
  async #nextSlot(): Promise<Slot | null> {
    while (this.#state === 'open' && this.#slots === SLOTS_PER_DIGEST)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    if (this.#state === 'abandoned') return null
    if (this.#state instanceof Error) throw this.#state
    this.#slots += 1
    this.#filling = this.#services.takeSlot()
    return this.#filling
  }

  #mustBeFree(): void {
    if (this.#state instanceof Error) throw this.#state
    if (this.#state !== 'open') throw new Error(`The digest is ${this.#state}`)
    if (this.#updating) throw new Error('The digest is still taking the chunk before: await update()')
  }
}
