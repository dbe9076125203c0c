import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AccountId, LocationId, ProjectId } from '../../../src/domain/kernel/ids.ts'
import type { PriceScope, PricingEvent } from '../../../src/domain/pricing/events.ts'
import { pricingAggregate, scopeId } from '../../../src/domain/pricing/state.ts'
import { eventsOf, play, pricing } from '../../support/histories.ts'
import { acme, ams, instant, priceId, priceTerms, web } from '../../support/samples.ts'
import { testSize } from '../../support/size.ts'

const scope = { project: null, account: null, location: null }
const april = instant('2026-04-01T00:00:00.000Z')

test('The prices of a scope are kept by the instant from which each holds', () => {
  const events: readonly PricingEvent[] = [
    { type: 'StorageRateSet', data: { priceId: priceId(1), scope, terms: priceTerms() } },
    {
      type: 'StorageRateSet',
      data: { priceId: priceId(2), scope, terms: priceTerms({ effectiveFrom: april }) },
    },
  ]
  expect(events.reduce(pricingAggregate.evolve, pricingAggregate.initial)).toStrictEqual({
    versions: new Map([
      ['2026-03-01T00:00:00.000Z', { priceId: priceId(1), terms: priceTerms() }],
      ['2026-04-01T00:00:00.000Z', { priceId: priceId(2), terms: priceTerms({ effectiveFrom: april }) }],
    ]),
  })
})

test('A price that was set is the price of its instant for good, whatever is asked for later', () => {
  fc.assert(
    fc.property(pricing.commands, (asked) => {
      const events = eventsOf(play(pricing, asked))
      const { versions } = events.reduce(pricingAggregate.evolve, pricingAggregate.initial)
      expect([...versions]).toStrictEqual(
        events.map(({ data }) => [data.terms.effectiveFrom, { priceId: data.priceId, terms: data.terms }]),
      )
    }),
    { numRuns: testSize(300, 10_000) },
  )
})

describe('The stream of a scope', () => {
  test.each<[PriceScope, string]>([
    [scope, 'storage...'],
    [{ ...scope, project: web }, 'storage.web..'],
    [{ ...scope, account: acme }, 'storage..acme.'],
    [{ ...scope, location: ams }, 'storage...ams'],
    [{ project: web, account: acme, location: ams }, 'storage.web.acme.ams'],
  ])('for %j is %s', (of, id) => {
    expect(scopeId(of)).toBe(id)
  })

  test('is that of no other', () => {
    // Ids that look alike once they stand side by side, in each of the places.
    const id = fc.constantFrom('a', 'aa', 'a-a', 'storage', null)
    const scopes = fc.record({ project: id, account: id, location: id }).map(
      ({ project, account, location }): PriceScope => ({
        project: project as ProjectId | null,
        account: account as AccountId | null,
        location: location as LocationId | null,
      }),
    )
    fc.assert(
      fc.property(scopes, scopes, (one, other) => {
        const same =
          one.project === other.project && one.account === other.account && one.location === other.location
        expect(scopeId(one) === scopeId(other)).toBe(same)
      }),
      { numRuns: testSize(1_000, 10_000) },
    )
  })
})
