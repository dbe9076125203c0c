import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Fact, segmentsOf } from '../../src/projections/billing/life.ts'
import { bucketsOf, type Charge, charges, HOUR } from '../../src/projections/billing/meter.ts'
import { type Price, pricesFor } from '../../src/projections/billing/prices.ts'
import { billedHours, postedByHour } from '../projections/billing/oracle.ts'
import { testSize } from '../support/size.ts'

const numRuns = testSize(1_000, 20_000)

// Three days around the end of a month, in minutes, so that hours, days and months are all cut somewhere.
const START = Date.UTC(2026, 1, 27)
const DAYS = 4
const minute = fc.integer({ min: 0, max: DAYS * 24 * 60 }).map((minutes) => START + minutes * 60_000)
const hour = fc.integer({ min: 0, max: DAYS * 24 }).map((hours) => START + hours * HOUR)
const size = fc.bigInt({ min: 1n, max: 10n ** 12n })
const projects = fc.constantFrom('web', 'ops', null)

type Telling = fc.Arbitrary<Omit<Fact, 'id' | 'revision'>>

const fact: Telling = fc.oneof(
  { weight: 3, arbitrary: fc.record({ at: minute, type: fc.constant('MOVED' as const), project: projects }) },
  {
    weight: 3,
    arbitrary: fc.record({
      at: minute,
      type: fc.constant('SIZE_REPORTED' as const),
      sizeBytes: size,
      effectiveAt: fc.option(minute, { nil: null }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ at: minute, type: fc.constant('DELETED' as const) }) },
  { weight: 1, arbitrary: fc.record({ at: minute, type: fc.constant('RESTORED' as const) }) },
) as Telling

/** What happened to an image that became available on the first day. */
const life: fc.Arbitrary<readonly Fact[]> = fc
  .tuple(
    fc.record({
      at: fc.integer({ min: 0, max: 24 * 60 }).map((minutes) => START + minutes * 60_000),
      type: fc.constant('AVAILABLE' as const),
      project: fc.constantFrom('web', 'ops'),
      sizeBytes: fc.option(size, { nil: null }),
    }),
    fc.array(fact, { maxLength: 6 }),
  )
  .map(([available, others]) =>
    [available, ...others.map((other) => ({ ...other, at: Math.max(other.at, available.at) }))].map(
      (each, n) => ({ ...each, id: `fact-${n}`, revision: n }) as Fact,
    ),
  )

/** Versions for all and for one project; two of one scope never begin at once. */
const book: fc.Arbitrary<readonly Price[]> = fc
  .uniqueArray(
    fc.record({
      project: fc.constantFrom('web', null),
      effectiveFrom: fc.oneof(fc.constant(0), minute),
      rate: fc.bigInt({ min: 0n, max: 10n ** 7n }),
      unitBytes: fc.constantFrom(10n ** 9n, 2n ** 30n),
      hoursBasis: fc.constantFrom('CALENDAR' as const, 'H730' as const, 'H720' as const),
    }),
    { selector: ({ project, effectiveFrom }) => `${project}/${effectiveFrom}`, maxLength: 4 },
  )
  .map((versions) =>
    versions.map((version, n) => ({
      ...version,
      id: `price-${n}`,
      account: null,
      location: null,
      currency: 'USD',
      hourPolicy: 'STARTED_HOUR' as const,
    })),
  )

const END = START + (DAYS + 1) * 24 * HOUR
type Granularity = keyof typeof bucketsOf

const bill = (
  facts: readonly Fact[],
  prices: readonly Price[],
  options: { from?: number; to?: number; asOf?: number; granularity?: Granularity } = {},
): readonly Charge[] =>
  charges(segmentsOf(facts), (project) => pricesFor(prices, { project, account: 'acme', location: 'ams' }), {
    from: options.from ?? START,
    to: options.to ?? END,
    asOf: options.asOf ?? END,
    buckets: bucketsOf[options.granularity ?? 'MONTH'],
  })

const totals = (lines: readonly Pick<Charge, 'hoursMs' | 'byteMs' | 'posted'>[]) => ({
  hoursMs: lines.reduce((sum, { hoursMs }) => sum + hoursMs, 0n),
  byteMs: lines.reduce((sum, { byteMs }) => sum + byteMs, 0n),
  posted: lines.reduce((sum, { posted }) => sum + posted, 0n),
})

/** Charges by month, owner, price and whether the size is known: what a line of the report is. */
const byLine = (lines: readonly Charge[]) =>
  Object.fromEntries(
    [
      ...Map.groupBy(lines, ({ month, project, price, sizeKnown }) =>
        [new Date(month).toISOString().slice(0, 7), project, price?.id, sizeKnown].join('/'),
      ),
    ]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, group]) => [key, totals(group)]),
  )

test('The closed form is the reckoning hour by hour', () => {
  fc.assert(
    fc.property(life, book, minute, (facts, prices, asOf) => {
      const hours = billedHours(facts, prices, asOf)
      const steps = postedByHour(hours)
      const lines = hours.map((each, n) => ({
        key: [each.month, each.project, each.price?.id, each.sizeBytes !== null].join('/'),
        hoursMs: BigInt(HOUR),
        byteMs: (each.sizeBytes ?? 0n) * BigInt(HOUR),
        posted: steps[n] ?? 0n,
      }))
      const expected = Object.fromEntries(
        [...Map.groupBy(lines, ({ key }) => key)]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, group]) => [key, totals(group)]),
      )
      expect(byLine(bill(facts, prices, { asOf }))).toStrictEqual(expected)
    }),
    { numRuns },
  )
})

test('Any order, and any repetition, of what is told gives the same bill', () => {
  fc.assert(
    fc.property(
      life.chain((facts) =>
        fc.tuple(
          fc.constant(facts),
          fc.shuffledSubarray([...facts], { minLength: facts.length }),
          fc.subarray([...facts]),
        ),
      ),
      book,
      ([facts, shuffled, repeated], prices) => {
        expect(bill([...shuffled, ...repeated], prices)).toStrictEqual(bill(facts, prices))
      },
    ),
    { numRuns },
  )
})

test('A cut by an event that changes nothing changes nothing', () => {
  fc.assert(
    fc.property(life, book, minute, (facts, prices, at) => {
      const segments = segmentsOf(facts)
      const owner = segments.findLast(({ from }) => from <= at)
      fc.pre(owner !== undefined && (owner.to === null || at < owner.to))
      // Told last of its instant; a move that is told later but happened at the same instant would undo it.
      fc.pre(!facts.some((fact) => fact.at === at))
      const told: Fact = { id: 'same', at, revision: 1_000, type: 'MOVED', project: owner?.project ?? null }
      expect(byLine(bill([...facts, told], prices))).toStrictEqual(byLine(bill(facts, prices)))
    }),
    { numRuns },
  )
})

test('Hours, days and months add up to the same', () => {
  fc.assert(
    fc.property(life, book, (facts, prices) => {
      const monthly = byLine(bill(facts, prices))
      expect(byLine(bill(facts, prices, { granularity: 'DAY' }))).toStrictEqual(monthly)
      expect(byLine(bill(facts, prices, { granularity: 'HOUR' }))).toStrictEqual(monthly)
    }),
    { numRuns },
  )
})

test('A window cut in two at any hour adds up to the whole', () => {
  fc.assert(
    fc.property(life, book, hour, (facts, prices, cut) => {
      const parts = [...bill(facts, prices, { to: cut }), ...bill(facts, prices, { from: cut })]
      expect(byLine(parts)).toStrictEqual(byLine(bill(facts, prices)))
    }),
    { numRuns },
  )
})

test('What has accrued never falls as time passes', () => {
  fc.assert(
    fc.property(life, book, minute, minute, (facts, prices, a, b) => {
      const [early, late] = a < b ? [a, b] : [b, a]
      const before = totals(bill(facts, prices, { asOf: early }))
      const after = totals(bill(facts, prices, { asOf: late }))
      expect(after.hoursMs >= before.hoursMs && after.posted >= before.posted).toBe(true)
    }),
    { numRuns },
  )
})
