import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { endIdleUploads, removePieces } from '../../../src/application/reactions/bytes.ts'
import { verifyUploads } from '../../../src/application/reactions/verifications.ts'
import type { Services } from '../../../src/application/services.ts'
import { SILENCE_MS } from '../../../src/application/uploads.ts'
import { decide } from '../../../src/domain/image/decide.ts'
import { imageAggregate } from '../../../src/domain/image/state.ts'
import { type BlobKey, readResumableId } from '../../../src/domain/kernel/ids.ts'
import { notFound } from '../../../src/domain/kernel/refusal.ts'
import { type Application, application } from '../../support/application.ts'
import { imageNow, refusalOf } from '../../support/library-commands.ts'
import {
  author,
  begun,
  cancel,
  disk,
  filesOf,
  find,
  half,
  offsetOn,
  send,
  store,
  uploadState,
} from '../../support/resumable.ts'
import { run } from './running.ts'

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

const verifyAll = async (app: Application, by: Services = app.node()): Promise<void> => {
  const reaction = verifyUploads(by)
  await app.settled()
  await reaction.run()
  await reaction.stop()
}

describe('A complete upload that a node was to look into', () => {
  /** All bytes have come, and the node that received the last one died with it, or while it looked into them. */
  const left = async (app: Application, isLookedInto: boolean) => {
    const { image, id } = await begun(app)
    await send(app.services, id, 0, [disk.subarray(0, half)])
    const upload = readResumableId(id)?.upload
    if (upload === undefined) throw new Error('It has a name')
    const dying = app.node()
    const blob = crypto.randomUUID() as BlobKey
    await store(app, blob, disk.subarray(half))
    const piece = { blob, offset: BigInt(half), sizeBytes: BigInt(half) }
    expect(await dying.uploads.addPiece(image, upload, piece, author)).not.toBeNull()
    const verifying = isLookedInto ? await dying.uploads.verify(image, upload, author) : null
    expect(verifying !== null).toBe(isLookedInto)
    return { image, id, dying, dies: () => verifying?.letGo() }
  }

  test.each([
    ['before it began', false],
    ['while it did', true],
  ])('is looked into by another one, if the first one died %s', async (_, isLookedInto) => {
    await using app = await application()
    const { image, dies } = await left(app, isLookedInto)
    await verifyAll(app)
    expect((await imageNow(app, image)).status).toBe('CREATING')
    app.clock.advance(SILENCE_MS)
    await verifyAll(app)
    expect(await imageNow(app, image)).toMatchObject({
      status: 'AVAILABLE',
      content: { digests: { sha256: sha256(disk) } },
    })
    dies()
  })

  test('shows how far it is to the owner on every node', async () => {
    await using app = await application()
    const { image, dying, dies } = await left(app, true)
    await app.settled()
    expect(app.node().stored.progressOf(image)).toMatchObject({ stage: 'VERIFYING', totalBytes: 65_536n })
    expect(dying.uploads.progressOf(image)).toMatchObject({ stage: 'VERIFYING', totalBytes: 65_536n })
    dies()
  })

  test('is not cancelled while it is looked into', async () => {
    await using app = await application()
    const { id, dies } = await left(app, true)
    expect(refusalOf(await cancel(app.services, id)).tag).toBe('Conflict')
    expect(await offsetOn(app.node(), id)).toBe(disk.length)
    dies()
  })

  test('is over where its image is no more', async () => {
    await using app = await application()
    const { image, dies } = await left(app, true)
    dies()
    // By a node that did not live to end the upload too.
    const now = app.clock.now()
    await app.services.ledger.change(imageAggregate, image, author(now), (state) =>
      decide({ type: 'RequestDeletion', now, deleteAt: now }, state),
    )
    app.clock.advance(SILENCE_MS)
    await verifyAll(app)
    expect((await uploadState(app, image)).running).toBeNull()
    await run(app, removePieces)
    expect(await filesOf(app)).toStrictEqual([])
  })
})

describe('A resumable upload of which nothing more comes', () => {
  test('waits for a day, and is over then', async () => {
    await using app = await application()
    const { image, id } = await begun(app)
    await send(app.services, id, 0, [disk.subarray(0, half)])
    app.clock.advance(24 * 3_600_000 - 60_000)
    await run(app, endIdleUploads)
    expect(await offsetOn(app.services, id)).toBe(half)
    app.clock.advance(120_000)
    await run(app, endIdleUploads)
    expect(await imageNow(app, image)).toMatchObject({ status: 'ERROR' })
    const failed = (await app.everything()).find(({ type }) => type === 'ImageCreationFailed')
    expect(failed?.data).toMatchObject({ code: 'UPLOAD_INCOMPLETE' })
    expect(refusalOf(await find(app.services, id))).toStrictEqual(notFound('upload', id))
    await run(app, removePieces)
    expect(await filesOf(app)).toStrictEqual([])
  })
})
