import { systemClock } from '../../../src/adapters/system/clock.ts'
import type { Clock } from '../../../src/application/ports/clock.ts'
import { millisOf } from '../../../src/domain/kernel/instant.ts'

/** What a stand-in for EventStoreDB keeps: streams and one log of all, as the real one promises them. */

export interface Proposed {
  readonly id: string
  readonly type: string
  readonly data: Uint8Array
  readonly metadata: Uint8Array
}

export interface Kept extends Proposed {
  readonly stream: string
  readonly revision: bigint
  /** Commit and prepare position alike; sparse. */
  readonly position: bigint
  /** In 100 ns since 1970. */
  readonly created: bigint
}

export type Expected = bigint | 'NO_STREAM' | 'ANY' | 'STREAM_EXISTS'

export type Appended =
  | { readonly ok: true; readonly last: Kept }
  | { readonly ok: false; readonly current: bigint | 'NO_STREAM' }

/** Between two events lies at least this: their bytes, more or less. */
const GAP = 97n

export class MemoryLog {
  readonly all: Kept[] = []
  readonly #streams = new Map<string, Kept[]>()
  readonly #listeners = new Set<() => void>()
  readonly #clock: Clock

  /** `clock`: by which events are created. */
  constructor(clock: Clock = systemClock()) {
    this.#clock = clock
  }

  stream(name: string): readonly Kept[] {
    return this.#streams.get(name) ?? []
  }

  /** Calls back after each append; call what it gives to end that. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The same events again at the same revision are acknowledged and not written again, if that revision was exact. */
  append(stream: string, expected: Expected, events: readonly Proposed[]): Appended {
    const kept = this.#streams.get(stream) ?? []
    const at =
      expected === 'NO_STREAM' ? 0 : typeof expected === 'bigint' ? Number(expected) + 1 : kept.length
    const there = kept.slice(at, at + events.length)
    const last = there.at(-1)
    const repeated = events.every(({ id }, place) => there[place]?.id === id)
    if (last !== undefined && repeated) return { ok: true, last }
    if (at !== kept.length || (expected === 'STREAM_EXISTS' && kept.length === 0))
      return { ok: false, current: kept.at(-1)?.revision ?? 'NO_STREAM' }
    const written = events.map((event, place) => this.#keep(stream, BigInt(at + place), event))
    this.#streams.set(stream, [...kept, ...written])
    for (const listener of this.#listeners) listener()
    const newest = written.at(-1)
    if (newest === undefined) throw new Error('An append without events')
    return { ok: true, last: newest }
  }

  #keep(stream: string, revision: bigint, event: Proposed): Kept {
    const position = (this.all.at(-1)?.position ?? 0n) + GAP
    const created = BigInt(millisOf(this.#clock.now())) * 10_000n
    const kept = { ...event, stream, revision, position, created }
    this.all.push(kept)
    return kept
  }

  /** The place in `all` of the first event at a position or after it. */
  placeOf(position: bigint): number {
    let low = 0
    let high = this.all.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.all[middle]?.position ?? 0n) >= position) high = middle
      else low = middle + 1
    }
    return low
  }
}
