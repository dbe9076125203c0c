import type { Aggregate } from '../kernel/aggregate.ts'
import { unreachable } from '../kernel/brand.ts'
import { type LocationEvent, locationEvents } from './events.ts'

export type LocationState =
  | { readonly exists: false }
  | { readonly exists: true; readonly imagesEnabled: boolean }

const initial: LocationState = { exists: false }

const evolve = (_state: LocationState, event: LocationEvent): LocationState => {
  switch (event.type) {
    case 'LocationCreated':
      return { exists: true, imagesEnabled: event.data.imagesEnabled }
    case 'LocationImagesEnabled':
      return { exists: true, imagesEnabled: true }
    case 'LocationImagesDisabled':
      return { exists: true, imagesEnabled: false }
    default:
      return unreachable(event)
  }
}

export const locationAggregate: Aggregate<LocationState, LocationEvent> = {
  category: 'location',
  definitions: locationEvents,
  initial,
  evolve,
}
