import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openFilesystemBlobStore } from '../../../src/adapters/filesystem/blob-store.ts'
import { openSqliteEventLog } from '../../../src/adapters/sqlite/event-log.ts'
import { removePieces } from '../../../src/application/reactions/bytes.ts'
import { uploadBegin } from '../../../src/application/use-cases/upload-begin.ts'
import { uploadCancel } from '../../../src/application/use-cases/upload-cancel.ts'
import { uploadReceive } from '../../../src/application/use-cases/upload-receive.ts'
import { right } from '../../../src/domain/kernel/fp.ts'
import type { BlobKey } from '../../../src/domain/kernel/ids.ts'
import type { StreamName } from '../../../src/domain/kernel/recorded.ts'
import { callerOf, collaborator } from '../../support/application.ts'
import { setClock } from '../../support/clock.ts'
import { appendAll, newEvent, newEvents } from '../../support/events.ts'
import { available, create, idOf, rename } from '../../support/library-commands.ts'
import { countingLog, faultyLog, wrapLog } from '../../support/logs.ts'
import {
  blobOf,
  bytesOf,
  comparable,
  expectCopy,
  migrated,
  movingLibrary,
  nothingWritten,
  remoteLibrary,
  watchedBlobs,
} from '../../support/migrations.ts'
import { seeded } from '../../support/random.ts'
import { testSize } from '../../support/size.ts'
import { openLogIn } from '../../support/sqlite-log.ts'
import { allEvents } from '../../support/stored.ts'
import { tempDirectory } from '../../support/temp.ts'

describe('A migration', () => {
  test('makes a copy of log and bytes: order, ids, metadata, the time of each, and the position of a bill', async () => {
    const { library } = await movingLibrary()
    const copy = await remoteLibrary()
    const { outcome, lines } = await migrated(library, copy)
    await expectCopy(library, copy)
    const events = await allEvents(library.log)
    const bytes = Object.values(await bytesOf(library, library)).filter((each) => each !== null)
    expect(bytes).toHaveLength(5)
    const sizes = bytes.map((each) => Buffer.from(each, 'base64').length)
    const total = BigInt(sizes.reduce((sum, size) => sum + size, 0))
    expect(outcome).toStrictEqual(right({ events: events.length, blobs: 5, bytes: total }))
    expect(lines).toStrictEqual([
      `0 of ${events.length} events are in the destination already.`,
      `All 5 blobs (${total} bytes) are in the destination.`,
      `${events.length} events were written; now both logs are compared.`,
    ])
    // Each was drawn from an event, and not from before all of them.
    const seal = (await comparable(copy)).find(
      (event) => 'type' in event && event.type === 'BillingPeriodSealed',
    )
    expect(seal).toMatchObject({ data: { position: expect.stringMatching(/^[0-9a-f-]{36}$/) } })
  })

  test('takes the pieces of an upload along that is not finished, and misses none of one that is over', async () => {
    const { app, library } = await movingLibrary()
    const cut = async (name: string): Promise<string> => {
      const image = idOf(await create(app.services, name))
      const begun = await uploadBegin(app.services)(callerOf(collaborator), { image, sizeBytes: 10n })()
      if (begun._tag === 'Left') throw new Error(begun.left.message)
      const { id } = begun.right
      async function* body() {
        yield Buffer.from(name)
      }
      const came = { body: body(), contentLength: null, offset: 0n, cut: () => undefined }
      await uploadReceive(app.services)(callerOf(collaborator), id, came)()
      return id
    }
    await cut('half')
    const over = await cut('over')
    await uploadCancel(app.services)(callerOf(collaborator), over)()
    await app.settled()
    await removePieces(app.services).run()
    const pieces = (await allEvents(library.log)).filter(({ type }) => type === 'UploadPieceReceived')
    const copy = await remoteLibrary()
    const { outcome } = await migrated(library, copy)
    expect(outcome._tag).toBe('Right')
    const sizes = pieces.map(({ data }) => copy.blobs.size((data['piece'] as { blob: BlobKey }).blob))
    expect(await Promise.all(sizes)).toStrictEqual([4n, null])
  })

  test('goes back as it went', async () => {
    const { library } = await movingLibrary()
    const copy = await remoteLibrary()
    await migrated(library, copy)
    const directory = await tempDirectory()
    const back = {
      log: openLogIn(directory),
      blobs: await openFilesystemBlobStore({ directory: join(directory, 'blobs') }),
    }
    expect((await migrated(copy, back)).outcome._tag).toBe('Right')
    await expectCopy(library, back)
  })

  test('writes no bytes after their event, and no event before its bytes', async () => {
    const { library } = await movingLibrary()
    const copy = await remoteLibrary()
    const blobs = watchedBlobs(copy.blobs)
    const writtenBefore: number[] = []
    const log = wrapLog(copy.log, {
      append: (...args) => {
        writtenBefore.push(blobs.counts.created)
        return copy.log.append(...args)
      },
    })
    expect((await migrated(library, { log, blobs })).outcome._tag).toBe('Right')
    expect(new Set(writtenBefore)).toStrictEqual(new Set([5]))
  })

  test('appends what follows in one stream together, bounded by number and by bytes', async () => {
    const directory = await tempDirectory()
    const source = { ...(await movingLibrary()).library, log: openLogIn(directory) }
    const stream = 'image-long' as StreamName
    await appendAll(source.log, stream, newEvents(1_100))
    const large = Array.from({ length: 4 }, () => newEvent({ text: 'ä'.repeat(125_000) }))
    await appendAll(source.log, 'image-large' as StreamName, large)
    await source.log.append(stream, 1_099, newEvents(2))()
    const copy = await remoteLibrary()
    const appends: string[] = []
    const log = wrapLog(copy.log, {
      append: (to, expected, events) => {
        appends.push(`${to} ${expected} ${events.length}`)
        return copy.log.append(to, expected, events)
      },
    })
    expect((await migrated(source, { ...copy, log })).outcome._tag).toBe('Right')
    expect(appends).toStrictEqual([
      'image-long NO_STREAM 500',
      'image-long 499 500',
      'image-long 999 100',
      'image-large NO_STREAM 2',
      'image-large 1 2',
      'image-long 1099 2',
    ])
  })
})

describe('A migration that is run again', () => {
  test('after it was interrupted, wherever that was, goes on and makes the same copy', async () => {
    const { library } = await movingLibrary()
    const random = seeded(7)
    const appends = (await allEvents(library.log)).length
    for (let round = 0; round < testSize(6, 60); round += 1) {
      const copy = await remoteLibrary()
      const log = faultyLog(copy.log, {
        nth: 1 + random(Math.floor(appends / 2)),
        when: round % 2 === 0 ? 'BEFORE' : 'AFTER',
      })
      // At first it does not even come to the events.
      const blobs = watchedBlobs(copy.blobs, 1 + random(5))
      await expect(migrated(library, { log, blobs })).rejects.toThrow('The line was cut.')
      expect(await copy.log.head()).toBe(0n)
      await expect(migrated(library, { ...copy, log })).rejects.toThrow('The line was cut.')
      expect((await migrated(library, copy)).outcome._tag).toBe('Right')
      await expectCopy(library, copy)
    }
  })

  test('writes nothing when everything is there', async () => {
    const { library } = await movingLibrary()
    const copy = await remoteLibrary()
    const { outcome } = await migrated(library, copy)
    const log = countingLog(copy.log)
    const blobs = watchedBlobs(copy.blobs)
    await nothingWritten(copy, async () =>
      expect((await migrated(library, { log, blobs })).outcome).toStrictEqual(outcome),
    )
    expect([log.counts.appends, blobs.counts.created]).toStrictEqual([0, 0])
  })

  test('brings what the source has got since, and no more', async () => {
    const { app, library, kept } = await movingLibrary()
    const copy = await remoteLibrary()
    await migrated(library, copy)
    const before = (await allEvents(library.log)).length
    idOf(await rename(app.services, kept, 'renamed-since'))
    await available(app, 'new-since')
    const blobs = watchedBlobs(copy.blobs)
    const { lines } = await migrated(library, { ...copy, blobs })
    const after = (await allEvents(library.log)).length
    expect(lines[0]).toBe(`${before} of ${after} events are in the destination already.`)
    expect(blobs.counts.created).toBe(1)
    await expectCopy(library, copy)
  })

  test('copies bytes again that somebody else has cut off', async () => {
    const { app, library, kept } = await movingLibrary()
    const copy = await remoteLibrary()
    const key = await blobOf(app, kept)
    const writer = await copy.blobs.create(key)
    await writer.write(Buffer.from('half'))
    await writer.commit()
    expect((await migrated(library, copy)).outcome._tag).toBe('Right')
    await expectCopy(library, copy)
  })
})

test('An empty log is a copy of an empty log', async () => {
  const directory = await tempDirectory()
  const log = openSqliteEventLog({ file: join(directory, 'events.sqlite'), clock: setClock() })
  onTestFinished(() => log.close())
  const blobs = await openFilesystemBlobStore({ directory: join(directory, 'blobs') })
  const { outcome } = await migrated({ log, blobs }, await remoteLibrary())
  expect(outcome).toStrictEqual(right({ events: 0, blobs: 0, bytes: 0n }))
})
