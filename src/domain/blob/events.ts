import { z } from 'zod'
import { bytesSchema } from '../kernel/bytes.ts'
import { defineEvent, type EventOf } from '../kernel/event.ts'
import { imageIdSchema } from '../kernel/ids.ts'

// Stored for good: see src/domain/image/events.ts.

const by = z.object({ image: imageIdSchema })

export const blobEvents = {
  BlobStored: defineEvent(
    'BlobStored',
    by.extend({ sha256: z.string(), sizeBytes: bytesSchema }),
    ({ image, sizeBytes }) => `${sizeBytes} bytes are kept for image ${image}.`,
  ),
  BlobReferenced: defineEvent('BlobReferenced', by, ({ image }) => `Kept for image ${image} too.`),
  BlobReleased: defineEvent('BlobReleased', by, ({ image }) => `No longer kept for image ${image}.`),
  BlobCondemned: defineEvent(
    'BlobCondemned',
    z.object({}),
    () => 'Kept for no image, and never for one again: the bytes are to be removed.',
  ),
  BlobRemoved: defineEvent('BlobRemoved', z.object({}), () => 'The bytes were removed from the store.'),
  BlobVerified: defineEvent(
    'BlobVerified',
    z.object({ sha256: z.string() }),
    ({ sha256 }) => `Read again, and found whole (sha256 ${sha256}).`,
  ),
  BlobFoundDamaged: defineEvent(
    'BlobFoundDamaged',
    z.object({ expected: z.string(), found: z.string().nullable() }),
    ({ expected, found }) =>
      found === null
        ? 'Read again, and found missing from the store.'
        : `Read again, and found damaged: sha256 ${found} and not ${expected}.`,
  ),
}
export type BlobEvent = EventOf<typeof blobEvents>
