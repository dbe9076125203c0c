import { z } from 'zod'
import type { Branded } from './brand.ts'

/**
 * A moment in UTC, as ISO 8601 with exactly three fractional digits (2026-03-01T00:00:00.000Z).
 * The fixed precision makes the order of the strings the order of the moments.
 */
export type Instant = Branded<string, 'Instant'>

/** Milliseconds since 1970 to an Instant. Throws RangeError outside of what Date can hold. */
export const instantFromMillis = (millis: number): Instant => new Date(millis).toISOString() as Instant

/** Milliseconds since 1970. */
export const millisOf = (instant: Instant): number => Date.parse(instant)

const form = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/
const storedForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/

/** Reads an ISO 8601 instant with a zone; what is finer than a millisecond is cut off. Null for anything else. */
export const parseInstant = (text: string): Instant | null => {
  if (!form.test(text) || !existed(text.slice(0, 19))) return null
  const millis = Date.parse(text.replace(/(\.\d{3})\d+/, '$1'))
  if (Number.isNaN(millis)) return null
  const instant = instantFromMillis(millis)
  // A zone may lead out of the years 0 to 9999, which take more digits than the order of the strings allows.
  return storedForm.test(instant) ? instant : null
}

/** Date.parse rolls 31 February over to March, and 24:00 to the next day: what does not come back as it went in never was. */
const existed = (wallClock: string): boolean => {
  const millis = Date.parse(`${wallClock}Z`)
  return !Number.isNaN(millis) && new Date(millis).toISOString().startsWith(wallClock)
}

/** An Instant as events store it: what was written was an Instant, so its form is enough. */
export const instantSchema = z.custom<Instant>(
  (value) => typeof value === 'string' && storedForm.test(value),
  'must be a UTC instant with three fractional digits',
)
