import { describe, test } from 'vitest'
import { decide, type ImageCommand } from '../../../src/domain/image/decide.ts'
import type { ImageEvent } from '../../../src/domain/image/events.ts'
import { imageAggregate, type ShareStatus } from '../../../src/domain/image/state.ts'
import type { Instant } from '../../../src/domain/kernel/instant.ts'
import { invalidState } from '../../../src/domain/kernel/refusal.ts'
import { givenOf, type Outcome } from '../../support/given.ts'
import { lab, ops } from '../../support/samples.ts'
import {
  accepted,
  deleted,
  expired,
  justBefore,
  nextWeek,
  nothing,
  now,
  offered,
  onlyWhatStays,
  registered,
  rejected,
  requested,
  revoked,
  seenBy,
  tomorrow,
} from './histories.ts'

const given = givenOf(imageAggregate, decide)

// An offer to project lab that ends tomorrow, and one to ops that never does and that nothing here may touch.
const shared: readonly ImageEvent[] = [registered, seenBy('SHARED'), offered(ops)]
const inState: Readonly<Record<ShareStatus, readonly ImageEvent[]>> = {
  PENDING: [...shared, offered(lab, { expiresAt: tomorrow })],
  ACCEPTED: [...shared, offered(lab, { expiresAt: tomorrow }), accepted(lab)],
  REJECTED: [...shared, offered(lab, { expiresAt: tomorrow }), rejected(lab)],
  EXPIRED: [...shared, offered(lab, { expiresAt: tomorrow }), expired(lab)],
  REVOKED: [...shared, offered(lab, { expiresAt: tomorrow }), revoked(lab)],
}

const accept = (at: Instant): ImageCommand => ({ type: 'AcceptShare', project: lab, now: at })
const reject = (at: Instant): ImageCommand => ({ type: 'RejectShare', project: lab, now: at })
const expire = (at: Instant): ImageCommand => ({ type: 'ExpireShare', project: lab, now: at })

const ended = invalidState(
  'EXPIRED',
  'The offer ended at 2026-03-02T12:00:00.000Z: ask its owner to offer it again.',
)
const noOffer = invalidState('REVOKED', 'There is no such offer any more.')

type Outcomes = readonly [ShareStatus, accepting: Outcome<ImageEvent>, rejecting: Outcome<ImageEvent>]
const answers: readonly { readonly at: Instant; readonly outcomes: readonly Outcomes[] }[] = [
  {
    at: justBefore,
    outcomes: [
      ['PENDING', [accepted(lab)], [rejected(lab)]],
      ['ACCEPTED', nothing, [rejected(lab)]],
      ['REJECTED', [accepted(lab)], nothing],
      ['EXPIRED', ended, ended],
      ['REVOKED', noOffer, noOffer],
    ],
  },
  ...[tomorrow, nextWeek].map((at) => ({
    at,
    outcomes: [
      ['PENDING', ended, ended],
      // What was taken up in time has no end: it is still given back.
      ['ACCEPTED', nothing, [rejected(lab)]],
      ['REJECTED', ended, nothing],
      ['EXPIRED', ended, ended],
      ['REVOKED', noOffer, noOffer],
    ] satisfies readonly Outcomes[],
  })),
]

describe.each(answers)('An offer until 2026-03-02T12:00:00.000Z, answered at $at', ({ at, outcomes }) => {
  test.each(outcomes)('when it is %s is accepted or refused as its end has it', (status, accepting) => {
    given(inState[status]).when(accept(at)).thenExpect(accepting)
  })

  test.each(outcomes)('when it is %s is rejected, given back or refused', (status, _, rejecting) => {
    given(inState[status]).when(reject(at)).thenExpect(rejecting)
  })
})

describe('An answer', () => {
  test('to an offer that never was is refused', () => {
    given(shared).when(accept(now)).thenExpect(noOffer)
    given(shared).when(reject(now)).thenExpect(noOffer)
  })

  test('to an offer without an end is taken at any time', () => {
    given([...shared, offered(lab)])
      .when(accept(nextWeek))
      .thenExpect([accepted(lab)])
    given([...shared, offered(lab)])
      .when(reject(nextWeek))
      .thenExpect([rejected(lab)])
  })

  test('may change: what was given back is accepted again, at any time', () => {
    const givenBack = [...inState.ACCEPTED, rejected(lab)]
    given(givenBack)
      .when(accept(justBefore))
      .thenExpect([accepted(lab)])
    given(givenBack)
      .when(accept(nextWeek))
      .thenExpect([accepted(lab)])
    given([...givenBack, accepted(lab)])
      .when(reject(nextWeek))
      .thenExpect([rejected(lab)])
  })

  test('to an offer that leaving SHARED revoked is refused', () => {
    given([...shared, offered(lab), seenBy('PUBLIC', 'SHARED'), revoked(ops), revoked(lab)])
      .when(accept(now))
      .thenExpect(noOffer)
  })

  test('to an offer made anew is held to its new end', () => {
    given([...inState.EXPIRED, offered(lab, { expiresAt: nextWeek })])
      .when(accept(tomorrow))
      .thenExpect([accepted(lab)])
  })
})

describe('The end of an offer', () => {
  test.each(['PENDING', 'REJECTED'] as const)('comes at its exact moment to one that is %s', (status) => {
    given(inState[status]).when(expire(justBefore)).thenExpect(nothing)
    given(inState[status])
      .when(expire(tomorrow))
      .thenExpect([expired(lab)])
    given(inState[status])
      .when(expire(nextWeek))
      .thenExpect([expired(lab)])
  })

  test.each(['ACCEPTED', 'EXPIRED', 'REVOKED'] as const)('does not come to one that is %s', (status) => {
    given(inState[status]).when(expire(nextWeek)).thenExpect(nothing)
  })

  test('does not come to one that was accepted once and given back', () => {
    given([...inState.ACCEPTED, rejected(lab)])
      .when(expire(nextWeek))
      .thenExpect(nothing)
  })

  test('comes to an offer made anew, though the one before was accepted', () => {
    given([...inState.ACCEPTED, revoked(lab), offered(lab, { expiresAt: tomorrow })])
      .when(expire(tomorrow))
      .thenExpect([expired(lab)])
  })

  test('does not come to one that has none, nor to one that never was', () => {
    given([...shared, offered(lab)])
      .when(expire(nextWeek))
      .thenExpect(nothing)
    given(shared).when(expire(nextWeek)).thenExpect(nothing)
  })

  test('comes to no image that is deleted for good', () => {
    given([...inState.PENDING, requested, deleted])
      .when(expire(tomorrow))
      .thenExpect(nothing)
  })

  test('comes while the image is being deleted too, so that a restore brings no late offer back', () => {
    given([...inState.PENDING, requested])
      .when(expire(tomorrow))
      .thenExpect([expired(lab)])
  })
})

describe('Offering anew what is overdue', () => {
  const share: ImageCommand = { type: 'Share', project: lab, message: null, expiresAt: null, now: tomorrow }

  test.each(['PENDING', 'REJECTED'] as const)('ends the offer that was %s first', (status) => {
    given(inState[status])
      .when(share)
      .thenExpect([expired(lab), offered(lab)])
  })

  test('leaves an accepted share as it is', () => {
    given(inState.ACCEPTED).when(share).thenExpect(nothing)
  })
})

describe('Sharing of an image that goes', () => {
  const share: ImageCommand = { type: 'Share', project: lab, message: null, expiresAt: null, now }
  const commands: readonly ImageCommand[] = [
    { type: 'SetVisibility', visibility: 'PRIVATE' },
    share,
    { type: 'Unshare', project: lab },
    accept(now),
    reject(now),
  ]

  test.each(commands)('is refused: $type', (command) => {
    given([...inState.PENDING, requested])
      .when(command)
      .thenExpect(onlyWhatStays('DELETING'))
    given([...inState.PENDING, requested, deleted])
      .when(command)
      .thenExpect(onlyWhatStays('DELETED'))
  })
})
