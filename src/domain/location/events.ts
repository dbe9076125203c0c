import { z } from 'zod'
import { defineEvent, type EventOf } from '../kernel/event.ts'

// Stored for good: see src/domain/image/events.ts.

export const locationEvents = {
  LocationCreated: defineEvent(
    'LocationCreated',
    z.object({ name: z.string(), imagesEnabled: z.boolean() }),
    ({ name, imagesEnabled }) =>
      `Location ${name} was created, with images ${imagesEnabled ? 'enabled' : 'disabled'}.`,
  ),
  LocationImagesEnabled: defineEvent('LocationImagesEnabled', z.object({}), () => 'Images were enabled.'),
  LocationImagesDisabled: defineEvent('LocationImagesDisabled', z.object({}), () => 'Images were disabled.'),
}
export type LocationEvent = EventOf<typeof locationEvents>
