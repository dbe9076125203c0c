import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { MAX_PIECES } from '../../../src/application/pieces.ts'
import { removePieces } from '../../../src/application/reactions/bytes.ts'
import { imageUpload } from '../../../src/application/use-cases/image-upload.ts'
import { right } from '../../../src/domain/kernel/fp.ts'
import { type BlobKey, readResumableId } from '../../../src/domain/kernel/ids.ts'
import { notFound } from '../../../src/domain/kernel/refusal.ts'
import type { UploadEvent } from '../../../src/domain/upload/events.ts'
import { uploadAggregate } from '../../../src/domain/upload/state.ts'
import { application, callerOf, collaborator } from '../../support/application.ts'
import { gate } from '../../support/events.ts'
import { qcow2 } from '../../support/images.ts'
import { create, idOf, imageNow, refusalOf, remove, strangers } from '../../support/library-commands.ts'
import {
  author,
  begin,
  begun,
  cancel,
  disk,
  filesOf,
  find,
  half,
  offsetOn,
  type Part,
  send,
  store,
  uploadState,
} from '../../support/resumable.ts'
import { run } from '../reactions/running.ts'

const MiB = 1024 * 1024
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const cut = () => Promise.reject(new Error('The line was cut'))

describe('A resumable upload', () => {
  test('begun on one node goes on at another, and is taken in as any other', async () => {
    await using app = await application()
    const { image, id } = await begun(app)
    await send(app.node(), id, 0, [disk.subarray(0, 100)])
    expect(await offsetOn(app.node(), id)).toBe(100)
    await send(app.node(), id, 100, [disk.subarray(100, half)])
    const last = await send(app.node(), id, half, [disk.subarray(half)])
    expect(last).toMatchObject({ _tag: 'Right', right: { upload: { doneBytes: 65_536n } } })
    expect(await imageNow(app, image)).toMatchObject({
      status: 'AVAILABLE',
      content: { sizeBytes: 65_536n, format: 'RAW', digests: { sha256: sha256(disk) } },
    })
  })

  test('keeps what came before the line broke', async () => {
    await using app = await application()
    const { id } = await begun(app)
    await expect(send(app.services, id, 0, [disk.subarray(0, 1_000), cut])).rejects.toThrow('was cut')
    expect(await offsetOn(app.node(), id)).toBe(1_000)
    await expect(send(app.services, id, 1_000, [cut])).rejects.toThrow('was cut')
    expect(await offsetOn(app.node(), id)).toBe(1_000)
    expect(await filesOf(app)).toHaveLength(1)
  })

  test('is kept in pieces of 64 MiB while it comes', async () => {
    await using app = await application()
    const { image, id } = await begun(app, 65 * MiB)
    const mebibyte = Buffer.alloc(MiB, 7)
    const seen: number[] = []
    const look = async () => seen.push(await offsetOn(app.node(), id))
    const parts: Part[] = Array.from({ length: 64 }, () => mebibyte)
    await send(app.services, id, 0, [...parts.slice(1), look, mebibyte, look, mebibyte])
    expect(seen).toStrictEqual([0, 64 * MiB])
    expect((await imageNow(app, image)).content?.sizeBytes).toBe(BigInt(65 * MiB))
  })

  test('that comes twice from one byte on counts once', async () => {
    await using app = await application()
    const { image, id } = await begun(app)
    const { opened, open } = gate()
    const slow = send(app.node(), id, 0, [disk.subarray(0, half), () => opened])
    const quick = await send(app.node(), id, 0, [disk.subarray(0, 1_000)])
    expect(quick._tag).toBe('Right')
    open()
    expect(refusalOf(await slow)).toStrictEqual({
      tag: 'Conflict',
      message: 'The upload has come to byte 1000: send what follows, with Upload-Offset: 1000.',
    })
    expect(await filesOf(app)).toHaveLength(1)
    await send(app.services, id, 1_000, [disk.subarray(1_000)])
    expect((await imageNow(app, image)).content?.digests.sha256).toBe(sha256(disk))
  })

  test('goes on by a new line of the same node, and the one before is cut', async () => {
    await using app = await application()
    const { image, id } = await begun(app)
    const line = gate()
    const hangs = send(app.services, id, 0, [disk.subarray(0, 10), () => line.opened.then(cut)], {
      cut: line.open,
    })
    hangs.catch(() => undefined)
    await send(app.services, id, 0, [disk])
    await expect(hangs).rejects.toThrow('was cut')
    expect((await imageNow(app, image)).content?.digests.sha256).toBe(sha256(disk))
  })

  test.each([
    ['before', 0, 'The upload has come to byte 100: send what follows, with Upload-Offset: 100.'],
    ['after', 101, 'The upload has come to byte 100: send what follows, with Upload-Offset: 100.'],
  ])('takes no bytes that begin %s where it is', async (_, offset, message) => {
    await using app = await application()
    const { id } = await begun(app)
    await send(app.services, id, 0, [disk.subarray(0, 100)])
    const files = await filesOf(app)
    expect(refusalOf(await send(app.services, id, offset, [disk]))).toStrictEqual({
      tag: 'Conflict',
      message,
    })
    expect(await filesOf(app)).toStrictEqual(files)
  })

  test('takes no more bytes than were announced', async () => {
    await using app = await application()
    const { id } = await begun(app, 1_000)
    const refused = await send(app.services, id, 0, [disk.subarray(0, 600), disk.subarray(0, 600)])
    expect(refusalOf(refused)).toMatchObject({ tag: 'PieceRefused', code: 'SIZE_MISMATCH' })
    expect(await offsetOn(app.services, id)).toBe(0)
    expect(await filesOf(app)).toStrictEqual([])
  })

  test('takes no bytes once it has come in too many pieces', async () => {
    await using app = await application()
    const { image, id } = await begun(app)
    const upload = readResumableId(id)?.upload
    if (upload === undefined) throw new Error('It has a name')
    const at = app.clock.now()
    const BATCH = 200
    for (let from = 0; from < MAX_PIECES; from += BATCH) {
      const events = Array.from({ length: BATCH }, (_, n): UploadEvent => {
        const piece = { blob: crypto.randomUUID() as BlobKey, offset: BigInt(from + n), sizeBytes: 1n }
        return { type: 'UploadPieceReceived', data: { upload, piece, at } }
      })
      await app.services.ledger.change(uploadAggregate, image, author(at), () => right(events))
    }
    const refused = await send(app.services, id, MAX_PIECES, [disk.subarray(0, 10)])
    expect(refusalOf(refused)).toMatchObject({ tag: 'PieceRefused', code: 'TOO_MANY_PIECES' })
    expect(await filesOf(app)).toStrictEqual([])
  })

  test('is in the way of any other to the image, and says where it is', async () => {
    await using app = await application()
    const { image, id } = await begun(app)
    const conflict = {
      tag: 'Conflict',
      message: `A resumable upload to this image is unfinished: resume it at /uploads/${id}, or end it with DELETE of that path.`,
    }
    expect(refusalOf(await begin(app.node(), image, 5))).toStrictEqual(conflict)
    async function* whole() {
      yield disk
    }
    const put = imageUpload(app.node())(callerOf(collaborator), image, {
      body: whole(),
      contentLength: null,
    })
    expect(refusalOf(await put())).toStrictEqual(conflict)
  })

  test.each([
    ['the service takes', {}, 1_001, 'SIZE_LIMIT'],
    ['was declared', { sizeBytes: 999n }, 1_000, 'SIZE_MISMATCH'],
  ])('of more bytes than %s does not begin', async (_, declared, sizeBytes, code) => {
    await using app = await application({ limits: { maxImageBytes: 1_000n } })
    const image = idOf(await create(app.services, 'debian', { source: { upload: declared } }))
    expect(refusalOf(await begin(app.services, image, sizeBytes))).toMatchObject({
      tag: 'ContentRefused',
      code,
    })
    expect((await imageNow(app, image)).status).toBe('CREATING')
    expect((await uploadState(app, image)).running).toBeNull()
  })

  test.each([
    [
      'what would read from elsewhere',
      qcow2({ virtualSize: MiB, backingFile: '/etc/passwd' }),
      {},
      'UNSAFE_BACKING_FILE',
    ],
    ['another checksum', disk, { sha256: 'ab'.repeat(32) }, 'CHECKSUM_MISMATCH'],
    ['nothing', Buffer.alloc(0), {}, 'EMPTY_IMAGE'],
  ])('of %s is refused with its last byte, and nothing is left of it', async (_, bytes, declared, code) => {
    await using app = await application()
    const { image, id } = await begun(app, bytes.length, declared)
    const refused = await send(app.services, id, 0, [bytes])
    expect(refusalOf(refused)).toMatchObject({ tag: 'ContentRefused', code })
    expect(await imageNow(app, image)).toMatchObject({ status: 'ERROR', content: null })
    await run(app, removePieces)
    expect(await filesOf(app)).toStrictEqual([])
    expect(refusalOf(await find(app.services, id))).toStrictEqual(notFound('upload', id))
  })

  test.each([
    ['is not in the store any more', 0],
    ['is shorter there than it was', 10],
  ])('of which a piece %s is refused as incomplete', async (_, length) => {
    await using app = await application()
    const { image, id } = await begun(app)
    await send(app.services, id, 0, [disk.subarray(0, half)])
    const lost = (await uploadState(app, image)).running?.pieces.first()?.blob
    if (lost === undefined) throw new Error('There is a piece')
    await app.services.blobs.remove(lost)
    if (length > 0) await store(app, lost, disk.subarray(0, length))
    const refused = await send(app.services, id, half, [disk.subarray(half)])
    expect(refusalOf(refused)).toMatchObject({ tag: 'ContentRefused', code: 'UPLOAD_INCOMPLETE' })
    expect((await imageNow(app, image)).status).toBe('ERROR')
  })

  test('that is complete says so to who did not hear of it', async () => {
    await using app = await application()
    const { id } = await begun(app)
    await send(app.services, id, 0, [disk])
    expect(await offsetOn(app.node(), id)).toBe(disk.length)
    await run(app, removePieces)
    expect(await offsetOn(app.node(), id)).toBe(disk.length)
    expect(refusalOf(await cancel(app.node(), id)).tag).toBe('Conflict')
  })

  test('leaves the bytes of the image alone once they are in', async () => {
    await using app = await application()
    const { id } = await begun(app)
    await send(app.services, id, 0, [disk.subarray(0, half)])
    await send(app.services, id, half, [disk.subarray(half)])
    expect(await filesOf(app)).toHaveLength(3)
    await run(app, removePieces)
    expect(await filesOf(app)).toHaveLength(1)
  })

  test('is ended by who may upload, and another may begin', async () => {
    await using app = await application()
    const { image, id } = await begun(app)
    await send(app.services, id, 0, [disk.subarray(0, half)])
    expect((await cancel(app.node(), id))._tag).toBe('Right')
    for (const asked of [find(app.node(), id), send(app.node(), id, half, [disk]), cancel(app.node(), id)])
      expect(refusalOf(await asked)).toStrictEqual(notFound('upload', id))
    await run(app, removePieces)
    expect(await filesOf(app)).toStrictEqual([])
    expect((await imageNow(app, image)).status).toBe('CREATING')
    expect((await begin(app.services, image, 5))._tag).toBe('Right')
  })

  test('ends with its image', async () => {
    await using app = await application({ limits: { deleteRecoveryHours: 1 } })
    const { image, id } = await begun(app)
    const deleting = async () => {
      await remove(app.services, image)
    }
    const sent = await send(app.node(), id, 0, [disk.subarray(0, half), deleting])
    expect(refusalOf(sent)).toStrictEqual(notFound('upload', id))
    expect(refusalOf(await find(app.node(), id))).toStrictEqual(notFound('upload', id))
    await run(app, removePieces)
    expect(await filesOf(app)).toStrictEqual([])
  })

  test('is nobody else’s, and looks to them like one that there is not', async () => {
    await using app = await application()
    const { id } = await begun(app)
    const [image = ''] = id.split('~')
    const stranger = callerOf(strangers.stranger)
    const viewer = callerOf(strangers.viewer)
    const missing = `${image}~${crypto.randomUUID()}`
    for (const given of [id, missing, 'nonsense']) {
      expect(refusalOf(await find(app.services, given, stranger))).toStrictEqual(notFound('upload', given))
      expect(refusalOf(await cancel(app.services, given, stranger))).toStrictEqual(notFound('upload', given))
      const sent = await send(app.services, given, 0, [disk], { caller: stranger })
      expect(refusalOf(sent)).toStrictEqual(notFound('upload', given))
    }
    expect(refusalOf(await find(app.services, missing))).toStrictEqual(notFound('upload', missing))
    expect(refusalOf(await begin(app.services, image, 5, stranger))).toStrictEqual(notFound('image', image))
    for (const asked of [
      begin(app.services, image, 5, viewer),
      find(app.services, id, viewer),
      cancel(app.services, id, viewer),
      send(app.services, id, 0, [disk], { caller: viewer }),
    ])
      expect(refusalOf(await asked).tag).toBe('Forbidden')
    expect(await offsetOn(app.services, id)).toBe(0)
  })
})
