import type { Aggregate } from '../kernel/aggregate.ts'
import type { PriceId } from '../kernel/ids.ts'
import type { Instant } from '../kernel/instant.ts'
import { type PriceScope, type PriceTerms, type PricingEvent, pricingEvents } from './events.ts'

/** The versions of one scope's price: one at most for an instant. */
export interface PricingState {
  readonly versions: ReadonlyMap<Instant, { readonly priceId: PriceId; readonly terms: PriceTerms }>
}

const evolve = ({ versions }: PricingState, { data }: PricingEvent): PricingState => {
  const { priceId, terms } = data
  return { versions: new Map(versions).set(terms.effectiveFrom, { priceId, terms }) }
}

/** One stream a scope. */
export const pricingAggregate: Aggregate<PricingState, PricingEvent> = {
  category: 'pricing',
  definitions: pricingEvents,
  initial: { versions: new Map() },
  evolve,
}

/** The id of a scope's stream. Ids have no full stop, so that no two scopes share one. */
export const scopeId = ({ project, account, location }: PriceScope): string =>
  `storage.${project ?? ''}.${account ?? ''}.${location ?? ''}`
