import { expect, test } from 'vitest'
import type { Services } from '../../src/application/services.ts'
import { imageUpload } from '../../src/application/use-cases/image-upload.ts'
import { uploadAggregate } from '../../src/domain/upload/state.ts'
import { type Application, application, callerOf, collaborator } from '../support/application.ts'
import { gate } from '../support/events.ts'
import { eventually } from '../support/eventually.ts'
import { rawDisk } from '../support/images.ts'
import { create, idOf, imageNow, refusalOf } from '../support/library-commands.ts'
import { faultyLog } from '../support/logs.ts'

const disk = rawDisk(4_096, 1)

/** An upload that has begun and waits in the midst of its bytes. */
const waiting = async (services: Services, id: string) => {
  const [begun, going] = [gate(), gate()]
  async function* body() {
    yield disk.subarray(0, 100)
    begun.open()
    await going.opened
    yield disk.subarray(100)
  }
  const outcome = upload(services, id, body())
  await begun.opened
  return { outcome, goOn: going.open }
}

const upload = (services: Services, id: string, body: AsyncIterable<Uint8Array> = one()) =>
  imageUpload(services)(callerOf(collaborator), id, { body, contentLength: null })()

async function* one() {
  yield disk
}

const outcomes = async (app: Application): Promise<readonly unknown[]> =>
  (await app.everything()).filter(({ type }) => type === 'UploadEnded').map(({ data }) => data['outcome'])

test('While a node receives an upload, another node refuses a second one, and takes it after the end', async () => {
  await using app = await application()
  const id = idOf(await create(app.services, 'debian'))
  const { outcome, goOn } = await waiting(app.node(), id)
  expect(refusalOf(await upload(app.node(), id))).toMatchObject({ tag: 'Conflict' })
  goOn()
  expect((await outcome)._tag).toBe('Right')
  expect(refusalOf(await upload(app.node(), id))).toMatchObject({ tag: 'InvalidState', status: 'AVAILABLE' })
  expect(await outcomes(app)).toStrictEqual(['STORED'])
})

test('An upload whose node was silent for long gives way to another, and cannot put its bytes over those', async () => {
  await using app = await application()
  const id = idOf(await create(app.services, 'debian'))
  const { outcome, goOn } = await waiting(app.node(), id)
  app.clock.advance(29_000)
  expect(refusalOf(await upload(app.node(), id))).toMatchObject({ tag: 'Conflict' })
  app.clock.advance(2_000)
  expect((await upload(app.node(), id))._tag).toBe('Right')
  const { content } = await imageNow(app, id)
  goOn()
  expect(refusalOf(await outcome)).toMatchObject({ tag: 'InvalidState', status: 'AVAILABLE' })
  expect((await imageNow(app, id)).content).toStrictEqual(content)
  expect(await outcomes(app)).toStrictEqual(['LOST', 'STORED'])
  expect((await app.services.ledger.load(uploadAggregate, id)).state.running).toBeNull()
})

test('An upload that breaks off makes room for another at once, on every node', async () => {
  await using app = await application()
  const id = idOf(await create(app.services, 'debian'))
  async function* cut() {
    yield disk.subarray(0, 100)
    throw new Error('The line was cut')
  }
  await expect(upload(app.node(), id, cut())).rejects.toThrow('The line was cut')
  expect((await upload(app.node(), id))._tag).toBe('Right')
  expect(await outcomes(app)).toStrictEqual(['BROKEN_OFF', 'STORED'])
})

test('An upload that the ledger was not there to end is ended as soon as it is back, and its own node does not wait for that', async () => {
  await using app = await application()
  const id = idOf(await create(app.services, 'debian'))
  async function* cut() {
    yield disk.subarray(0, 100)
    throw new Error('The client is gone')
  }
  const node = app.node(faultyLog(app.log, { nth: 2, when: 'BEFORE' }))
  await expect(upload(node, id, cut())).rejects.toThrow('The client is gone')
  expect(refusalOf(await upload(app.node(), id))).toMatchObject({ tag: 'Conflict' })
  expect((await upload(node, id))._tag).toBe('Right')
  const other = idOf(await create(app.services, 'other'))
  await expect(
    upload(app.node(faultyLog(app.log, { nth: 2, when: 'BEFORE' })), other, cut()),
  ).rejects.toThrow('The client is gone')
  await eventually('it is ended', async () => (await outcomes(app)).includes('BROKEN_OFF'))
  expect((await upload(app.node(), other))._tag).toBe('Right')
})
