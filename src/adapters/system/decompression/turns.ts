/** A place, or the hope for one. */
export interface Turn {
  /** Resolves when it has come, or was given back before. */
  readonly come: Promise<void>
  /** The next one comes. Does nothing a second time. */
  readonly giveBack: () => void
}

/** A number of places, given away in the order in which they were asked for. */
export class Turns {
  readonly #waiting = new Set<() => void>()
  #free: number

  constructor(places: number) {
    this.#free = places
  }

  take(): Turn {
    const { promise: come, resolve } = Promise.withResolvers<void>()
    let isOver = false
    const giveBack = (): void => {
      if (isOver) return
      isOver = true
      if (!this.#waiting.delete(resolve)) this.#free += 1
      resolve()
      this.#next()
    }
    this.#waiting.add(resolve)
    this.#next()
    return { come, giveBack }
  }

  #next(): void {
    const [first] = this.#waiting
    if (first === undefined || this.#free === 0) return
    this.#free -= 1
    this.#waiting.delete(first)
    first()
  }
}
