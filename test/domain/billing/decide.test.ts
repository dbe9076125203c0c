import { describe, test } from 'vitest'
import { type BillingCommand, decide } from '../../../src/domain/billing/decide.ts'
import type { BillingEvent } from '../../../src/domain/billing/events.ts'
import { billingAggregate } from '../../../src/domain/billing/state.ts'
import { invalidInput, invalidState } from '../../../src/domain/kernel/refusal.ts'
import { givenOf, type Outcome } from '../../support/given.ts'
import { instant } from '../../support/samples.ts'
import {
  budgetRemoved,
  budgetSet,
  close,
  closing,
  december,
  february,
  graceOver,
  january,
  march,
  nothing,
  now,
  raised,
  reach,
  seal,
  sealed,
  sealOf,
  setBudget,
  threshold,
} from './histories.ts'

const given = givenOf(billingAggregate, decide)

const states = {
  'nothing at all': [],
  'a month that is being closed': [closing()],
  'a month that is sealed': [closing(), sealed()],
  'a budget': [budgetSet()],
  'a budget with a threshold reached': [budgetSet(), raised(80)],
  'a budget that is no more': [budgetSet(), budgetRemoved],
} as const satisfies Record<string, readonly BillingEvent[]>
type StateName = keyof typeof states

const notClosed = invalidState('OPEN', '2026-02 was not closed.')
const notBefore = (end: string) =>
  invalidInput([{ path: ['month'], message: `is not over before ${end}: close it from then on` }])
const beforeAnyUse = (due?: string) =>
  invalidInput([
    {
      path: ['month'],
      message: `was before anything was used${due === undefined ? '' : `: the month to close is ${due}`}`,
    },
  ])
const closeFirst = (month: string) =>
  invalidState('OPEN', `Months are closed one after the other: close ${month} first.`)

/** Every command in every state. */
const table: Readonly<
  Record<
    BillingCommand['type'],
    { readonly command: BillingCommand; readonly outcomes: Record<StateName, Outcome<BillingEvent>> }
  >
> = {
  ClosePeriod: {
    command: close(),
    outcomes: {
      'nothing at all': [closing()],
      'a month that is being closed': nothing,
      'a month that is sealed': nothing,
      'a budget': [closing()],
      'a budget with a threshold reached': [closing()],
      'a budget that is no more': [closing()],
    },
  },
  SealPeriod: {
    command: seal(),
    outcomes: {
      'nothing at all': notClosed,
      'a month that is being closed': [sealed()],
      'a month that is sealed': nothing,
      'a budget': notClosed,
      'a budget with a threshold reached': notClosed,
      'a budget that is no more': notClosed,
    },
  },
  SetBudget: {
    command: setBudget(),
    outcomes: {
      'nothing at all': [budgetSet()],
      'a month that is being closed': [budgetSet()],
      'a month that is sealed': [budgetSet()],
      'a budget': nothing,
      'a budget with a threshold reached': nothing,
      'a budget that is no more': [budgetSet()],
    },
  },
  RemoveBudget: {
    command: { type: 'RemoveBudget' },
    outcomes: {
      'nothing at all': nothing,
      'a month that is being closed': nothing,
      'a month that is sealed': nothing,
      'a budget': [budgetRemoved],
      'a budget with a threshold reached': [budgetRemoved],
      'a budget that is no more': nothing,
    },
  },
  ReachThresholds: {
    command: reach([threshold(80)]),
    outcomes: {
      'nothing at all': nothing,
      'a month that is being closed': nothing,
      'a month that is sealed': nothing,
      'a budget': [raised(80)],
      'a budget with a threshold reached': nothing,
      'a budget that is no more': nothing,
    },
  },
}

describe.each(Object.entries(table))('%s', (_, { command, outcomes }) => {
  test.each(Object.entries(outcomes))('is decided for %s', (state, outcome) => {
    given(states[state as StateName])
      .when(command)
      .thenExpect(outcome)
  })
})

describe('A month is closed', () => {
  test('from the moment that it is over, to be sealed 72 hours later', () => {
    const end = instant('2026-03-01T00:00:00.000Z')
    given([])
      .when(close(february, instant('2026-02-28T23:59:59.999Z')))
      .thenExpect(notBefore('2026-03-01T00:00:00.000Z'))
    given([])
      .when(close(february, end))
      .thenExpect([closing(february, instant('2026-03-04T00:00:00.000Z'))])
  })

  test('never before it is over, which is told before the order of months', () => {
    given([])
      .when(close(march, now, january))
      .thenExpect(notBefore('2026-04-01T00:00:00.000Z'))
  })

  test('never where nothing was used yet', () => {
    given([])
      .when(close(january, now, null))
      .thenExpect(beforeAnyUse())
  })

  test('beginning with the first in which anything was used', () => {
    given([])
      .when(close(february, now, february))
      .thenExpect([closing()])
    given([])
      .when(close(february, now, december))
      .thenExpect(closeFirst('2025-12'))
    given([])
      .when(close(december, now, january))
      .thenExpect(beforeAnyUse('2026-01'))
  })

  test('after the one before it is being closed, or sealed, whatever was used first', () => {
    for (const before of [[closing(december)], [closing(december), sealed(december)]]) {
      given(before)
        .when(close(january, now, december))
        .thenExpect([closing(january)])
      given(before)
        .when(close(february, now, december))
        .thenExpect(closeFirst('2026-01'))
    }
  })

  test('after the last of those that are being closed, not only after the sealed one', () => {
    for (const before of [[closing(december), sealed(december)], [closing(december)]])
      given([...before, closing(january)])
        .when(close(february, now, december))
        .thenExpect([closing(february)])
  })

  test('once, in its grace as when it or a later one is sealed, whatever was used first', () => {
    for (const more of [[], [sealed(december)], [sealed(december), sealed(january)]])
      for (const firstUsed of [null, december, january])
        given([closing(december), closing(january), closing(february), ...more])
          .when(close(january, now, firstUsed))
          .thenExpect(nothing)
  })

  test('never before the first that was closed, in which nothing was used', () => {
    given([closing(january)])
      .when(close(december, now, january))
      .thenExpect(beforeAnyUse('2026-02'))
    given([closing(january), sealed(january)])
      .when(close(december, now, january))
      .thenExpect(beforeAnyUse('2026-02'))
  })
})

describe('A month is sealed', () => {
  test('from the moment that its grace is over', () => {
    given([closing()])
      .when(seal(february, instant('2026-03-13T11:59:59.999Z')))
      .thenExpect(invalidState('CLOSING', `2026-02 is to be sealed at ${graceOver}.`))
    given([closing()]).when(seal(february, graceOver)).thenExpect([sealed()])
  })

  test('after those before it, however long its grace is over', () => {
    const both = [closing(january, instant('2026-03-14T00:00:00.000Z')), closing(february)]
    given(both).when(seal()).thenExpect(invalidState('CLOSING', '2026-01 comes first.'))
    given([...both, sealed(january)])
      .when(seal())
      .thenExpect([sealed()])
  })

  test('once, whatever another reckoning would come to', () => {
    given([closing(), sealed()])
      .when({ type: 'SealPeriod', seal: sealOf(february, 'b'.repeat(64)), now: graceOver })
      .thenExpect(nothing)
    given([closing(), sealed()]).when(seal(january)).thenExpect(nothing)
  })

  test('only if it was closed, whichever others were', () => {
    given([closing(january), sealed(january)])
      .when(seal())
      .thenExpect(notClosed)
  })
})

describe('A budget', () => {
  test('is set anew where its amount, its currency or a threshold differs', () => {
    for (const [amount, currency, thresholds] of [
      ['101', 'EUR', undefined],
      ['100', 'USD', undefined],
      ['100', 'EUR', [threshold(80)]],
      ['100', 'EUR', [threshold(80), threshold(100, 'FORECAST')]],
      ['100', 'EUR', []],
    ] as const)
      given([budgetSet()])
        .when(setBudget(amount, currency, thresholds && [...thresholds]))
        .thenExpect([budgetSet(amount, currency, thresholds && [...thresholds])])
  })
})

describe('A threshold is raised', () => {
  const all = [threshold(80), threshold(100), threshold(80, 'FORECAST')]
  const budget = budgetSet('100', 'EUR', all)

  test('with what was used or is forecast, each for itself', () => {
    given([budget])
      .when(reach(all))
      .thenExpect([raised(80), raised(100), raised(80, february, '80.5', 'FORECAST')])
    given([budget, raised(80)])
      .when(reach(all))
      .thenExpect([raised(100), raised(80, february, '80.5', 'FORECAST')])
  })

  test('once a month, and in the next one again', () => {
    given([budget, raised(80)])
      .when(reach([threshold(80)], march))
      .thenExpect([raised(80, march)])
    given([budget, raised(80), raised(80, march)])
      .when(reach([threshold(80)], march))
      .thenExpect(nothing)
  })

  test('not for a month before one that it was raised in', () => {
    given([budget, raised(80, march)])
      .when(reach([threshold(80)], february))
      .thenExpect(nothing)
  })

  test('only if the budget has it', () => {
    given([budget])
      .when(reach([threshold(90), threshold(100, 'FORECAST')]))
      .thenExpect(nothing)
  })

  test('only against the budget that it was measured by', () => {
    for (const [amount, currency] of [
      ['200', 'EUR'],
      ['100', 'USD'],
    ] as const)
      given([budget])
        .when(reach([threshold(80)], february, { amount, currency }))
        .thenExpect(nothing)
  })

  test('not again by other thresholds of the same budget, but again by another budget', () => {
    given([budget, raised(80), budgetSet('100', 'EUR', [threshold(80)])])
      .when(reach([threshold(80)]))
      .thenExpect(nothing)
    given([budget, raised(80), budgetSet('200', 'EUR', all)])
      .when(reach([threshold(80)], february, { amount: '200', currency: 'EUR' }))
      .thenExpect([raised(80)])
  })
})
