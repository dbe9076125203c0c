import { describe, expect, test } from 'vitest'
import { decide, type ImageCommand } from '../../../src/domain/image/decide.ts'
import type { DeprecationNotice, ImageEvent } from '../../../src/domain/image/events.ts'
import { type Deprecation, imageAggregate, isRegistered } from '../../../src/domain/image/state.ts'
import { type InputIssue, invalidInput } from '../../../src/domain/kernel/refusal.ts'
import { givenOf } from '../../support/given.ts'
import { imageId } from '../../support/samples.ts'
import {
  deleted,
  deprecated,
  guarded,
  justAfter,
  nextWeek,
  nothing,
  notice,
  now,
  obsoleted,
  onlyWhatStays,
  prevented,
  registered,
  requested,
  stateOf,
  tomorrow,
  undeprecated,
  unguarded,
  yesterday,
} from './histories.ts'

const given = givenOf(imageAggregate, decide)

const deprecate = (said: Partial<DeprecationNotice> = {}, unfit: string | null = null): ImageCommand => ({
  type: 'Deprecate',
  notice: notice(said),
  unfit,
  now,
})
const undeprecate: ImageCommand = { type: 'Undeprecate' }

const whole = { replacement: imageId(2), reason: 'Take 24.04.2.', obsoleteAt: tomorrow, deleteAt: nextWeek }
const inThePast = (field: string): InputIssue => ({
  path: [field],
  message: 'must be in the future: it is 2026-03-01T12:00:00.000Z',
})
const obsoleteAlready: InputIssue = {
  path: ['obsoleteAt'],
  message: 'must be left out: the image is OBSOLETE already',
}
const deprecationAfter = (events: readonly ImageEvent[]): Deprecation | null => {
  const state = stateOf(events)
  return isRegistered(state) ? state.deprecation : null
}

describe('Deprecating an image', () => {
  test('needs no words and no dates', () => {
    given([registered]).when(deprecate()).thenExpect([deprecated()])
  })

  test('tells all that is said of it', () => {
    given([registered])
      .when(deprecate(whole))
      .thenExpect([deprecated(whole)])
    expect(deprecationAfter([registered, deprecated(whole)])).toStrictEqual({
      ...whole,
      stage: 'DEPRECATED',
      deletionPrevented: false,
    })
  })

  test('with the same notice again changes nothing', () => {
    given([registered, deprecated()]).when(deprecate()).thenExpect(nothing)
    given([registered, deprecated(whole)])
      .when(deprecate(whole))
      .thenExpect(nothing)
  })

  test.each<Partial<DeprecationNotice>>([
    { replacement: null },
    { replacement: imageId(3) },
    { reason: null },
    { reason: 'Take 24.04.3.' },
    { obsoleteAt: null },
    { obsoleteAt: justAfter },
    { deleteAt: null },
    { deleteAt: tomorrow },
  ])('with another notice, as %j, says the whole of it', (said) => {
    given([registered, deprecated(whole)])
      .when(deprecate({ ...whole, ...said }))
      .thenExpect([deprecated({ ...whole, ...said })])
  })

  test('in favour of what cannot take its place is refused, unless that was said before', () => {
    const unfit = 'must be an image that is AVAILABLE'
    given([registered])
      .when(deprecate({ replacement: imageId(2) }, unfit))
      .thenExpect(invalidInput([{ path: ['replacement'], message: unfit }]))
    given([registered, deprecated({ replacement: imageId(2) })])
      .when(deprecate({ replacement: imageId(2) }, unfit))
      .thenExpect(nothing)
  })

  test('and taking that back are refused for an image that goes', () => {
    for (const command of [deprecate(), undeprecate]) {
      given([registered, deprecated(), requested]).when(command).thenExpect(onlyWhatStays('DELETING'))
      given([registered, deprecated(), requested, deleted]).when(command).thenExpect(onlyWhatStays('DELETED'))
    }
  })
})

describe('The dates of a notice', () => {
  test.each([yesterday, now])('are refused where they have come, as %s has', (at) => {
    given([registered])
      .when(deprecate({ obsoleteAt: at }))
      .thenExpect(invalidInput([inThePast('obsoleteAt')]))
    given([registered])
      .when(deprecate({ deleteAt: at }))
      .thenExpect(invalidInput([inThePast('deleteAt')]))
  })

  test('may be a millisecond from now, and the same', () => {
    given([registered])
      .when(deprecate({ obsoleteAt: justAfter, deleteAt: justAfter }))
      .thenExpect([deprecated({ obsoleteAt: justAfter, deleteAt: justAfter })])
  })

  test('are refused where the image would be deleted before it is obsolete', () => {
    given([registered])
      .when(deprecate({ obsoleteAt: nextWeek, deleteAt: tomorrow }))
      .thenExpect(
        invalidInput([
          { path: ['obsoleteAt'], message: 'must not be after deleteAt, 2026-03-02T12:00:00.000Z' },
        ]),
      )
  })

  test('are refused with everything that is wrong at once', () => {
    given([registered])
      .when(deprecate({ replacement: imageId(1), obsoleteAt: now, deleteAt: yesterday }, 'must be another'))
      .thenExpect(
        invalidInput([
          inThePast('obsoleteAt'),
          inThePast('deleteAt'),
          { path: ['obsoleteAt'], message: 'must not be after deleteAt, 2026-02-28T12:00:00.000Z' },
          { path: ['replacement'], message: 'must be another' },
        ]),
      )
  })

  test('may stand in the past where the same notice comes again, carried out or not', () => {
    const past = { obsoleteAt: yesterday, deleteAt: now }
    given([registered, deprecated(past)])
      .when(deprecate(past))
      .thenExpect(nothing)
    given([registered, deprecated(past), obsoleted, guarded, prevented])
      .when(deprecate(past))
      .thenExpect(nothing)
  })

  test('that have come must go or be moved where another notice comes', () => {
    const past = { obsoleteAt: yesterday, deleteAt: now }
    given([registered, deprecated(past)])
      .when(deprecate({ ...past, reason: 'Take another.' }))
      .thenExpect(invalidInput([inThePast('obsoleteAt'), inThePast('deleteAt')]))
    given([registered, deprecated(past)])
      .when(deprecate({ obsoleteAt: tomorrow }))
      .thenExpect([deprecated({ obsoleteAt: tomorrow })])
  })
})

describe('An image that is OBSOLETE', () => {
  const history = [registered, deprecated({ obsoleteAt: yesterday }), obsoleted]

  test.each<Partial<DeprecationNotice>>([
    {},
    { reason: 'Take another.' },
    { obsoleteAt: yesterday, reason: 'Take another.' },
    { obsoleteAt: yesterday, deleteAt: nextWeek },
  ])('stays so when another notice comes, as %j', (said) => {
    given(history)
      .when(deprecate(said))
      .thenExpect([deprecated(said)])
    expect(deprecationAfter([...history, deprecated(said)])?.stage).toBe('OBSOLETE')
  })

  test.each([tomorrow, now])('cannot become so anew, at %s', (obsoleteAt) => {
    given(history)
      .when(deprecate({ obsoleteAt }))
      .thenExpect(invalidInput([obsoleteAlready]))
    given([...history, deprecated()])
      .when(deprecate({ obsoleteAt }))
      .thenExpect(invalidInput([obsoleteAlready]))
  })

  test('is not to be deleted at a date that has come', () => {
    given(history)
      .when(deprecate({ obsoleteAt: yesterday, deleteAt: now }))
      .thenExpect(invalidInput([inThePast('deleteAt')]))
  })

  test('is DEPRECATED only, with a date to come, after that was taken back', () => {
    given([...history, undeprecated])
      .when(deprecate({ obsoleteAt: tomorrow }))
      .thenExpect([deprecated({ obsoleteAt: tomorrow })])
    expect(deprecationAfter([...history, undeprecated, deprecated()])?.stage).toBe('DEPRECATED')
  })
})

describe('Taking a deprecation back', () => {
  test('is one event, whatever the image became, and none where there is nothing to take back', () => {
    given([registered, deprecated(whole)])
      .when(undeprecate)
      .thenExpect([undeprecated])
    given([registered, deprecated(whole), obsoleted])
      .when(undeprecate)
      .thenExpect([undeprecated])
    given([registered, deprecated(whole), undeprecated])
      .when(undeprecate)
      .thenExpect(nothing)
  })

  test('leaves nothing of the notice', () => {
    expect(deprecationAfter([registered, deprecated(whole), obsoleted, undeprecated])).toBeNull()
  })

  test('and deprecating with the same notice again says it again', () => {
    given([registered, deprecated(whole), undeprecated])
      .when(deprecate(whole))
      .thenExpect([deprecated(whole)])
  })
})

test('A new notice with a new date lets the image be deleted that protection kept before', () => {
  const kept = [registered, guarded, deprecated({ deleteAt: yesterday }), prevented, unguarded]
  expect(deprecationAfter(kept)?.deletionPrevented).toBe(true)
  given(kept)
    .when(deprecate({ deleteAt: tomorrow }))
    .thenExpect([deprecated({ deleteAt: tomorrow })])
  expect(deprecationAfter([...kept, deprecated({ deleteAt: tomorrow })])?.deletionPrevented).toBe(false)
})
