import { readFileSync } from 'node:fs'
import type { BlobStore } from '../../application/ports/blob-store.ts'
import type { EventLog } from '../../application/ports/event-log.ts'
import type { Logger } from '../../application/ports/logger.ts'
import type { BillTotals } from '../../projections/billing/totals.ts'
import type { AppliedBatch } from '../../projections/runner.ts'
import type { StoreObserver } from '../eventstoredb/observer.ts'
import type { HttpTelemetry } from '../http/telemetry.ts'
import { watchBills } from './bill-metrics.ts'
import { Measures } from './measures.ts'
import { meteredBlobStore } from './metered-blob-store.ts'
import { countingObserver, meteredEventLog } from './metered-event-log.ts'
import { watchOperations } from './operations.ts'
import { ProjectionMetrics, type WatchedProjections } from './projection-metrics.ts'
import { watchRequests } from './requests.ts'

export interface TelemetryOptions {
  /** Where spans are sent, as OTEL_EXPORTER_OTLP_ENDPOINT has it; undefined: nowhere, and nothing is traced. */
  readonly endpoint: string | undefined
  readonly serviceName: string
  /** The share of traces that is sent, 0 to 1. */
  readonly share: number
  readonly logger: Logger
}

/** What the service is once all of it runs. */
export interface Watched extends WatchedProjections {
  readonly uploads: () => number
  readonly subscriptions: () => number
  readonly bills: () => Promise<BillTotals>
}

/** Work that is done again and again under a name. */
interface Recurring {
  readonly name: string
  run(): Promise<void>
}

/** Metrics, and traces where they are asked for: what watches the parts as main.ts puts them together. */
export interface Telemetry {
  readonly store: StoreObserver
  readonly http: HttpTelemetry
  log(log: EventLog): EventLog
  blobs(blobs: BlobStore): BlobStore
  applied(batch: AppliedBatch): void
  recurring<Work extends Recurring>(work: Work): Work
  service(watched: Watched): void
  close(): Promise<void>
}

/** Sets the watch up. See docs/adr/0016-telemetry.md. */
export const openTelemetry = async (options: TelemetryOptions): Promise<Telemetry> => {
  const { endpoint, serviceName, share, logger } = options
  const version = versionOf()
  const measures = new Measures()
  measures.gauge('build_info', 'Always 1: which version this is.', ['version']).set({ version }, 1)
  const runs = measures.counter(
    'reaction_runs_total',
    'Rounds of what the service does by itself. outcome: ok, or failed (it is tried again).',
    ['reaction', 'outcome'],
  )
  const projections = new ProjectionMetrics(measures)
  // Loaded where it is used only: it takes longer than all the rest.
  const traces =
    endpoint === undefined
      ? null
      : (await import('./traced.ts')).openTraces({ endpoint, serviceName, share, version, logger })
  const tracing = traces?.tracing ?? null
  return {
    store: countingObserver(measures),
    http: {
      watch: watchRequests(measures, tracing),
      operations: watchOperations(measures, tracing),
      contentType: measures.contentType,
      text: () => measures.text(),
    },
    log: (log) => {
      const metered = meteredEventLog(log, measures)
      return traces === null ? metered : traces.log(metered)
    },
    blobs: (blobs) => meteredBlobStore(blobs, measures),
    applied: (batch) => {
      projections.applied(batch)
      traces?.applied(batch)
    },
    recurring: (work) => ({
      ...work,
      run: async () => {
        const count = (outcome: string) => runs.inc({ reaction: work.name, outcome })
        await work.run().catch((error: unknown) => {
          count('failed')
          throw error
        })
        count('ok')
      },
    }),
    service: (watched) => {
      const uploads = measures.gauge('uploads_in_progress', 'Images whose bytes are being received.')
      const open = measures.gauge('subscriptions_open', 'Subscriptions that this node serves.')
      measures.beforeReading(() => {
        uploads.set(watched.uploads())
        open.set(watched.subscriptions())
        return projections.look(watched)
      })
      watchBills(measures, watched.bills)
    },
    close: async () => tracing?.close(),
  }
}

const versionOf = (): string => {
  const file = new URL('../../../package.json', import.meta.url)
  return String(JSON.parse(readFileSync(file, 'utf8')).version)
}
