import type { SqlDatabase, SqlRow } from '../projection.ts'
import { type Price, type PriceFrom, pricesFor } from './prices.ts'

/** A price with where the ledger tells of it. */
export interface BookedPrice extends Price {
  readonly event: string
  readonly told: bigint
}

/** Every price that was ever set. */
export const bookOf = (db: SqlDatabase): readonly BookedPrice[] =>
  db.prepare('SELECT *, CAST(told AS TEXT) AS told FROM prices').all().map(priceIn)

// The table is STRICT and written by apply.ts alone.
const priceIn = (row: SqlRow): BookedPrice =>
  ({
    id: row['id'],
    project: row['project'],
    account: row['account'],
    location: row['location'],
    effectiveFrom: row['effective_from'],
    currency: row['currency'],
    rate: BigInt(String(row['rate'])),
    unitBytes: BigInt(String(row['unit_bytes'])),
    hoursBasis: row['hours_basis'],
    hourPolicy: row['hour_policy'],
    event: row['event'],
    told: BigInt(String(row['told'])),
  }) as BookedPrice

/** Which prices apply to each owner within an account, worked out once for each. */
export type Timelines = (project: string | null, location: string) => readonly PriceFrom[]

export const timelinesOf = (account: string, book: readonly Price[]): Timelines => {
  const known = new Map<string, readonly PriceFrom[]>()
  return (project, location) => {
    const key = `${project ?? ''}/${location}`
    const timeline = known.get(key) ?? pricesFor(book, { project, account, location })
    known.set(key, timeline)
    return timeline
  }
}
