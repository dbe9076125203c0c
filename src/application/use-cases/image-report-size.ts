import { z } from 'zod'
import { instantSchema } from '../../domain/kernel/instant.ts'
import { imageUseCase } from '../image-command.ts'
import { bytes, idempotencyKey, ifRevision, reason } from '../input.ts'

const input = z.strictObject({
  image: z.string(),
  sizeBytes: bytes.positive('must be at least 1: leave what is not known unsaid'),
  occurredAt: instantSchema,
  effectiveFrom: instantSchema.nullish(),
  reason,
  ifRevision,
  idempotencyKey,
})

/**
 * Says how many bytes an image takes, as measured at `occurredAt`. The first report of an image whose size nobody knew counts
 * from when it became available, later ones from `occurredAt`, or from `effectiveFrom` where that is given (BILLING.md, 10).
 * Hypervisors and operators. Refused besides: InvalidState before the image was AVAILABLE, InvalidInput for the future.
 */
export const imageReportSize = imageUseCase('imageReportSize', 'reportSize', input, ({ given, now }) => ({
  type: 'ReportSize',
  report: {
    sizeBytes: given.sizeBytes,
    measuredAt: given.occurredAt,
    effectiveFrom: given.effectiveFrom ?? null,
  },
  now,
}))
