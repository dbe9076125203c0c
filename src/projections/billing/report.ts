import { createHash } from 'node:crypto'
import { minorDigits } from '../../domain/kernel/currency.ts'
import { fixed, shortest } from '../../domain/kernel/decimal.ts'
import { monthOf } from '../../domain/kernel/month.ts'
import { RATE_DECIMALS } from '../../domain/pricing/events.ts'
import { type Entry, lineId } from './entry.ts'
import { rounded, sharedOut } from './invoice.ts'
import { AMOUNT_DECIMALS, amountOf, type Charge, HOUR, hoursOf, months, QUANTITY_DECIMALS } from './meter.ts'
import type { Price } from './prices.ts'

/** From entries to the lines of a usage report: added up by what was asked for, in exact decimals. */

export const usageGroups = ['SECTION', 'PROJECT', 'IMAGE', 'PRICE'] as const
export type UsageGroup = (typeof usageGroups)[number]

/** CREDIT is of the contract: nothing gives one yet. */
export const lineStatuses = [
  'ACCRUING',
  'PENDING_SIZE',
  'UNPRICED',
  'SEALED',
  'CORRECTION',
  'CREDIT',
] as const
export type LineStatus = (typeof lineStatuses)[number]

export interface Money {
  /** A decimal. */
  readonly amount: string
  readonly currency: string
}

/** A line as it is shown: instants in milliseconds, everything exact as decimals. */
export interface UsageLine {
  readonly id: string
  readonly status: LineStatus
  readonly project: string | null
  readonly image: string | null
  readonly imageName: string | null
  readonly location: string | null
  readonly priceId: string | null
  readonly periodStart: number
  readonly periodEnd: number
  /** The month that it is billed in: another than that of its period for a correction. */
  readonly billingPeriod: string
  /** The event that a correction was learned by. */
  readonly causedBy: string | null
  readonly hoursInMonth: number | null
  readonly billedHours: string
  readonly byteHours: string
  /** What its GB are: 10^9 bytes, or 2^30. */
  readonly unit: 'GB' | 'GIB'
  readonly gbHours: string
  readonly gbMonths: string
  readonly rate: string | null
  readonly currency: string | null
  readonly amount: string | null
}

export const statusOf = ({ charge, sealed, correction }: Entry): LineStatus => {
  if (correction !== null) return 'CORRECTION'
  if (charge.price === null) return 'UNPRICED'
  if (!charge.sizeKnown) return 'PENDING_SIZE'
  return sealed ? 'SEALED' : 'ACCRUING'
}

/** One entry by itself, as a line. */
export const lineOf = (entry: Entry): UsageLine => {
  const tally = new Tally(['IMAGE'])
  tally.add(entry)
  const [line] = tally.lines()
  if (line === undefined) throw new Error('An entry makes no line')
  return line
}

/** What a line adds up. */
interface Sum {
  readonly entry: Entry
  readonly status: LineStatus
  hoursMs: bigint
  byteMs: bigint
  posted: bigint
  /** Null where nothing of it has an amount. */
  amount: bigint | null
  /** Whether all of it is at one price, in months of one length. */
  onePrice: boolean
  oneMonth: boolean
}

/** What of a currency is a project's. `tie`: its first image. */
interface Share {
  amount: bigint
  tie: string
}

interface Last {
  readonly bucket: number
  readonly sum: Sum
  /** Null until there is an amount. */
  share: Share | null
}

/** A report would have more lines than can be answered at once. */
export class TooManyLines extends Error {
  override readonly name = 'TooManyLines'
}

/** Adds entries up as they come, so that not all of them need be there at once. Throws TooManyLines beyond `mostLines`. */
export class Tally {
  readonly #groups: { readonly project: boolean; readonly image: boolean; readonly price: boolean }
  readonly #mostLines: number
  readonly #sums = new Map<string, Sum>()
  /** By currency and project. */
  readonly #shares = new Map<string, Map<string | null, Share>>()
  /** Where the last entry at a price and of a project went: most go where the one before did. */
  readonly #last = new Map<Price | null, Map<string | null, Last>>()

  constructor(groups: readonly UsageGroup[], mostLines = Number.POSITIVE_INFINITY) {
    this.#groups = {
      project: groups.includes('PROJECT'),
      image: groups.includes('IMAGE'),
      price: groups.includes('PRICE'),
    }
    this.#mostLines = mostLines
  }

  add(entry: Entry): void {
    const { charge } = entry
    const { price, project } = charge
    const amount = amountOf(charge)
    const place = this.#placeOf(entry, statusOf(entry))
    const { sum } = place
    sum.hoursMs += charge.hoursMs
    sum.byteMs += charge.byteMs
    sum.posted += charge.posted
    if (amount !== null) sum.amount = (sum.amount ?? 0n) + amount
    sum.onePrice &&= sum.entry.charge.price?.id === price?.id
    sum.oneMonth &&= monthLength(sum.entry.charge) === monthLength(charge)
    if (amount === null || price === null) return
    place.share ??= this.#shareOf(price.currency, project)
    place.share.amount += amount
    if (place.share.tie === '' || entry.image < place.share.tie) place.share.tie = entry.image
  }

  /** The lines in the order of time, then of owner and image. */
  lines(): readonly UsageLine[] {
    return [...this.#sums]
      .map(([key, sum]) => this.#lineOf(key, sum))
      .sort(
        (a, b) =>
          a.periodStart - b.periodStart ||
          compare(a.project ?? '', b.project ?? '') ||
          compare(a.imageName ?? '', b.imageName ?? '') ||
          compare(a.id, b.id),
      )
  }

  /** What it comes to in each currency, rounded once to its minor unit (BILLING.md, 9). */
  totals(): readonly Money[] {
    return this.#exact().map(([currency, total]) => money(rounded(total, currency), currency))
  }

  /** The same, exact and unrounded, less what another tally came to. */
  exactTotals(less = new Tally([])): readonly Money[] {
    const without = new Map(less.#exact())
    return this.#exact().map(([currency, total]) => ({
      amount: fixed(total - (without.get(currency) ?? 0n), AMOUNT_DECIMALS),
      currency,
    }))
  }

  /** The rounded totals shared out to the projects, null for what is the account's own (BILLING.md, 9). */
  shares(): readonly { readonly project: string | null; readonly total: readonly Money[] }[] {
    const byProject = new Map<string | null, Money[]>()
    for (const [currency, shares] of [...this.#shares].sort(([a], [b]) => compare(a, b))) {
      const claims = [...shares].map(([key, { amount, tie }]) => ({ key, amount, tie }))
      for (const [project, share] of sharedOut(claims, currency))
        byProject.set(project, [...(byProject.get(project) ?? []), money(share, currency)])
    }
    return [...byProject]
      .sort(([a], [b]) => compare(a ?? '', b ?? ''))
      .map(([project, total]) => ({ project, total }))
  }

  /** What it comes to in each currency, exact. */
  #exact(): readonly (readonly [currency: string, total: bigint])[] {
    return [...this.#shares]
      .map(([currency, shares]) => [currency, total(shares)] as const)
      .sort(([a], [b]) => compare(a, b))
  }

  #placeOf(entry: Entry, status: LineStatus): Last {
    const { charge, correction } = entry
    const { bucket, price, project } = charge
    const byProject = this.#last.get(price) ?? new Map<string | null, Last>()
    const last = byProject.get(project)
    const same = last?.sum.status === status && last.bucket === bucket
    if (same && !this.#groups.image && correction === null && last.sum.entry.correction === null) return last
    const place = { bucket, share: last?.share ?? null, sum: this.#sumOf(entry, status) }
    this.#last.set(price, byProject.set(project, place))
    return place
  }

  #sumOf(entry: Entry, status: LineStatus): Sum {
    const key = this.#keyOf(entry, status)
    const known = this.#sums.get(key)
    if (known !== undefined) return known
    if (this.#sums.size === this.#mostLines) throw new TooManyLines()
    const nothing = { hoursMs: 0n, byteMs: 0n, posted: 0n, amount: null }
    const sum = { entry, status, ...nothing, onePrice: true, oneMonth: true }
    this.#sums.set(key, sum)
    return sum
  }

  #shareOf(currency: string, project: string | null): Share {
    const shares = this.#shares.get(currency) ?? new Map<string | null, Share>()
    const share = shares.get(project) ?? { amount: 0n, tie: '' }
    this.#shares.set(currency, shares.set(project, share))
    return share
  }

  /** Amounts in different currencies, or with and without one, never make one line; corrections stay by themselves. */
  #keyOf({ image, charge, correction }: Entry, status: LineStatus): string {
    const { bucket, project, price } = charge
    const byImage = this.#groups.image
    const of = byImage ? image : ''
    const by = byImage || this.#groups.project ? project : ''
    const at = byImage || this.#groups.price ? price?.id : `${price?.currency}/${price?.unitBytes}`
    const late = correction === null ? '' : `${correction.period}/${byImage ? correction.cause : ''}`
    return `${bucket}|${by}|${of}|${at}|${status}|${late}`
  }

  #lineOf(key: string, { entry, status, onePrice, oneMonth, ...sum }: Sum): UsageLine {
    const { charge, correction } = entry
    const { price, bucket, month } = charge
    const unit = price?.unitBytes ?? 10n ** 9n
    const byImage = this.#groups.image
    const byProject = byImage || this.#groups.project
    return {
      id: byImage ? lineId(entry) : createHash('sha256').update(key).digest('hex').slice(0, 32),
      status,
      project: byProject ? charge.project : null,
      image: byImage ? entry.image : null,
      imageName: byImage ? entry.name : null,
      location: byImage ? entry.location : null,
      priceId: onePrice ? (price?.id ?? null) : null,
      periodStart: bucket,
      periodEnd: entry.end,
      billingPeriod: monthOf(correction?.period ?? bucket),
      causedBy: byImage ? (correction?.cause ?? null) : null,
      hoursInMonth: price !== null && oneMonth ? hoursOf(month, price) : null,
      billedHours: shortest(sum.hoursMs, BigInt(HOUR)),
      byteHours: shortest(sum.byteMs, BigInt(HOUR)),
      unit: unit === 2n ** 30n ? 'GIB' : 'GB',
      gbHours: shortest(sum.byteMs, BigInt(HOUR) * unit),
      gbMonths: fixed(sum.posted, QUANTITY_DECIMALS),
      rate: onePrice && price !== null ? shortest(price.rate, 10n ** BigInt(RATE_DECIMALS)) : null,
      currency: price?.currency ?? null,
      amount: sum.amount === null ? null : fixed(sum.amount, AMOUNT_DECIMALS),
    }
  }
}

/** Minor units of a currency, as they are shown. */
export const money = (minor: bigint, currency: string): Money => ({
  amount: fixed(minor, minorDigits(currency)),
  currency,
})

const total = (shares: ReadonlyMap<unknown, Share>): bigint =>
  [...shares.values()].reduce((sum, { amount }) => sum + amount, 0n)

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const monthLength = ({ month, price }: Charge): number | null =>
  price === null ? months.endOf(month) - month : hoursOf(month, price)
