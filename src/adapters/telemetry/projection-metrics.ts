import type { Clock } from '../../application/ports/clock.ts'
import type { EventLog } from '../../application/ports/event-log.ts'
import { millisOf } from '../../domain/kernel/instant.ts'
import type { Position } from '../../domain/kernel/recorded.ts'
import type { AppliedBatch, ProjectionStatus } from '../../projections/runner.ts'
import type { Measures } from './measures.ts'

/** What is looked at whenever somebody reads the metrics. */
export interface WatchedProjections {
  readonly status: () => readonly ProjectionStatus[]
  readonly log: EventLog
  readonly clock: Clock
}

const states = ['CATCHING_UP', 'LIVE', 'STOPPED'] as const

/** How far apart events lie, as far as a projection has seen them. */
interface Spacing {
  readonly first: Position
  last: Position
  events: number
}

/** How far the projections are, how fast they go, and how far behind. */
export class ProjectionMetrics {
  readonly #spacings = new Map<string, Spacing>()
  readonly #events
  readonly #head
  readonly #position
  readonly #state
  readonly #lagEvents
  readonly #lagSeconds

  constructor(measures: Measures) {
    this.#events = measures.counter(
      'projection_events_total',
      'Events that a projection has applied and committed.',
      ['projection'],
    )
    this.#head = measures.gauge('log_head_position', 'The position of the newest event that is known of.')
    this.#position = measures.gauge('projection_position', 'The position of the last event applied.', [
      'projection',
    ])
    this.#state = measures.gauge(
      'projection_state',
      '1 for the state that a projection is in: CATCHING_UP, LIVE or STOPPED (until the next start).',
      ['projection', 'state'],
    )
    this.#lagEvents = measures.gauge(
      'projection_lag_events',
      'Events of the log that a projection has not applied: the distance of its position to the head, divided by the mean distance of the events that this process has seen. With the embedded store exact; EventStoreDB numbers bytes, so that it is an estimate, and too high until two events were seen.',
      ['projection'],
    )
    this.#lagSeconds = measures.gauge(
      'projection_lag_seconds',
      'How long ago the oldest event was recorded that a projection has not applied; 0 where there is none. Missing while the log cannot be asked.',
      ['projection'],
    )
  }

  /** Hears of what was applied. */
  readonly applied = ({ projection, events }: AppliedBatch): void => {
    const [first, last] = [events[0], events.at(-1)]
    if (first === undefined || last === undefined) return
    this.#events.inc({ projection }, events.length)
    const spacing = this.#spacings.get(projection) ?? {
      first: first.position,
      last: last.position,
      events: 0,
    }
    spacing.last = last.position
    spacing.events += events.length
    this.#spacings.set(projection, spacing)
  }

  /** Looks at the projections and the log. An outage of the log leaves what was heard last. */
  async look({ status, log, clock }: WatchedProjections): Promise<void> {
    const head = await log.head().catch(() => null)
    for (const projection of status()) {
      const { name, state, position, head: heard } = projection
      const newest = head !== null && head > heard ? head : heard
      this.#head.set(Number(newest))
      this.#position.set({ projection: name }, Number(position))
      for (const each of states) this.#state.set({ projection: name, state: each }, each === state ? 1 : 0)
      this.#lagEvents.set({ projection: name }, this.#eventsBetween(name, position, newest))
      // Where the head could not be asked for, nothing else can.
      const age = () => (head === null ? null : ageOfNext(log, clock, position).catch(() => null))
      const seconds = position >= newest ? 0 : await age()
      if (seconds === null) this.#lagSeconds.remove({ projection: name })
      else this.#lagSeconds.set({ projection: name }, seconds)
    }
  }

  #eventsBetween(projection: string, position: Position, head: Position): number {
    if (position >= head) return 0
    const spacing = this.#spacings.get(projection)
    const seen = spacing === undefined ? 0 : Number(spacing.last - spacing.first)
    const mean = spacing === undefined || seen === 0 ? 1 : seen / (spacing.events - 1)
    return Math.max(1, Math.round(Number(head - position) / mean))
  }
}

/** Of the first event after a position, in seconds; 0 where it has come to be applied meanwhile. */
const ageOfNext = async (log: EventLog, clock: Clock, position: Position): Promise<number> => {
  const [next] = await log.readAll({ after: position, limit: 1 })
  return next === undefined ? 0 : Math.max(0, millisOf(clock.now()) - millisOf(next.recordedAt)) / 1000
}
