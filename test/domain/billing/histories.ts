import type { BillingCommand } from '../../../src/domain/billing/decide.ts'
import type { BillingEvent, BudgetBasis, BudgetThreshold, Seal } from '../../../src/domain/billing/events.ts'
import { instant, month } from '../../support/samples.ts'

/** What happens to the bill of an account, and what is asked of it. */

export const [december, january, february, march] = [
  month('2025-12'),
  month('2026-01'),
  month('2026-02'),
  month('2026-03'),
]
export const now = instant('2026-03-10T12:00:00.000Z')
/** 72 hours later. */
export const graceOver = instant('2026-03-13T12:00:00.000Z')
export const nothing: readonly BillingEvent[] = []

export const closing = (of = february, sealAt = graceOver): BillingEvent => ({
  type: 'BillingPeriodClosingBegan',
  data: { month: of, sealAt },
})
export const sealOf = (of = february, sha256 = 'a'.repeat(64)): Seal => ({
  month: of,
  position: '42',
  sha256,
  lines: 1,
  pendingSize: 0,
  unpriced: 0,
  totals: [{ amount: '0.05', currency: 'EUR' }],
})
export const sealed = (of = february): BillingEvent => ({ type: 'BillingPeriodSealed', data: sealOf(of) })

/** In an account that used something in that month first, unless another is given, or none. */
export const close = (of = february, at = now, firstUsed: typeof february | null = of): BillingCommand => ({
  type: 'ClosePeriod',
  month: of,
  now: at,
  firstUsed,
})
export const seal = (of = february, at = graceOver): BillingCommand => ({
  type: 'SealPeriod',
  seal: sealOf(of),
  now: at,
})

export const threshold = (percent: number, basis: BudgetBasis = 'ACTUAL'): BudgetThreshold => ({
  percent,
  basis,
})
/** At 80 and 100 % of what is used. */
const usual = [threshold(80), threshold(100)]
export const budgetSet = (amount = '100', currency = 'EUR', thresholds = usual): BillingEvent => ({
  type: 'BudgetSet',
  data: { amount, currency, thresholds },
})
export const budgetRemoved: BillingEvent = { type: 'BudgetRemoved', data: {} }
export const raised = (
  percent: number,
  of = february,
  amount = '80.5',
  basis: BudgetBasis = 'ACTUAL',
): BillingEvent => ({
  type: 'BudgetThresholdReached',
  data: { month: of, percent, basis, amount, currency: 'EUR' },
})

export const setBudget = (amount = '100', currency = 'EUR', thresholds = usual): BillingCommand => ({
  type: 'SetBudget',
  budget: { amount, currency, thresholds },
})
/** 80.5 was used of the budget of a month, which reaches these thresholds. */
export const reach = (
  reached: readonly BudgetThreshold[],
  of = february,
  budget = { amount: '100', currency: 'EUR' },
): BillingCommand => ({
  type: 'ReachThresholds',
  month: of,
  budget,
  reached: reached.map((each) => ({ ...each, amount: '80.5' })),
})
