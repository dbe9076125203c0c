import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BillingEvent } from '../../../src/domain/billing/events.ts'
import { type BillingState, billingAggregate } from '../../../src/domain/billing/state.ts'
import { monthAfter } from '../../../src/domain/kernel/month.ts'
import { billing, eventsOf, play } from '../../support/histories.ts'
import { testSize } from '../../support/size.ts'
import {
  budgetRemoved,
  budgetSet,
  closing,
  december,
  february,
  graceOver,
  january,
  march,
  raised,
  sealed,
  threshold,
} from './histories.ts'

const stateAfter = (...events: readonly BillingEvent[]): BillingState =>
  events.reduce(billingAggregate.evolve, billingAggregate.initial)

describe('The bill of an account', () => {
  test('begins with all months open and no budget', () => {
    expect(stateAfter()).toStrictEqual({ closing: new Map(), first: null, sealed: null, budget: null })
  })

  test('knows the months that are being closed, and when each is to be sealed', () => {
    expect(stateAfter(closing(january), closing(february))).toStrictEqual({
      closing: new Map([
        [january, graceOver],
        [february, graceOver],
      ]),
      first: january,
      sealed: null,
      budget: null,
    })
  })

  test('has no month being closed up to the one that is sealed', () => {
    const {
      closing: left,
      first,
      sealed: last,
    } = stateAfter(closing(december), closing(january), closing(february), sealed(january))
    expect([[...left.keys()], first, last]).toStrictEqual([[february], december, january])
  })
})

describe('A budget', () => {
  const usual = [threshold(80), threshold(100)]

  test('is what was set last, with nothing reached, until it is removed', () => {
    expect(stateAfter(budgetSet()).budget).toStrictEqual({
      amount: '100',
      currency: 'EUR',
      thresholds: usual,
      reached: [],
    })
    expect(stateAfter(budgetSet(), budgetSet('7', 'JPY', [])).budget).toStrictEqual({
      amount: '7',
      currency: 'JPY',
      thresholds: [],
      reached: [],
    })
    expect(stateAfter(budgetSet(), budgetRemoved).budget).toBeNull()
  })

  test('remembers what was reached of it in the last month in which anything was', () => {
    const reached = (...events: readonly BillingEvent[]) => stateAfter(budgetSet(), ...events).budget?.reached
    const [at80, at100] = usual.map((each) => ({ ...each, month: february }))
    expect(reached(raised(80), raised(100))).toStrictEqual([at80, at100])
    expect(reached(raised(80), raised(100), raised(80, march))).toStrictEqual([
      { ...threshold(80), month: march },
    ])
  })

  test('remembers it while amount and currency stay, and for a budget set anew no more', () => {
    const reachedAfter = (...events: readonly BillingEvent[]) =>
      stateAfter(budgetSet(), raised(80), ...events).budget?.reached
    const kept = [{ ...threshold(80), month: february }]
    expect(reachedAfter(budgetSet('100', 'EUR', []))).toStrictEqual(kept)
    expect(reachedAfter(budgetSet('200'))).toStrictEqual([])
    expect(reachedAfter(budgetSet('100', 'USD'))).toStrictEqual([])
    expect(reachedAfter(budgetRemoved, budgetSet())).toStrictEqual([])
  })
})

const numRuns = testSize(500, 20_000)

type OfType<Type extends BillingEvent['type']> = Extract<BillingEvent, { type: Type }>
const only = <Type extends BillingEvent['type']>(events: readonly BillingEvent[], type: Type) =>
  events.filter((event): event is OfType<Type> => event.type === type)

describe('After any legal history', () => {
  test('months were sealed in their order, each once, and none that was not closed', () => {
    fc.assert(
      fc.property(billing.commands, (asked) => {
        const events = eventsOf(play(billing, asked))
        const sealedMonths = only(events, 'BillingPeriodSealed').map(({ data }) => data.month)
        expect(sealedMonths).toStrictEqual([...new Set(sealedMonths)].sort())
        for (const [index, event] of events.entries())
          if (event.type === 'BillingPeriodSealed') {
            const closed = only(events.slice(0, index), 'BillingPeriodClosingBegan')
            expect(closed.map(({ data }) => data.month)).toContain(event.data.month)
          }
      }),
      { numRuns },
    )
  })

  test('months were closed one after the other, none left out', () => {
    fc.assert(
      fc.property(billing.commands, (asked) => {
        const closed = only(eventsOf(play(billing, asked)), 'BillingPeriodClosingBegan')
        const months = closed.map(({ data }) => data.month)
        expect(months.slice(1)).toStrictEqual(months.slice(0, -1).map(monthAfter))
      }),
      { numRuns },
    )
  })

  test('no month was sealed before its time, nor closed before it was over', () => {
    fc.assert(
      fc.property(billing.commands, (asked) => {
        for (const { command, before, decision } of play(billing, asked))
          for (const { type, data } of decision._tag === 'Right' ? decision.right : []) {
            if (type === 'BillingPeriodSealed' && command.type === 'SealPeriod')
              expect((before.closing.get(data.month) ?? 'never') <= command.now).toBe(true)
            // As texts: what follows on a month in the order of time does so as a text.
            if (type === 'BillingPeriodClosingBegan' && command.type === 'ClosePeriod')
              expect(command.now.slice(0, 7) > data.month).toBe(true)
          }
      }),
      { numRuns },
    )
  })

  test('a month is being closed, or sealed, exactly where its events say so', () => {
    fc.assert(
      fc.property(billing.commands, (asked) => {
        const events = eventsOf(play(billing, asked))
        const last = only(events, 'BillingPeriodSealed').at(-1)?.data.month ?? null
        const open = only(events, 'BillingPeriodClosingBegan').filter(
          ({ data }) => last === null || data.month > last,
        )
        const state = stateAfter(...events)
        expect(state.sealed).toBe(last)
        expect(state.first).toBe(only(events, 'BillingPeriodClosingBegan').at(0)?.data.month ?? null)
        expect(state.closing).toStrictEqual(new Map(open.map(({ data }) => [data.month, data.sealAt])))
      }),
      { numRuns },
    )
  })

  test('each threshold of a budget was raised once a month at most', () => {
    fc.assert(
      fc.property(billing.commands, (asked) => {
        let budget: string | null = null
        let seen = new Set<string>()
        for (const event of eventsOf(play(billing, asked))) {
          if (event.type === 'BudgetRemoved') budget = null
          if (event.type === 'BudgetSet') {
            const next = `${event.data.amount} ${event.data.currency}`
            if (next !== budget) seen = new Set()
            budget = next
          }
          if (event.type !== 'BudgetThresholdReached') continue
          const { month, percent, basis, currency } = event.data
          expect(budget?.endsWith(currency)).toBe(true)
          expect([...seen]).not.toContain(`${month} ${percent} ${basis}`)
          seen.add(`${month} ${percent} ${basis}`)
        }
      }),
      { numRuns },
    )
  })
})
