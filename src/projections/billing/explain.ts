import type { BlobStore } from '../../application/ports/blob-store.ts'
import { unreachable } from '../../domain/kernel/brand.ts'
import { fixed, gcd, shortest } from '../../domain/kernel/decimal.ts'
import type { AccountId } from '../../domain/kernel/ids.ts'
import type { SqlDatabase } from '../projection.ts'
import { type BookedPrice, bookOf } from './book.ts'
import { entriesOf } from './entries.ts'
import { type Entry, lineId, parseLineId } from './entry.ts'
import type { Fact } from './life.ts'
import { readFacts } from './lives.ts'
import { bucketsOf, eachStretch, HOUR, months, QUANTITY_DECIMALS } from './meter.ts'
import { type Price, pricesInForce } from './prices.ts'
import { lineOf, type UsageLine } from './report.ts'
import type { Scope } from './scope.ts'

/** Why a line is what it is. Decimals as text, instants in milliseconds. */
export interface Explanation {
  readonly line: UsageLine
  readonly formula: string
  /** What applies; null where nothing does. */
  readonly price: BookedPrice | null
  readonly priceReason: string
  /** The other prices in force when the period began, which are less specific. */
  readonly overridden: readonly BookedPrice[]
  readonly steps: readonly RatingStep[]
  /** What a correction was learned by. */
  readonly cause: EventRef | null
  /** The line of the sealed month that a correction corrects; null where there was none for this owner and price. */
  readonly corrects: UsageLine | null
  /** The other corrections of the same image and month. */
  readonly corrections: readonly UsageLine[]
}

/** A stretch in which nothing changed, with the rounding of what the image came to in its month so far. */
export interface RatingStep {
  readonly from: number
  readonly to: number
  readonly openedBy: EventRef
  readonly closedBy: EventRef | null
  readonly sizeBytes: bigint | null
  readonly billedHours: string
  readonly byteHours: string
  /** GB-months of the image in the month so far: as a fraction, rounded before this step, and after it. */
  readonly cumulated: string
  readonly roundedBefore: string
  readonly roundedAfter: string
  /** The difference: what this step posts. */
  readonly posted: string
}

/** An event of the ledger, with where it stands. */
export interface EventRef {
  readonly id: string
  readonly type: string
  readonly position: string
}

type MayRead = (account: AccountId, project: string | null) => boolean

/** See Billing.explain. */
export const explain = async (
  db: SqlDatabase,
  blobs: BlobStore,
  id: string,
  mayRead: MayRead,
  now: number,
): Promise<Explanation | null> => {
  const about = parseLineId(id)
  if (about === null) return null
  const { image, from, to } = about
  const life = db.prepare('SELECT account, facts FROM lives WHERE image = ?').get(image)
  if (life === undefined || from >= to || to > months.endOf(now)) return null
  const account = String(life['account']) as AccountId
  const scope = { account, projects: null, images: new Set([image]), asOf: now }
  const buckets = (['HOUR', 'DAY', 'MONTH'] as const).find((each) => bucketsOf[each].endOf(from) >= to)
  if (buckets === undefined) return null
  const lines = await collected(db, blobs, { ...scope, from, to, granularity: buckets })
  const since = { from: months.startOf(from), to: months.endOf(now), granularity: 'MONTH' } as const
  const ofMonth = (await collected(db, blobs, { ...scope, ...since })).filter(
    ({ charge }) => charge.month === since.from,
  )
  const corrections = ofMonth.filter(({ correction }) => correction !== null)
  const entry = [...lines, ...corrections].find((each) => lineId(each) === id)
  if (entry === undefined || !mayRead(account, entry.charge.project)) return null
  const refs = eventRefs(String(life['facts']), bookOf(db))
  const others = corrections.filter((each) => each !== entry && mayRead(account, each.charge.project))
  const same = (each: Entry) =>
    each.charge.project === entry.charge.project && each.charge.price?.id === entry.charge.price?.id
  const sealed = ofMonth.find((each) => each.correction === null && same(each))
  const earlier = corrections.slice(0, Math.max(corrections.indexOf(entry), 0)).filter(same)
  const before = [...(sealed === undefined ? [] : [sealed]), ...earlier]
  return {
    line: lineOf(entry),
    formula: entry.correction === null ? formulaOf(entry) : formulaOfCorrection(entry, before),
    corrects: entry.correction === null || sealed === undefined ? null : lineOf(sealed),
    ...priceOf(db, account, entry),
    steps: stepsOf(entry, now, refs),
    cause: entry.correction === null ? null : refs(entry.correction.cause),
    corrections: others.map(lineOf),
  }
}

const collected = async (db: SqlDatabase, blobs: BlobStore, scope: Scope): Promise<readonly Entry[]> => {
  const found: Entry[] = []
  for await (const entries of entriesOf(db, blobs, scope)) found.push(...entries)
  return found
}

const formulaOf = (entry: Entry): string => {
  const { gbMonths, rate, currency, amount, byteHours, hoursInMonth } = lineOf(entry)
  const { price, sizeKnown } = entry.charge
  const unit = price?.unitBytes === 2n ** 30n ? 'GiB' : 'GB'
  if (price === null) return `${byteHours} byte-hours, and no price applies: no amount.`
  if (!sizeKnown) return 'The hours count; nobody has said how many bytes: no amount yet.'
  return `${byteHours} byte-hours ÷ (${price.unitBytes} bytes × ${hoursInMonth} hours of the month) = ${gbMonths} ${unit}-months, rounded cumulatively as the steps show; × ${rate} ${currency} = ${amount} ${currency}.`
}

/** What it is the difference of; `before`: what was billed of the same image, month, owner and price until then. */
const formulaOfCorrection = (entry: Entry, before: readonly Entry[]): string => {
  const { gbMonths, rate, currency, amount, billingPeriod, unit } = lineOf(entry)
  const label = unit === 'GIB' ? 'GiB' : 'GB'
  const billed = before.reduce((sum, { charge }) => sum + charge.posted, 0n)
  const rated = fixed(billed + entry.charge.posted, QUANTITY_DECIMALS)
  const money = amount === null ? 'no amount' : `${rate} ${currency} = ${amount} ${currency}`
  return `${rated} ${label}-months by a rating of the month with what was learned − ${fixed(billed, QUANTITY_DECIMALS)} billed until then = ${gbMonths}; × ${money}, billed in ${billingPeriod}.`
}

const scopeWords = ({ project, account, location }: Price): string => {
  const named = [
    project === null ? null : `project ${project}`,
    account === null ? null : `account ${account}`,
    location === null ? null : `location ${location}`,
  ].filter((each) => each !== null)
  return named.length === 0 ? 'everybody' : named.join(', ')
}

const priceOf = (db: SqlDatabase, account: string, { charge, location }: Entry) => {
  const book = bookOf(db)
  const price = book.find(({ id }) => id === charge.price?.id) ?? null
  if (price === null)
    return {
      price,
      overridden: [],
      priceReason: 'No price is in force for this project, account or location, nor for everybody.',
    }
  const payer = { project: charge.project, account, location }
  const others = pricesInForce(book, payer, Math.max(charge.bucket, price.effectiveFrom))
  const overridden = others.filter(({ id }) => id !== price.id)
  const since = new Date(price.effectiveFrom).toISOString()
  const than = overridden.length === 0 ? 'the only one in force' : 'the most specific one in force'
  return {
    price,
    overridden,
    priceReason: `It is set for ${scopeWords(price)} from ${since} on, and ${than}: project before account before location before everybody.`,
  }
}

const stepsOf = (
  { rating, charge, end }: Entry,
  now: number,
  refs: (id: string) => EventRef,
): readonly RatingStep[] => {
  if (rating === null) return []
  const steps: RatingStep[] = []
  const { bucket, project, price } = charge
  const window = { from: bucket, to: end, asOf: now, buckets: months }
  eachStretch(rating.segments, rating.pricesOf, window, (stretch) => {
    const segment = rating.segments[stretch.segment]
    if (segment === undefined || stretch.project !== project || stretch.price?.id !== price?.id) return
    const { numerator, denominator, rounded } = stretch.cumulated
    const shared = gcd(numerator, denominator)
    steps.push({
      from: stretch.from,
      to: stretch.to,
      openedBy: refs(segment.openedBy),
      closedBy: segment.closedBy === null ? null : refs(segment.closedBy),
      sizeBytes: segment.sizeBytes,
      billedHours: shortest(stretch.hoursMs, BigInt(HOUR)),
      byteHours: shortest(stretch.byteMs, BigInt(HOUR)),
      cumulated: `${numerator / shared}/${denominator / shared}`,
      roundedBefore: fixed(rounded - stretch.posted, QUANTITY_DECIMALS),
      roundedAfter: fixed(rounded, QUANTITY_DECIMALS),
      posted: fixed(stretch.posted, QUANTITY_DECIMALS),
    })
  })
  return steps
}

/** The events of an image's life and of prices, as the ledger names them. */
const eventRefs = (facts: string, book: readonly BookedPrice[]) => {
  const known = new Map<string, EventRef>(
    book.map(({ event: id, told }) => [id, { id, type: 'StorageRateSet', position: String(told) }]),
  )
  for (const fact of readFacts(facts))
    known.set(fact.id, { id: fact.id, type: eventTypeOf(fact), position: String(fact.told) })
  return (id: string): EventRef => {
    const ref = known.get(id)
    if (ref === undefined) throw new Error(`No event ${id} is known of this image`)
    return ref
  }
}

/** What a fact is called in the ledger. */
const eventTypeOf = (fact: Fact): string => {
  switch (fact.type) {
    case 'AVAILABLE':
      return 'ImageBecameAvailable'
    case 'SIZE_REPORTED':
      return 'ImageSizeReported'
    case 'MOVED':
      return fact.project === null ? 'ImagePromoted' : 'ImageDemoted'
    case 'DELETED':
      return 'ImageDeletionRequested'
    case 'RESTORED':
      return 'ImageRestored'
    default:
      return unreachable(fact)
  }
}
