import type { Aggregate } from '../kernel/aggregate.ts'
import { unreachable } from '../kernel/brand.ts'
import type { Instant } from '../kernel/instant.ts'
import type { Month } from '../kernel/month.ts'
import { type BillingEvent, type BudgetThreshold, billingEvents } from './events.ts'

/** What decisions about an account's bill are made from. */
export interface BillingState {
  /** Months that are being closed, and when each is to be sealed. */
  readonly closing: ReadonlyMap<Month, Instant>
  /** The first month that was closed: nothing was used before. */
  readonly first: Month | null
  /** The last month that was sealed: all before it are over too. */
  readonly sealed: Month | null
  readonly budget: Budget | null
}

export interface Budget {
  /** Of a month; a decimal. */
  readonly amount: string
  readonly currency: string
  readonly thresholds: readonly BudgetThreshold[]
  /** The thresholds that were reached, by month. */
  readonly reached: readonly (BudgetThreshold & { readonly month: Month })[]
}

const initial: BillingState = { closing: new Map(), first: null, sealed: null, budget: null }

const evolve = (state: BillingState, event: BillingEvent): BillingState => {
  switch (event.type) {
    case 'BillingPeriodClosingBegan': {
      const { month, sealAt } = event.data
      return { ...state, first: state.first ?? month, closing: new Map(state.closing).set(month, sealAt) }
    }
    case 'BillingPeriodSealed': {
      const { month } = event.data
      const closing = new Map([...state.closing].filter(([other]) => other > month))
      return { ...state, closing, sealed: month }
    }
    case 'BudgetSet': {
      const { amount, currency, thresholds } = event.data
      const before = state.budget
      const same = before?.amount === amount && before.currency === currency
      return { ...state, budget: { amount, currency, thresholds, reached: same ? before.reached : [] } }
    }
    case 'BudgetRemoved':
      return { ...state, budget: null }
    case 'BudgetThresholdReached': {
      const { percent, basis, month } = event.data
      if (state.budget === null) return state
      // Those of months that are over raise nothing any more.
      const reached = state.budget.reached.filter((each) => each.month >= month)
      return { ...state, budget: { ...state.budget, reached: [...reached, { percent, basis, month }] } }
    }
    default:
      return unreachable(event)
  }
}

/** One stream an account, under its id. */
export const billingAggregate: Aggregate<BillingState, BillingEvent> = {
  category: 'billing',
  definitions: billingEvents,
  initial,
  evolve,
}
