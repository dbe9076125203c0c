import { halfEven } from '../../domain/kernel/decimal.ts'
import type { Segment } from './life.ts'
import type { Price, PriceFrom } from './prices.ts'

/**
 * What images cost: from segments, prices and an instant to lines, exactly (BILLING.md). Pure, with whole numbers alone.
 *
 * Image-hour k of an image begins at A + k hours, A being when it became available, and is billed whole if the image exists
 * at that instant: with C(t) = ceil((t - A) / 1 h) the hours of [s, e) are C(e) - C(s), so that any cut adds up. An hour
 * takes size, owner, price and month from the instant that it begins. What is posted is the difference of rounded cumulative
 * GB-months of the image and the month, so that lines of one month add up to its rounded whole.
 */

export const HOUR = 3_600_000
/** Posted GB-months have so many decimals; with the six of a rate, amounts have 18. */
export const QUANTITY_DECIMALS = 12
export const AMOUNT_DECIMALS = 18
const QUANTITY_UNIT = 10n ** BigInt(QUANTITY_DECIMALS)

/** What one image costs in one bucket of time, for one owner and price. */
export interface Charge {
  /** Where the bucket begins, in milliseconds. */
  readonly bucket: number
  /** The first instant of the month that it is in. */
  readonly month: number
  readonly project: string | null
  /** Null where no price applies: UNPRICED. */
  readonly price: Price | null
  /** False while nobody knows the size: PENDING_SIZE. Hours count then, and nothing else does. */
  readonly sizeKnown: boolean
  /** Image-hours billed, in milliseconds: whole hours but for the policy EXACT. */
  readonly hoursMs: bigint
  /** Bytes times image-hours, in byte-milliseconds. */
  readonly byteMs: bigint
  /** GB-months, in units of 10^-12. Zero without a price. */
  readonly posted: bigint
  /** The segments that it comes of, by their place in the list that was given. */
  readonly segments: readonly number[]
}

export interface Window {
  /** `[from, to)`, in milliseconds, both on UTC hours. */
  readonly from: number
  readonly to: number
  /** Nothing that begins at this instant or later counts. */
  readonly asOf: number
  readonly buckets: Buckets
}

/** How time is cut into what reports show, in UTC: each function takes an instant of a bucket, in milliseconds. */
export interface Buckets {
  readonly startOf: (instant: number) => number
  readonly endOf: (instant: number) => number
}

const every = (length: number): Buckets => ({
  startOf: (instant) => Math.floor(instant / length) * length,
  endOf: (instant) => (Math.floor(instant / length) + 1) * length,
})
/** Remembers the month that was asked for last: a report asks for the same one again and again. */
const lastMonth = { start: 0, end: 0 }
const monthAround = (instant: number) => {
  if (instant < lastMonth.start || instant >= lastMonth.end) {
    lastMonth.start = firstOfMonth(instant, 0)
    lastMonth.end = firstOfMonth(instant, 1)
  }
  return lastMonth
}
export const months: Buckets = {
  startOf: (instant) => monthAround(instant).start,
  endOf: (instant) => monthAround(instant).end,
}
export const bucketsOf = { HOUR: every(HOUR), DAY: every(24 * HOUR), MONTH: months } as const

const firstOfMonth = (instant: number, later: number): number => {
  const date = new Date(instant)
  // Not Date.UTC, which takes the years 0 to 99 for those after 1900.
  return new Date(0).setUTCFullYear(date.getUTCFullYear(), date.getUTCMonth() + later, 1)
}

/** The hours that a month's rate is divided by. */
export const hoursOf = (month: number, { hoursBasis }: Price): number =>
  hoursBasis === 'H730' ? 730 : hoursBasis === 'H720' ? 720 : (months.endOf(month) - month) / HOUR

/** A stretch of one image in which nothing changes: neither segment, nor price, nor bucket, nor month. */
export interface Stretch extends Omit<Charge, 'bucket' | 'segments'> {
  /** `[from, to)` in milliseconds. */
  readonly from: number
  readonly to: number
  /** Its place in the list of segments that was given. */
  readonly segment: number
  /** The image's GB-months in this month after it, as an exact fraction, and rounded to 12 decimals. */
  readonly cumulated: { readonly numerator: bigint; readonly denominator: bigint; readonly rounded: bigint }
}

/**
 * The charges of one image, in the order of their buckets. `segments` in the order of time; `pricesOf` says what applies to an
 * owner from when on. What it costs to call grows with segments, months and buckets, never with hours as such.
 */
export const charges = (
  segments: readonly Segment[],
  pricesOf: (project: string | null) => readonly PriceFrom[],
  window: Window,
): readonly Charge[] => {
  const found: Charge[] = []
  const { from: begin, buckets } = window
  eachStretch(segments, pricesOf, window, (stretch) => {
    collect(found, Math.max(buckets.startOf(stretch.from), begin), stretch)
  })
  return found
}

/** The stretches that charges add up, in the order of time; those without an hour are left out. */
export const eachStretch = (
  segments: readonly Segment[],
  pricesOf: (project: string | null) => readonly PriceFrom[],
  { from: begin, to: end, asOf, buckets }: Window,
  visit: (stretch: Stretch) => void,
): void => {
  const cumulation = new Cumulation()
  // The rounding of the month that the window begins in begins with the month.
  const first = months.startOf(begin)
  for (const [place, segment] of segments.entries()) {
    const last = Math.min(segment.to ?? asOf, asOf, end)
    const timeline = pricesOf(segment.project)
    for (let from = Math.max(segment.from, first); from < last; ) {
      const { price, until } = priceAt(timeline, from)
      const bucketEnd = from < begin ? begin : buckets.endOf(from)
      const to = Math.min(last, until, months.endOf(from), bucketEnd)
      const stretch = rated(segment, place, from, to, price, cumulation)
      if (from >= begin && stretch.hoursMs > 0n) visit(stretch)
      from = to
    }
  }
}

const rated = (
  segment: Segment,
  place: number,
  from: number,
  to: number,
  price: Price | null,
  cumulation: Cumulation,
): Stretch => {
  const month = months.startOf(from)
  const hoursMs = BigInt(
    price?.hourPolicy === 'EXACT'
      ? to - from
      : hoursBegun(segment.start, to) - hoursBegun(segment.start, from),
  )
  const byteMs = (segment.sizeBytes ?? 0n) * hoursMs
  return {
    from,
    to,
    segment: place,
    month,
    project: segment.project,
    price,
    sizeKnown: segment.sizeBytes !== null,
    hoursMs,
    byteMs,
    posted: price === null ? 0n : cumulation.add(month, byteMs, price),
    cumulated: cumulation.now(),
  }
}

/** The image-hours that began before an instant, in milliseconds. */
const hoursBegun = (start: number, instant: number): number => Math.ceil((instant - start) / HOUR) * HOUR

/** Stretches come in the order of time, so that only the charges of the last bucket can be the same line. */
const collect = (
  found: Charge[],
  bucket: number,
  { month, project, price, sizeKnown, hoursMs, byteMs, posted, segment }: Stretch,
): void => {
  const stretch = { month, project, price, sizeKnown, hoursMs, byteMs, posted, segments: [segment] }
  for (let place = found.length - 1; place >= 0; place -= 1) {
    const charge = found[place]
    if (charge?.bucket !== bucket) break
    if (!sameLine(charge, stretch)) continue
    found[place] = {
      ...charge,
      hoursMs: charge.hoursMs + stretch.hoursMs,
      byteMs: charge.byteMs + stretch.byteMs,
      posted: charge.posted + stretch.posted,
      segments: charge.segments.includes(segment) ? charge.segments : [...charge.segments, segment],
    }
    return
  }
  found.push({ bucket, ...stretch })
}

const sameLine = (a: Omit<Charge, 'bucket'>, b: Omit<Charge, 'bucket'>): boolean =>
  a.project === b.project && a.price === b.price && a.sizeKnown === b.sizeKnown && a.month === b.month

const priceAt = (timeline: readonly PriceFrom[], instant: number) => {
  let place = timeline.length - 1
  while (place >= 0 && (timeline[place]?.from ?? 0) > instant) place -= 1
  return {
    price: timeline[place]?.price ?? null,
    until: timeline[place + 1]?.from ?? Number.POSITIVE_INFINITY,
  }
}

/** The GB-months of one image so far in the month, as an exact fraction, across owners and prices. */
class Cumulation {
  #month = Number.NaN
  #numerator = 0n
  #denominator = 1n
  #rounded = 0n

  /** Adds to the month; the difference that it makes to what is rounded. */
  add(month: number, byteMs: bigint, price: Price): bigint {
    if (month !== this.#month) {
      this.#month = month
      this.#numerator = 0n
      this.#rounded = 0n
    }
    const denominator = byteMsOf(month, price)
    if (this.#numerator === 0n) this.#denominator = denominator
    if (denominator === this.#denominator) this.#numerator += byteMs
    else {
      this.#numerator = this.#numerator * denominator + byteMs * this.#denominator
      this.#denominator *= denominator
    }
    const before = this.#rounded
    this.#rounded = halfEven(this.#numerator * QUANTITY_UNIT, this.#denominator)
    return this.#rounded - before
  }

  now(): Stretch['cumulated'] {
    return { numerator: this.#numerator, denominator: this.#denominator, rounded: this.#rounded }
  }
}

/** The byte-milliseconds of one GB-month. */
const byteMsOf = (month: number, price: Price): bigint =>
  BigInt(HOUR * hoursOf(month, price)) * price.unitBytes

/** What a charge comes to, in units of 10^-18 of its currency; null without a size or a price. */
export const amountOf = ({ price, sizeKnown, posted }: Charge): bigint | null =>
  price === null || !sizeKnown ? null : posted * price.rate
