import { setImmediate as giveWay } from 'node:timers/promises'
import { fixed, parseDecimal } from '../../domain/kernel/decimal.ts'
import type { BillingSource } from './billing.ts'
import { visitEntries } from './entries.ts'
import { roughEntries } from './live-images.ts'
import { AMOUNT_DECIMALS, months } from './meter.ts'
import { type Money, Tally } from './report.ts'

/** What all accounts together come to, each currency for itself: for operators. */
export interface BillTotals {
  /** What was used of the month that runs, exact and unrounded. */
  readonly month: readonly Money[]
  /** Every month that was ever sealed. */
  readonly sealed: readonly Money[]
  /** How many accounts are missing in `month`, for there is too much of them. */
  readonly leftOut: number
}

/** An account with more entries than this in its month is left out: a fraction of a second in which nobody else has a turn. */
const MOST_ENTRIES = 250_000

/** Adds up the bills of all accounts as of an instant, an account at a time. */
export const totalsOf = async (
  { database, blobs }: Pick<BillingSource, 'database' | 'blobs'>,
  asOf: number,
): Promise<BillTotals> => {
  const tally = new Tally([])
  const month = { from: months.startOf(asOf), to: months.endOf(asOf), asOf, granularity: 'MONTH' } as const
  let leftOut = 0
  for (const { id } of database().prepare("SELECT id FROM names WHERE kind = 'account'").all()) {
    await giveWay()
    const scope = { ...month, account: String(id), projects: null, images: null }
    if (roughEntries(database(), scope) > MOST_ENTRIES) leftOut += 1
    else await visitEntries(database(), blobs, scope, (entry) => tally.add(entry))
  }
  return { month: tally.exactTotals(), sealed: await sealedTotals(database), leftOut }
}

/** So many months are looked at before others have their turn. */
const AT_A_TIME = 5_000

const sealedTotals = async (database: BillingSource['database']): Promise<readonly Money[]> => {
  const sums = new Map<string, bigint>()
  const rows = database().prepare('SELECT totals FROM periods WHERE totals IS NOT NULL').all()
  for (const [index, row] of rows.entries()) {
    if (index % AT_A_TIME === 0) await giveWay()
    for (const { amount, currency } of JSON.parse(String(row['totals'])) as readonly Money[])
      sums.set(currency, (sums.get(currency) ?? 0n) + unitsIn(amount))
  }
  return [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, sum]) => ({ amount: fixed(sum, AMOUNT_DECIMALS), currency }))
}

/** A correction may make a month less than nothing. */
const unitsIn = (amount: string): bigint => {
  const units = parseDecimal(amount.replace('-', ''), AMOUNT_DECIMALS) ?? 0n
  return amount.startsWith('-') ? -units : units
}
