import { wrappedEventLog } from '../../src/adapters/telemetry/wrapped-event-log.ts'
import { type EventLog, StoreUnavailable } from '../../src/application/ports/event-log.ts'
import { left } from '../../src/domain/kernel/fp.ts'
import type { StreamName } from '../../src/domain/kernel/recorded.ts'
import { gate } from './events.ts'

/** The log as it is, but for what is given. */
export const wrapLog = wrappedEventLog

/** A log whose appends all come too late, as if others were always faster; counts them. */
export const alwaysLate = (log: EventLog): EventLog & { readonly attempts: () => number } => {
  let attempts = 0
  const late = wrapLog(log, {
    append: () => async () => {
      attempts += 1
      return left({ tag: 'WrongExpectedRevision', actual: attempts })
    },
  })
  return { ...late, attempts: () => attempts }
}

/** What a command asked of its log. */
export interface CountingLog extends EventLog {
  readonly counts: { appends: number; refused: number; reads: number; events: number }
}

/** Counts appends, those that were refused, reads of streams, and the events that these gave. */
export const countingLog = (log: EventLog): CountingLog => {
  const counts = { appends: 0, refused: 0, reads: 0, events: 0 }
  const counting = wrapLog(log, {
    append: (stream, expected, events) => async () => {
      counts.appends += 1
      const outcome = await log.append(stream, expected, events)()
      if (outcome._tag === 'Left') counts.refused += 1
      return outcome
    },
    readStream: async (stream, options) => {
      const events = await log.readStream(stream, options)
      counts.reads += 1
      counts.events += events.length
      return events
    },
  })
  return { ...counting, counts }
}

/** A log that lets others go first: `before` runs before the first append, and nothing is known of it. */
export const overtaken = (log: EventLog, before: () => Promise<unknown>): EventLog => {
  let done = false
  return wrapLog(log, {
    append: (stream, expected, events) => async () => {
      if (!done) {
        done = true
        await before()
      }
      return log.append(stream, expected, events)()
    },
  })
}

/** A log that stops before one of its appends, until it is let go or for good. */
export interface StoppingLog extends EventLog {
  /** Resolves when it has come to that append. */
  readonly stopped: Promise<void>
  /** Lets the append through, and all that follow. */
  goOn(): void
}

/** Stops before the `nth` append, counted from 1. */
export const stoppingLog = (log: EventLog, nth: number): StoppingLog => {
  const arrival = gate()
  const departure = gate()
  let appends = 0
  const stopping = wrapLog(log, {
    append: (stream, expected, events) => async () => {
      appends += 1
      if (appends === nth) {
        arrival.open()
        await departure.opened
      }
      return log.append(stream, expected, events)()
    },
  })
  return { ...stopping, stopped: arrival.opened, goOn: departure.open }
}

/** How one append fails: BEFORE it was written, or AFTER, when only the acknowledgement was lost. */
export interface Fault {
  readonly nth: number
  readonly when: 'BEFORE' | 'AFTER'
}

/** Throws StoreUnavailable at one append, counted from 1. */
export const faultyLog = (log: EventLog, { nth, when }: Fault): EventLog => {
  let appends = 0
  return wrapLog(log, {
    append: (stream, expected, events) => async () => {
      appends += 1
      if (appends !== nth) return log.append(stream, expected, events)()
      if (when === 'AFTER') await log.append(stream, expected, events)()
      throw new StoreUnavailable('The line was cut.')
    },
  })
}

/** Holds back the appends to one stream until it is let go. */
export const heldBack = (log: EventLog, stream: StreamName) => {
  const departure = gate()
  const held = wrapLog(log, {
    append: (to, expected, events) => async () => {
      if (to === stream) await departure.opened
      return log.append(to, expected, events)()
    },
  })
  return { ...held, goOn: departure.open }
}
