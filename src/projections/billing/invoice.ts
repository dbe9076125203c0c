import { minorDigits } from '../../domain/kernel/currency.ts'
import { halfEven } from '../../domain/kernel/decimal.ts'
import { AMOUNT_DECIMALS } from './meter.ts'

/** What is asked for in the end: rounded once, to the currency's minor unit (BILLING.md, 9). */

/** Exact amounts (units of 10^-18) to the minor unit, half-even: 1 is a cent where there are cents. */
export const rounded = (amount: bigint, currency: string): bigint =>
  halfEven(amount, 10n ** BigInt(AMOUNT_DECIMALS - minorDigits(currency)))

/** One that takes part in a total. `tie` orders those whose claims to the last cents are alike. */
export interface Share<Key> {
  readonly key: Key
  readonly amount: bigint
  readonly tie: string
}

/**
 * Shares the minor units of a rounded total out, by largest remainder: each gets what it comes to, rounded down, and the cents
 * that are left go to those who lost most, ties in the order of `tie`. They add up to the total to the last cent.
 */
export const sharedOut = <Key>(shares: readonly Share<Key>[], currency: string): ReadonlyMap<Key, bigint> => {
  const unit = 10n ** BigInt(AMOUNT_DECIMALS - minorDigits(currency))
  const total = rounded(
    shares.reduce((sum, { amount }) => sum + amount, 0n),
    currency,
  )
  const floors = shares.map(({ key, amount, tie }) => {
    const floor = amount / unit - (amount % unit < 0n ? 1n : 0n)
    return { key, tie, floor, remainder: amount - floor * unit }
  })
  const left = total - floors.reduce((sum, { floor }) => sum + floor, 0n)
  const byClaim = [...floors].sort(
    (a, b) => compare(b.remainder, a.remainder) || (a.tie < b.tie ? -1 : a.tie > b.tie ? 1 : 0),
  )
  return new Map(byClaim.map(({ key, floor }, place) => [key, floor + (BigInt(place) < left ? 1n : 0n)]))
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)
