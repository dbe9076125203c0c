import { describe, expect, test } from 'vitest'
import { decide, type ImageCommand } from '../../../src/domain/image/decide.ts'
import { type ImageVisibility, imageVisibilities } from '../../../src/domain/image/events.ts'
import { imageAggregate, isRegistered } from '../../../src/domain/image/state.ts'
import type { ProjectId } from '../../../src/domain/kernel/ids.ts'
import { givenOf } from '../../support/given.ts'
import { lab, registration } from '../../support/samples.ts'
import {
  accepted,
  expired,
  nothing,
  now,
  offered,
  registered,
  rejected,
  revoked,
  seenBy,
  stateOf,
} from './histories.ts'

const given = givenOf(imageAggregate, decide)

const setTo = (visibility: ImageVisibility): ImageCommand => ({ type: 'SetVisibility', visibility })
const everyStep = imageVisibilities.flatMap((from) => imageVisibilities.map((to) => [from, to] as const))
const project = (name: string) => name as ProjectId

describe('The visibility of an image', () => {
  test('is private at first', () => {
    given([registered]).when(setTo('PRIVATE')).thenExpect(nothing)
  })

  test.each(everyStep)('goes from %s to %s in one event, or none where that is no change', (from, to) => {
    given([registered, seenBy(from)])
      .when(setTo(to))
      .thenExpect(from === to ? nothing : [seenBy(to, from)])
  })

  test.each(imageVisibilities)('may be %s from its registration on', (visibility) => {
    given([])
      .when({ type: 'RegisterImage', registration: registration(), visibility })
      .thenExpect(visibility === 'PRIVATE' ? [registered] : [registered, seenBy(visibility)])
  })

  test('says nothing of who has the image: sharing it needs offers', () => {
    const state = stateOf([registered, seenBy('SHARED')])
    expect(isRegistered(state) && state.shares.size).toBe(0)
  })
})

describe('Leaving SHARED', () => {
  const shared = [
    registered,
    seenBy('SHARED'),
    offered(project('waiting')),
    offered(project('taken')),
    accepted(project('taken')),
    offered(project('refused')),
    rejected(project('refused')),
    offered(project('late'), { expiresAt: now }),
    expired(project('late')),
    offered(project('over')),
    revoked(project('over')),
  ]

  test.each<ImageVisibility>(['PRIVATE', 'COMMUNITY', 'PUBLIC'])(
    'for %s revokes every share that stands: offers, accepted, rejected and expired ones',
    (visibility) => {
      given(shared)
        .when(setTo(visibility))
        .thenExpect([
          seenBy(visibility, 'SHARED'),
          revoked(project('waiting')),
          revoked(project('taken')),
          revoked(project('refused')),
          revoked(project('late')),
        ])
    },
  )

  test('and coming back to it brings no share back', () => {
    const left = [registered, seenBy('SHARED'), offered(lab), accepted(lab), seenBy('PRIVATE', 'SHARED')]
    given([...left, revoked(lab)])
      .when(setTo('SHARED'))
      .thenExpect([seenBy('SHARED')])
  })

  test('is not staying in it: asking for SHARED again revokes nothing', () => {
    given(shared).when(setTo('SHARED')).thenExpect(nothing)
  })
})
