import { type Either, left, right } from '../../domain/kernel/fp.ts'
import type { Position, StoredEvent } from '../../domain/kernel/recorded.ts'
import type { EventLog, NewEvent } from '../ports/event-log.ts'
import type { DrawnPositions } from './drawn-positions.ts'
import { eventsAfter } from './reading.ts'

const MAX_EVENTS = 500
/** Half of what EventStoreDB takes at once unless it is told otherwise. */
const MAX_BYTES = 512 * 1024
const TELL_EVERY = 10_000

/** Events of one stream that follow one another in the log, and share an append. */
interface Batch {
  readonly events: StoredEvent[]
  bytes: number
}

/**
 * Appends what a log holds after a position to its copy, in the order of the log, each event at the revision that it has.
 * `drawn` has gone through all before. Left: somebody else writes to the copy.
 */
export const copyEvents = async (
  log: EventLog,
  copy: EventLog,
  after: Position,
  drawn: DrawnPositions,
  tell: (line: string) => void,
): Promise<Either<string, number>> => {
  let batch: Batch = { events: [], bytes: 0 }
  let written = 0
  const flush = async (): Promise<string | null> => {
    const { events } = batch
    batch = { events: [], bytes: 0 }
    const appended = await appendTo(copy, events)
    if (appended._tag === 'Left') return appended.left
    drawn.stands(appended.right)
    if (Math.floor((written + events.length) / TELL_EVERY) > Math.floor(written / TELL_EVERY))
      tell(`${written + events.length} events are written.`)
    written += events.length
    return null
  }

  for await (const event of eventsAfter(log, after)) {
    if (batch.events.length > 0 && (!fits(batch, event) || drawn.isAskedBefore(event))) {
      const refused = await flush()
      if (refused !== null) return left(refused)
    }
    batch.events.push(drawn.copied(event))
    batch.bytes += bytesOf(event)
  }
  const refused = batch.events.length === 0 ? null : await flush()
  return refused === null ? right(written) : left(refused)
}

const fits = ({ events, bytes }: Batch, event: StoredEvent): boolean =>
  event.stream === events[0]?.stream && events.length < MAX_EVENTS && bytes + bytesOf(event) <= MAX_BYTES

const bytesOf = ({ data, metadata }: StoredEvent): number =>
  Buffer.byteLength(JSON.stringify(data)) + Buffer.byteLength(JSON.stringify(metadata))

/** Where the last of them came to stand. */
const appendTo = async (
  copy: EventLog,
  events: readonly StoredEvent[],
): Promise<Either<string, Position>> => {
  const [first] = events
  if (first === undefined) throw new Error('An append takes at least one event')
  const { stream, revision } = first
  const expected = revision === 0 ? 'NO_STREAM' : revision - 1
  const appended = await copy.append(stream, expected, events.map(asNew))()
  if (appended._tag === 'Right') return right(appended.right.position)
  const { actual } = appended.left
  return left(
    `${stream} should be at ${expected} in the destination and is at ${actual}: somebody else writes there.`,
  )
}

const asNew = ({ id, type, data, metadata, recordedAt }: StoredEvent): NewEvent => ({
  id,
  type,
  data,
  metadata,
  recordedAt,
})
