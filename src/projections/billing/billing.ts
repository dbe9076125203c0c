import type { BlobStore } from '../../application/ports/blob-store.ts'
import type { BudgetBasis } from '../../domain/billing/events.ts'
import { fixed } from '../../domain/kernel/decimal.ts'
import type { AccountId, ImageId, PriceId } from '../../domain/kernel/ids.ts'
import type { Instant } from '../../domain/kernel/instant.ts'
import { type Month, monthOf } from '../../domain/kernel/month.ts'
import type { Position } from '../../domain/kernel/recorded.ts'
import type { SqlDatabase, SqlRow } from '../projection.ts'
import { type Bill, billOf } from './bill.ts'
import { type BookedPrice, bookOf, timelinesOf } from './book.ts'
import { entriesOf, visitEntries } from './entries.ts'
import type { Entry } from './entry.ts'
import { type Explanation, explain } from './explain.ts'
import { liveImages, roughEntries } from './live-images.ts'
import { AMOUNT_DECIMALS, amountOf, charges, months } from './meter.ts'
import { type Payer, pricesInForce } from './prices.ts'
import { type Money, statusOf, Tally, type UsageGroup, type UsageLine } from './report.ts'
import type { Scope } from './scope.ts'

export interface UsageRequest extends Scope {
  readonly groupBy: readonly UsageGroup[]
  /** More lines than this are refused with TooManyLines. */
  readonly mostLines: number
}

/** So many entries may be added up for one report: some seconds of work. */
const MOST_ENTRIES = 4_000_000

/** A report would take longer than anybody should wait for. */
export class TooMuch extends Error {
  override readonly name = 'TooMuch'
}

export interface Usage {
  readonly position: Position
  readonly lines: readonly UsageLine[]
  readonly total: readonly Money[]
  readonly shares: ReturnType<Tally['shares']>
}

export type PeriodStatus = 'OPEN' | 'CLOSING' | 'SEALED'

export interface BillingPeriod {
  readonly account: string
  readonly month: Month
  readonly status: PeriodStatus
  readonly sealAt: Instant | null
  readonly sealedAt: Instant | null
  readonly position: Position | null
  readonly sha256: string | null
  readonly lines: number | null
  readonly pendingSize: number | null
  readonly unpriced: number | null
  readonly totals: readonly Money[] | null
}

export interface BudgetRow {
  readonly account: string
  readonly amount: string
  readonly currency: string
  readonly thresholds: readonly { readonly percent: number; readonly basis: BudgetBasis }[]
  readonly reached: readonly {
    readonly month: Month
    readonly percent: number
    readonly basis: BudgetBasis
    readonly amount: string
    readonly currency: string
    readonly at: Instant
  }[]
}

/** An account's month so far, what is to come if nothing changes, and both together: exact, in each currency. */
export interface Forecast {
  readonly month: Month
  readonly accrued: readonly Money[]
  readonly toCome: readonly Money[]
  readonly byMonthEnd: readonly Money[]
  /** Images whose size nobody has said, or with time that no price applies to: those are in none of the amounts. */
  readonly pendingSize: number
  readonly unpriced: number
}

/** The questions that billing answers. Who may ask is decided before. Times in milliseconds. */
export interface Billing {
  /** Rejects with TooManyLines or TooMuch. */
  usage(request: UsageRequest): Promise<Usage>
  /** The entries of a scope, as exports take them, an image at a time. */
  entries(scope: Scope): AsyncIterable<readonly Entry[]>
  /**
   * What an image cost within `[from, asOf)`, each currency for itself, exact and unrounded; null while it has no
   * size, and where no price applied.
   * `projects`: only what it cost these; null for all its owners.
   */
  costOf(
    image: ImageId,
    projects: ReadonlySet<string> | null,
    from: number,
    asOf: number,
  ): readonly Money[] | null
  pricesById(ids: readonly PriceId[]): readonly (BookedPrice | null)[]
  /** The prices in force for a payer at an instant, the most specific first: the first one applies. */
  pricesAt(payer: Payer, at: number): readonly BookedPrice[]
  forecast(account: AccountId, projects: ReadonlySet<string> | null, now: number): Promise<Forecast>
  /** Null for what is no line of an image. `projects`: whose lines may be told. */
  explain(
    id: string,
    mayRead: (account: AccountId, project: string | null) => boolean,
    now: number,
  ): Promise<Explanation | null>
  /** The months of an account from its first use on, the oldest first. */
  periods(account: AccountId, now: number): readonly BillingPeriod[]
  budgetsOf(accounts: readonly string[]): readonly (BudgetRow | null)[]
  /** A month of an account with the names of what its lines refer to: for a sealed one as they were then. */
  bill(account: AccountId, month: Month): Promise<Bill>
}

export interface BillingSource {
  /** Asked each time: a rebuild opens another. */
  readonly database: () => SqlDatabase
  readonly position: () => Position
  readonly blobs: BlobStore
  /** Who issues the bills. */
  readonly provider: string
}

export const billingOf = ({ database, position, blobs, provider }: BillingSource): Billing => ({
  usage: async ({ groupBy, mostLines, ...scope }) => {
    if (roughEntries(database(), scope) > MOST_ENTRIES) throw new TooMuch()
    const at = position()
    const tally = new Tally(groupBy, mostLines)
    await visitEntries(database(), blobs, scope, (entry) => tally.add(entry))
    return { position: at, lines: tally.lines(), total: tally.totals(), shares: tally.shares() }
  },
  entries: (scope) => entriesOf(database(), blobs, scope),
  costOf: (image, projects, from, asOf) => costOf(database(), image, projects, from, asOf),
  pricesById: (ids) => {
    const byId = new Map(bookOf(database()).map((price) => [price.id, price]))
    return ids.map((id) => byId.get(id) ?? null)
  },
  pricesAt: (payer, at) => pricesInForce(bookOf(database()), payer, at),
  forecast: async (account, projects, now) => {
    const from = months.startOf(now)
    const to = months.endOf(now)
    const month = { account, projects, images: null, from, to, granularity: 'MONTH' } as const
    const [accrued, byMonthEnd] = [new Tally([]), new Tally([])]
    const without = { PENDING_SIZE: new Set<string>(), UNPRICED: new Set<string>() }
    await visitEntries(database(), blobs, { ...month, asOf: now }, (entry) => accrued.add(entry))
    await visitEntries(database(), blobs, { ...month, asOf: to }, (entry) => {
      byMonthEnd.add(entry)
      const status = statusOf(entry)
      if (status === 'PENDING_SIZE' || status === 'UNPRICED') without[status].add(entry.image)
    })
    return {
      month: monthOf(now),
      accrued: accrued.exactTotals(),
      toCome: byMonthEnd.exactTotals(accrued),
      byMonthEnd: byMonthEnd.exactTotals(),
      pendingSize: without.PENDING_SIZE.size,
      unpriced: without.UNPRICED.size,
    }
  },
  explain: (id, mayRead, now) => explain(database(), blobs, id, mayRead, now),
  periods: (account, now) => periodsOf(database(), account, now),
  budgetsOf: (accounts) => {
    const one = database().prepare('SELECT * FROM budgets WHERE account = ?')
    return accounts.map((account) => {
      const row = one.get(account)
      return row === undefined ? null : budgetIn(row)
    })
  },
  bill: (account, month) => billOf(database(), blobs, provider, account, month),
})

const costOf = (
  db: SqlDatabase,
  image: ImageId,
  projects: ReadonlySet<string> | null,
  from: number,
  asOf: number,
): readonly Money[] | null => {
  const account = db.prepare('SELECT account FROM lives WHERE image = ?').get(image)?.['account']
  if (typeof account !== 'string') return null
  const window = { from, to: asOf, asOf }
  const [billed] = liveImages(db, { ...window, account, images: new Set([image]) })
  if (billed === undefined || billed.segments.some(({ sizeBytes }) => sizeBytes === null)) return null
  const timelines = timelinesOf(account, bookOf(db))
  const { location, segments } = billed
  const pricesOf = (project: string | null) => timelines(project, location)
  const sums = new Map<string, bigint>()
  for (const charge of charges(segments, pricesOf, { ...window, buckets: months })) {
    if (projects !== null && (charge.project === null || !projects.has(charge.project))) continue
    const amount = amountOf(charge)
    if (charge.price === null || amount === null) continue
    sums.set(charge.price.currency, (sums.get(charge.price.currency) ?? 0n) + amount)
  }
  if (sums.size === 0) return null
  return [...sums].map(([currency, amount]) => ({ amount: fixed(amount, AMOUNT_DECIMALS), currency }))
}

/** The first month in which an account used anything, in milliseconds. */
export const firstUsed = (db: SqlDatabase, account: string): number | null => {
  const first = db.prepare('SELECT min(start) AS first FROM segments WHERE account = ?').get(account)?.[
    'first'
  ]
  return typeof first === 'number' ? months.startOf(first) : null
}

const periodsOf = (db: SqlDatabase, account: AccountId, now: number): readonly BillingPeriod[] => {
  const known = new Map(
    db
      .prepare('SELECT * FROM periods WHERE account = ? ORDER BY month')
      .all(account)
      .map((row) => [Number(row['month']), periodIn(row)]),
  )
  const first = Math.min(firstUsed(db, account) ?? now, ...known.keys())
  const periods: BillingPeriod[] = []
  for (let month = months.startOf(first); month <= now; month = months.endOf(month))
    periods.push(known.get(month) ?? { account, month: monthOf(month), ...open })
  return periods
}

const open = {
  status: 'OPEN',
  sealAt: null,
  sealedAt: null,
  position: null,
  sha256: null,
  lines: null,
  pendingSize: null,
  unpriced: null,
  totals: null,
} as const

// The tables are STRICT and written by apply.ts alone.
const periodIn = (row: SqlRow): BillingPeriod =>
  ({
    account: row['account'],
    month: monthOf(Number(row['month'])),
    status: row['sealed_at'] === null ? 'CLOSING' : 'SEALED',
    sealAt: row['seal_at'],
    sealedAt: row['sealed_at'],
    position: row['position'] === null ? null : BigInt(String(row['position'])),
    sha256: row['sha256'],
    lines: row['lines'],
    pendingSize: row['pending_size'],
    unpriced: row['unpriced'],
    totals: row['totals'] === null ? null : JSON.parse(String(row['totals'])),
  }) as BillingPeriod

const budgetIn = (row: SqlRow): BudgetRow =>
  ({
    ...row,
    thresholds: JSON.parse(String(row['thresholds'])),
    reached: JSON.parse(String(row['reached'])),
  }) as unknown as BudgetRow
