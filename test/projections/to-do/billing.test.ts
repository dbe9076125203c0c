import { describe, expect, test } from 'vitest'
import { at, budgetRemoved, budgetSet, closing, sealed, thresholdReached } from './events.ts'
import { type Happening, listAfter } from './list-after.ts'

const [ofAcme, ofGlobex] = ['billing-acme', 'billing-globex']

describe('A month is left to seal', () => {
  test('from the end of its grace on, and not before', () => {
    const { periods } = listAfter([ofAcme, closing('2026-02', 20)])
    expect(periods(at(19))).toStrictEqual([])
    expect(periods(at(20))).toStrictEqual(['acme 2026-02'])
  })

  test('with what it takes to seal it', () => {
    const { toDo } = listAfter([ofAcme, closing('2026-02', 20)])
    expect(toDo.duePeriods(at(20), 1)).toStrictEqual([{ account: 'acme', month: '2026-02' }])
  })

  test('until it is sealed', () => {
    const events: readonly Happening[] = [
      [ofAcme, closing('2026-02', 20)],
      [ofAcme, sealed('2026-02')],
    ]
    expect(listAfter(...events).periods()).toStrictEqual([])
  })

  test('the earliest month first, whichever was closed first, and no more than are asked for', () => {
    const { periods } = listAfter(
      [ofAcme, closing('2026-02', 10)],
      [ofGlobex, closing('2025-12', 30)],
      [ofAcme, closing('2026-01', 20)],
    )
    expect(periods(at(30))).toStrictEqual(['globex 2025-12', 'acme 2026-01', 'acme 2026-02'])
    expect(periods(at(30), 2)).toStrictEqual(['globex 2025-12', 'acme 2026-01'])
    expect(periods(at(20))).toStrictEqual(['acme 2026-01', 'acme 2026-02'])
  })

  test('whichever other months of its account, or the same one of others, are sealed', () => {
    const { periods } = listAfter(
      [ofAcme, closing('2026-01', 10)],
      [ofAcme, closing('2026-02', 10)],
      [ofGlobex, closing('2026-01', 10)],
      [ofGlobex, closing('2026-02', 10)],
      [ofAcme, sealed('2026-01')],
      [ofGlobex, sealed('2026-02')],
    )
    expect([...periods()].sort()).toStrictEqual(['acme 2026-02', 'globex 2026-01'])
  })
})

describe('A budget is left to watch', () => {
  test.each<[string, readonly Happening[], readonly string[]]>([
    ['in no account that never had one', [[ofAcme, closing('2026-02', 20)]], []],
    ['from when it is set', [[ofAcme, budgetSet('100')]], ['acme']],
    [
      'once, however often it is set anew',
      [
        [ofAcme, budgetSet('100')],
        [ofAcme, budgetSet('200')],
      ],
      ['acme'],
    ],
    [
      'after its thresholds are reached: there is another month',
      [
        [ofAcme, budgetSet('100')],
        [ofAcme, thresholdReached],
      ],
      ['acme'],
    ],
    [
      'until it is removed, whatever becomes of others',
      [
        [ofAcme, budgetSet('100')],
        [ofGlobex, budgetSet('100')],
        [ofAcme, budgetRemoved],
      ],
      ['globex'],
    ],
    [
      'again where it is set after it was removed',
      [
        [ofAcme, budgetSet('100')],
        [ofAcme, budgetRemoved],
        [ofAcme, budgetSet('100')],
      ],
      ['acme'],
    ],
    [
      'in each account that has one',
      [
        [ofGlobex, budgetSet('100')],
        [ofAcme, budgetSet('100')],
      ],
      ['acme', 'globex'],
    ],
  ])('%s', (_, events, expected) => {
    expect(listAfter(...events).budgets()).toStrictEqual(expected)
  })
})
