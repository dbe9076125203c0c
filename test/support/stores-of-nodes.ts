import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { openEventStoreDB } from '../../src/adapters/eventstoredb/event-log.ts'
import { openS3BlobStore } from '../../src/adapters/minio/blob-store.ts'
import type { S3Options } from '../../src/adapters/minio/client.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import type { Clock } from '../../src/application/ports/clock.ts'
import { ledgerStreams } from '../../src/domain/ledger-events.ts'
import { MemoryLog } from './eventstoredb/memory-log.ts'
import { StandInServer } from './eventstoredb/server.ts'
import { filesIn } from './files.ts'
import { startS3rver, type TestS3 } from './s3.ts'
import type { Stores } from './stores.ts'
import { SECRET } from './tokens.ts'

// EventStoreDB and S3 as several nodes have them: a stand-in server for each directory, and a bucket of one S3.

/** The streams of the service, and those that are made up for tests. */
const prefixes = [...ledgerStreams, 'tally-']

/** What a directory has. */
interface Share {
  readonly server: StandInServer
  readonly s3: S3Options
  /** Where the server of the bucket keeps it. */
  readonly bucketDirectory: string
}

interface SharedS3 extends TestS3 {
  readonly home: string
}

const shares = new Map<string, Promise<Share>>()
let sharedS3: Promise<SharedS3> | null = null

const startSharedS3 = async (): Promise<SharedS3> => {
  const home = await mkdtemp(join(tmpdir(), 'image-ledger-s3-'))
  return { home, ...(await startS3rver(home)) }
}

const begin = async (bucket: string, clock: Clock): Promise<Share> => {
  sharedS3 ??= startSharedS3()
  const { home, options } = await sharedS3
  return {
    server: await StandInServer.start(new MemoryLog(clock)),
    s3: { ...options, bucket },
    bucketDirectory: join(home, 's3', bucket),
  }
}

/** The same each time. `clock` is that of the server, from the first time on: EventStoreDB dates events by its own. */
const shareOf = (directory: string, clock: Clock = systemClock()): Promise<Share> => {
  const share = shares.get(directory) ?? begin(`images-${shares.size}`, clock)
  shares.set(directory, share)
  return share
}

export const stores: Stores = {
  environment: async (directory) => {
    const { server, s3 } = await shareOf(directory)
    return {
      EVENTSTORE_URL: server.url,
      LINK_SECRET: SECRET,
      S3_ENDPOINT: s3.endpoint,
      S3_BUCKET: s3.bucket,
      S3_ACCESS_KEY: s3.accessKey,
      S3_SECRET_KEY: s3.secretKey,
    }
  },
  openLog: async (directory, clock) => {
    const { server } = await shareOf(directory, clock)
    return openEventStoreDB({ url: server.url, prefixes, logger: pino({ level: 'silent' }) })
  },
  openBlobs: async (directory) => openS3BlobStore((await shareOf(directory)).s3),
  blobFiles: async (directory) => {
    const files = await filesIn((await shareOf(directory)).bucketDirectory)
    // Beside the bytes the server keeps what it knows of them; copies of read models are no bytes of images.
    return files.filter((file) => !/\.(md5|json)$|\/read-models\//.test(file))
  },
  // It waits in memory until there is enough for a part.
  filesHalfway: 0,
}

/** Ends all servers, and forgets what they kept. */
export const stopStores = async (): Promise<void> => {
  for (const { server } of await Promise.all(shares.values())) server.kill()
  shares.clear()
  const s3 = await sharedS3
  sharedS3 = null
  if (s3 === null) return
  await s3.stop()
  await rm(s3.home, { recursive: true, force: true })
}
