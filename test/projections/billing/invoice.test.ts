import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { minorDigits } from '../../../src/domain/kernel/currency.ts'
import { rounded, sharedOut } from '../../../src/projections/billing/invoice.ts'
import { testSize } from '../../support/size.ts'

const CENT = 10n ** 16n

test.each([
  ['EUR', 2],
  ['JPY', 0],
  ['KWD', 3],
])('The minor unit of %s has %i decimals', (currency, digits) => {
  expect(minorDigits(currency)).toBe(digits)
})

test.each<[bigint, string, bigint]>([
  [CENT / 2n, 'USD', 0n],
  [CENT / 2n + 1n, 'USD', 1n],
  [(3n * CENT) / 2n, 'USD', 2n],
  [10n ** 18n / 2n, 'JPY', 0n],
  [(3n * 10n ** 18n) / 2n, 'JPY', 2n],
])('A total is rounded once, half-even: %i of 10^-18 %s', (amount, currency, expected) => {
  expect(rounded(amount, currency)).toBe(expected)
})

describe('The cents of a total', () => {
  const share = (key: string, amount: bigint) => ({ key, amount, tie: key })

  test('go to those who lose most by rounding down', () => {
    const shares = [share('a', CENT + 6n), share('b', CENT + CENT / 2n), share('c', CENT + CENT / 2n - 6n)]
    expect([...sharedOut(shares, 'USD')].sort()).toStrictEqual([
      ['a', 1n],
      ['b', 2n],
      ['c', 1n],
    ])
  })

  test('go by their ties where the claims are alike', () => {
    const third = (2n * CENT) / 3n
    const shares = ['c', 'a', 'b'].map((key) => share(key, third))
    expect([...sharedOut(shares, 'USD')].sort()).toStrictEqual([
      ['a', 1n],
      ['b', 1n],
      ['c', 0n],
    ])
  })

  test('add up to the total, and nobody is a cent away from what it came to', () => {
    const amount = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n })
    fc.assert(
      fc.property(
        fc.array(amount, { maxLength: 8 }),
        fc.constantFrom('USD', 'JPY', 'KWD'),
        (amounts, currency) => {
          const shares = amounts.map((each, n) => share(`p${n}`, each))
          const found = sharedOut(shares, currency)
          const unit = 10n ** BigInt(18 - minorDigits(currency))
          expect([...found.values()].reduce((sum, each) => sum + each, 0n)).toBe(
            rounded(
              amounts.reduce((sum, each) => sum + each, 0n),
              currency,
            ),
          )
          for (const { key, amount: exact } of shares) {
            const off = (found.get(key) ?? 0n) * unit - exact
            expect(off < unit && off > -unit).toBe(true)
          }
        },
      ),
      { numRuns: testSize(1_000, 20_000) },
    )
  })
})
