import { describe, test } from 'vitest'
import { type AccountCommand, decide } from '../../../src/domain/account/decide.ts'
import type { AccountEvent, NameScope } from '../../../src/domain/account/events.ts'
import { accountAggregate } from '../../../src/domain/account/state.ts'
import { imageLimitReached, invalidState, nameTaken } from '../../../src/domain/kernel/refusal.ts'
import { givenOf, type Outcome } from '../../support/given.ts'
import { claimId, imageId, ops, web } from '../../support/samples.ts'

const given = givenOf(accountAggregate, decide)

const inWeb: NameScope = { kind: 'PROJECT', project: web }
const inOps: NameScope = { kind: 'PROJECT', project: ops }
const inAccount: NameScope = { kind: 'ACCOUNT' }

const created: AccountEvent = { type: 'AccountCreated', data: { name: 'Acme', imageLimit: 1 } }
const unlimited: AccountEvent = { type: 'AccountImageLimitSet', data: { limit: null } }
const mayPublish = (may: boolean): AccountEvent => ({
  type: 'AccountMayPublishSet',
  data: { mayPublish: may },
})
const claimed = (claim: number, image: number, name = 'debian', scope: NameScope = inWeb): AccountEvent => ({
  type: 'ImageNameClaimed',
  data: { claimId: claimId(claim), imageId: imageId(image), scope, name },
})
const released = (claim: number, image: number, name = 'debian', scope: NameScope = inWeb): AccountEvent => ({
  type: 'ImageNameReleased',
  data: { claimId: claimId(claim), imageId: imageId(image), scope, name },
})
const claim = (id: number, image: number, name = 'debian', scope: NameScope = inWeb): AccountCommand => ({
  type: 'ClaimImageName',
  claimId: claimId(id),
  imageId: imageId(image),
  scope,
  name,
})
const release = (id: number): AccountCommand => ({ type: 'ReleaseImageName', claimId: claimId(id) })
const nothing: readonly AccountEvent[] = []

const states = {
  'no account': [],
  'an account with room': [created],
  'an account whose one place is taken': [created, claimed(1, 1)],
  'an account whose one place is free again': [created, claimed(1, 1), released(1, 1)],
} as const satisfies Record<string, readonly AccountEvent[]>
type StateName = keyof typeof states

const noAccount = invalidState('NONE', 'There is no account under this id.')
const idTaken = nameTaken('acme', 'the platform')

/** Every command in every state. */
const table: Readonly<
  Record<
    AccountCommand['type'],
    { readonly command: AccountCommand; readonly outcomes: Record<StateName, Outcome<AccountEvent>> }
  >
> = {
  CreateAccount: {
    command: { type: 'CreateAccount', id: 'acme', name: 'Acme', imageLimit: 1 },
    outcomes: {
      'no account': [created],
      'an account with room': idTaken,
      'an account whose one place is taken': idTaken,
      'an account whose one place is free again': idTaken,
    },
  },
  SetImageLimit: {
    command: { type: 'SetImageLimit', limit: 1 },
    outcomes: {
      'no account': noAccount,
      'an account with room': nothing,
      'an account whose one place is taken': nothing,
      'an account whose one place is free again': nothing,
    },
  },
  SetMayPublish: {
    command: { type: 'SetMayPublish', mayPublish: true },
    outcomes: {
      'no account': noAccount,
      'an account with room': [mayPublish(true)],
      'an account whose one place is taken': [mayPublish(true)],
      'an account whose one place is free again': [mayPublish(true)],
    },
  },
  ClaimImageName: {
    command: claim(2, 2, 'ubuntu'),
    outcomes: {
      'no account': noAccount,
      'an account with room': [claimed(2, 2, 'ubuntu')],
      'an account whose one place is taken': imageLimitReached(1, 1),
      'an account whose one place is free again': [claimed(2, 2, 'ubuntu')],
    },
  },
  ReleaseImageName: {
    command: release(1),
    outcomes: {
      'no account': noAccount,
      'an account with room': nothing,
      'an account whose one place is taken': [released(1, 1)],
      'an account whose one place is free again': nothing,
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

describe('Leave to publish', () => {
  const set = (may: boolean): AccountCommand => ({ type: 'SetMayPublish', mayPublish: may })

  test('is not given to a new account', () => {
    given([created]).when(set(false)).thenExpect(nothing)
  })

  test('is given, and taken back', () => {
    given([created, mayPublish(true)])
      .when(set(true))
      .thenExpect(nothing)
    given([created, mayPublish(true)])
      .when(set(false))
      .thenExpect([mayPublish(false)])
    given([created, mayPublish(true), mayPublish(false)])
      .when(set(false))
      .thenExpect(nothing)
  })
})

describe('A limit', () => {
  test('is set, raised, lowered below what is in use, and lifted', () => {
    const full = states['an account whose one place is taken']
    const set = (limit: number | null): AccountEvent => ({ type: 'AccountImageLimitSet', data: { limit } })
    for (const limit of [0, 2, null])
      given(full)
        .when({ type: 'SetImageLimit', limit })
        .thenExpect([set(limit)])
  })

  test('of 0 lets no image in', () => {
    given([created, { type: 'AccountImageLimitSet', data: { limit: 0 } }])
      .when(claim(1, 1))
      .thenExpect(imageLimitReached(0, 0))
  })

  test('that is lifted lets any number in', () => {
    given([created, claimed(1, 1), unlimited])
      .when(claim(2, 2, 'ubuntu'))
      .thenExpect([claimed(2, 2, 'ubuntu')])
  })

  test('lowered below what is in use refuses new images and says how many there are', () => {
    given([
      created,
      unlimited,
      claimed(1, 1),
      claimed(2, 2, 'ubuntu'),
      { type: 'AccountImageLimitSet', data: { limit: 1 } },
    ])
      .when(claim(3, 3, 'fedora'))
      .thenExpect(imageLimitReached(1, 2))
  })

  test('counts images, not names: one that changes its name needs no second place', () => {
    given([created, claimed(1, 1)])
      .when(claim(2, 1, 'ubuntu'))
      .thenExpect([claimed(2, 1, 'ubuntu')])
  })

  test('counts an image that holds two names once, until both are free', () => {
    const renaming = [created, claimed(1, 1), claimed(2, 1, 'ubuntu')]
    given([...renaming, released(1, 1)])
      .when(claim(3, 2, 'fedora'))
      .thenExpect(imageLimitReached(1, 1))
    given([...renaming, released(1, 1), released(2, 1, 'ubuntu')])
      .when(claim(3, 2, 'fedora'))
      .thenExpect([claimed(3, 2, 'fedora')])
  })
})

describe('A name', () => {
  test('that another image of the project holds is taken', () => {
    given([created, unlimited, claimed(1, 1)])
      .when(claim(2, 2))
      .thenExpect(nameTaken('debian', 'project "web"'))
  })

  test('that is taken is said to be taken before the limit is looked at', () => {
    given([created, claimed(1, 1)])
      .when(claim(2, 2))
      .thenExpect(nameTaken('debian', 'project "web"'))
  })

  test('that the image holds already stays with the claim that holds it', () => {
    given([created, claimed(1, 1)])
      .when(claim(2, 1))
      .thenExpect(nothing)
  })

  test('may be held in each project and in the account as a whole', () => {
    given([created, unlimited, claimed(1, 1)])
      .when(claim(2, 2, 'debian', inOps))
      .thenExpect([claimed(2, 2, 'debian', inOps)])
    given([created, unlimited, claimed(1, 1)])
      .when(claim(2, 2, 'debian', inAccount))
      .thenExpect([claimed(2, 2, 'debian', inAccount)])
  })

  test('of the account as a whole is unique there', () => {
    given([created, unlimited, claimed(1, 1, 'debian', inAccount)])
      .when(claim(2, 2, 'debian', inAccount))
      .thenExpect(nameTaken('debian', 'the account'))
  })

  test('is free for others once it is released', () => {
    given([created, claimed(1, 1), released(1, 1)])
      .when(claim(2, 2))
      .thenExpect([claimed(2, 2)])
  })

  test('is not released by a claim that is gone', () => {
    given([created, claimed(1, 1), released(1, 1), claimed(2, 2)])
      .when(release(1))
      .thenExpect(nothing)
  })

  test('is released as it was claimed', () => {
    given([created, claimed(1, 1, 'debian', inAccount)])
      .when(release(1))
      .thenExpect([released(1, 1, 'debian', inAccount)])
  })
})
