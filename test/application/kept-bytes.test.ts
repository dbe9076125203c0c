import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { Busy } from '../../src/application/outages.ts'
import {
  collectOrphans,
  releaseUnheld,
  removeCondemned,
  removeContents,
} from '../../src/application/reactions/bytes.ts'
import { finishCopies } from '../../src/application/reactions/copies.ts'
import type { Services } from '../../src/application/services.ts'
import { blobVerify } from '../../src/application/use-cases/blob-verify.ts'
import { imageUpload } from '../../src/application/use-cases/image-upload.ts'
import { imageAggregate, isRegistered } from '../../src/domain/image/state.ts'
import type { BlobKey, ImageId } from '../../src/domain/kernel/ids.ts'
import { type Application, application, callerOf, collaborator, operator } from '../support/application.ts'
import { rawDisk } from '../support/images.ts'
import {
  available,
  create,
  deactivate,
  idOf,
  imageNow,
  people,
  refusalOf,
  remove,
  shared,
} from '../support/library-commands.ts'
import { stoppingLog } from '../support/logs.ts'
import { testSize } from '../support/size.ts'
import { stores } from '../support/stores.ts'

const bytesOf = async (bytes: Uint8Array) => bytes

const upload = (services: Services, id: string, bytes: Uint8Array) => {
  async function* body() {
    yield await bytesOf(bytes)
  }
  return imageUpload(services)(callerOf(collaborator), id, { body: body(), contentLength: null })()
}

const blobOf = async (app: Application, id: string): Promise<BlobKey | undefined> =>
  (await imageNow(app, id as ImageId)).content?.blob

const blobsOf = (app: Application) => stores.blobFiles(app.directory)

const withBytes = async (app: Application, name: string, bytes: Uint8Array): Promise<ImageId> => {
  const id = idOf(await create(app.services, name))
  const outcome = await upload(app.services, id, bytes)
  if (outcome._tag === 'Left') throw new Error(outcome.left.message)
  await app.settled()
  return id
}

const collect = async (app: Application): Promise<void> => {
  await app.settled()
  // Older than what is written right now.
  await collectOrphans(app.services, -1_000).run()
  await app.settled()
  await removeCondemned(app.services).run()
}

const clear = async (app: Application): Promise<void> => {
  await app.settled()
  await removeContents(app.services, app.toDo).run()
}

describe('Bytes of the same content', () => {
  test('are in the store once, and stay until the last image that has them is gone', async () => {
    await using app = await application()
    const [one, other] = [
      await withBytes(app, 'one', rawDisk(4_096, 1)),
      await withBytes(app, 'other', rawDisk(4_096, 1)),
    ]
    expect(await blobOf(app, other)).toBe(await blobOf(app, one))
    expect(await blobsOf(app)).toHaveLength(1)
    idOf(await remove(app.services, one))
    await clear(app)
    expect(await blobsOf(app)).toHaveLength(1)
    idOf(await remove(app.services, other))
    await clear(app)
    expect(await blobsOf(app)).toStrictEqual([])
  })
})

describe('Bytes that the store has lost, or that were found damaged', () => {
  const bytes = rawDisk(4_096, 'lost')

  test.each<[string, (app: Application, file: string, id: ImageId) => Promise<unknown>]>([
    [
      'are gone',
      (app, _file, id) => blobOf(app, id).then((blob) => app.services.blobs.remove(blob as BlobKey)),
    ],
    ['are cut short', (_app, file) => writeFile(file, bytes.subarray(0, 100))],
    [
      'have a flipped bit',
      async (app, file, image) => {
        await writeFile(file, rawDisk(4_096, 'another'))
        await blobVerify(app.services)(callerOf(operator), { image })()
      },
    ],
  ])('are not taken for those of an upload that is whole, where they %s', async (_what, lose) => {
    await using app = await application()
    const id = await withBytes(app, 'one', bytes)
    const [file = ''] = await blobsOf(app)
    await lose(app, file, id)
    const other = await withBytes(app, 'other', bytes)
    const blob = (await blobOf(app, other)) as BlobKey
    expect(blob).not.toBe(await blobOf(app, id))
    const read = await app.services.blobs.read(blob)
    expect(Buffer.concat(read === null ? [] : await read.toArray()).equals(bytes)).toBe(true)
  })
})

describe('A copy of an image', () => {
  const copy = (app: Application, source: string, more: object = {}, who = people.recipient) =>
    create(app.services, 'copy', { project: 'lab', source: { image: source }, ...more }, callerOf(who))

  test('is an image of its own with the same bytes, of which none are moved', async () => {
    await using app = await application()
    const original = await shared(app, 'ubuntu-24.04-base-v1.0')
    const id = idOf(await copy(app, original))
    const [from, to] = [await imageNow(app, original), await imageNow(app, id)]
    expect(to).toMatchObject({
      status: 'AVAILABLE',
      project: 'lab',
      content: from.content,
      details: from.details,
    })
    expect(await blobsOf(app)).toHaveLength(1)
    idOf(await remove(app.services, original))
    await clear(app)
    expect(await app.services.blobs.size(from.content?.blob as BlobKey)).toBe(from.content?.sizeBytes)
  })

  test('is refused of what one may not use, or what has no bytes', async () => {
    await using app = await application()
    const own = await available(app, 'private')
    expect(refusalOf(await copy(app, own))).toMatchObject({ tag: 'NotFound' })
    const offered = await shared(app, 'offered')
    expect(refusalOf(await copy(app, offered, {}, people.recipientViewer))).toMatchObject({
      tag: 'Forbidden',
    })
    idOf(await deactivate(app.services, offered))
    expect(refusalOf(await copy(app, offered))).toMatchObject({ tag: 'InvalidState' })
    const empty = idOf(await create(app.services, 'empty'))
    expect(refusalOf(await create(app.services, 'copy', { source: { image: empty } }))).toMatchObject({
      tag: 'InvalidState',
      status: 'CREATING',
    })
  })

  test('is finished by the service where its command did not live to', async () => {
    await using app = await application()
    const original = await available(app, 'debian')
    // Name and registration; then the process is gone.
    const log = stoppingLog(app.log, 3)
    const cut = create(app.node(log), 'copy', { source: { image: original } })
    await Promise.race([cut, log.stopped])
    await app.settled()
    const [id] = app.services.stored.awaited('IMAGE', app.clock.now(), 10)
    expect((await imageNow(app, id as ImageId)).status).toBe('CREATING')
    await finishCopies(app.services).run()
    expect((await imageNow(app, id as ImageId)).status).toBe('AVAILABLE')
    await app.settled()
    expect(app.services.stored.awaited('IMAGE', app.clock.now(), 10)).toStrictEqual([])
  })

  test('whose original is deleted before it has its bytes ends in ERROR', async () => {
    await using app = await application()
    const original = await available(app, 'debian')
    const log = stoppingLog(app.log, 3)
    const cut = create(app.node(log), 'copy', { source: { image: original } })
    await Promise.race([cut, log.stopped])
    idOf(await remove(app.services, original))
    await clear(app)
    const [id] = app.services.stored.awaited('IMAGE', app.clock.now(), 10)
    await finishCopies(app.services).run()
    expect((await imageNow(app, id as ImageId)).status).toBe('ERROR')
  })
})

describe('What is left behind in the store', () => {
  test('is collected where nothing is about it, and everything else stays', async () => {
    await using app = await application()
    const id = await available(app, 'debian')
    const writer = await app.services.blobs.create(crypto.randomUUID() as BlobKey)
    await writer.write(rawDisk(100, 'orphan'))
    await writer.commit()
    await collectOrphans(app.services, 3_600_000).run()
    expect(await blobsOf(app)).toHaveLength(2)
    await collect(app)
    expect(await blobsOf(app)).toHaveLength(1)
    expect(await app.services.blobs.size((await blobOf(app, id)) as BlobKey)).toBe(4_096n)
  })

  test('of an upload that referred to its bytes and died goes when its image has others', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    // The upload begins, its bytes are referred to; then the process is gone.
    const log = stoppingLog(app.log, 3)
    await Promise.race([upload(app.node(log), id, rawDisk(4_096, 'lost')), log.stopped])
    app.clock.advance(3_601_000)
    await app.settled()
    await releaseUnheld(app.services).run()
    expect(await blobsOf(app)).toHaveLength(1)
    expect((await upload(app.services, id, rawDisk(4_096, 'other')))._tag).toBe('Right')
    expect(await blobsOf(app)).toHaveLength(2)
    app.clock.advance(3_601_000)
    await app.settled()
    await releaseUnheld(app.services).run()
    expect(await blobsOf(app)).toHaveLength(1)
    expect(await app.services.blobs.size((await blobOf(app, id)) as BlobKey)).toBe(4_096n)
  })
})

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate)
}

/** A node whose collector looks at the store as soon as bytes were written, while it takes the node some turns to refer to them. */
const withCollector = (app: Application, head: number) => {
  const services = app.node()
  let collecting: Promise<void> = Promise.resolve()
  const collectNow = async () => {
    await collectOrphans(services, -1_000).run()
    await app.settled()
    await removeCondemned(services).run()
  }
  const watched: Services = {
    ...services,
    blobs: {
      ...services.blobs,
      create: async (key) => {
        const writer = await services.blobs.create(key)
        const commit = async () => {
          await writer.commit()
          collecting = collectNow()
          await turns(head)
        }
        return { write: (chunk) => writer.write(chunk), commit, abort: () => writer.abort() }
      },
    },
  }
  return { services: watched, collected: () => collecting }
}

test('A collector that races with uploads that finish never takes bytes that an image has', async () => {
  await using app = await application()
  // The order of events is the ledger's business, whichever store is behind it.
  const rounds = testSize(process.env['STORES'] === 'nodes' ? 100 : 1_000, 10_000)
  const counts = { stored: 0, cleared: 0 }
  for (let round = 0; round < rounds; round += 1) {
    const id = idOf(await create(app.services, `image-${round}`))
    const { services, collected } = withCollector(app, (round * 7) % 60)
    // Of every three, two have the same bytes, which may just be let go of.
    const outcome = await upload(services, id, rawDisk(64, round - (round % 3 === 1 ? 1 : 0))).catch(
      (error: unknown) => {
        if (!(error instanceof Busy)) throw error
        return null
      },
    )
    await collected()
    counts[outcome === null ? 'cleared' : 'stored'] += 1
    const { state } = await services.ledger.load(imageAggregate, id)
    if (!isRegistered(state) || state.content === null) expect(outcome).toBeNull()
    else expect(await app.services.blobs.size(state.content.blob)).toBe(64n)
    if (round % 3 === 0) {
      idOf(await remove(app.services, id))
      if (round % 2 === 0) await clear(app)
    }
  }
  // Both come first now and then: else nothing raced.
  expect(counts.stored).toBeGreaterThan(0)
  expect(counts.cleared).toBeGreaterThan(0)
}, 600_000)

describe('Verifying the bytes of an image', () => {
  const verify = (app: Application, image: string, who = operator) =>
    blobVerify(app.services)(callerOf(who), { image })()

  test('finds them whole, and records it', async () => {
    await using app = await application()
    const id = await available(app, 'debian')
    const { content } = await imageNow(app, id)
    const verified = await verify(app, id)
    expect(verified).toMatchObject({
      right: { image: id, sha256: content?.digests.sha256, sizeBytes: 4_096n },
    })
    expect((await app.everything()).at(-1)).toMatchObject({
      stream: `blob-${content?.blob}`,
      type: 'BlobVerified',
      metadata: { actor: { kind: 'OPERATOR' } },
    })
  })

  test('finds one flipped bit', async () => {
    await using app = await application()
    const id = await available(app, 'debian')
    const [file = ''] = await blobsOf(app)
    const bytes = await readFile(file)
    bytes.writeUInt8(bytes.readUInt8(1_000) ^ 1, 1_000)
    await writeFile(file, bytes)
    const { content } = await imageNow(app, id)
    const found = createHash('sha256').update(bytes).digest('hex')
    expect(refusalOf(await verify(app, id))).toMatchObject({
      tag: 'IntegrityError',
      expected: content?.digests.sha256,
      found,
    })
  })

  test('finds them gone, and is for operators', async () => {
    await using app = await application()
    const id = await available(app, 'debian')
    const { content } = await imageNow(app, id)
    await app.services.blobs.remove(content?.blob as BlobKey)
    const refused = refusalOf(await verify(app, id))
    expect(refused).toMatchObject({ tag: 'IntegrityError', expected: content?.digests.sha256, found: null })
    expect((await app.everything()).at(-1)?.type).toBe('BlobFoundDamaged')
    expect(refusalOf(await verify(app, id, collaborator))).toMatchObject({ tag: 'Forbidden' })
    const empty = idOf(await create(app.services, 'empty'))
    expect(refusalOf(await verify(app, empty))).toMatchObject({ tag: 'InvalidState', status: 'CREATING' })
  })
})
