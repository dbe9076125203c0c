/** What storage costs: versions with a date, never changed (BILLING.md, 13). */

export const hoursBases = ['CALENDAR', 'H730', 'H720'] as const
export const hourPolicies = ['STARTED_HOUR', 'EXACT'] as const

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
  readonly hoursBasis: (typeof hoursBases)[number]
  readonly hourPolicy: (typeof hourPolicies)[number]
}

/** Whose price is asked for: an image's owner, and where it is kept. */
export interface Payer {
  readonly project: string | null
  readonly account: string
  readonly location: string
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
  const matching = book
    .filter((price) => fits(price.project, payer.project) && fits(price.account, payer.account))
    .filter((price) => fits(price.location, payer.location))
    .sort((a, b) => a.effectiveFrom - b.effectiveFrom)
  const inForce = new Map<number, Price>()
  const timeline: PriceFrom[] = [{ from: Number.NEGATIVE_INFINITY, price: null }]
  for (const price of matching) {
    inForce.set(specificity(price), price)
    const best = inForce.get(Math.max(...inForce.keys())) ?? null
    if (timeline.at(-1)?.from === price.effectiveFrom) timeline.pop()
    if (timeline.at(-1)?.price !== best) timeline.push({ from: price.effectiveFrom, price: best })
  }
  return timeline
}

const fits = (wanted: string | null, actual: string | null): boolean => wanted === null || wanted === actual

const specificity = ({ project, account, location }: Price): number =>
  (project === null ? 0 : 4) + (account === null ? 0 : 2) + (location === null ? 0 : 1)
