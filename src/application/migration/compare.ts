import { type Position, START, type StoredEvent } from '../../domain/kernel/recorded.ts'
import type { EventLog } from '../ports/event-log.ts'
import type { DrawnPositions } from './drawn-positions.ts'
import { eventsAfter, named } from './reading.ts'

/** How a log and what should be its copy relate. `events`: how many both have, from the start on. */
export type Compared =
  | { readonly tag: 'EQUAL'; readonly events: number }
  /** The copy ends after the event at position `until` of the log. */
  | { readonly tag: 'BEGUN'; readonly events: number; readonly until: Position }
  | { readonly tag: 'DIFFERENT'; readonly difference: string }

/** Reads both logs from the start, side by side. `drawn` has gone through what both have afterwards. */
export const compare = async (log: EventLog, copy: EventLog, drawn: DrawnPositions): Promise<Compared> => {
  const copies = eventsAfter(copy, START)
  let events = 0
  let until = START
  for await (const event of eventsAfter(log, START)) {
    const found = await copies.next()
    if (found.done === true) return { tag: 'BEGUN', events, until }
    const difference = differenceOf(drawn.copied(event), found.value)
    if (difference !== null)
      return { tag: 'DIFFERENT', difference: `event ${events + 1} of the log ${difference}` }
    drawn.stands(found.value.position)
    events += 1
    until = event.position
  }
  const more = await copies.next()
  return more.done === true
    ? { tag: 'EQUAL', events }
    : { tag: 'DIFFERENT', difference: `after the ${events} events of the log comes ${named(more.value)}` }
}

/** Null where the copy is as it should be. */
const differenceOf = (expected: StoredEvent, found: StoredEvent): string | null => {
  if (found.id !== expected.id || found.stream !== expected.stream || found.revision !== expected.revision)
    return `is ${named(expected)}, but here it is ${named(found)}`
  for (const part of ['type', 'data', 'metadata', 'recordedAt'] as const) {
    // As text: the order of keys is a part of what was written.
    const [before, now] = [JSON.stringify(expected[part]), JSON.stringify(found[part])]
    if (before !== now) return `is ${named(expected)}, but its ${part} should be ${before}, and is ${now}`
  }
  return null
}
