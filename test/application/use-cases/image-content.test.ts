import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { streamOf } from '../../../src/application/ledger.ts'
import type { Incoming } from '../../../src/application/receive.ts'
import { imageDownload } from '../../../src/application/use-cases/image-download.ts'
import { imageRetry } from '../../../src/application/use-cases/image-retry.ts'
import { imageUpload } from '../../../src/application/use-cases/image-upload.ts'
import { imageAggregate } from '../../../src/domain/image/state.ts'
import { forbidden, invalidState, notFound, revisionConflict } from '../../../src/domain/kernel/refusal.ts'
import { type Application, application, callerOf, collaborator } from '../../support/application.ts'
import { gate } from '../../support/events.ts'
import { rawDisk } from '../../support/images.ts'
import {
  create,
  idOf,
  imageNow,
  inOwner,
  refusalOf,
  remove,
  strangers,
  typesOf,
  wordFor,
} from '../../support/library-commands.ts'
import { imageId } from '../../support/samples.ts'
import { stores } from '../../support/stores.ts'

const disk = rawDisk(64 * 1024, 1)
const hash = (algorithm: string) => createHash(algorithm).update(disk).digest('hex')
const somebody = callerOf(collaborator)

async function* chunks(...parts: readonly (Uint8Array | (() => Promise<unknown>))[]) {
  for (const part of parts) {
    if (part instanceof Uint8Array) yield part
    else await part()
  }
}

const upload = (app: Application, id: string, body: Incoming['body'] = chunks(disk), caller = somebody) =>
  imageUpload(app.services)(caller, id, { body, contentLength: null })()
const retry = (app: Application, id: string, input: object = {}, caller = somebody) =>
  imageRetry(app.services)(caller, { image: id, ...input })()
const download = (app: Application, id: string, caller = somebody) =>
  imageDownload(app.services)(caller, id)()

/** The files of the blob store, finished or not. */
const blobsOf = (app: Application) => stores.blobFiles(app.directory)

const bytesOf = async (
  app: Application,
  id: string,
  range?: { start: bigint; end: bigint },
): Promise<Buffer> => {
  const found = await download(app, id)
  if (found._tag === 'Left') throw new Error(found.left.message)
  const parts: Buffer[] = []
  for await (const part of await found.right.open(range)) parts.push(part)
  return Buffer.concat(parts)
}

describe('Uploading an image', () => {
  test('is dated by when the bytes are all there, and not by when they began to come', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    let halfway = app.clock.now()
    const lookAtTheClock = async () => {
      halfway = app.clock.now()
    }
    await upload(app, id, chunks(disk.subarray(0, 1_000), lookAtTheClock, disk.subarray(1_000)))
    const options = { direction: 'backwards', limit: 1 } as const
    const [last] = await app.log.readStream(streamOf(imageAggregate, id), options)
    expect(last?.type).toBe('ImageBecameAvailable')
    expect(String(last?.metadata['occurredAt']) > halfway).toBe(true)
  })

  test('makes it AVAILABLE with what was found in its bytes, which come back as they went in', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    const stored = await upload(app, id, chunks(disk.subarray(0, 1_000), disk.subarray(1_000)))
    const { content, status } = await imageNow(app, id)
    expect(stored).toMatchObject({ _tag: 'Right', right: { id, content } })
    expect(status).toBe('AVAILABLE')
    expect(content).toMatchObject({
      sizeBytes: 65_536n,
      virtualSizeBytes: 65_536n,
      format: 'RAW',
      compression: 'NONE',
      digests: { sha256: hash('sha256'), sha512: hash('sha512'), sha1: hash('sha1'), md5: hash('md5') },
    })
    expect(await typesOf(app, id)).toStrictEqual([
      'ImageRegistered',
      'ImageContentStored',
      'ImageBecameAvailable',
    ])
    expect(await bytesOf(app, id)).toStrictEqual(disk)
    expect(await bytesOf(app, id, { start: 10n, end: 19n })).toStrictEqual(disk.subarray(10, 20))
    expect(app.services.uploads.progressOf(id)).toBeNull()
  })

  test.each<[string, object, string]>([
    ['another format', { format: 'QCOW2' }, 'FORMAT_MISMATCH'],
    ['fewer bytes', { sizeBytes: 65_537n }, 'SIZE_MISMATCH'],
    ['more bytes', { sizeBytes: 65_535n }, 'SIZE_MISMATCH'],
    ['another checksum', { sha256: 'ab'.repeat(32) }, 'CHECKSUM_MISMATCH'],
  ])('with %s than declared ends in ERROR and keeps nothing', async (_, declared, code) => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian', { source: { upload: declared } }))
    const refused = await upload(app, id)
    expect(refusalOf(refused)).toMatchObject({ tag: 'ContentRefused', code })
    expect(await imageNow(app, id)).toMatchObject({ status: 'ERROR', content: null })
    expect(await blobsOf(app)).toStrictEqual([])
    expect(refusalOf(await upload(app, id))).toStrictEqual(
      invalidState('ERROR', 'The image is ERROR: ask for imageRetry first, then send the bytes again.'),
    )
  })

  test('of more bytes than the service takes ends in ERROR before they have all come', async () => {
    await using app = await application({ limits: { maxImageBytes: 65_535n } })
    const id = idOf(await create(app.services, 'debian'))
    const never = async () => {
      throw new Error('There was no need to ask for more')
    }
    expect(refusalOf(await upload(app, id, chunks(disk, never)))).toMatchObject({ code: 'SIZE_LIMIT' })
    expect((await imageNow(app, id)).status).toBe('ERROR')
  })

  test('that breaks off leaves CREATING, and can be done again', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    const cut = chunks(disk.subarray(0, 100), () => Promise.reject(new Error('The line was cut')))
    await expect(upload(app, id, cut)).rejects.toThrow('The line was cut')
    expect((await imageNow(app, id)).status).toBe('CREATING')
    expect(await blobsOf(app)).toStrictEqual([])
    expect(app.services.uploads.progressOf(id)).toBeNull()
    expect((await upload(app, id))._tag).toBe('Right')
  })

  test('shows its progress while it runs, and lets no other run beside it', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian', { source: { upload: { sizeBytes: 65_536n } } }))
    const { opened, open } = gate()
    const arrived = gate()
    const waits = () => {
      arrived.open()
      return opened
    }
    const running = upload(app, id, chunks(disk.subarray(0, 100), waits, disk.subarray(100)))
    await arrived.opened
    expect(app.services.uploads.progressOf(id)).toStrictEqual({
      stage: 'UPLOADING',
      doneBytes: 100n,
      totalBytes: 65_536n,
    })
    expect(refusalOf(await upload(app, id))).toMatchObject({ tag: 'Conflict' })
    open()
    expect((await running)._tag).toBe('Right')
  })

  test('to an image that is deleted meanwhile leaves no bytes behind', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    const outcome = await upload(
      app,
      id,
      chunks(disk.subarray(0, 100), () => remove(app.services, id), disk.subarray(100)),
    )
    expect(refusalOf(outcome)).toStrictEqual(
      invalidState('DELETED', 'The image is DELETED: it takes no bytes any more.'),
    )
    expect((await imageNow(app, id)).content).toBeNull()
    expect(await blobsOf(app)).toStrictEqual([])
  })

  test('by two nodes at once gives the bytes of one, whole', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    const other = rawDisk(64 * 1024, 2)
    const outcomes = await Promise.all(
      [disk, other].map((bytes) =>
        imageUpload(app.node())(somebody, id, { body: chunks(bytes), contentLength: null })(),
      ),
    )
    expect(outcomes.map(({ _tag }) => _tag).sort()).toStrictEqual(['Left', 'Right'])
    expect(await blobsOf(app)).toHaveLength(1)
    const first = outcomes[0]?._tag === 'Right'
    expect(await bytesOf(app, id)).toStrictEqual(first ? disk : other)
  })

  test('is refused to those who may not, and to an image that has its bytes', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    expect(refusalOf(await upload(app, id, chunks(), callerOf(strangers.stranger)))).toStrictEqual(
      notFound('image', id),
    )
    expect(refusalOf(await upload(app, id, chunks(), callerOf(strangers.viewer)))).toStrictEqual(
      forbidden('COLLABORATOR', 'upload the bytes of this image', inOwner),
    )
    expect(refusalOf(await upload(app, imageId(1)))).toStrictEqual(notFound('image', imageId(1)))
    await upload(app, id)
    expect(refusalOf(await upload(app, id))).toMatchObject({ tag: 'InvalidState', status: 'AVAILABLE' })
  })
})

describe('Trying an image again', () => {
  const failed = async (app: Application) => {
    const id = idOf(await create(app.services, 'debian', { source: { upload: { format: 'QCOW2' } } }))
    await upload(app, id)
    return id
  }

  test('takes it from ERROR to CREATING, once', async () => {
    await using app = await application()
    const id = await failed(app)
    expect(wordFor(await retry(app, id))).toBe('DONE')
    expect((await imageNow(app, id)).status).toBe('CREATING')
    const before = await app.log.head()
    expect(wordFor(await retry(app, id))).toBe('DONE')
    expect(await app.log.head()).toBe(before)
  })

  test('is refused for another revision, for those who may not, and where nothing went wrong', async () => {
    await using app = await application()
    const id = await failed(app)
    expect(refusalOf(await retry(app, id, { ifRevision: 0 }))).toStrictEqual(revisionConflict(0, 1))
    expect(refusalOf(await retry(app, id, { ifRevision: 0 }, callerOf(strangers.viewer)))).toStrictEqual(
      forbidden('COLLABORATOR', 'change this image', inOwner),
    )
    const fine = idOf(await create(app.services, 'fine'))
    await upload(app, fine)
    expect(refusalOf(await retry(app, fine))).toStrictEqual(
      invalidState('AVAILABLE', 'The image is AVAILABLE: only an image in ERROR can be tried again.'),
    )
  })
})

describe('Downloading an image', () => {
  test('is refused where there are no bytes, yet or any more', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    expect(refusalOf(await download(app, id))).toStrictEqual(
      invalidState('CREATING', 'The image is CREATING: only an AVAILABLE image has bytes to download.'),
    )
    await upload(app, id)
    await remove(app.services, id)
    expect(refusalOf(await download(app, id))).toStrictEqual(
      invalidState('DELETED', 'The image is DELETED: only an AVAILABLE image has bytes to download.'),
    )
  })

  test('is for collaborators', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    await upload(app, id)
    expect(refusalOf(await download(app, id, callerOf(strangers.viewer)))).toStrictEqual(
      forbidden('COLLABORATOR', 'download this image', 'in a project that may use it'),
    )
    expect(refusalOf(await download(app, id, callerOf(strangers.stranger)))).toStrictEqual(
      notFound('image', id),
    )
  })

  test('of bytes that the store has lost throws when they are opened', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    await upload(app, id)
    const { content } = await imageNow(app, id)
    if (content !== null) await app.services.blobs.remove(content.blob)
    await expect(bytesOf(app, id)).rejects.toThrow(`The bytes of image ${id} are gone from the store`)
  })
})
