import { z } from 'zod'
import { defineEvent, type EventOf } from '../kernel/event.ts'
import { instantSchema } from '../kernel/instant.ts'
import { monthSchema } from '../kernel/month.ts'

// Stored for good: see src/domain/image/events.ts.

export const budgetBases = ['ACTUAL', 'FORECAST'] as const
export type BudgetBasis = (typeof budgetBases)[number]

const money = z.object({ amount: z.string(), currency: z.string() })

/** What is written down when a month is sealed: all that can be said of it without opening its statement. */
const seal = z.object({
  month: monthSchema,
  /** How much of the log it was reckoned from. It belongs to that log: a migration translates it. */
  position: z.string(),
  /** Of the statement, under which the blob store keeps it. */
  sha256: z.string(),
  lines: z.int(),
  pendingSize: z.int(),
  unpriced: z.int(),
  totals: z.array(money),
})
export type Seal = z.output<typeof seal>

const threshold = z.object({ percent: z.int(), basis: z.enum(budgetBases) })
export type BudgetThreshold = z.output<typeof threshold>

export const billingEvents = {
  BillingPeriodClosingBegan: defineEvent(
    'BillingPeriodClosingBegan',
    z.object({ month: monthSchema, sealAt: instantSchema }),
    ({ month, sealAt }) => `${month} is being closed, to be sealed at ${sealAt}.`,
  ),
  BillingPeriodSealed: defineEvent(
    'BillingPeriodSealed',
    seal,
    ({ month, lines, sha256 }) => `${month} was sealed with ${lines} lines (sha256 ${sha256}).`,
  ),
  BudgetSet: defineEvent(
    'BudgetSet',
    money.extend({ thresholds: z.array(threshold) }),
    ({ amount, currency }) => `The budget of a month is ${amount} ${currency}.`,
  ),
  BudgetRemoved: defineEvent('BudgetRemoved', z.object({}), () => 'There is no budget any more.'),
  BudgetThresholdReached: defineEvent(
    'BudgetThresholdReached',
    threshold.extend({ month: monthSchema, amount: z.string(), currency: z.string() }),
    ({ month, percent, basis, amount, currency }) =>
      `${basis === 'ACTUAL' ? 'What was used' : 'The forecast'} of ${month} reached ${percent} % of the budget: ${amount} ${currency}.`,
  ),
}
export type BillingEvent = EventOf<typeof billingEvents>
