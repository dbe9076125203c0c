import { type Either, left, right } from '../kernel/fp.ts'
import type { PriceId } from '../kernel/ids.ts'
import { invalidInput, type Refusal } from '../kernel/refusal.ts'
import type { PriceScope, PriceTerms, PricingEvent } from './events.ts'
import type { PricingState } from './state.ts'

/** What may be asked of one scope's prices. */
export interface PricingCommand {
  readonly type: 'SetStorageRate'
  readonly priceId: PriceId
  readonly scope: PriceScope
  readonly terms: PriceTerms
}

/**
 * A price is never changed: there is one a scope and instant (BILLING.md, 13). The same terms again give no event; others at the
 * same instant are InvalidInput.
 */
export const decide = (
  { priceId, scope, terms }: PricingCommand,
  { versions }: PricingState,
): Either<Refusal, readonly PricingEvent[]> => {
  const there = versions.get(terms.effectiveFrom)
  if (there === undefined) return right([{ type: 'StorageRateSet', data: { priceId, scope, terms } }])
  if (sameTerms(there.terms, terms)) return right([])
  const { ratePerGbMonth, currency } = there.terms
  return left(
    invalidInput([
      {
        path: ['effectiveFrom'],
        message: `must be another instant: from then on the price is ${ratePerGbMonth} ${currency} already, and a price never changes`,
      },
    ]),
  )
}

const sameTerms = (a: PriceTerms, b: PriceTerms): boolean =>
  a.currency === b.currency &&
  a.ratePerGbMonth === b.ratePerGbMonth &&
  a.unit === b.unit &&
  a.hoursBasis === b.hoursBasis &&
  a.hourPolicy === b.hourPolicy
