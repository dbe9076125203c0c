import { describe, test } from 'vitest'
import { invalidInput } from '../../../src/domain/kernel/refusal.ts'
import { decide, type PricingCommand } from '../../../src/domain/pricing/decide.ts'
import type { PriceTerms, PricingEvent } from '../../../src/domain/pricing/events.ts'
import { pricingAggregate } from '../../../src/domain/pricing/state.ts'
import { givenOf } from '../../support/given.ts'
import { acme, instant, priceId, priceTerms } from '../../support/samples.ts'

const given = givenOf(pricingAggregate, decide)

const scope = { project: null, account: acme, location: null }
/** Price n of account acme. */
const price = (n: number, terms: Partial<PriceTerms> = {}): PricingEvent => ({
  type: 'StorageRateSet',
  data: { priceId: priceId(n), scope, terms: priceTerms(terms) },
})
const set = (n: number, terms: Partial<PriceTerms> = {}): PricingCommand => ({
  type: 'SetStorageRate',
  priceId: priceId(n),
  scope,
  terms: priceTerms(terms),
})
const nothing: readonly PricingEvent[] = []

const april = { effectiveFrom: instant('2026-04-01T00:00:00.000Z') }
const february = { effectiveFrom: instant('2026-02-01T00:00:00.000Z') }
const never = (price: string) =>
  invalidInput([
    {
      path: ['effectiveFrom'],
      message: `must be another instant: from then on the price is ${price} already, and a price never changes`,
    },
  ])

describe('A price', () => {
  test('is set where there was none', () => {
    given([])
      .when(set(1))
      .thenExpect([price(1)])
  })

  test('is followed by another one at another instant, later or earlier, and by the same one too', () => {
    for (const at of [april, february]) {
      given([price(1)])
        .when(set(2, { ...at, ratePerGbMonth: '0.06' }))
        .thenExpect([price(2, { ...at, ratePerGbMonth: '0.06' })])
      given([price(1)])
        .when(set(2, at))
        .thenExpect([price(2, at)])
    }
  })

  test('is another one a millisecond later', () => {
    const justAfter = { effectiveFrom: instant('2026-03-01T00:00:00.001Z') }
    given([price(1)])
      .when(set(2, { ...justAfter, currency: 'USD' }))
      .thenExpect([price(2, { ...justAfter, currency: 'USD' })])
  })

  test('that is asked for as it is gives no event, by whichever command', () => {
    given([price(1)])
      .when(set(1))
      .thenExpect(nothing)
    given([price(1), price(2, april)])
      .when(set(3))
      .thenExpect(nothing)
  })

  test.each<Partial<PriceTerms>>([
    { currency: 'USD' },
    { ratePerGbMonth: '0.06' },
    { unit: 'GIB' },
    { hoursBasis: 'H730' },
    { hourPolicy: 'EXACT' },
  ])('of an instant never changes, not to %j', (terms) => {
    given([price(1)])
      .when(set(2, terms))
      .thenExpect(never('0.05 EUR'))
    // Not even by the command that set it.
    given([price(1)])
      .when(set(1, terms))
      .thenExpect(never('0.05 EUR'))
  })

  test('that stands in the way of another is the one of its instant', () => {
    given([price(1), price(2, { ...april, ratePerGbMonth: '7', currency: 'JPY' })])
      .when(set(3, april))
      .thenExpect(never('7 JPY'))
  })
})
