import type { Services } from '../services.ts'
import { verifyUpload } from '../verification.ts'
import { type Beside, beside } from './beside.ts'
import { authorOf } from './bytes.ts'

/** So many uploads a node looks into at once, besides those whose last byte it has received itself. */
const AT_ONCE = 4

/** Uploads all of whose bytes have come, and whom nobody was heard to look into for long: the node that did may have died. */
export const verifyUploads = (services: Services): Beside =>
  beside(services, {
    name: 'verify-uploads',
    atOnce: AT_ONCE,
    due: (limit) => {
      const { stored, uploads } = services
      return stored.complete(uploads.silentSince(), limit)
    },
    keyOf: ({ image }) => image,
    // Where the service stops, it stops all that it looks into.
    work: async ({ image, upload }) => {
      await verifyUpload(services, image, upload, authorOf('uploads'))
    },
  })
