import { describe, expect, test } from 'vitest'
import { decide, type ImageCommand } from '../../../src/domain/image/decide.ts'
import type { ImageEvent } from '../../../src/domain/image/events.ts'
import { imageAggregate, isRegistered } from '../../../src/domain/image/state.ts'
import { invalidState } from '../../../src/domain/kernel/refusal.ts'
import { givenOf, type Outcome } from '../../support/given.ts'
import { blobKey, claimId, content, imageName, lab, registration, web } from '../../support/samples.ts'
import {
  becameAvailable,
  deleted,
  deprecated,
  failed,
  nothing,
  notice,
  now,
  offered,
  onlyWhatStays,
  promoted,
  registered,
  removed,
  rename,
  renamed,
  report,
  reported,
  requested,
  restored,
  retried,
  type StateName,
  seenBy,
  stateOf,
  states,
  stored,
  tomorrow,
} from './histories.ts'

const given = givenOf(imageAggregate, decide)

const noImage = invalidState('NONE', 'There is no image under this id.')
const idInUse = (status: string) =>
  invalidState(status, 'There is something under this id already: create the image under a new one.')
const takesNoBytes = (status: string) =>
  invalidState(status, `The image is ${status}: it takes no bytes any more.`)
const bytesNeverChange = invalidState(
  'AVAILABLE',
  'The image is AVAILABLE: bytes never change once they are in: release a new version as an image of its own.',
)
const retryFirst = invalidState(
  'ERROR',
  'The image is ERROR: ask for imageRetry first, then send the bytes again.',
)
const onlyErrors = (status: string) =>
  invalidState(status, `The image is ${status}: only an image in ERROR can be tried again.`)
const notAskedFor = (status: string) =>
  invalidState(status, `The image is ${status}: its deletion was not asked for.`)

const hasNoSize = (status: string) =>
  invalidState(status, `The image is ${status}: it has a size once it was AVAILABLE.`)
const noOffer = invalidState('REVOKED', 'There is no such offer any more.')
const deletedForGood = invalidState('DELETED', 'The image is DELETED: what is deleted for good stays so.')

type Outcomes = Readonly<Record<StateName, Outcome<ImageEvent>>>

/** What does not ask how far the image is, only that it stays. */
const whileItStays = (outcome: Outcome<ImageEvent>): Outcomes => ({
  'nothing at all': noImage,
  'a registration given up': noImage,
  'an image in CREATING': outcome,
  'an image that is AVAILABLE': outcome,
  'an image in ERROR': outcome,
  'an image in DELETING': onlyWhatStays('DELETING'),
  'an image that is DELETED': onlyWhatStays('DELETED'),
  'a DELETED image without its bytes': onlyWhatStays('DELETED'),
})

/** What finds nothing to do, in images that go as in those that stay. */
const nothingToDo: Outcomes = {
  ...whileItStays(nothing),
  'an image in DELETING': nothing,
  'an image that is DELETED': nothing,
  'a DELETED image without its bytes': nothing,
}

/** Every command in every state. */
const table: Readonly<
  Record<ImageCommand['type'], { readonly command: ImageCommand; readonly outcomes: Outcomes }>
> = {
  RegisterImage: {
    command: { type: 'RegisterImage', registration: registration() },
    outcomes: {
      'nothing at all': [registered],
      'a registration given up': idInUse('ABANDONED'),
      'an image in CREATING': idInUse('CREATING'),
      'an image that is AVAILABLE': idInUse('AVAILABLE'),
      'an image in ERROR': idInUse('ERROR'),
      'an image in DELETING': idInUse('DELETING'),
      'an image that is DELETED': idInUse('DELETED'),
      'a DELETED image without its bytes': idInUse('DELETED'),
    },
  },
  ChangeImage: {
    command: rename('debian-13', 2),
    outcomes: whileItStays([renamed]),
  },
  SetVisibility: {
    command: { type: 'SetVisibility', visibility: 'COMMUNITY' },
    outcomes: whileItStays([seenBy('COMMUNITY')]),
  },
  Share: {
    command: { type: 'Share', project: lab, message: null, expiresAt: null, now },
    outcomes: whileItStays([seenBy('SHARED'), offered(lab)]),
  },
  Unshare: { command: { type: 'Unshare', project: lab }, outcomes: whileItStays(nothing) },
  AcceptShare: { command: { type: 'AcceptShare', project: lab, now }, outcomes: whileItStays(noOffer) },
  RejectShare: { command: { type: 'RejectShare', project: lab, now }, outcomes: whileItStays(noOffer) },
  ExpireShare: { command: { type: 'ExpireShare', project: lab, now }, outcomes: nothingToDo },
  Deprecate: {
    command: { type: 'Deprecate', notice: notice(), unfit: null, now },
    outcomes: whileItStays([deprecated()]),
  },
  Undeprecate: { command: { type: 'Undeprecate' }, outcomes: whileItStays(nothing) },
  CarryOutDates: { command: { type: 'CarryOutDates', now, deleteAt: now }, outcomes: nothingToDo },
  Promote: {
    command: { type: 'Promote', name: imageName('debian'), claimId: claimId(2) },
    outcomes: whileItStays([promoted(2)]),
  },
  Demote: {
    command: { type: 'Demote', project: web, name: imageName('debian'), claimId: claimId(2) },
    outcomes: whileItStays(nothing),
  },
  Deactivate: {
    command: { type: 'Deactivate', by: 'OWNER' },
    outcomes: whileItStays([{ type: 'ImageDeactivated', data: { by: 'OWNER' } }]),
  },
  Reactivate: { command: { type: 'Reactivate', by: 'OWNER' }, outcomes: whileItStays(nothing) },
  StoreContent: {
    command: { type: 'StoreContent', content: content() },
    outcomes: {
      'nothing at all': noImage,
      'a registration given up': noImage,
      'an image in CREATING': [stored, becameAvailable],
      'an image that is AVAILABLE': bytesNeverChange,
      'an image in ERROR': retryFirst,
      'an image in DELETING': takesNoBytes('DELETING'),
      'an image that is DELETED': takesNoBytes('DELETED'),
      'a DELETED image without its bytes': takesNoBytes('DELETED'),
    },
  },
  ReportSize: {
    command: { type: 'ReportSize', report: report(), now },
    outcomes: {
      'nothing at all': noImage,
      'a registration given up': noImage,
      'an image in CREATING': hasNoSize('CREATING'),
      'an image that is AVAILABLE': [reported()],
      'an image in ERROR': hasNoSize('ERROR'),
      'an image in DELETING': [reported()],
      'an image that is DELETED': [reported()],
      'a DELETED image without its bytes': [reported()],
    },
  },
  FailCreation: {
    command: { type: 'FailCreation', code: 'EMPTY_IMAGE', message: 'It is empty.' },
    outcomes: {
      'nothing at all': noImage,
      'a registration given up': noImage,
      'an image in CREATING': [failed],
      'an image that is AVAILABLE': bytesNeverChange,
      'an image in ERROR': retryFirst,
      'an image in DELETING': takesNoBytes('DELETING'),
      'an image that is DELETED': takesNoBytes('DELETED'),
      'a DELETED image without its bytes': takesNoBytes('DELETED'),
    },
  },
  RetryCreation: {
    command: { type: 'RetryCreation' },
    outcomes: {
      'nothing at all': noImage,
      'a registration given up': noImage,
      'an image in CREATING': nothing,
      'an image that is AVAILABLE': onlyErrors('AVAILABLE'),
      'an image in ERROR': [retried],
      'an image in DELETING': onlyErrors('DELETING'),
      'an image that is DELETED': onlyErrors('DELETED'),
      'a DELETED image without its bytes': onlyErrors('DELETED'),
    },
  },
  RequestDeletion: {
    command: { type: 'RequestDeletion', now, deleteAt: tomorrow },
    outcomes: {
      'nothing at all': noImage,
      'a registration given up': noImage,
      'an image in CREATING': [requested],
      'an image that is AVAILABLE': [requested],
      'an image in ERROR': [requested],
      'an image in DELETING': nothing,
      'an image that is DELETED': nothing,
      'a DELETED image without its bytes': nothing,
    },
  },
  CompleteDeletion: {
    command: { type: 'CompleteDeletion', now: tomorrow },
    outcomes: {
      'nothing at all': noImage,
      'a registration given up': noImage,
      'an image in CREATING': notAskedFor('CREATING'),
      'an image that is AVAILABLE': notAskedFor('AVAILABLE'),
      'an image in ERROR': notAskedFor('ERROR'),
      'an image in DELETING': [deleted],
      'an image that is DELETED': nothing,
      'a DELETED image without its bytes': nothing,
    },
  },
  Restore: {
    command: { type: 'Restore', now },
    outcomes: {
      ...whileItStays(nothing),
      'an image in DELETING': [restored],
      'an image that is DELETED': deletedForGood,
      'a DELETED image without its bytes': deletedForGood,
    },
  },
  RecordContentRemoved: {
    command: { type: 'RecordContentRemoved', blob: blobKey(1) },
    outcomes: {
      'nothing at all': noImage,
      'a registration given up': noImage,
      'an image in CREATING': nothing,
      'an image that is AVAILABLE': nothing,
      'an image in ERROR': nothing,
      'an image in DELETING': nothing,
      'an image that is DELETED': [removed],
      'a DELETED image without its bytes': nothing,
    },
  },
  AbandonClaim: {
    command: { type: 'AbandonClaim', claimId: claimId(2) },
    outcomes: {
      'nothing at all': [{ type: 'ImageRegistrationAbandoned', data: { claimId: claimId(2) } }],
      'a registration given up': nothing,
      'an image in CREATING': [{ type: 'ImageClaimAbandoned', data: { claimId: claimId(2) } }],
      'an image that is AVAILABLE': [{ type: 'ImageClaimAbandoned', data: { claimId: claimId(2) } }],
      'an image in ERROR': [{ type: 'ImageClaimAbandoned', data: { claimId: claimId(2) } }],
      'an image in DELETING': [{ type: 'ImageClaimAbandoned', data: { claimId: claimId(2) } }],
      'an image that is DELETED': [{ type: 'ImageClaimAbandoned', data: { claimId: claimId(2) } }],
      'a DELETED image without its bytes': [{ type: 'ImageClaimAbandoned', data: { claimId: claimId(2) } }],
    },
  },
}

describe.each(Object.entries(table))('%s', (_, { command, outcomes }) => {
  test.each(Object.entries(outcomes))('is decided for %s', (state, outcome) => {
    given(states[state as StateName])
      .when(command)
      .thenExpect(outcome)
  })
})

test('Only what was registered, and not given up, is an image', () => {
  const isImage = (state: StateName) => isRegistered(stateOf(states[state]))
  expect(Object.keys(states).filter((state) => !isImage(state as StateName))).toStrictEqual([
    'nothing at all',
    'a registration given up',
  ])
})
