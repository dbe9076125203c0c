import { accountEvents } from './account/events.ts'
import { billingEvents } from './billing/events.ts'
import { blobEvents } from './blob/events.ts'
import { imageEvents } from './image/events.ts'
import type { EventOf } from './kernel/event.ts'
import { locationEvents } from './location/events.ts'
import { pricingEvents } from './pricing/events.ts'
import { projectEvents } from './project/events.ts'
import { uploadEvents } from './upload/events.ts'

/** Every type of event that the ledger may hold: the one list for whoever reads all of it. */
export const ledgerEvents = {
  ...imageEvents,
  ...accountEvents,
  ...projectEvents,
  ...locationEvents,
  ...pricingEvents,
  ...billingEvents,
  ...uploadEvents,
  ...blobEvents,
}

/** What the names of the ledger's streams begin with, one a kind of aggregate. */
export const ledgerStreams = [
  'image-',
  'account-',
  'project-',
  'location-',
  'pricing-',
  'billing-',
  'upload-',
  'blob-',
] as const

export type LedgerEvent = EventOf<typeof ledgerEvents>
