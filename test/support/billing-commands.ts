import fc from 'fast-check'
import type { BillingCommand } from '../../src/domain/billing/decide.ts'
import type { BudgetThreshold } from '../../src/domain/billing/events.ts'
import type { PricingCommand } from '../../src/domain/pricing/decide.ts'
import { hourPolicies, storageUnits } from '../../src/domain/pricing/events.ts'
import { always, early, few, moments } from './few-values.ts'
import { acme, month, priceId, priceTerms } from './samples.ts'

// Random commands on the bill of an account and on the prices of a scope.

type OfType<Type extends BillingCommand['type']> = Extract<BillingCommand, { type: Type }>

/** One of them is not over when it is to be closed. */
const someMonths = fc.constantFrom(...['2025-12', '2026-01', '2026-02', '2026-03'].map(month))

const close: fc.Arbitrary<OfType<'ClosePeriod'>> = fc.record({
  type: always('ClosePeriod' as const),
  month: someMonths,
  now: early,
  firstUsed: fc.constantFrom(null, month('2025-12'), month('2025-12'), month('2026-01')),
})

const seal: fc.Arbitrary<OfType<'SealPeriod'>> = fc.record({
  type: always('SealPeriod' as const),
  seal: fc.tuple(someMonths, few).map(([of, n]) => ({
    month: of,
    position: String(n),
    sha256: String(n).repeat(64),
    lines: n,
    pendingSize: 0,
    unpriced: 0,
    totals: [{ amount: `${n}.00`, currency: 'EUR' }],
  })),
  now: moments,
})

const amounts = fc.constantFrom('100', '200')
const currencies = fc.constantFrom('EUR', 'EUR', 'USD')
const allThresholds: readonly BudgetThreshold[] = [
  { percent: 80, basis: 'ACTUAL' },
  { percent: 100, basis: 'ACTUAL' },
  { percent: 100, basis: 'FORECAST' },
]
const thresholds = fc.subarray([...allThresholds])

const reach: fc.Arbitrary<OfType<'ReachThresholds'>> = fc.record({
  type: always('ReachThresholds' as const),
  month: fc.constantFrom(month('2026-02'), month('2026-03')),
  budget: fc.record({ amount: amounts, currency: currencies }),
  reached: fc.tuple(thresholds, few).map(([some, n]) => some.map((each) => ({ ...each, amount: `${n}00` }))),
})

export const billingCommands: fc.Arbitrary<readonly BillingCommand[]> = fc.array(
  fc.oneof<fc.WeightedArbitrary<BillingCommand>[]>(
    { weight: 5, arbitrary: close },
    { weight: 6, arbitrary: seal },
    {
      weight: 4,
      arbitrary: fc.record({
        type: always('SetBudget' as const),
        budget: fc.record({ amount: amounts, currency: currencies, thresholds }),
      }),
    },
    { weight: 1, arbitrary: always({ type: 'RemoveBudget' }) },
    { weight: 6, arbitrary: reach },
  ),
  { maxLength: 40 },
)

/** Each command would make a price of its own, as commands do. */
export const pricingCommands: fc.Arbitrary<readonly PricingCommand[]> = fc
  .array(
    fc.record({
      effectiveFrom: moments,
      ratePerGbMonth: fc.constantFrom('0.05', '0.06'),
      currency: currencies,
      unit: fc.constantFrom('GB', ...storageUnits),
      hourPolicy: fc.constantFrom('STARTED_HOUR', ...hourPolicies),
    }),
    { maxLength: 12 },
  )
  .map((some) =>
    some.map((terms, n) => ({
      type: 'SetStorageRate',
      priceId: priceId(n),
      scope: { project: null, account: acme, location: null },
      terms: priceTerms(terms),
    })),
  )
