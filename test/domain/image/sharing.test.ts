import { describe, expect, test } from 'vitest'
import { decide, type ImageCommand } from '../../../src/domain/image/decide.ts'
import type { ImageEvent } from '../../../src/domain/image/events.ts'
import { MAX_PENDING_OFFERS, MAX_SHARES } from '../../../src/domain/image/sharing.ts'
import { imageAggregate, isRegistered, type Share } from '../../../src/domain/image/state.ts'
import type { ProjectId } from '../../../src/domain/kernel/ids.ts'
import type { Instant } from '../../../src/domain/kernel/instant.ts'
import { invalidInput, invalidState } from '../../../src/domain/kernel/refusal.ts'
import { givenOf } from '../../support/given.ts'
import { lab, ops, web } from '../../support/samples.ts'
import {
  accepted,
  expired,
  justAfter,
  nextWeek,
  nothing,
  now,
  offered,
  registered,
  rejected,
  revoked,
  seenBy,
  stateOf,
  tomorrow,
  yesterday,
} from './histories.ts'

const given = givenOf(imageAggregate, decide)

const offer = (
  project: ProjectId,
  terms: { readonly message?: string; readonly expiresAt?: Instant } = {},
): ImageCommand => ({ type: 'Share', project, message: null, expiresAt: null, now, ...terms })
const unshare = (project: ProjectId): ImageCommand => ({ type: 'Unshare', project })

const shared: readonly ImageEvent[] = [registered, seenBy('SHARED')]
const terms = { message: 'Take it.', expiresAt: tomorrow }

describe('An offer', () => {
  test('makes a private image SHARED', () => {
    given([registered])
      .when(offer(lab, terms))
      .thenExpect([seenBy('SHARED'), offered(lab, terms)])
  })

  test('of an image that is SHARED says nothing of its visibility', () => {
    given(shared)
      .when(offer(lab))
      .thenExpect([offered(lab)])
    given([...shared, offered(ops)])
      .when(offer(lab))
      .thenExpect([offered(lab)])
  })

  test.each(['COMMUNITY', 'PUBLIC'] as const)('of a %s image is refused: everybody has it', (visibility) => {
    given([registered, seenBy(visibility)])
      .when(offer(lab))
      .thenExpect(
        invalidState(
          'CREATING',
          `The image is ${visibility}: every project has it. Set its visibility to SHARED first.`,
        ),
      )
  })

  test('to the project that owns the image is refused', () => {
    given([registered])
      .when(offer(web))
      .thenExpect(
        invalidInput([{ path: ['project'], message: 'must be another project: this one owns the image' }]),
      )
  })

  test.each([yesterday, now])('that would have ended by now, at %s, is refused', (expiresAt) => {
    given([registered])
      .when(offer(lab, { expiresAt }))
      .thenExpect(
        invalidInput([
          { path: ['expiresAt'], message: 'must be in the future: it is 2026-03-01T12:00:00.000Z' },
        ]),
      )
  })

  test('may end a millisecond from now', () => {
    given(shared)
      .when(offer(lab, { expiresAt: justAfter }))
      .thenExpect([offered(lab, { expiresAt: justAfter })])
  })
})

describe('An offer to a project that has one already', () => {
  const waiting = [...shared, offered(lab, terms)]
  const taken = [...waiting, accepted(lab)]

  test('on the same terms changes nothing, whether it waits or was accepted', () => {
    given(waiting).when(offer(lab, terms)).thenExpect(nothing)
    given(taken).when(offer(lab, terms)).thenExpect(nothing)
  })

  test('without terms changes nothing', () => {
    given(waiting).when(offer(lab)).thenExpect(nothing)
    given(taken).when(offer(lab)).thenExpect(nothing)
  })

  test.each([
    { message: 'Take another.', expiresAt: tomorrow },
    { message: 'Take it.', expiresAt: nextWeek },
    { message: 'Take it.' },
    { expiresAt: tomorrow },
  ])('on other terms, as %j, is refused', (others) => {
    const onOtherTerms = (status: string) =>
      invalidState(status, 'It was offered to project "lab" on other terms already: unshare it first.')
    given(waiting).when(offer(lab, others)).thenExpect(onOtherTerms('PENDING'))
    given(taken).when(offer(lab, others)).thenExpect(onOtherTerms('ACCEPTED'))
  })

  test('is made anew once the one before expired', () => {
    given([...waiting, expired(lab)])
      .when(offer(lab, { expiresAt: nextWeek }))
      .thenExpect([offered(lab, { expiresAt: nextWeek })])
  })

  test('is made anew once the one before was revoked', () => {
    given([...taken, revoked(lab)])
      .when(offer(lab, terms))
      .thenExpect([offered(lab, terms)])
  })

  test('is refused while the one before is rejected, and made anew once that is revoked', () => {
    given([...waiting, rejected(lab)])
      .when(offer(lab, terms))
      .thenExpect(
        invalidState(
          'REJECTED',
          'The offer was rejected, and may still be accepted: unshare it before you offer it anew.',
        ),
      )
    given([...waiting, rejected(lab), revoked(lab)])
      .when(offer(lab, terms))
      .thenExpect([offered(lab, terms)])
  })

  test('leaves nothing of the terms before once it is made anew', () => {
    const state = stateOf([...taken, revoked(lab), offered(lab)])
    expect(isRegistered(state) && state.shares.get(lab)).toStrictEqual({
      status: 'PENDING',
      message: null,
      expiresAt: null,
    } satisfies Share)
  })
})

describe('Unsharing', () => {
  test.each([
    ['waits', []],
    ['was accepted', [accepted(lab)]],
    ['was rejected', [rejected(lab)]],
    ['expired', [expired(lab)]],
  ])('ends an offer that %s', (_, then) => {
    given([...shared, offered(lab, terms), offered(ops), ...then])
      .when(unshare(lab))
      .thenExpect([revoked(lab)])
  })

  test('of what is over or never was changes nothing', () => {
    given([...shared, offered(lab), revoked(lab)])
      .when(unshare(lab))
      .thenExpect(nothing)
    given([...shared, offered(lab)])
      .when(unshare(ops))
      .thenExpect(nothing)
  })

  test('of the last project leaves the image SHARED, with nobody', () => {
    const state = stateOf([...shared, offered(lab), revoked(lab)])
    expect(isRegistered(state) && state.visibility).toBe('SHARED')
  })
})

describe('Offers of one image', () => {
  const project = (n: number) => `p${n}` as ProjectId
  const many = (count: number, event: (project: ProjectId) => readonly ImageEvent[]) =>
    Array.from({ length: count }, (_, n) => event(project(n))).flat()
  const waiting = (count: number) => [...shared, ...many(count, (to) => [offered(to)])]
  const taken = (count: number) => [...shared, ...many(count, (to) => [offered(to), accepted(to)])]
  const tooManyWait = invalidState(
    'CREATING',
    '100 offers of this image wait for an answer: no more at once.',
  )
  const tooMany = invalidState('CREATING', 'The image is shared 1000 times: unshare some, or make it public.')

  test('wait for an answer up to 100 at once', () => {
    given(waiting(MAX_PENDING_OFFERS - 1))
      .when(offer(lab))
      .thenExpect([offered(lab)])
    given(waiting(MAX_PENDING_OFFERS)).when(offer(lab)).thenExpect(tooManyWait)
    given([...shared, offered(lab), expired(lab), ...many(MAX_PENDING_OFFERS, (to) => [offered(to)])])
      .when(offer(lab))
      .thenExpect(tooManyWait)
    given(waiting(MAX_PENDING_OFFERS))
      .when(offer(project(0)))
      .thenExpect(nothing)
  })

  test.each([
    ['accepted', accepted],
    ['rejected', rejected],
    ['expired', expired],
    ['revoked', revoked],
  ])('wait no longer once they are %s', (_, ended) => {
    given([...waiting(MAX_PENDING_OFFERS), ended(project(0))])
      .when(offer(lab))
      .thenExpect([offered(lab)])
  })

  test('stand up to 1000 at once', () => {
    given(taken(MAX_SHARES - 1))
      .when(offer(lab))
      .thenExpect([offered(lab)])
    given(taken(MAX_SHARES)).when(offer(lab)).thenExpect(tooMany)
    given(taken(MAX_SHARES))
      .when(offer(project(0)))
      .thenExpect(nothing)
    given([...taken(MAX_SHARES), revoked(project(0))])
      .when(offer(lab))
      .thenExpect([offered(lab)])
    given([...taken(MAX_SHARES), revoked(project(0)), offered(lab)])
      .when(offer(project(0)))
      .thenExpect(tooMany)
  })

  test('that expired or were rejected count among the 1000, and one that expired takes no second place', () => {
    const others = taken(MAX_SHARES - 1)
    given([...others, offered(lab), rejected(lab)])
      .when(offer(ops))
      .thenExpect(tooMany)
    given([...others, offered(lab), expired(lab)])
      .when(offer(ops))
      .thenExpect(tooMany)
    given([...others, offered(lab), expired(lab)])
      .when(offer(lab))
      .thenExpect([offered(lab)])
  })
})
