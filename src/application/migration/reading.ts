import type { Position, StoredEvent } from '../../domain/kernel/recorded.ts'
import type { EventLog } from '../ports/event-log.ts'

const PAGE = 1_000

/** Every event after a position, in the order of the log; no more than a page of them is in memory. */
export async function* eventsAfter(log: EventLog, after: Position): AsyncGenerator<StoredEvent> {
  for (let position = after; ; ) {
    const page = await log.readAll({ after: position, limit: PAGE })
    const last = page.at(-1)
    if (last === undefined) return
    yield* page
    position = last.position
  }
}

/** An event in a few words, so that it can be found. */
export const named = ({ type, stream, revision, id }: StoredEvent): string =>
  `${type} ${id} (${stream} at revision ${revision})`
