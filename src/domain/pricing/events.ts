import { z } from 'zod'
import { defineEvent, type EventOf } from '../kernel/event.ts'
import { accountIdSchema, locationIdSchema, priceIdSchema, projectIdSchema } from '../kernel/ids.ts'
import { instantSchema } from '../kernel/instant.ts'

// Stored for good: see src/domain/image/events.ts.

/** Rates have so many decimals at most (BILLING.md, 8). */
export const RATE_DECIMALS = 6

export const storageUnits = ['GB', 'GIB'] as const
export const hoursBases = ['CALENDAR', 'H730', 'H720'] as const
export const hourPolicies = ['STARTED_HOUR', 'EXACT'] as const

export type HourPolicy = (typeof hourPolicies)[number]

const terms = z.object({
  currency: z.string(),
  /** A decimal of at most six places, as it was given. */
  ratePerGbMonth: z.string(),
  effectiveFrom: instantSchema,
  unit: z.enum(storageUnits),
  hoursBasis: z.enum(hoursBases),
  hourPolicy: z.enum(hourPolicies),
})
/** What a price says, besides whom it is for. */
export type PriceTerms = z.output<typeof terms>

const scope = z.object({
  project: projectIdSchema.nullable(),
  account: accountIdSchema.nullable(),
  location: locationIdSchema.nullable(),
})
/** Whom a price is for; all null: for everybody. */
export type PriceScope = z.output<typeof scope>

export const pricingEvents = {
  StorageRateSet: defineEvent(
    'StorageRateSet',
    z.object({ priceId: priceIdSchema, scope, terms }),
    ({ scope: { project, account, location }, terms: { ratePerGbMonth, currency, unit, effectiveFrom } }) => {
      const named = [
        project && `project ${project}`,
        account && `account ${account}`,
        location && `location ${location}`,
      ].filter((each) => each !== null)
      const whom = named.length > 0 ? named.join(', ') : 'everybody'
      return `From ${effectiveFrom} on, a ${unit === 'GB' ? 'GB' : 'GiB'} and month costs ${whom} ${ratePerGbMonth} ${currency}.`
    },
  ),
}
export type PricingEvent = EventOf<typeof pricingEvents>
