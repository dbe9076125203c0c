import { existsSync } from 'node:fs'
import { join } from 'node:path'
import pino from 'pino'
import { openEventStoreDB } from './adapters/eventstoredb/event-log.ts'
import { openFilesystemBlobStore } from './adapters/filesystem/blob-store.ts'
import { openS3BlobStore } from './adapters/minio/blob-store.ts'
import { openSqliteEventLog } from './adapters/sqlite/event-log.ts'
import { lockDirectory } from './adapters/sqlite/lock.ts'
import { systemClock } from './adapters/system/clock.ts'
import { type MigrationConfig, readMigrationConfig } from './adapters/system/config.ts'
import { migrate } from './application/migration/migrate.ts'
import { StoreUnavailable } from './application/ports/event-log.ts'
import { ledgerStreams } from './domain/ledger-events.ts'

// `npm run migrate`: moves an installation from the embedded store to EventStoreDB and S3 (docs/operations.md). Beside main.ts
// the only place where the parts meet.

const tell = (line: string): void => void process.stderr.write(`${line}\n`)

const moveEmbedded = async ({ DATA_DIR: directory, EVENTSTORE_URL: url, s3 }: MigrationConfig) => {
  const file = join(directory, 'events.sqlite')
  // Opening would make one.
  if (!existsSync(file)) throw new Error(`There is no log of an embedded store in DATA_DIR: ${file}`)
  const lock = lockDirectory(directory)
  const logger = pino({ level: 'warn', base: null }, pino.destination(2))
  const source = {
    log: openSqliteEventLog({ file, clock: systemClock() }),
    blobs: await openFilesystemBlobStore({ directory: join(directory, 'blobs') }),
  }
  const log = await openEventStoreDB({ url, prefixes: ledgerStreams, logger })
  try {
    return await migrate(source, { log, blobs: await openS3BlobStore(s3) }, tell)
  } finally {
    await log.close()
    await source.log.close()
    lock.release()
  }
}

const main = async (): Promise<void> => {
  process.umask(0o077)
  const config = readMigrationConfig(process.env)
  if (config._tag === 'Left') throw new Error(config.left)
  const migrated = await moveEmbedded(config.right)
  if (migrated._tag === 'Left') throw new Error(migrated.left)
  const { events, blobs, bytes } = migrated.right
  process.stdout.write(
    `${events} events and ${blobs} blobs (${bytes} bytes) are in EventStoreDB and S3, and compared.\n`,
  )
}

main().catch((error: unknown) => {
  const again = error instanceof StoreUnavailable ? ' Run this again: it goes on where it came to.' : ''
  tell(`The migration is not complete: ${error instanceof Error ? error.message : String(error)}${again}`)
  process.exitCode = 1
})
