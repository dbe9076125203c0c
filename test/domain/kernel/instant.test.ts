import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  instantFromMillis,
  instantSchema,
  millisOf,
  parseInstant,
} from '../../../src/domain/kernel/instant.ts'

describe('An instant', () => {
  test.each([
    ['2026-03-01T00:00:00Z', '2026-03-01T00:00:00.000Z'],
    ['2026-03-01T00:00:00.5Z', '2026-03-01T00:00:00.500Z'],
    ['2026-03-01T00:00:00.123Z', '2026-03-01T00:00:00.123Z'],
    ['2026-03-01T00:00:00.123999999Z', '2026-03-01T00:00:00.123Z'],
    ['2026-03-01T01:30:00+01:30', '2026-03-01T00:00:00.000Z'],
    ['2026-02-28T23:00:00-01:00', '2026-03-01T00:00:00.000Z'],
    ['2024-02-29T12:00:00Z', '2024-02-29T12:00:00.000Z'],
    ['2000-02-29T12:00:00Z', '2000-02-29T12:00:00.000Z'],
    ['2024-02-29T23:30:00-01:00', '2024-03-01T00:30:00.000Z'],
    ['0000-02-29T00:00:00Z', '0000-02-29T00:00:00.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('is read from %s as %s', (text, expected) => {
    expect(parseInstant(text)).toBe(expected)
  })

  test.each([
    ['no time', '2026-03-01'],
    ['no zone', '2026-03-01T00:00:00'],
    ['no seconds', '2026-03-01T00:00Z'],
    ['a blank for the T', '2026-03-01 00:00:00Z'],
    ['blanks around it', ' 2026-03-01T00:00:00Z'],
    ['a lower-case z', '2026-03-01T00:00:00z'],
    ['a point without digits', '2026-03-01T00:00:00.Z'],
    ['more than nine digits', '2026-03-01T00:00:00.0123456789Z'],
    ['a month 13', '2026-13-01T00:00:00Z'],
    ['a month 0', '2026-00-01T00:00:00Z'],
    ['a day 0', '2026-03-00T00:00:00Z'],
    ['a 31 April', '2026-04-31T00:00:00Z'],
    ['a 29 February of a common year', '2026-02-29T00:00:00Z'],
    ['a 29 February of 1900', '1900-02-29T00:00:00Z'],
    ['an hour 25', '2026-03-01T25:00:00Z'],
    ['an hour 24, which is the next day’s 0', '2026-03-01T24:00:00Z'],
    ['a minute 60', '2026-03-01T00:60:00Z'],
    ['a second 60', '2026-03-01T00:00:60Z'],
    ['a zone of 24 hours', '2026-03-01T00:00:00+24:00'],
    ['a year of five digits', '12026-03-01T00:00:00Z'],
    ['a moment before the year 0', '0000-01-01T00:00:00+01:00'],
    ['a moment after the year 9999', '9999-12-31T23:59:59-01:00'],
    ['nothing', ''],
    ['no number', 'yesterday'],
  ])('is not read from %s: %j', (_, text) => {
    expect(parseInstant(text)).toBeNull()
  })

  test('is stored in one form only', () => {
    expect(instantSchema.safeParse('2026-03-01T00:00:00.000Z').success).toBe(true)
    for (const other of ['2026-03-01T00:00:00Z', '2026-03-01T01:00:00.000+01:00', 1_772_323_200_000, null])
      expect(instantSchema.safeParse(other).success).toBe(false)
  })

  // The years 0 to 9999.
  const millis = fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 })

  test('comes back as it went in, whatever the moment', () => {
    fc.assert(
      fc.property(millis, (moment) => {
        const instant = instantFromMillis(moment)
        expect(millisOf(instant)).toBe(moment)
        expect(parseInstant(instant)).toBe(instant)
      }),
    )
  })

  test('is before another as a text exactly when it is before it in time', () => {
    fc.assert(
      fc.property(millis, millis, (a, b) => {
        expect(instantFromMillis(a) < instantFromMillis(b)).toBe(a < b)
      }),
    )
  })
})
