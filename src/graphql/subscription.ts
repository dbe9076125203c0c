import { type Context, callerOf } from './context.ts'
import { tokenExpired } from './errors.ts'

/** Node's timers hold no longer. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** What a subscription hands to its resolver: a value, or why it is over, which `orThrow` throws. */
export type Told<Value> = Value | Error

/**
 * What a caller is told for as long as it listens and its token holds. `values` is to end soon when its signal says so; what
 * it throws is told, and is the end. Nothing is held before the first value is asked for: an answer that cannot be streamed
 * never asks.
 */
export const listening = <Value>(
  context: Context,
  values: (over: AbortSignal) => AsyncIterable<Value>,
): AsyncIterableIterator<Told<Value>> => {
  const over = new AbortController()
  const told = tell(context, values, over)
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next: () => told.next(),
    // A generator alone would wait for the next value before it ends.
    return: () => {
      over.abort()
      return told.return()
    },
  }
}

async function* tell<Value>(
  context: Context,
  values: (over: AbortSignal) => AsyncIterable<Value>,
  over: AbortController,
): AsyncGenerator<Told<Value>, void, void> {
  try {
    const leave = context.listeners.join(callerOf(context).principal)
    let expired = false
    const release = onceAt(context.tokenExpiresAt, () => {
      expired = true
      over.abort()
    })
    try {
      yield* values(over.signal)
    } finally {
      release()
      leave()
    }
    if (expired) throw tokenExpired()
  } catch (error) {
    yield error instanceof Error ? error : new Error(String(error))
  }
}

/** For resolvers: the value. Throws what is told in its place. */
export const orThrow = <Value extends object>(told: Told<Value>): Value => {
  if (told instanceof Error) throw told
  return told
}

/** Acts at a moment of the machine's clock, by which tokens expire; the function that it gives calls that off. */
const onceAt = (moment: number, act: () => void): (() => void) => {
  let timer: NodeJS.Timeout
  const wait = () => {
    const left = moment - Date.now()
    timer = left > LONGEST_TIMER_MS ? setTimeout(wait, LONGEST_TIMER_MS) : setTimeout(act, left)
  }
  wait()
  return () => clearTimeout(timer)
}
