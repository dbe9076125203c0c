import { type EventLog, StoreUnavailable } from '../../application/ports/event-log.ts'
import type { StoreObserver } from '../eventstoredb/observer.ts'
import { type Measures, secondsSince } from './measures.ts'
import { wrappedEventLog } from './wrapped-event-log.ts'

/** From a commit into memory to the end of what clients wait for. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]

const failureOf = (error: unknown) => (error instanceof StoreUnavailable ? 'unavailable' : 'failed')

/** The log, with a watch on its appends and reads. */
export const meteredEventLog = (log: EventLog, measures: Measures): EventLog => {
  const appends = measures.durations(
    'append_duration_seconds',
    'Appends to the event log, retries included. outcome: appended, conflict (the stream had moved on: the command is decided again), unavailable (no answer in time) or failed.',
    ['outcome'],
    BUCKETS,
  )
  const appended = measures.counter('appended_events_total', 'Events whose append was acknowledged.')
  const reads = measures.durations(
    'log_read_duration_seconds',
    'Reads of the event log, retries included. operation: stream, all or head; outcome: ok, unavailable or failed.',
    ['operation', 'outcome'],
    BUCKETS,
  )
  const timed = async <Value>(operation: string, read: () => Promise<Value>): Promise<Value> => {
    const begun = performance.now()
    try {
      const value = await read()
      reads.observe({ operation, outcome: 'ok' }, secondsSince(begun))
      return value
    } catch (error) {
      reads.observe({ operation, outcome: failureOf(error) }, secondsSince(begun))
      throw error
    }
  }
  return wrappedEventLog(log, {
    append: (stream, expected, events) => async () => {
      const begun = performance.now()
      try {
        const result = await log.append(stream, expected, events)()
        const outcome = result._tag === 'Right' ? 'appended' : 'conflict'
        appends.observe({ outcome }, secondsSince(begun))
        if (result._tag === 'Right') appended.inc(events.length)
        return result
      } catch (error) {
        appends.observe({ outcome: failureOf(error) }, secondsSince(begun))
        throw error
      }
    },
    readStream: (...args) => timed('stream', () => log.readStream(...args)),
    readAll: (...args) => timed('all', () => log.readAll(...args)),
    head: () => timed('head', () => log.head()),
  })
}

/** Counts what the adapter for EventStoreDB does behind the port. */
export const countingObserver = (measures: Measures): StoreObserver => {
  const retries = measures.counter(
    'eventstore_retries_total',
    'Calls to EventStoreDB that were made again after an outage. operation: append or read.',
    ['operation'],
  )
  const reconnects = measures.counter(
    'eventstore_reconnects_total',
    'Connections to EventStoreDB that were begun anew. what: client (its connection was given up) or subscription.',
    ['what'],
  )
  return {
    retried: (operation) => retries.inc({ operation }),
    reconnected: (what) => reconnects.inc({ what }),
  }
}
