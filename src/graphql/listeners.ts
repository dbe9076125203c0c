import { Busy } from '../application/outages.ts'
import type { Principal } from '../domain/access/principal.ts'

/** Each holds a line, and is looked something up for at every change of what it listens to. */
const MOST_OF_A_NODE = 1_000
const MOST_OF_A_SUBJECT = 50

/** Those who hold a subscription open at this node. */
export class Listeners {
  readonly #bySubject = new Map<string, number>()
  #count = 0

  /** Counts one more until the function that it gives is called. Throws Busy where there are too many. */
  join({ issuer, subject }: Principal): () => void {
    const key = JSON.stringify([issuer, subject])
    const held = this.#bySubject.get(key) ?? 0
    if (held >= MOST_OF_A_SUBJECT)
      throw new Busy(
        `You hold ${held} subscriptions open here: at most ${MOST_OF_A_SUBJECT}. End some first.`,
      )
    if (this.#count >= MOST_OF_A_NODE)
      throw new Busy(`This node holds as many subscriptions as it may: try again later, or another node.`)
    this.#bySubject.set(key, held + 1)
    this.#count += 1
    return () => {
      const left = (this.#bySubject.get(key) ?? 0) - 1
      if (left > 0) this.#bySubject.set(key, left)
      else this.#bySubject.delete(key)
      this.#count -= 1
    }
  }

  /** How many of them there are. */
  get count(): number {
    return this.#count
  }
}
