import { describe, expect, test } from 'vitest'
import { decide, type ImageCommand } from '../../../src/domain/image/decide.ts'
import type { ImageEvent } from '../../../src/domain/image/events.ts'
import { type ImageState, imageAggregate } from '../../../src/domain/image/state.ts'
import type { Instant } from '../../../src/domain/kernel/instant.ts'
import { invalidState } from '../../../src/domain/kernel/refusal.ts'
import { givenOf } from '../../support/given.ts'
import { content, lab } from '../../support/samples.ts'
import {
  becameAvailable,
  change,
  deleted,
  deprecated,
  failed,
  justBefore,
  nextWeek,
  nothing,
  now,
  obsoleted,
  offered,
  registered,
  requested,
  restored,
  seenBy,
  stateOf,
  stored,
  tomorrow,
} from './histories.ts'

const given = givenOf(imageAggregate, decide)

const restore = (at: Instant): ImageCommand => ({ type: 'Restore', now: at })
/** The date of its deletion came; it is final tomorrow. */
const dateCame: ImageEvent = {
  type: 'ImageDeletionRequested',
  data: { deleteAt: tomorrow, scheduled: true },
}
const available = [registered, stored, becameAvailable]
const tooLate = invalidState('DELETING', 'The time to restore the image ended at 2026-03-02T12:00:00.000Z.')

describe('A restore', () => {
  test('is possible until the last millisecond of the window, and not at its end', () => {
    given([...available, requested])
      .when(restore(justBefore))
      .thenExpect([restored])
    given([...available, requested])
      .when(restore(tomorrow))
      .thenExpect(tooLate)
    given([...available, requested])
      .when(restore(nextWeek))
      .thenExpect(tooLate)
  })

  test('of what was not deleted, or is restored already, changes nothing at any time', () => {
    given(available).when(restore(now)).thenExpect(nothing)
    given([...available, requested, restored])
      .when(restore(nextWeek))
      .thenExpect(nothing)
  })

  test('of what is deleted for good is refused, however long the window would have been', () => {
    given([...available, requested, deleted])
      .when(restore(now))
      .thenExpect(invalidState('DELETED', 'The image is DELETED: what is deleted for good stays so.'))
  })

  test('takes back a deletion whose date had come as well', () => {
    given([...available, deprecated({ deleteAt: now }), dateCame])
      .when(restore(justBefore))
      .thenExpect([restored])
    given([...available, deprecated({ deleteAt: now }), dateCame])
      .when(restore(tomorrow))
      .thenExpect(tooLate)
  })

  test.each<[string, readonly ImageEvent[]]>([
    ['one in CREATING', [registered]],
    ['one that is AVAILABLE', available],
    ['one in ERROR', [registered, failed]],
    [
      'one that is shared and deprecated',
      [...available, seenBy('SHARED'), offered(lab), deprecated({ deleteAt: nextWeek }), obsoleted],
    ],
    ['one that was restored before', [...available, requested, restored]],
  ])('leads back to the image as it was: %s', (_, before) => {
    expect(stateOf([...before, requested, restored])).toStrictEqual(stateOf(before))
  })

  test('lets the image be changed, filled and deleted again', () => {
    const history = [registered, requested, restored]
    given(history)
      .when(change({ protected: true }))
      .thenExpect([{ type: 'ImageProtected', data: {} }])
    given(history).when({ type: 'StoreContent', content: content() }).thenExpect([stored, becameAvailable])
    given(history).when({ type: 'RequestDeletion', now, deleteAt: tomorrow }).thenExpect([requested])
    given([...history, requested])
      .when(restore(now))
      .thenExpect([restored])
  })

  test('leaves no deletion to complete', () => {
    given([...available, requested, restored])
      .when({ type: 'CompleteDeletion', now: tomorrow })
      .thenExpect(invalidState('AVAILABLE', 'The image is AVAILABLE: its deletion was not asked for.'))
  })
})

describe('The date of deletion in the notice of a restored image', () => {
  const deprecationOf = (state: ImageState) => ('deprecation' in state ? state.deprecation : null)
  const announced = [...available, deprecated({ obsoleteAt: now, deleteAt: now }), obsoleted]

  test('is dropped where it was that date that began the deletion; the rest stays', () => {
    expect(deprecationOf(stateOf([...announced, dateCame, restored]))).toStrictEqual({
      replacement: null,
      reason: null,
      obsoleteAt: now,
      deleteAt: null,
      stage: 'OBSOLETE',
      deletionPrevented: false,
    })
  })

  test('does not delete the image a second time', () => {
    given([...announced, dateCame, restored])
      .when({ type: 'CarryOutDates', now: nextWeek, deleteAt: nextWeek })
      .thenExpect(nothing)
  })

  test('stays where somebody asked for the deletion before that date', () => {
    const state = stateOf([...available, deprecated({ deleteAt: nextWeek }), requested, restored])
    expect(deprecationOf(state)?.deleteAt).toBe(nextWeek)
  })

  test('may be given anew', () => {
    const notice = { replacement: null, reason: null, obsoleteAt: now, deleteAt: nextWeek }
    given([...announced, dateCame, restored])
      .when({ type: 'Deprecate', notice, unfit: null, now })
      .thenExpect([deprecated(notice)])
  })
})

describe('A deletion that is under way', () => {
  test('is not asked for anew by somebody who wants it final sooner', () => {
    given([...available, requested])
      .when({ type: 'RequestDeletion', now, deleteAt: now })
      .thenExpect(nothing)
    given([...available, deprecated({ deleteAt: now }), dateCame])
      .when({ type: 'RequestDeletion', now, deleteAt: now })
      .thenExpect(nothing)
  })

  test('is not completed before its time', () => {
    given([...available, requested])
      .when({ type: 'CompleteDeletion', now: justBefore })
      .thenExpect(nothing)
  })

  test('is completed whether it was asked for or its date came', () => {
    given([...available, requested])
      .when({ type: 'CompleteDeletion', now: tomorrow })
      .thenExpect([deleted])
    given([...available, deprecated({ deleteAt: now }), dateCame])
      .when({ type: 'CompleteDeletion', now: tomorrow })
      .thenExpect([deleted])
  })
})
