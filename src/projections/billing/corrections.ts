import type { Segment } from './life.ts'
import { type Charge, charges, months } from './meter.ts'
import type { Price, PriceFrom } from './prices.ts'

/** What an image is rated from. */
export interface Rating {
  readonly segments: readonly Segment[]
  readonly pricesOf: (project: string | null) => readonly PriceFrom[]
}

/** By how much something that was learned late changes a month that is sealed, for one owner and price. */
export interface Correction {
  readonly month: number
  readonly project: string | null
  readonly price: Price | null
  /** False where neither rating knew a size: hours alone change then. */
  readonly sizeKnown: boolean
  readonly hoursMs: bigint
  readonly byteMs: bigint
  readonly posted: bigint
}

/**
 * The difference between two ratings of the months in `[from, until)`, which begin and end with months. What is sealed and
 * all of its corrections add up to a full re-rating, for each step leads from one rating to the next (BILLING.md, 14).
 */
export const correctionsOf = (
  before: Rating,
  after: Rating,
  from: number,
  until: number,
): readonly Correction[] => {
  const window = { from, to: until, asOf: until, buckets: months }
  const rated = ({ segments, pricesOf }: Rating) => charges(segments, pricesOf, window)
  const sums = new Map<string, Correction>()
  const add = (charge: Charge, sign: bigint) => {
    const { month, project, price, sizeKnown, hoursMs, byteMs, posted } = charge
    const key = `${month}|${project}|${price?.id}`
    const none = { month, project, price, sizeKnown: false, hoursMs: 0n, byteMs: 0n, posted: 0n }
    const sum = sums.get(key) ?? none
    sums.set(key, {
      ...sum,
      sizeKnown: sum.sizeKnown || sizeKnown,
      hoursMs: sum.hoursMs + sign * hoursMs,
      byteMs: sum.byteMs + sign * byteMs,
      posted: sum.posted + sign * posted,
    })
  }
  for (const charge of rated(before)) add(charge, -1n)
  for (const charge of rated(after)) add(charge, 1n)
  return [...sums.values()].filter(
    ({ hoursMs, byteMs, posted }) => hoursMs !== 0n || byteMs !== 0n || posted !== 0n,
  )
}
