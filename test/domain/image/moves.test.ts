import { describe, expect, test } from 'vitest'
import { decide, type ImageCommand } from '../../../src/domain/image/decide.ts'
import type { ImageEvent } from '../../../src/domain/image/events.ts'
import { imageAggregate, isRegistered } from '../../../src/domain/image/state.ts'
import type { ProjectId } from '../../../src/domain/kernel/ids.ts'
import { invalidState } from '../../../src/domain/kernel/refusal.ts'
import { givenOf } from '../../support/given.ts'
import { claimId, imageName, lab, ops, web } from '../../support/samples.ts'
import {
  accepted,
  deleted,
  demoted,
  nothing,
  now,
  offered,
  onlyWhatStays,
  promoted,
  registered,
  rename,
  renamed,
  requested,
  restored,
  revoked,
  seenBy,
  stateOf,
} from './histories.ts'

const given = givenOf(imageAggregate, decide)

const promote = (n: number, name = 'debian'): ImageCommand => ({
  type: 'Promote',
  name: imageName(name),
  claimId: claimId(n),
})
const demote = (project: ProjectId, n: number, name = 'debian'): ImageCommand => ({
  type: 'Demote',
  project,
  name: imageName(name),
  claimId: claimId(n),
})
const abandoned = (n: number): ImageEvent => ({ type: 'ImageClaimAbandoned', data: { claimId: claimId(n) } })

const movedMeanwhile = invalidState(
  'CREATING',
  'The image was renamed or moved by somebody else meanwhile: ask for it again.',
)
const tookTooLong = invalidState(
  'CREATING',
  'The change of name took too long and was given up: ask for it again.',
)
const belongsToWeb = invalidState(
  'CREATING',
  'The image belongs to project "web": promote it first, then demote it to another.',
)

/** Where an image is, and by which claims it lives and lived. */
const placeAfter = (events: readonly ImageEvent[]) => {
  const state = stateOf(events)
  if (!isRegistered(state)) return null
  const { project, name, claimId: living, deadClaims } = state
  return { project, name, claimId: living, deadClaims }
}

describe('Promoting an image', () => {
  test('moves it from its project to its account', () => {
    given([registered])
      .when(promote(2))
      .thenExpect([promoted(2)])
    expect(placeAfter([registered, promoted(2)])).toStrictEqual({
      project: null,
      name: 'debian',
      claimId: claimId(2),
      deadClaims: [claimId(1)],
    })
  })

  test('that its account owns already changes nothing, whatever comes with it', () => {
    given([registered, promoted(2)])
      .when(promote(2))
      .thenExpect(nothing)
    given([registered, promoted(2)])
      .when(promote(3))
      .thenExpect(nothing)
    given([registered, promoted(2), abandoned(3)])
      .when(promote(3, 'ubuntu'))
      .thenExpect(nothing)
  })

  test('tells which project it comes from, wherever it was registered', () => {
    given([registered, promoted(2), demoted(ops, 3)])
      .when(promote(4))
      .thenExpect([
        { type: 'ImagePromoted', data: { from: ops, name: imageName('debian'), claimId: claimId(4) } },
      ])
  })

  test('is refused where it was renamed after the claim was made', () => {
    given([registered, renamed]).when(promote(3)).thenExpect(movedMeanwhile)
  })

  test('is refused with a claim that repair took, or that it lived by before', () => {
    given([registered, abandoned(2)])
      .when(promote(2))
      .thenExpect(tookTooLong)
    given([registered, promoted(2), demoted(web, 3)])
      .when(promote(2))
      .thenExpect(tookTooLong)
  })
})

describe('Demoting an image', () => {
  test('moves it from its account to a project', () => {
    given([registered, promoted(2)])
      .when(demote(ops, 3))
      .thenExpect([demoted(ops, 3)])
    expect(placeAfter([registered, promoted(2), demoted(ops, 3)])).toStrictEqual({
      project: ops,
      name: 'debian',
      claimId: claimId(3),
      deadClaims: [claimId(1), claimId(2)],
    })
  })

  test('may lead back to the project that it came from, with a claim of its own', () => {
    given([registered, promoted(2)])
      .when(demote(web, 3))
      .thenExpect([demoted(web, 3)])
    given([registered, promoted(2)])
      .when(demote(web, 1))
      .thenExpect(tookTooLong)
  })

  test('to the project that it is in changes nothing, whatever comes with it', () => {
    given([registered]).when(demote(web, 1)).thenExpect(nothing)
    given([registered, abandoned(2)])
      .when(demote(web, 2, 'ubuntu'))
      .thenExpect(nothing)
    given([registered, promoted(2), demoted(ops, 3)])
      .when(demote(ops, 4))
      .thenExpect(nothing)
  })

  test('ends the share of the project that owns it then, and of no other', () => {
    const shared = [registered, seenBy('SHARED'), offered(ops), offered(lab), accepted(ops), promoted(2)]
    given(shared)
      .when(demote(ops, 3))
      .thenExpect([demoted(ops, 3), revoked(ops)])
  })

  test('from one project to another is refused: it is promoted first', () => {
    given([registered]).when(demote(ops, 2)).thenExpect(belongsToWeb)
    given([registered, promoted(2), demoted(web, 3)])
      .when(demote(ops, 4))
      .thenExpect(belongsToWeb)
  })

  test('is refused where it was renamed after the claim was made', () => {
    given([registered, renamed, promoted(3)])
      .when(demote(ops, 4))
      .thenExpect(movedMeanwhile)
  })

  test('is refused with a claim that repair took', () => {
    given([registered, promoted(2), abandoned(3)])
      .when(demote(ops, 3))
      .thenExpect(tookTooLong)
  })
})

describe('A change of name', () => {
  const inAccount: ImageEvent = {
    type: 'ImageRenamed',
    data: { from: imageName('debian'), name: imageName('debian-13'), claimId: claimId(3) },
  }

  test('of an image that its account owns takes a name of the account', () => {
    given([registered, promoted(2)])
      .when(rename('debian-13', 3, null))
      .thenExpect([inAccount])
    expect(placeAfter([registered, promoted(2), inAccount])).toStrictEqual({
      project: null,
      name: 'debian-13',
      claimId: claimId(3),
      deadClaims: [claimId(1), claimId(2)],
    })
  })

  test('claimed where the image is no longer is refused', () => {
    given([registered, promoted(2)])
      .when(rename('debian-13', 3, web))
      .thenExpect(movedMeanwhile)
    given([registered, promoted(2), demoted(ops, 3)])
      .when(rename('debian-13', 4, null))
      .thenExpect(movedMeanwhile)
    given([registered, promoted(2), demoted(ops, 3)])
      .when(rename('debian-13', 4, web))
      .thenExpect(movedMeanwhile)
    given([registered])
      .when(rename('debian-13', 2, ops))
      .thenExpect(movedMeanwhile)
  })

  test('claimed where the image is again serves, unless repair took it', () => {
    const back = [registered, promoted(2), demoted(web, 3)]
    given(back)
      .when(rename('debian-13', 4, web))
      .thenExpect([
        {
          type: 'ImageRenamed',
          data: { from: imageName('debian'), name: imageName('debian-13'), claimId: claimId(4) },
        },
      ])
    given([...back, abandoned(4)])
      .when(rename('debian-13', 4, web))
      .thenExpect(tookTooLong)
  })

  test('to the name that a moved image has changes nothing, wherever it was claimed', () => {
    given([registered, promoted(2)])
      .when(rename('debian', 3, web))
      .thenExpect(nothing)
  })

  test('that is refused takes nothing else that was asked for with it', () => {
    given([registered, promoted(2)])
      .when({
        type: 'ChangeImage',
        changes: {
          rename: { name: imageName('debian-13'), project: web, claimId: claimId(3) },
          details: { description: 'Trixie' },
          setProperties: [],
          removeProperties: [],
          addTags: ['new'],
          removeTags: [],
          protected: true,
        },
      })
      .thenExpect(movedMeanwhile)
  })
})

describe('A claim', () => {
  test('that a moved image lives by, or let go, is not taken by repair', () => {
    for (const n of [1, 2, 3])
      given([registered, promoted(2), demoted(ops, 3)])
        .when({ type: 'AbandonClaim', claimId: claimId(n) })
        .thenExpect(nothing)
  })

  test('for a move that never came is taken by repair', () => {
    given([registered, promoted(2)])
      .when({ type: 'AbandonClaim', claimId: claimId(3) })
      .thenExpect([abandoned(3)])
  })
})

describe('A moved image', () => {
  test('keeps its visibility and its shares', () => {
    const before = stateOf([registered, seenBy('SHARED'), offered(lab), accepted(lab)])
    const after = [promoted(2), demoted(ops, 3)].reduce(imageAggregate.evolve, before)
    expect(after).toStrictEqual({
      ...before,
      project: ops,
      claimId: claimId(3),
      deadClaims: [claimId(1), claimId(2)],
    })
  })

  test('may be offered to the project that it came from', () => {
    given([registered, promoted(2), demoted(ops, 3)])
      .when({ type: 'Share', project: web, message: null, expiresAt: null, now })
      .thenExpect([seenBy('SHARED'), offered(web)])
  })

  test('is where it was before a deletion that is taken back', () => {
    expect(placeAfter([registered, promoted(2), requested, restored])).toStrictEqual(
      placeAfter([registered, promoted(2)]),
    )
  })

  test.each([promote(3), demote(ops, 3), rename('debian-13', 3, null)])(
    'does not move again once it goes: $type',
    (command) => {
      given([registered, promoted(2), requested])
        .when(command)
        .thenExpect(onlyWhatStays('DELETING'))
      given([registered, promoted(2), requested, deleted])
        .when(command)
        .thenExpect(onlyWhatStays('DELETED'))
    },
  )
})
