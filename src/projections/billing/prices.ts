import type { PriceTerms } from '../../domain/pricing/events.ts'

/** What storage costs: versions with a date, never changed (BILLING.md, 13). */

export interface Price {
  readonly id: string
  /** What it is for; null for all of them. */
  readonly project: string | null
  readonly account: string | null
  readonly location: string | null
  /** In milliseconds. */
  readonly effectiveFrom: number
  readonly currency: string
  /** Per unit and month, in millionths of the currency. */
  readonly rate: bigint
  /** 10^9 for GB, 2^30 for GiB. */
  readonly unitBytes: bigint
  readonly hoursBasis: PriceTerms['hoursBasis']
  readonly hourPolicy: PriceTerms['hourPolicy']
}

/** Whose price is asked for: an image's owner, and where it is kept. */
export interface Payer {
  readonly project: string | null
  readonly account: string
  /** Null: wherever; what is for one location only does not apply then. */
  readonly location: string | null
}

/** A price from its date on; null where none applies yet. */
export interface PriceFrom {
  readonly from: number
  readonly price: Price | null
}

/**
 * Which price applies to a payer from when on, in the order of time. The most specific one that is in force wins: the
 * project's, the account's, the location's, the one for all.
 */
export const pricesFor = (book: readonly Price[], payer: Payer): readonly PriceFrom[] => {
  const inForce = new Map<number, Price>()
  const timeline: PriceFrom[] = [{ from: Number.NEGATIVE_INFINITY, price: null }]
  for (const price of offeredTo(book, payer)) {
    inForce.set(specificity(price), price)
    const best = inForce.get(Math.max(...inForce.keys())) ?? null
    if (timeline.at(-1)?.from === price.effectiveFrom) timeline.pop()
    if (timeline.at(-1)?.price !== best) timeline.push({ from: price.effectiveFrom, price: best })
  }
  return timeline
}

/** The prices in force for a payer at an instant, one a scope, the most specific first: that one applies. */
export const pricesInForce = <Kind extends Price>(
  book: readonly Kind[],
  payer: Payer,
  at: number,
): readonly Kind[] => {
  const begun = offeredTo(book, payer).filter(({ effectiveFrom }) => effectiveFrom <= at)
  const inForce = new Map(begun.map((price) => [specificity(price), price]))
  return [...inForce].sort(([a], [b]) => b - a).map(([, price]) => price)
}

const offeredTo = <Kind extends Price>(book: readonly Kind[], payer: Payer): readonly Kind[] =>
  book
    .filter((price) => fits(price.project, payer.project) && fits(price.account, payer.account))
    .filter((price) => fits(price.location, payer.location))
    .sort((a, b) => a.effectiveFrom - b.effectiveFrom)

const fits = (wanted: string | null, actual: string | null): boolean => wanted === null || wanted === actual

const specificity = ({ project, account, location }: Price): number =>
  (project === null ? 0 : 4) + (account === null ? 0 : 2) + (location === null ? 0 : 1)
