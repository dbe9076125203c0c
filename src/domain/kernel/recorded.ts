import { z } from 'zod'
import type { Branded } from './brand.ts'
import { type DomainEvent, decodeEvent, type EventDefinitions, type JsonObject } from './event.ts'
import { type Either, left, right } from './fp.ts'
import type { Instant } from './instant.ts'
import { type EventMetadata, metadataSchema } from './metadata.ts'

/** `<category>-<id>`; the first dash ends the category. */
export type StreamName = Branded<string, 'StreamName'>

/**
 * A place in the whole log. Ordered and sparse: a later event has a greater position, and a gap means nothing.
 * START lies before the first event.
 */
export type Position = Branded<bigint, 'Position'>
export const START = 0n as Position

/** An event as the log holds it: plain JSON. */
export interface StoredEvent {
  readonly id: string
  readonly type: string
  readonly data: JsonObject
  readonly metadata: JsonObject
  readonly stream: StreamName
  /** 0, 1, 2, … within the stream, without a gap. */
  readonly revision: number
  readonly position: Position
  /** When the log took it. */
  readonly recordedAt: Instant
}

/** A stored event, read back into what the program knows. */
export type Recorded<Event extends DomainEvent = DomainEvent> = Event &
  Omit<StoredEvent, 'type' | 'data' | 'metadata'> & { readonly metadata: EventMetadata }

/** Left: why this program cannot read it. */
export const readRecorded = <Event extends DomainEvent>(
  definitions: EventDefinitions,
  stored: StoredEvent,
): Either<string, Recorded<Event>> => {
  const metadata = metadataSchema.safeParse(stored.metadata)
  if (!metadata.success) return left(`The metadata does not fit: ${z.prettifyError(metadata.error)}`)
  const event = decodeEvent(definitions, stored.type, stored.data, metadata.data.schemaVersion)
  if (event._tag === 'Left') return event
  return right({ ...stored, ...event.right, metadata: metadata.data } as Recorded<Event>)
}
