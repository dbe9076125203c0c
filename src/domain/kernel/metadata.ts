import { z } from 'zod'
import { instantSchema } from './instant.ts'

export const actorKinds = ['USER', 'OPERATOR', 'AGENT', 'SYSTEM'] as const

/** Who did it: a token's subject, or a part of the service itself (SYSTEM). */
export const actorSchema = z.object({
  id: z.string(),
  kind: z.enum(actorKinds),
  account: z.string().optional(),
})
export type Actor = z.output<typeof actorSchema>

/** What is stored beside the data of every event. */
export const metadataSchema = z.object({
  actor: actorSchema,
  reason: z.string().optional(),
  correlationId: z.string(),
  causationId: z.string().optional(),
  requestId: z.string(),
  /** When it happened; billing goes by this. */
  occurredAt: instantSchema,
  schemaVersion: z.int().min(1),
  commandId: z.string(),
  /** Of the command's canonical input, where the client gave an idempotencyKey. */
  inputHash: z.string().optional(),
})
export type EventMetadata = z.output<typeof metadataSchema>
