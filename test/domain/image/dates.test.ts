import { describe, test } from 'vitest'
import { decide, type ImageCommand } from '../../../src/domain/image/decide.ts'
import type { ImageEvent } from '../../../src/domain/image/events.ts'
import { imageAggregate } from '../../../src/domain/image/state.ts'
import type { Instant } from '../../../src/domain/kernel/instant.ts'
import { givenOf } from '../../support/given.ts'
import {
  deleted,
  deprecated,
  failed,
  guarded,
  justBefore,
  nextWeek,
  nothing,
  now,
  obsoleted,
  prevented,
  registered,
  requested,
  restored,
  tomorrow,
  undeprecated,
  unguarded,
} from './histories.ts'

const given = givenOf(imageAggregate, decide)

/** What a reaction asks for when it looks at the clock; `final` is when a deletion that begins then is. */
const carryOut = (at: Instant, final: Instant = at): ImageCommand => ({
  type: 'CarryOutDates',
  now: at,
  deleteAt: final,
})
const dateCame = (deleteAt: Instant): ImageEvent => ({
  type: 'ImageDeletionRequested',
  data: { deleteAt, scheduled: true },
})

describe('The date of obsolescence', () => {
  const history = [registered, deprecated({ obsoleteAt: tomorrow })]

  test('is carried out at its exact moment, and not before', () => {
    given(history).when(carryOut(justBefore)).thenExpect(nothing)
    given(history).when(carryOut(tomorrow)).thenExpect([obsoleted])
    given(history).when(carryOut(nextWeek)).thenExpect([obsoleted])
  })

  test('is carried out once', () => {
    given([...history, obsoleted])
      .when(carryOut(nextWeek))
      .thenExpect(nothing)
  })

  test('is not carried out a second time for another notice that keeps it', () => {
    given([...history, obsoleted, deprecated({ obsoleteAt: tomorrow, reason: 'Take another.' })])
      .when(carryOut(nextWeek))
      .thenExpect(nothing)
  })

  test('is carried out for a protected image: it is kept all the same', () => {
    given([...history, guarded])
      .when(carryOut(tomorrow))
      .thenExpect([obsoleted])
  })

  test('is not carried out once another notice left it out or moved it, or the deprecation was taken back', () => {
    given([...history, deprecated()])
      .when(carryOut(tomorrow))
      .thenExpect(nothing)
    given([...history, deprecated({ obsoleteAt: nextWeek })])
      .when(carryOut(tomorrow))
      .thenExpect(nothing)
    given([...history, undeprecated])
      .when(carryOut(tomorrow))
      .thenExpect(nothing)
  })
})

describe('The date of deletion', () => {
  const history = [registered, deprecated({ deleteAt: tomorrow })]

  test('begins a deletion at its exact moment, and not before', () => {
    given(history).when(carryOut(justBefore, nextWeek)).thenExpect(nothing)
    given(history)
      .when(carryOut(tomorrow, nextWeek))
      .thenExpect([dateCame(nextWeek)])
  })

  test('is final at once where there is no recovery window', () => {
    given(history)
      .when(carryOut(tomorrow))
      .thenExpect([dateCame(tomorrow), deleted])
  })

  test('deletes an image whose creation failed as well', () => {
    given([...history, failed])
      .when(carryOut(tomorrow))
      .thenExpect([dateCame(tomorrow), deleted])
  })

  test('is not carried out once another notice left it out, or the deprecation was taken back', () => {
    given([...history, deprecated()])
      .when(carryOut(tomorrow))
      .thenExpect(nothing)
    given([...history, undeprecated])
      .when(carryOut(tomorrow))
      .thenExpect(nothing)
  })

  test('finds nothing to do in an image that goes already', () => {
    given([...history, requested])
      .when(carryOut(nextWeek))
      .thenExpect(nothing)
    given([...history, dateCame(nextWeek), deleted])
      .when(carryOut(nextWeek))
      .thenExpect(nothing)
  })

  test('that came while the image was being deleted is carried out once it is restored', () => {
    given([...history, requested, restored])
      .when(carryOut(tomorrow))
      .thenExpect([dateCame(tomorrow), deleted])
  })
})

describe('Both dates at once', () => {
  const history = [registered, deprecated({ obsoleteAt: tomorrow, deleteAt: tomorrow })]

  test('make the image obsolete first, then delete it', () => {
    given(history)
      .when(carryOut(tomorrow, nextWeek))
      .thenExpect([obsoleted, dateCame(nextWeek)])
    given(history)
      .when(carryOut(tomorrow))
      .thenExpect([obsoleted, dateCame(tomorrow), deleted])
  })

  test('make a protected image obsolete, and say that it stays', () => {
    given([...history, guarded])
      .when(carryOut(tomorrow))
      .thenExpect([obsoleted, prevented])
  })

  test('that came one after the other are carried out one after the other', () => {
    const apart = [registered, deprecated({ obsoleteAt: now, deleteAt: tomorrow })]
    given(apart).when(carryOut(justBefore)).thenExpect([obsoleted])
    given([...apart, obsoleted])
      .when(carryOut(tomorrow, nextWeek))
      .thenExpect([dateCame(nextWeek)])
  })
})

describe('Protection when the date of deletion comes', () => {
  const history = [registered, guarded, deprecated({ deleteAt: tomorrow })]

  test('keeps the image, which is said once', () => {
    given(history).when(carryOut(tomorrow)).thenExpect([prevented])
    given([...history, prevented])
      .when(carryOut(nextWeek))
      .thenExpect(nothing)
  })

  test('says nothing before that date', () => {
    given(history).when(carryOut(justBefore)).thenExpect(nothing)
  })

  test('keeps the image for good: that date is spent even if the protection ends', () => {
    given([...history, prevented, unguarded])
      .when(carryOut(nextWeek))
      .thenExpect(nothing)
  })

  test('that ended before that date keeps nothing', () => {
    given([...history, unguarded])
      .when(carryOut(tomorrow))
      .thenExpect([dateCame(tomorrow), deleted])
  })

  test('does not spend the date of obsolescence that comes with another notice', () => {
    given([...history, prevented, deprecated({ obsoleteAt: nextWeek })])
      .when(carryOut(nextWeek))
      .thenExpect([obsoleted])
  })

  test('keeps it from a new date anew', () => {
    given([...history, prevented, deprecated({ deleteAt: nextWeek })])
      .when(carryOut(nextWeek))
      .thenExpect([prevented])
  })
})
