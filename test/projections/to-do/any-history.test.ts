import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ClaimId, ImageId } from '../../../src/domain/kernel/ids.ts'
import type { Recorded } from '../../../src/domain/kernel/recorded.ts'
import type { LedgerEvent } from '../../../src/domain/ledger-events.ts'
import { toDoOf, toDoProjection } from '../../../src/projections/to-do/to-do.ts'
import { liveModel, rebuiltModel, recorder, rowsOf } from '../../support/projected.ts'
import { imageId } from '../../support/samples.ts'
import { testSize } from '../../support/size.ts'
import {
  at,
  claimed,
  deleted,
  demoted,
  image,
  later,
  promoted,
  registered,
  released,
  removed,
  renamed,
  requested,
  restored,
  stored,
} from './events.ts'
import type { Happening } from './list-after.ts'

/** What may happen to an image or to a claim that was made for it, by numbers that choose. */
const happening = (n: number, kind: number, claim: number, pick: number): Happening => {
  const even = pick % 2 === 0
  switch (kind) {
    case 0:
      return [image(n), registered(claim)]
    case 1:
      return [image(n), renamed(claim)]
    case 2:
      return [image(n), even ? promoted(claim) : demoted(claim)]
    case 3:
      return ['account-acme', released(n, claim)]
    case 4:
      return [image(n), requested(pick, even)]
    case 5:
      return [image(n), restored]
    case 6:
      return [image(n), deleted]
    default:
      return [image(n), even ? stored(n) : removed(n)]
  }
}

/** Histories of three images whose claims are made before they are used, and never twice. */
const histories = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.nat(9), fc.nat(20)), { maxLength: 30 })
  .map((steps) => {
    const ledger = recorder()
    const claims = new Map<number, number[]>()
    for (const [index, [n, kind, pick]] of steps.entries()) {
      const own = claims.get(n) ?? []
      const known = own[pick % Math.max(1, own.length)]
      if (known === undefined || kind >= 8) {
        claims.set(n, [...own, index])
        ledger.record('account-acme', claimed(n, index))
      } else ledger.record(...happening(n, kind, known, pick))
    }
    return ledger.events
  })

/** What an image lives by a claim from, or by none any more. */
const endsOrLives = ({ type }: LedgerEvent): boolean =>
  ['ImageRegistered', 'ImageRenamed', 'ImagePromoted', 'ImageDemoted', 'ImageDeleted'].includes(type)

/** What is unsettled by a look at the whole history from its end, claim by claim. */
const naiveUnsettled = (events: readonly Recorded<LedgerEvent>[]): readonly ClaimId[] =>
  events
    .flatMap((event, index) => (event.type === 'ImageNameClaimed' ? [{ ...event.data, index }] : []))
    .filter(({ claimId: id, imageId: holder, index }) => {
      const since = events.slice(index)
      if (since.some((event) => event.type === 'ImageNameReleased' && event.data.claimId === id)) return false
      const last = since.findLast((event) => event.stream === `image-${holder}` && endsOrLives(event))
      return last === undefined || !('claimId' in last.data) || last.data.claimId !== id
    })
    .map(({ claimId: id }) => id)

const naiveDue = (events: readonly Recorded<LedgerEvent>[], now: string): readonly ImageId[] =>
  [1, 2, 3].map(imageId).filter((id) => {
    const last = events.findLast(
      ({ stream, type }) =>
        stream === `image-${id}` &&
        (type === 'ImageDeletionRequested' || type === 'ImageRestored' || type === 'ImageDeleted'),
    )
    return last?.type === 'ImageDeletionRequested' && last.data.deleteAt <= now
  })

describe('For any history', () => {
  const numRuns = testSize(300, 10_000)

  test('the list is what a look at all of it gives', () => {
    fc.assert(
      fc.property(histories, (events) => {
        const model = liveModel(toDoProjection)
        for (const event of events) model.apply(event)
        const toDo = toDoOf(() => model.db)
        expect(
          toDo
            .unsettledClaims(later, 100)
            .map(({ claimId: id }) => id)
            .sort(),
        ).toStrictEqual([...naiveUnsettled(events)].sort())
        expect([...toDo.dueDeletions(at(10), 100)].sort()).toStrictEqual([...naiveDue(events, at(10))].sort())
      }),
      { numRuns },
    )
  })

  test('a rebuilt list is the one that lived on', () => {
    fc.assert(
      fc.property(histories, (events) => {
        const live = liveModel(toDoProjection)
        for (const event of events) live.apply(event)
        expect(rowsOf(rebuiltModel(toDoProjection, events))).toStrictEqual(rowsOf(live.db))
      }),
      { numRuns },
    )
  })
})
