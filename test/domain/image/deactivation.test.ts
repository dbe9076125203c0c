import { describe, expect, test } from 'vitest'
import { decide, type ImageCommand } from '../../../src/domain/image/decide.ts'
import { type Deactivator, deactivators, type ImageEvent } from '../../../src/domain/image/events.ts'
import { imageAggregate } from '../../../src/domain/image/state.ts'
import { forbidden } from '../../../src/domain/kernel/refusal.ts'
import { givenOf } from '../../support/given.ts'
import {
  becameAvailable,
  deleted,
  nothing,
  onlyWhatStays,
  registered,
  requested,
  restored,
  stateOf,
  stored,
} from './histories.ts'

const given = givenOf(imageAggregate, decide)

const deactivate = (by: Deactivator): ImageCommand => ({ type: 'Deactivate', by })
const reactivate = (by: Deactivator): ImageCommand => ({ type: 'Reactivate', by })
const deactivated = (by: Deactivator): ImageEvent => ({ type: 'ImageDeactivated', data: { by } })
const reactivated: ImageEvent = { type: 'ImageReactivated', data: {} }

const active = [registered, stored, becameAvailable]
const byOwner = [...active, deactivated('OWNER')]
const byOperator = [...active, deactivated('OPERATOR')]

describe('Deactivating an image', () => {
  test.each(deactivators)('says who did it: %s', (by) => {
    given(active)
      .when(deactivate(by))
      .thenExpect([deactivated(by)])
  })

  test.each(deactivators)('a second time by the same, %s, changes nothing', (by) => {
    given([...active, deactivated(by)])
      .when(deactivate(by))
      .thenExpect(nothing)
  })

  test('that its owner deactivated takes it into the hands of the operator', () => {
    given(byOwner)
      .when(deactivate('OPERATOR'))
      .thenExpect([deactivated('OPERATOR')])
    given([...byOwner, deactivated('OPERATOR')])
      .when(reactivate('OWNER'))
      .thenExpect(forbidden('OPERATOR', 'reactivate what an operator deactivated'))
  })

  test('that an operator deactivated leaves it in the hands of the operator', () => {
    given(byOperator).when(deactivate('OWNER')).thenExpect(nothing)
  })
})

describe('Reactivating an image', () => {
  test.each(deactivators)('that is active changes nothing, whoever asks: %s', (by) => {
    given(active).when(reactivate(by)).thenExpect(nothing)
    given([...byOperator, reactivated])
      .when(reactivate(by))
      .thenExpect(nothing)
  })

  test('that its owner deactivated is for both', () => {
    given(byOwner).when(reactivate('OWNER')).thenExpect([reactivated])
    given(byOwner).when(reactivate('OPERATOR')).thenExpect([reactivated])
  })

  test('that an operator deactivated is for operators only', () => {
    given(byOperator)
      .when(reactivate('OWNER'))
      .thenExpect(forbidden('OPERATOR', 'reactivate what an operator deactivated'))
    given(byOperator).when(reactivate('OPERATOR')).thenExpect([reactivated])
  })

  test('by an operator gives it back to its owner', () => {
    given([...byOperator, reactivated, deactivated('OWNER')])
      .when(reactivate('OWNER'))
      .thenExpect([reactivated])
  })
})

test.each([deactivate('OWNER'), deactivate('OPERATOR'), reactivate('OWNER'), reactivate('OPERATOR')])(
  '$type by $by is refused for an image that goes',
  (command) => {
    given([...byOperator, requested])
      .when(command)
      .thenExpect(onlyWhatStays('DELETING'))
    given([...byOperator, requested, deleted])
      .when(command)
      .thenExpect(onlyWhatStays('DELETED'))
  },
)

test('A deletion that was taken back leaves an image deactivated', () => {
  expect(stateOf([...byOperator, requested, restored])).toStrictEqual(stateOf(byOperator))
})
