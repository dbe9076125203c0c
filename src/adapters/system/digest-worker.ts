import { createHash, type Hash } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import type { Digests } from '../../application/ports/digester.ts'

export type Algorithm = keyof Digests

/** To a worker, in order. Slots and digests are numbered by the pool. */
export type Order =
  /** Remember this memory under the number of a slot; forget it again. */
  | { readonly type: 'lend'; readonly slot: number; readonly memory: SharedArrayBuffer }
  | { readonly type: 'takeBack'; readonly slot: number }
  | { readonly type: 'begin'; readonly digest: number; readonly algorithms: readonly Algorithm[] }
  /** Read the first `bytes` of a slot, and say so with Done. */
  | { readonly type: 'update'; readonly digest: number; readonly slot: number; readonly bytes: number }
  /** Answer with Result, and forget the digest. */
  | { readonly type: 'finish'; readonly digest: number }
  | { readonly type: 'abandon'; readonly digest: number }

/** From a worker. */
export type Report =
  | { readonly type: 'done'; readonly slot: number }
  | { readonly type: 'result'; readonly digest: number; readonly digests: Partial<Digests> }

const slots = new Map<number, Uint8Array>()
const digests = new Map<number, ReadonlyMap<Algorithm, Hash>>()

/** Numbers that the pool did not give away are a bug in it: the worker ends, and every digest under way fails. */
const known = <T>(map: ReadonlyMap<number, T>, number: number): T => {
  const value = map.get(number)
  if (value === undefined) throw new Error(`The digest worker was not told of ${number}`)
  return value
}

const carryOut = (order: Order, report: (report: Report) => void): void => {
  switch (order.type) {
    case 'lend':
      slots.set(order.slot, new Uint8Array(order.memory))
      return
    case 'takeBack':
      slots.delete(order.slot)
      return
    case 'begin':
      digests.set(order.digest, new Map(order.algorithms.map((name) => [name, createHash(name)])))
      return
    case 'update': {
      const bytes = known(slots, order.slot).subarray(0, order.bytes)
      for (const hash of known(digests, order.digest).values()) hash.update(bytes)
      report({ type: 'done', slot: order.slot })
      return
    }
    case 'finish': {
      const hex = [...known(digests, order.digest)].map(([name, hash]) => [name, hash.digest('hex')])
      digests.delete(order.digest)
      report({ type: 'result', digest: order.digest, digests: Object.fromEntries(hex) })
      return
    }
    case 'abandon':
      digests.delete(order.digest)
      return
    default:
      throw new Error(`The digest worker does not know ${JSON.stringify(order satisfies never)}`)
  }
}

parentPort?.on('message', (order: Order) => carryOut(order, (report) => parentPort?.postMessage(report)))
