/**
 * Hands out turns of the event loop, one at a time. With setImmediate alone all who wait would have the same turn, and the
 * process would stand still for the sum of what they do.
 */
export class Turns {
  readonly #waiting: (() => void)[] = []

  /** Resolves in a later turn of the event loop that nobody else was given. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      if (this.#waiting.length === 1) setImmediate(this.#giveOne)
    })
  }

  readonly #giveOne = (): void => {
    this.#waiting.shift()?.()
    if (this.#waiting.length > 0) setImmediate(this.#giveOne)
  }
}
