import { describe, test } from 'vitest'
import { invalidState, nameTaken } from '../../../src/domain/kernel/refusal.ts'
import { decide, type LocationCommand } from '../../../src/domain/location/decide.ts'
import type { LocationEvent } from '../../../src/domain/location/events.ts'
import { locationAggregate } from '../../../src/domain/location/state.ts'
import { givenOf, type Outcome } from '../../support/given.ts'

const given = givenOf(locationAggregate, decide)

const createdEnabled: LocationEvent = {
  type: 'LocationCreated',
  data: { name: 'Amsterdam', imagesEnabled: true },
}
const createdDisabled: LocationEvent = {
  type: 'LocationCreated',
  data: { name: 'Amsterdam', imagesEnabled: false },
}
const enabled: LocationEvent = { type: 'LocationImagesEnabled', data: {} }
const disabled: LocationEvent = { type: 'LocationImagesDisabled', data: {} }
const nothing: readonly LocationEvent[] = []

const states = {
  'no location': [],
  'a location created with images': [createdEnabled],
  'a location created without images': [createdDisabled],
  'a location where images were disabled': [createdEnabled, disabled],
  'a location where images were enabled': [createdDisabled, enabled],
} as const satisfies Record<string, readonly LocationEvent[]>
type StateName = keyof typeof states

const idTaken = nameTaken('ams', 'the platform')
const noLocation = invalidState('NONE', 'There is no location under this id.')

/** Every command in every state. */
const table: Readonly<
  Record<string, { command: LocationCommand; outcomes: Record<StateName, Outcome<LocationEvent>> }>
> = {
  'CreateLocation with images': {
    command: { type: 'CreateLocation', id: 'ams', name: 'Amsterdam', imagesEnabled: true },
    outcomes: {
      'no location': [createdEnabled],
      'a location created with images': idTaken,
      'a location created without images': idTaken,
      'a location where images were disabled': idTaken,
      'a location where images were enabled': idTaken,
    },
  },
  'CreateLocation without images': {
    command: { type: 'CreateLocation', id: 'ams', name: 'Amsterdam', imagesEnabled: false },
    outcomes: {
      'no location': [createdDisabled],
      'a location created with images': idTaken,
      'a location created without images': idTaken,
      'a location where images were disabled': idTaken,
      'a location where images were enabled': idTaken,
    },
  },
  'SetImagesEnabled to true': {
    command: { type: 'SetImagesEnabled', enabled: true },
    outcomes: {
      'no location': noLocation,
      'a location created with images': nothing,
      'a location created without images': [enabled],
      'a location where images were disabled': [enabled],
      'a location where images were enabled': nothing,
    },
  },
  'SetImagesEnabled to false': {
    command: { type: 'SetImagesEnabled', enabled: false },
    outcomes: {
      'no location': noLocation,
      'a location created with images': [disabled],
      'a location created without images': nothing,
      'a location where images were disabled': nothing,
      'a location where images were enabled': [disabled],
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
