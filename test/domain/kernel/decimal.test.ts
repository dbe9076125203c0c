import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fixed, gcd, halfEven, parseDecimal, shortest } from '../../../src/domain/kernel/decimal.ts'
import { testSize } from '../../support/size.ts'

const numRuns = testSize(1_000, 20_000)
const whole = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n })
const positive = fc.bigInt({ min: 1n, max: 10n ** 20n })

describe('Rounding a fraction', () => {
  test.each<[bigint, bigint, bigint]>([
    [1n, 2n, 0n],
    [3n, 2n, 2n],
    [5n, 2n, 2n],
    [-1n, 2n, 0n],
    [-3n, 2n, -2n],
    [-5n, 2n, -2n],
    [-7n, 4n, -2n],
    [2n, 3n, 1n],
    [-2n, 3n, -1n],
    [0n, 7n, 0n],
  ])('takes the halves to the even one: %i/%i is %i', (numerator, denominator, expected) => {
    expect(halfEven(numerator, denominator)).toBe(expected)
  })

  test('is nearest, whichever sign, and even where two are as near', () => {
    fc.assert(
      fc.property(whole, positive, (numerator, denominator) => {
        const rounded = halfEven(numerator, denominator)
        const off = 2n * (numerator - rounded * denominator)
        expect(off <= denominator && off >= -denominator).toBe(true)
        if (off === denominator || off === -denominator) expect(rounded % 2n).toBe(0n)
        expect(halfEven(-numerator, denominator)).toBe(-rounded)
      }),
      { numRuns },
    )
  })
})

describe('A decimal', () => {
  test.each<[bigint, number, string]>([
    [0n, 2, '0.00'],
    [5n, 2, '0.05'],
    [-5n, 2, '-0.05'],
    [12_345n, 3, '12.345'],
    [-120n, 0, '-120'],
  ])('of %i in units of its last place of %i is %s', (units, decimals, text) => {
    expect(fixed(units, decimals)).toBe(text)
  })

  test.each<[bigint, bigint, string]>([
    [3n, 2n, '1.5'],
    [100n, 1n, '100'],
    [1_200n, 10n, '120'],
    [-1n, 8n, '-0.125'],
    [1n, 3n, '0.333333333333'],
    [2n, 3n, '0.666666666667'],
    [0n, 9n, '0'],
  ])('%i/%i is written as short as it is exact', (numerator, denominator, text) => {
    expect(shortest(numerator, denominator)).toBe(text)
  })

  test.each(['', '.5', '5.', '-1', '+1', '1e3', '1,5', ' 1', '0x1', '1.2345678', '1234567890123', 'NaN'])(
    'is not %j',
    (text) => {
      expect(parseDecimal(text, 6)).toBeNull()
    },
  )

  test('is read as it is written', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 17n }), (units) => {
        expect(parseDecimal(fixed(units, 6), 6)).toBe(units)
        expect(parseDecimal(shortest(units, 1_000_000n), 6)).toBe(units)
      }),
      { numRuns },
    )
  })
})

test('The greatest common divisor divides both, and leaves nothing in common', () => {
  fc.assert(
    fc.property(positive, positive, (a, b) => {
      const common = gcd(a, b)
      expect([a % common, b % common, gcd(a / common, b / common)]).toStrictEqual([0n, 0n, 1n])
    }),
    { numRuns },
  )
})
