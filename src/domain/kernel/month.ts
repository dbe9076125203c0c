import { z } from 'zod'
import type { Branded } from './brand.ts'

/** A calendar month in UTC, as 2026-03. The order of the texts is the order of time. */
export type Month = Branded<string, 'Month'>

// Before 1970 there was nothing to be billed.
const form = /^(?:19[7-9]\d|[2-9]\d{3})-(?:0[1-9]|1[0-2])$/

export const monthSchema = z.custom<Month>(
  (value) => typeof value === 'string' && form.test(value) && value < '9999-12',
  'must be a month such as 2026-03',
)

/** The month that an instant (milliseconds) is in. */
export const monthOf = (millis: number): Month => new Date(millis).toISOString().slice(0, 7) as Month

/** Where a month begins, in milliseconds. */
export const startOfMonth = (month: Month): number => Date.parse(`${month}-01T00:00:00.000Z`)

/** Where it ends, and the next one begins. */
export const endOfMonth = (month: Month): number => {
  const [year = 0, number = 0] = month.split('-').map(Number)
  return Date.UTC(year, number)
}

export const monthAfter = (month: Month): Month => monthOf(endOfMonth(month))
