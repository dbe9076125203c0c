import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ClaimId, ImageId } from '../../../src/domain/kernel/ids.ts'
import type { Recorded } from '../../../src/domain/kernel/recorded.ts'
import type { LedgerEvent } from '../../../src/domain/ledger-events.ts'
import { toDoOf, toDoProjection } from '../../../src/projections/to-do/to-do.ts'
import { liveModel, type Recorder, rebuiltModel, recorder, rowsOf } from '../../support/projected.ts'
import { imageId } from '../../support/samples.ts'
import { testSize } from '../../support/size.ts'
import {
  at,
  claimed,
  deleted,
  image,
  later,
  registered,
  released,
  removed,
  renamed,
  requested,
  stored,
} from './events.ts'

/** Histories of three images whose claims are made before they are used, and never twice. */
const histories = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.nat(7), fc.nat(20)), { maxLength: 30 })
  .map((steps) => {
    const ledger = recorder()
    const claims = new Map<number, number[]>()
    let next = 1
    for (const [n, kind, pick] of steps) {
      const own = claims.get(n) ?? []
      const known = own[pick % Math.max(1, own.length)]
      if (kind <= 1) {
        claims.set(n, [...own, next])
        ledger.record('account-acme', claimed(n, next))
        next += 1
      } else if (kind === 2 && known !== undefined) record(ledger, n, registered(known))
      else if (kind === 3 && known !== undefined) record(ledger, n, renamed(known))
      else if (kind === 4 && known !== undefined) ledger.record('account-acme', released(n, known))
      else if (kind === 5) record(ledger, n, requested(pick))
      else if (kind === 6) record(ledger, n, deleted)
      else if (kind === 7) record(ledger, n, pick % 2 === 0 ? stored(n) : removed(n))
    }
    return ledger.events
  })

const record = (ledger: Recorder, n: number, event: LedgerEvent): void => void ledger.record(image(n), event)

/** What is unsettled by a look at the whole history from its end, claim by claim. */
const naiveUnsettled = (events: readonly Recorded<LedgerEvent>[]): readonly ClaimId[] =>
  events
    .flatMap((event, index) => (event.type === 'ImageNameClaimed' ? [{ ...event.data, index }] : []))
    .filter(({ claimId: id, imageId: holder, index }) => {
      const since = events.slice(index)
      if (since.some((event) => event.type === 'ImageNameReleased' && event.data.claimId === id)) return false
      const last = since.findLast(
        ({ type, stream }) =>
          stream === `image-${holder}` &&
          (type === 'ImageRegistered' || type === 'ImageRenamed' || type === 'ImageDeleted'),
      )
      const lives = last?.type === 'ImageRegistered' || last?.type === 'ImageRenamed'
      return !(lives && last.data.claimId === id)
    })
    .map(({ claimId: id }) => id)

const naiveDue = (events: readonly Recorded<LedgerEvent>[], now: string): readonly ImageId[] =>
  [1, 2, 3].map(imageId).filter((id) => {
    const last = events.findLast(
      ({ stream, type }) =>
        stream === `image-${id}` && (type === 'ImageDeletionRequested' || type === 'ImageDeleted'),
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
