import { join } from 'node:path'
import type { Lease } from './adapters/eventstoredb/lease.ts'
import { openFilesystemBlobStore } from './adapters/filesystem/blob-store.ts'
import type { S3BlobStore } from './adapters/minio/blob-store.ts'
import { openSqliteEventLog } from './adapters/sqlite/event-log.ts'
import type { Config } from './adapters/system/config.ts'
import type { Telemetry } from './adapters/telemetry/telemetry.ts'
import type { BlobStore } from './application/ports/blob-store.ts'
import type { Clock } from './application/ports/clock.ts'
import type { EventLog } from './application/ports/event-log.ts'
import type { Logger } from './application/ports/logger.ts'
import type { Reaction } from './application/reactions/reactions.ts'
import { ledgerStreams } from './domain/ledger-events.ts'
import type { ReadModelCopies } from './projections/projection.ts'

// Which stores the configuration asks for: part of main.ts. What speaks to other servers takes tens of megabytes of memory, and is
// loaded only where it is asked for.

/** Events: in DATA_DIR, or where EVENTSTORE_URL says. */
export const openLog = async (
  config: Config,
  clock: Clock,
  logger: Logger,
  { store: observer }: Telemetry,
): Promise<{
  readonly log: EventLog /** Null where there are no other nodes. */
  readonly lease: Lease | null
}> => {
  if (config.EVENTSTORE_URL === undefined)
    return { log: openSqliteEventLog({ file: join(config.DATA_DIR, 'events.sqlite'), clock }), lease: null }
  const { openEventStoreDB } = await import('./adapters/eventstoredb/event-log.ts')
  const { Lease } = await import('./adapters/eventstoredb/lease.ts')
  const log = await openEventStoreDB({
    url: config.EVENTSTORE_URL,
    prefixes: ledgerStreams,
    logger,
    observer,
  })
  return { log, lease: new Lease(log, 'reactions') }
}

/** Where bytes are kept, and what else is kept there. */
interface Bytes {
  readonly blobs: BlobStore
  /** What it takes to keep it clean. */
  readonly upkeep: readonly Reaction[]
  /** Null where nobody else could use them. */
  readonly copies: ReadModelCopies | null
}

/** Bytes: in DATA_DIR, or where S3_ENDPOINT says. */
export const openBytes = async (config: Config, logger: Logger): Promise<Bytes> => {
  if (config.s3 === null) {
    const blobs = await openFilesystemBlobStore({ directory: join(config.DATA_DIR, 'blobs') })
    return { blobs, upkeep: [], copies: null }
  }
  const { openS3BlobStore } = await import('./adapters/minio/blob-store.ts')
  const blobs = await openS3BlobStore(config.s3).catch((error: Error) => {
    throw new Error(`S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY, S3_SECRET_KEY: ${error.message}`, {
      cause: error,
    })
  })
  const { openReadModelCopies } = await import('./adapters/minio/read-model-copies.ts')
  const copies = config.EVENTSTORE_URL === undefined ? null : await openReadModelCopies(config.s3, logger)
  return { blobs, upkeep: [abortLeftUploads(blobs)], copies }
}

const DAY_MS = 24 * 3_600_000

/** Uploads that a process did not live to end take room for good: they are looked for at the start, and then daily. */
const abortLeftUploads = (blobs: S3BlobStore): Reaction => {
  let next = 0
  return {
    name: 'abort-left-uploads',
    run: async () => {
      // By the machine's clock, as the store has it.
      const now = Date.now()
      if (now < next) return
      await blobs.collectAborted(new Date(now - DAY_MS))
      next = now + DAY_MS
    },
  }
}
