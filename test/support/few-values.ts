import fc from 'fast-check'
import { instant } from './samples.ts'

// Few values, so that random commands meet: the same name, claim, tag or moment comes again and again.

export const few = fc.integer({ min: 1, max: 3 })
export const words = fc.constantFrom('a', 'b', 'c', 'lts')
export const someWords = fc.uniqueArray(words, { maxLength: 3 })
const days = (min: number, max: number) =>
  fc.integer({ min, max }).map((day) => instant(`2026-03-0${day}T00:00:00.000Z`))
export const moments = days(1, 5)
/** What is given a time to come is mostly given it in time. */
export const early = days(1, 2)
export const late = days(2, 5)

export const always = <Value>(value: Value): fc.Arbitrary<Value> => fc.constant(value)
export const maybe = <Value>(values: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> =>
  fc.option(values, { nil: null })
