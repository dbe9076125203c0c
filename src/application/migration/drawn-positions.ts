import { type Position, START, type StoredEvent } from '../../domain/kernel/recorded.ts'
import type { EventLog } from '../ports/event-log.ts'
import { eventsAfter } from './reading.ts'

/** What a log holds in all, as far as a migration asks before it begins. */
export interface Survey {
  readonly events: number
  /** The positions that its sealed bills were drawn from, ascending. */
  readonly drawnFrom: readonly Position[]
}

export const survey = async (log: EventLog): Promise<Survey> => {
  let events = 0
  const drawnFrom: Position[] = []
  for await (const event of eventsAfter(log, START)) {
    events += 1
    const position = drawnFromOf(event)
    if (position !== null) drawnFrom.push(position)
  }
  return { events, drawnFrom: drawnFrom.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)) }
}

/**
 * A sealed bill says from how much of the log it was drawn, by a position, and a position belongs to one log: what was learned
 * after it is corrected later (docs/adr/0012-the-bill.md). In a copy it must be where the copy has the same events. This
 * goes through a log beside its copy, in the order of both, and keeps in mind only what bills ask for.
 */
export class DrawnPositions {
  readonly #drawnFrom: readonly Position[]
  /** How many of them lie before the event that was seen last. */
  #passed = 0
  readonly #inCopy = new Map<Position, Position>()
  #last: Position = START

  constructor({ drawnFrom }: Survey) {
    this.#drawnFrom = drawnFrom
  }

  /** Whether a bill was drawn right before this event: where the copy stands by then must be told with `stands`. */
  isAskedBefore({ position }: StoredEvent): boolean {
    const next = this.#drawnFrom[this.#passed]
    return next !== undefined && next < position
  }

  /** The copy of the event that was seen last stands at this position. */
  stands(inCopy: Position): void {
    this.#last = inCopy
  }

  /** The next event of the log as the copy is to have it: the same, but for the position that a bill was drawn from. */
  copied(event: StoredEvent): StoredEvent {
    for (; this.isAskedBefore(event); this.#passed += 1) {
      const drawnFrom = this.#drawnFrom[this.#passed]
      if (drawnFrom !== undefined) this.#inCopy.set(drawnFrom, this.#last)
    }
    const drawnFrom = drawnFromOf(event)
    if (drawnFrom === null) return event
    const inCopy = this.#inCopy.get(drawnFrom)
    if (inCopy === undefined)
      throw new Error(`${event.stream} at revision ${event.revision} was drawn from what came after it`)
    return { ...event, data: { ...event.data, position: String(inCopy) } }
  }
}

/** Raw, for the rest of the event stays as it is, whatever its version. */
const drawnFromOf = ({ type, data }: StoredEvent): Position | null =>
  type === 'BillingPeriodSealed' ? (BigInt(String(data['position'])) as Position) : null
