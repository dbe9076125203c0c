import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  endOfMonth,
  type Month,
  monthAfter,
  monthOf,
  monthSchema,
  startOfMonth,
} from '../../../src/domain/kernel/month.ts'
import { month } from '../../support/samples.ts'

const HOUR = 3_600_000

describe('A month', () => {
  test.each<[string, string, string]>([
    ['2026-03', '2026-03-01T00:00:00.000Z', '2026-04-01T00:00:00.000Z'],
    ['2026-12', '2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    ['2026-02', '2026-02-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z'],
    ['2024-02', '2024-02-01T00:00:00.000Z', '2024-03-01T00:00:00.000Z'],
    ['1970-01', '1970-01-01T00:00:00.000Z', '1970-02-01T00:00:00.000Z'],
    ['1999-12', '1999-12-01T00:00:00.000Z', '2000-01-01T00:00:00.000Z'],
  ])('%s goes from %s to %s', (text, start, end) => {
    expect(startOfMonth(month(text))).toBe(Date.parse(start))
    expect(endOfMonth(month(text))).toBe(Date.parse(end))
  })

  test.each<[string, number]>([
    ['2026-02', 672],
    ['2024-02', 696],
    ['2026-04', 720],
    ['2026-03', 744],
    ['2026-10', 744],
  ])('%s has %i hours, wherever clocks are put forward or back', (text, hours) => {
    expect(endOfMonth(month(text)) - startOfMonth(month(text))).toBe(hours * HOUR)
  })

  test.each<[string, string]>([
    ['2026-03-01T00:00:00.000Z', '2026-03'],
    ['2026-03-31T23:59:59.999Z', '2026-03'],
    ['2025-12-31T23:59:59.999Z', '2025-12'],
    ['2026-01-01T00:00:00.000Z', '2026-01'],
  ])('at %s is %s', (instant, expected) => {
    expect(monthOf(Date.parse(instant))).toBe(expected)
  })

  test.each<[string, string]>([
    ['2026-03', '2026-04'],
    ['2026-12', '2027-01'],
    ['1999-12', '2000-01'],
  ])('%s is followed by %s', (text, next) => {
    expect(monthAfter(month(text))).toBe(next)
  })

  test('is written with four digits and two, from 1970 on', () => {
    for (const text of ['2026-01', '2026-10', '2026-12', '1970-01', '1999-12', '2000-01', '9999-11'])
      expect(monthSchema.safeParse(text)).toStrictEqual({ success: true, data: text })
  })

  test.each([
    '1969-12',
    '1899-01',
    '0050-01',
    '2026-00',
    '2026-13',
    '2026-1',
    '26-01',
    '12026-01',
    '2026-01-01',
    ' 2026-01',
    '2026-01\n',
    '2026/01',
    '',
    202_601,
    null,
  ])('is not %j', (other) => {
    expect(monthSchema.safeParse(other).error?.issues.map(({ message }) => message)).toStrictEqual([
      'must be a month such as 2026-03',
    ])
  })

  const months = fc
    .tuple(fc.integer({ min: 1970, max: 9998 }), fc.integer({ min: 1, max: 12 }))
    .map(([year, number]): Month => month(`${year}-${String(number).padStart(2, '0')}`))

  test('has in it what lies between its start and its end, and nothing else', () => {
    fc.assert(
      fc.property(months, fc.double({ min: 0, max: 1, noNaN: true }), (one, share) => {
        const [start, end] = [startOfMonth(one), endOfMonth(one)]
        expect(monthOf(start)).toBe(one)
        expect(monthOf(start + Math.floor(share * (end - 1 - start)))).toBe(one)
        expect(monthOf(end - 1)).toBe(one)
        expect(monthOf(start - 1)).not.toBe(one)
        expect(monthOf(end)).toBe(monthAfter(one))
        expect(startOfMonth(monthAfter(one))).toBe(end)
      }),
    )
  })

  test('is before another as a text exactly when it is before it in time', () => {
    fc.assert(
      fc.property(months, months, (one, other) => {
        expect(one < other).toBe(startOfMonth(one) < startOfMonth(other))
        expect(one < monthAfter(one)).toBe(true)
      }),
    )
  })
})
