import { type Either, left, right } from '../../domain/kernel/fp.ts'
import type { BlobStore } from '../ports/blob-store.ts'
import type { EventLog } from '../ports/event-log.ts'
import { compare } from './compare.ts'
import { type Copied, copyBlobs } from './copy-blobs.ts'
import { copyEvents } from './copy-events.ts'
import { DrawnPositions, survey } from './drawn-positions.ts'

/** Where a library is kept. */
export interface Library {
  readonly log: EventLog
  readonly blobs: BlobStore
}

/** What source and destination both hold. */
export interface Migrated extends Copied {
  readonly events: number
}

/**
 * Makes the destination a copy of the source: bytes first, then events in the order of the log, then both logs compared
 * from the start. Nobody else may write to either meanwhile. What a former run has brought stays, and this goes on there.
 * `tell` hears in sentences how far it is. Left: why the destination cannot be or is not a copy; outages are thrown.
 */
export const migrate = async (
  source: Library,
  destination: Library,
  tell: (line: string) => void,
): Promise<Either<string, Migrated>> => {
  const surveyed = await survey(source.log)
  const drawn = new DrawnPositions(surveyed)
  const before = await compare(source.log, destination.log, drawn)
  if (before.tag === 'DIFFERENT')
    return left(
      `The destination holds other events than a copy of this log: ${before.difference}. Was there something in it before, or has a service run on it since?`,
    )
  tell(`${before.events} of ${surveyed.events} events are in the destination already.`)
  const copied = await copyBlobs(source.log, source.blobs, destination.blobs, tell)
  if (copied._tag === 'Left') return copied
  tell(`All ${copied.right.blobs} blobs (${copied.right.bytes} bytes) are in the destination.`)
  if (before.tag === 'BEGUN') {
    const written = await copyEvents(source.log, destination.log, before.until, drawn, tell)
    if (written._tag === 'Left') return written
    tell(`${written.right} events were written; now both logs are compared.`)
  }
  const after = await compare(source.log, destination.log, new DrawnPositions(surveyed))
  switch (after.tag) {
    case 'EQUAL':
      return right({ events: after.events, ...copied.right })
    case 'BEGUN':
      return left(`The destination ends after ${after.events} of ${surveyed.events} events.`)
    case 'DIFFERENT':
      return left(`The destination is no copy of the log: ${after.difference}.`)
  }
}
