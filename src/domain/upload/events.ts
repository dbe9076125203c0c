import { z } from 'zod'
import { bytesSchema } from '../kernel/bytes.ts'
import { defineEvent, type EventOf } from '../kernel/event.ts'
import { blobKeySchema, uploadIdSchema } from '../kernel/ids.ts'
import { instantSchema } from '../kernel/instant.ts'

// Stored for good: see src/domain/image/events.ts.

/** Bytes in one request, bytes by and by in requests of their own, bytes that the service fetches. */
export const uploadKinds = ['WHOLE', 'RESUMABLE', 'FETCH'] as const
export type UploadKind = (typeof uploadKinds)[number]

/** LOST: whoever received it was not heard of any more. */
export const uploadOutcomes = ['STORED', 'REFUSED', 'BROKEN_OFF', 'CANCELLED', 'EXPIRED', 'LOST'] as const
export type UploadOutcome = (typeof uploadOutcomes)[number]

const of = z.object({ upload: uploadIdSchema })

const piece = z.object({ blob: blobKeySchema, offset: bytesSchema, sizeBytes: bytesSchema })
/** Bytes of a resumable upload that are in the store: so many, from there on. */
export type UploadPiece = z.output<typeof piece>

export const uploadEvents = {
  UploadBegan: defineEvent(
    'UploadBegan',
    of.extend({
      kind: z.enum(uploadKinds),
      /** What was said beforehand. */
      sizeBytes: bytesSchema.nullable(),
      at: instantSchema,
    }),
    ({ sizeBytes }) => `An upload began${sizeBytes === null ? '' : ` of ${sizeBytes} bytes`}.`,
  ),
  UploadContinued: defineEvent(
    'UploadContinued',
    of.extend({ doneBytes: bytesSchema, at: instantSchema }),
    ({ doneBytes }) => `${doneBytes} bytes have come.`,
  ),
  UploadPieceReceived: defineEvent(
    'UploadPieceReceived',
    of.extend({ piece, at: instantSchema }),
    ({ piece: { offset, sizeBytes } }) => `${sizeBytes} bytes have come, from byte ${offset} on.`,
  ),
  UploadVerificationBegan: defineEvent(
    'UploadVerificationBegan',
    of.extend({ by: uploadIdSchema, at: instantSchema }),
    () => 'All bytes have come, and are looked into.',
  ),
  UploadEnded: defineEvent(
    'UploadEnded',
    of.extend({ outcome: z.enum(uploadOutcomes) }),
    ({ outcome }) => `The upload ended: ${outcome.toLowerCase().replace('_', ' ')}.`,
  ),
  UploadPiecesRemoved: defineEvent(
    'UploadPiecesRemoved',
    of,
    () => 'What had come in pieces was removed from the store.',
  ),
}
export type UploadEvent = EventOf<typeof uploadEvents>
