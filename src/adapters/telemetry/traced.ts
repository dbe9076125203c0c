import type { EventLog, NewEvent } from '../../application/ports/event-log.ts'
import type { StreamName } from '../../domain/kernel/recorded.ts'
import type { AppliedBatch } from '../../projections/runner.ts'
import { Tracing, type TracingOptions } from './tracing.ts'
import { wrappedEventLog } from './wrapped-event-log.ts'

/** Everything that traces, and nothing of it is loaded where nothing is traced. */
export interface Traces {
  readonly tracing: Tracing
  log(log: EventLog): EventLog
  applied(batch: AppliedBatch): void
}

export const openTraces = (options: TracingOptions): Traces => {
  const tracing = new Tracing(options)
  return { tracing, log: (log) => tracedEventLog(log, tracing), applied: traceApplied(tracing) }
}

const requestOf = ({ metadata }: NewEvent): string => String(metadata['requestId'] ?? '')

const categoryOf = (stream: StreamName): string => stream.slice(0, stream.indexOf('-'))

/**
 * The log, with a span for each append in the trace of each request that it is for. The events say which in their metadata:
 * what is done because of them is then found in the same trace, whichever node does it. What compares events goes by their ids.
 */
const tracedEventLog = (log: EventLog, tracing: Tracing): EventLog =>
  wrappedEventLog(log, {
    append: (stream, expected, events) => async () => {
      const step = tracing.append(new Set(events.map(requestOf)), {
        'image_ledger.stream': stream,
        'image_ledger.category': categoryOf(stream),
        'image_ledger.events': events.length,
      })
      const traced = events.map((event) => ({
        ...event,
        metadata: { ...event.metadata, traceparent: step.traceparentOf(requestOf(event)) },
      }))
      try {
        const result = await log.append(stream, expected, traced)()
        const at = result._tag === 'Right' ? result.right.revision : result.left.actual
        const outcome = result._tag === 'Right' ? 'appended' : 'conflict'
        step.end({ 'image_ledger.outcome': outcome, 'image_ledger.revision': at }, false)
        return result
      } catch (error) {
        step.end({ 'image_ledger.outcome': error instanceof Error ? error.name : 'unknown' }, true)
        throw error
      }
    },
  })

/**
 * A span for what a live projection has applied, in the trace of each append that it comes of. Catching up follows nobody's
 * request.
 */
const traceApplied =
  (tracing: Tracing) =>
  ({ projection, events, state, tookMs }: AppliedBatch): void => {
    if (state !== 'LIVE') return
    for (const [traceparent, ofAppend] of Map.groupBy(events, ({ metadata }) => metadata['traceparent'])) {
      if (typeof traceparent !== 'string') continue
      tracing.followed(traceparent, `project ${projection}`, tookMs, {
        'image_ledger.projection': projection,
        'image_ledger.stream': ofAppend[0]?.stream ?? '',
        'image_ledger.events': ofAppend.length,
      })
    }
  }
