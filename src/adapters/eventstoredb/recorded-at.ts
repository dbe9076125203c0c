import type { JsonObject } from '../../domain/kernel/event.ts'
import type { Instant } from '../../domain/kernel/instant.ts'

// The server says itself when it took an event. One that was moved here keeps in its metadata when the log before took it;
// checkAppend refuses that key to everybody else.

/** Metadata as it is written. */
export const withRecordedAt = (metadata: JsonObject, recordedAt: Instant | undefined): JsonObject =>
  recordedAt === undefined ? metadata : { ...metadata, recordedAt }

/** Metadata as it was appended, and when the event was recorded: `created` unless it says another instant itself. */
export const splitRecordedAt = (
  written: JsonObject,
  created: Instant,
): { readonly metadata: JsonObject; readonly recordedAt: Instant } => {
  if (typeof written['recordedAt'] !== 'string') return { metadata: written, recordedAt: created }
  const { recordedAt, ...metadata } = written
  return { metadata, recordedAt: recordedAt as Instant }
}
