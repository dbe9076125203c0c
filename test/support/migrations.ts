import { expect, onTestFinished } from 'vitest'
import { openEventStoreDB } from '../../src/adapters/eventstoredb/event-log.ts'
import { openS3BlobStore } from '../../src/adapters/minio/blob-store.ts'
import { type Library, migrate } from '../../src/application/migration/migrate.ts'
import type { BlobStore } from '../../src/application/ports/blob-store.ts'
import { removeContents } from '../../src/application/reactions/bytes.ts'
import type { BlobKey, ImageId } from '../../src/domain/kernel/ids.ts'
import type { Position, StoredEvent } from '../../src/domain/kernel/recorded.ts'
import { ledgerStreams } from '../../src/domain/ledger-events.ts'
import { type Application, application } from './application.ts'
import { seal, useInMarch } from './bills.ts'
import { readBlob } from './blobs.ts'
import { StandInServer } from './eventstoredb/server.ts'
import { available, idOf, imageNow, remove, rename, shared } from './library-commands.ts'
import { recordingLogger } from './projections.ts'
import { startS3 } from './s3.ts'
import { allEvents } from './stored.ts'
import { tempDirectory } from './temp.ts'

/** A library on the embedded stores, to be moved, and some of its images. */
export interface Moving {
  readonly app: Application
  readonly library: Library
  readonly kept: ImageId
}

/**
 * Two accounts used something in March, and acme's March is sealed; of its images one is deleted and its bytes are gone, with
 * the event that tells of it, and of another one the bytes are gone and nothing tells of it yet.
 */
export const movingLibrary = async (): Promise<Moving> => {
  const app = await application()
  onTestFinished(() => app[Symbol.asyncDispose]())
  await useInMarch(app)
  const { services } = app
  const kept = await available(app, 'kept')
  for (const name of ['kept-2', 'kept-3', 'kept-4']) idOf(await rename(services, kept, name))
  await shared(app, 'shared')
  idOf(await remove(services, await available(app, 'gone')))
  await app.settled()
  await removeContents(services, app.toDo).run()
  await seal(app, '2026-03')
  const going = await available(app, 'going')
  const blob = await blobOf(app, going)
  idOf(await remove(services, going))
  await services.blobs.remove(blob)
  return { app, library: { log: app.log, blobs: services.blobs }, kept }
}

/** Where the bytes of an image are. */
export const blobOf = async (app: Application, image: ImageId): Promise<BlobKey> => {
  const { content } = await imageNow(app, image)
  if (content === null) throw new Error(`${image} has no bytes`)
  return content.blob
}

/** An empty library on EventStoreDB and S3, for the test that runs. */
export const remoteLibrary = async (): Promise<Library> => {
  const server = await StandInServer.start()
  const { options, stop } = await startS3(await tempDirectory())
  const log = await openEventStoreDB({ url: server.url, prefixes: ledgerStreams, logger: recordingLogger() })
  onTestFinished(async () => {
    await log.close()
    server.kill()
    await stop()
  })
  return { log, blobs: await openS3BlobStore(options) }
}

/** Migrates, and gives the outcome and what was told on the way. */
export const migrated = async (source: Library, destination: Library) => {
  const lines: string[] = []
  const outcome = await migrate(source, destination, (line) => lines.push(line))
  return { outcome, lines }
}

/** Why it was refused. Throws where it was not. */
export const refusalOf = async (source: Library, destination: Library): Promise<string> => {
  const { outcome } = await migrated(source, destination)
  if (outcome._tag === 'Right') throw new Error('It was not refused')
  return outcome.left
}

/** Events as they are in any log: with the event's id where a bill says a position, and without positions of their own. */
export const comparable = async ({ log }: Library): Promise<readonly object[]> => {
  const events = await allEvents(log)
  const ids = new Map<Position, string>(events.map(({ position, id }) => [position, id]))
  return events.map(({ position: _, ...event }: StoredEvent) =>
    event.type === 'BillingPeriodSealed'
      ? {
          ...event,
          data: { ...event.data, position: ids.get(BigInt(String(event.data['position'])) as Position) },
        }
      : event,
  )
}

/** A blob store that counts what is written, and fails at the nth blob. */
export const watchedBlobs = (blobs: BlobStore, failsAt = Number.POSITIVE_INFINITY) => {
  const counts = { created: 0 }
  const watched: BlobStore = {
    create: async (key) => {
      counts.created += 1
      if (counts.created >= failsAt) throw new Error('The line was cut.')
      return blobs.create(key)
    },
    read: (key, range) => blobs.read(key, range),
    size: (key) => blobs.size(key),
    list: () => blobs.list(),
    remove: (key) => blobs.remove(key),
  }
  return { ...watched, counts }
}

/** The bytes that a library has of what the events of the source refer to, in base64 and by key; null where it has none. */
export const bytesOf = async (source: Library, library: Library): Promise<Record<string, string | null>> => {
  const events = await allEvents(source.log)
  const keys = events.flatMap(({ type, data }) => {
    if (type === 'ImageContentStored') return [(data['content'] as { blob: string }).blob]
    return type === 'BillingPeriodSealed' ? [String(data['sha256'])] : []
  })
  const found = await Promise.all(
    keys.map(async (key) => {
      const bytes = await readBlob(library.blobs, key as BlobKey)
      return [key, bytes?.toString('base64') ?? null] as const
    }),
  )
  return Object.fromEntries(found)
}

/** Throws unless one library is a copy of the other. */
export const expectCopy = async (source: Library, copy: Library): Promise<void> => {
  expect(await comparable(copy)).toStrictEqual(await comparable(source))
  expect(await bytesOf(source, copy)).toStrictEqual(await bytesOf(source, source))
}

/** Throws where the work changes the log of the destination. */
export const nothingWritten = async (destination: Library, work: () => Promise<unknown>): Promise<void> => {
  const head = await destination.log.head()
  await work()
  expect(await destination.log.head()).toBe(head)
}
