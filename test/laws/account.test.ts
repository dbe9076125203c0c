import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AccountEvent } from '../../src/domain/account/events.ts'
import { type AccountState, accountAggregate, claimOn, nameKey } from '../../src/domain/account/state.ts'
import { account, eventsOf, play } from '../support/histories.ts'
import { testSize } from '../support/size.ts'

const numRuns = testSize(500, 20_000)

/** The claims that stand, as a list: no maps, no counters. */
const standing = (events: readonly AccountEvent[]) => {
  const released = events.flatMap((event) => (event.type === 'ImageNameReleased' ? [event.data.claimId] : []))
  return events
    .flatMap((event) => (event.type === 'ImageNameClaimed' ? [event.data] : []))
    .filter(({ claimId }) => !released.includes(claimId))
}

const limitOf = (events: readonly AccountEvent[]): number | null =>
  events.reduce<number | null>((limit, event) => {
    if (event.type === 'AccountCreated') return event.data.imageLimit
    return event.type === 'AccountImageLimitSet' ? event.data.limit : limit
  }, null)

const mayPublishOf = (events: readonly AccountEvent[]): boolean =>
  events.reduce((may, event) => (event.type === 'AccountMayPublishSet' ? event.data.mayPublish : may), false)

const byKey = <Value>(entries: Iterable<[string, Value]>): readonly [string, Value][] =>
  [...entries].sort(([a], [b]) => (a < b ? -1 : 1))

/** The state in plain values, whatever order its maps are in. */
const plain = ({ exists, imageLimit, mayPublish, claims, names, places }: AccountState) => ({
  exists,
  imageLimit,
  mayPublish,
  claims: byKey(claims.entries()),
  names: byKey(names.entries()),
  places: byKey(places.entries()),
})

test('An account counts claims, names and places as a list of the claims would', () => {
  fc.assert(
    fc.property(account.commands, (asked) => {
      const events = eventsOf(play(account, asked))
      const claims = standing(events)
      const holders = [...new Set(claims.map(({ imageId }) => imageId))]
      const state = events.reduce(accountAggregate.evolve, accountAggregate.initial)
      expect(plain(state)).toStrictEqual({
        exists: true,
        imageLimit: limitOf(events),
        mayPublish: mayPublishOf(events),
        claims: byKey(claims.map((claim) => [claim.claimId, claim])),
        names: byKey(claims.map(({ scope, name, claimId }) => [nameKey(scope, name), claimId])),
        places: byKey(
          holders.map((image) => [image, claims.filter(({ imageId }) => imageId === image).length]),
        ),
      })
      for (const claim of claims) expect(claimOn(state, claim.scope, claim.name)).toStrictEqual(claim)
    }),
    { numRuns },
  )
})

test('A name never has two holders', () => {
  fc.assert(
    fc.property(account.commands, (asked) => {
      const steps = play(account, asked)
      for (let end = 1; end <= steps.length; end += 1) {
        const keys = standing(eventsOf(steps.slice(0, end))).map(({ scope, name }) => nameKey(scope, name))
        expect(new Set(keys).size).toBe(keys.length)
      }
    }),
    { numRuns: testSize(200, 5_000) },
  )
})

test('A new image never overshoots the limit that holds when it comes', () => {
  fc.assert(
    fc.property(account.commands, (asked) => {
      const events = eventsOf(play(account, asked))
      for (const [index, event] of events.entries()) {
        if (event.type !== 'ImageNameClaimed') continue
        const before = events.slice(0, index)
        const images = (some: readonly AccountEvent[]) =>
          new Set(standing(some).map(({ imageId }) => imageId)).size
        const isNew = images(events.slice(0, index + 1)) > images(before)
        if (isNew) expect(images(before)).toBeLessThan(limitOf(before) ?? Number.POSITIVE_INFINITY)
      }
    }),
    { numRuns },
  )
})

test('A snapshot anywhere in a history loses nothing: folding on from it comes to the same', () => {
  const { snapshot, evolve, initial } = accountAggregate
  if (snapshot === undefined) throw new Error('Accounts have snapshots')
  fc.assert(
    fc.property(account.commands, fc.double({ min: 0, max: 1, noNaN: true }), (asked, share) => {
      const events = eventsOf(play(account, asked))
      const cut = Math.round(share * events.length)
      const kept = JSON.stringify(snapshot.encode(events.slice(0, cut).reduce(evolve, initial)))
      const restored = snapshot.decode(JSON.parse(kept))
      expect(plain(restored)).toStrictEqual(plain(events.slice(0, cut).reduce(evolve, initial)))
      expect(snapshot.weight(restored)).toBe(standing(events.slice(0, cut)).length)
      expect(plain(events.slice(cut).reduce(evolve, restored))).toStrictEqual(
        plain(events.reduce(evolve, initial)),
      )
    }),
    { numRuns },
  )
})
