import { unreachable } from '../kernel/brand.ts'
import { type Either, left, right } from '../kernel/fp.ts'
import { type Instant, instantFromMillis, millisOf } from '../kernel/instant.ts'
import { endOfMonth, type Month, monthAfter } from '../kernel/month.ts'
import { invalidInput, invalidState, type Refusal } from '../kernel/refusal.ts'
import type { BillingEvent, BudgetThreshold, Seal } from './events.ts'
import type { BillingState } from './state.ts'

/** What may be asked of one account's bill. */
export type BillingCommand =
  | {
      readonly type: 'ClosePeriod'
      readonly month: Month
      readonly now: Instant
      /** The first month in which anything was used; null where nothing ever was. */
      readonly firstUsed: Month | null
    }
  | { readonly type: 'SealPeriod'; readonly seal: Seal; readonly now: Instant }
  | {
      readonly type: 'SetBudget'
      readonly budget: {
        readonly amount: string
        readonly currency: string
        readonly thresholds: readonly BudgetThreshold[]
      }
    }
  | { readonly type: 'RemoveBudget' }
  | {
      readonly type: 'ReachThresholds'
      readonly month: Month
      /** The budget that they were measured against. */
      readonly budget: { readonly amount: string; readonly currency: string }
      readonly reached: readonly (BudgetThreshold & { readonly amount: string })[]
    }

type Decision = Either<Refusal, readonly BillingEvent[]>

/** Between the closing of a month and its seal, late facts still find it open (BILLING.md, 14). */
export const GRACE_HOURS = 72

/**
 * Decides what a command changes. Asking for what is already so gives no event. The refusals: InvalidInput for a month that
 * is not over or in which nothing was used yet, InvalidState for one whose turn it is not.
 */
export const decide = (command: BillingCommand, state: BillingState): Decision => {
  switch (command.type) {
    case 'ClosePeriod':
      return close(command.month, command.now, command.firstUsed, state)
    case 'SealPeriod':
      return seal(command.seal, command.now, state)
    case 'SetBudget': {
      const { amount, currency, thresholds } = command.budget
      const { budget } = state
      const same = budget?.amount === amount && budget.currency === currency
      if (same && JSON.stringify(budget.thresholds) === JSON.stringify(thresholds)) return right([])
      return right([{ type: 'BudgetSet', data: { amount, currency, thresholds: [...thresholds] } }])
    }
    case 'RemoveBudget':
      return right(state.budget === null ? [] : [{ type: 'BudgetRemoved', data: {} }])
    case 'ReachThresholds':
      return reach(command, state)
    default:
      return unreachable(command)
  }
}

const close = (month: Month, now: Instant, firstUsed: Month | null, state: BillingState): Decision => {
  const { closing, sealed, first } = state
  if (closing.has(month) || (first !== null && sealed !== null && month >= first && month <= sealed))
    return right([])
  const end = endOfMonth(month)
  if (millisOf(now) < end)
    return left(
      invalidInput([
        { path: ['month'], message: `is not over before ${instantFromMillis(end)}: close it from then on` },
      ]),
    )
  const last = [...closing.keys()].sort().at(-1) ?? sealed
  const due = last === null ? firstUsed : monthAfter(last)
  if (due === null || month < due)
    return left(
      invalidInput([
        {
          path: ['month'],
          message: `was before anything was used${due === null ? '' : `: the month to close is ${due}`}`,
        },
      ]),
    )
  if (due < month)
    return left(invalidState('OPEN', `Months are closed one after the other: close ${due} first.`))
  const sealAt = instantFromMillis(millisOf(now) + GRACE_HOURS * 3_600_000)
  return right([{ type: 'BillingPeriodClosingBegan', data: { month, sealAt } }])
}

const seal = (data: Seal, now: Instant, { closing, sealed }: BillingState): Decision => {
  const { month } = data
  if (sealed !== null && month <= sealed) return right([])
  const sealAt = closing.get(month)
  if (sealAt === undefined) return left(invalidState('OPEN', `${month} was not closed.`))
  if (now < sealAt) return left(invalidState('CLOSING', `${month} is to be sealed at ${sealAt}.`))
  const earlier = [...closing.keys()].find((other) => other < month)
  return earlier === undefined
    ? right([{ type: 'BillingPeriodSealed', data }])
    : left(invalidState('CLOSING', `${earlier} comes first.`))
}

/** Each threshold is raised once a month at most; what was measured against another budget raises none. */
const reach = (
  { month, budget, reached }: Extract<BillingCommand, { type: 'ReachThresholds' }>,
  state: BillingState,
): Decision => {
  const now = state.budget
  if (now === null || now.amount !== budget.amount || now.currency !== budget.currency) return right([])
  const isNew = ({ percent, basis }: BudgetThreshold) =>
    now.thresholds.some((each) => each.percent === percent && each.basis === basis) &&
    !now.reached.some((each) => each.month >= month && each.percent === percent && each.basis === basis)
  return right(
    reached.filter(isNew).map(({ percent, basis, amount }) => ({
      type: 'BudgetThresholdReached',
      data: { month, percent, basis, amount, currency: now.currency },
    })),
  )
}
