import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fixed, gcd, parseDecimal, shortest } from '../../../src/domain/kernel/decimal.ts'
import { rounded } from '../../../src/projections/billing/invoice.ts'
import { type Fact, segmentsOf } from '../../../src/projections/billing/life.ts'
import {
  AMOUNT_DECIMALS,
  amountOf,
  type Charge,
  charges,
  HOUR,
  hoursOf,
  months,
  QUANTITY_DECIMALS,
} from '../../../src/projections/billing/meter.ts'
import { type Price, pricesFor } from '../../../src/projections/billing/prices.ts'

// The worked examples that the rules come with: each gives exactly the lines and the invoice that they say. The one that is
// about a sealed month takes a ledger: vectors-projected.test.ts.

interface Vector {
  readonly id: string
  readonly title: string
  readonly hourPolicy: Price['hourPolicy']
  readonly asOf: string | null
  readonly priceBook: readonly Readonly<Record<string, string>>[]
  readonly seal?: unknown
  readonly events: readonly Readonly<Record<string, string>>[]
  readonly expected: {
    readonly lines?: readonly object[]
    readonly invoice?: readonly object[]
  }
}
const { vectors }: { vectors: readonly Vector[] } = JSON.parse(
  readFileSync('test/fixtures/billing/vectors.json', 'utf8'),
)

const priceOf = (row: Readonly<Record<string, string>>, hourPolicy: Price['hourPolicy']): Price => ({
  id: row['id'] ?? '',
  project: null,
  account: null,
  location: null,
  effectiveFrom: Date.parse(row['effectiveFrom'] ?? ''),
  currency: row['currency'] ?? '',
  rate: parseDecimal(row['ratePerGbMonth'] ?? '', 6) ?? -1n,
  unitBytes: BigInt(row['unitBytes'] ?? 0),
  hoursBasis: row['hoursBasis'] === '730' ? 'H730' : row['hoursBasis'] === '720' ? 'H720' : 'CALENDAR',
  hourPolicy,
})

const factOf = (event: Readonly<Record<string, string>>, revision: number): readonly Fact[] => {
  const common = { id: event['id'] ?? '', at: Date.parse(event['occurredAt'] ?? ''), revision }
  const { sizeBytes, effectiveFrom, projectId, kind } = event
  switch (event['type']) {
    case 'ImageAvailable':
      return kind === 'STOCK'
        ? []
        : [{ ...common, type: 'AVAILABLE', project: projectId ?? null, sizeBytes: BigInt(sizeBytes ?? 0) }]
    case 'ImageSizeReported': {
      const effectiveAt = effectiveFrom === undefined ? null : Date.parse(effectiveFrom)
      return [{ ...common, type: 'SIZE_REPORTED', sizeBytes: BigInt(sizeBytes ?? 0), effectiveAt }]
    }
    case 'ImagePromoted':
      return [{ ...common, type: 'MOVED', project: null }]
    case 'ImageDeleted':
      return [{ ...common, type: 'DELETED' }]
    case 'ImageRestored':
      return [{ ...common, type: 'RESTORED' }]
    default:
      return []
  }
}

const FOREVER = Date.UTC(2100, 0)

const ratedBy = ({ events, priceBook, hourPolicy, asOf }: Vector) => {
  const images = [...new Set(events.map((event) => event['imageId'] ?? ''))]
  const book = priceBook.map((row) => priceOf(row, hourPolicy))
  return images.flatMap((image) => {
    const facts = events.filter((event) => event['imageId'] === image).flatMap(factOf)
    const rated = charges(
      segmentsOf(facts),
      (project) => pricesFor(book, { project, account: 'acme', location: 'ams' }),
      { from: 0, to: FOREVER, asOf: asOf === null ? FOREVER : Date.parse(asOf), buckets: months },
    )
    return rated.map((charge) => ({ image, charge }))
  })
}

const monthText = (month: number) => new Date(month).toISOString().slice(0, 7)
const fraction = (numerator: bigint, denominator: bigint) => {
  const common = gcd(numerator, denominator)
  return `${numerator / common}/${denominator / common}`
}

/** A charge as the vectors have it. */
const lineOf = ({ image, charge }: { image: string; charge: Charge }, policy: string) => {
  const { month, project, price, hoursMs, byteMs, posted } = charge
  if (price === null) throw new Error('The vectors price everything')
  const common = {
    period: monthText(month),
    project,
    imageId: image,
    priceId: price.id,
    hoursInMonth: hoursOf(month, price),
    billedHours: shortest(hoursMs, BigInt(HOUR)),
  }
  const amount = amountOf(charge)
  if (amount === null) return { ...common, status: 'PENDING_SIZE', amount: null }
  const unitHours = BigInt(HOUR) * price.unitBytes
  const monthly = unitHours * BigInt(hoursOf(month, price))
  return {
    ...common,
    byteHours: policy === 'EXACT' ? fraction(byteMs, BigInt(HOUR)) : String(byteMs / BigInt(HOUR)),
    gbHours: shortest(byteMs, unitHours),
    gbMonthsExact: fraction(byteMs, monthly),
    gbMonths: fixed(posted, QUANTITY_DECIMALS),
    amountExact: fraction(byteMs * price.rate, monthly * 1_000_000n),
    amount: fixed(amount, AMOUNT_DECIMALS),
  }
}

const invoiceOf = (rated: ReturnType<typeof ratedBy>) => {
  const totals = new Map<number, bigint>()
  for (const { charge } of rated) {
    const amount = amountOf(charge)
    if (amount !== null) totals.set(charge.month, (totals.get(charge.month) ?? 0n) + amount)
  }
  return [...totals]
    .sort(([a], [b]) => a - b)
    .map(([month, total]) => ({
      period: monthText(month),
      currency: 'USD',
      amount: fixed(rounded(total, 'USD'), 2),
    }))
}

describe.each(vectors.filter(({ seal }) => seal === undefined))('$id: $title', (vector) => {
  const { expected, hourPolicy } = vector

  test('gives exactly these lines', () => {
    const lines = ratedBy(vector).map((each) => lineOf(each, hourPolicy))
    expect(lines).toStrictEqual(expected.lines ?? [])
  })

  test('gives exactly this invoice', () => {
    expect(invoiceOf(ratedBy(vector))).toStrictEqual(expected.invoice ?? [])
  })
})
