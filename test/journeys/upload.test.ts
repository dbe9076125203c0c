import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { problemOf } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { iso, rawDisk } from '../support/images.ts'
import { available, command, historyOf, imageOf, register } from '../support/library.ts'
import { seededService } from '../support/service.ts'
import { stores } from '../support/stores.ts'
import { tokens } from '../support/tokens.ts'
import { blobsOf, disk, halfway, progressOf } from '../support/uploads.ts'

const { collaborator } = tokens
const MiB = 1024 * 1024

test('an ISO is known for one', async () => {
  const service = await seededService()
  const id = await available(service, 'installer', iso({ data: rawDisk(5000, 3) }))
  expect(await imageOf(service, id, 'format kind virtualSizeBytes')).toStrictEqual({
    format: 'ISO',
    kind: 'DISK',
    virtualSizeBytes: String(24 * 2048),
  })
})

test('bytes may be sent in pieces without saying how many there will be', async () => {
  const service = await seededService()
  const id = await register(service, 'debian')
  const upload = await halfway(service, id, null)
  expect(await progressOf(service, id)).toStrictEqual({
    stage: 'UPLOADING',
    doneBytes: String(MiB),
    totalBytes: null,
    percent: null,
  })
  await upload.send(disk.subarray(MiB))
  upload.end()
  expect((await upload.answer).status).toBe(201)
  expect((await service.download(collaborator, id)).body.equals(disk)).toBe(true)
})

test('how far an upload has come is seen by its owner while it runs, and not after', async () => {
  const service = await seededService()
  const id = await register(service, 'debian')
  expect(await progressOf(service, id)).toBe(null)
  const upload = await halfway(service, id)
  expect(await progressOf(service, id)).toStrictEqual({
    stage: 'UPLOADING',
    doneBytes: String(MiB),
    totalBytes: String(2 * MiB),
    percent: 50,
  })
  await upload.send(disk.subarray(MiB))
  upload.end()
  expect((await upload.answer).status).toBe(201)
  expect(await progressOf(service, id)).toBe(null)
})

test('an upload that breaks off leaves nothing behind, and may be sent again', async () => {
  const service = await seededService()
  const id = await register(service, 'debian')
  for (const length of [disk.length, null]) {
    const upload = await halfway(service, id, length)
    expect(await blobsOf(service)).toHaveLength(stores.filesHalfway)
    upload.destroy()
    await eventually('the upload is over', async () => (await progressOf(service, id)) === null)
    expect(await blobsOf(service)).toStrictEqual([])
    expect(await historyOf(service, id)).toStrictEqual(['ImageRegistered'])
  }
  expect((await service.upload(collaborator, id, disk)).status).toBe(201)
  expect((await service.download(collaborator, id)).body.equals(disk)).toBe(true)
})

test('while one upload runs another to the same image is refused, and the first goes on', async () => {
  const service = await seededService()
  const id = await register(service, 'debian')
  const first = await halfway(service, id)
  expect(problemOf(await service.upload(collaborator, id, rawDisk(MiB, 9)))).toStrictEqual([
    409,
    'CONFLICT',
    'Another upload to this image is running: wait for its end, or send the bytes to an image of their own.',
  ])
  await first.send(disk.subarray(MiB))
  first.end()
  expect((await first.answer).status).toBe(201)
  expect((await service.download(collaborator, id)).body.equals(disk)).toBe(true)
})

test('bytes that are in are never replaced', async () => {
  const service = await seededService()
  const id = await available(service, 'debian', disk)
  expect(problemOf(await service.upload(collaborator, id, rawDisk(MiB, 9)))).toStrictEqual([
    409,
    'INVALID_STATE',
    'The image is AVAILABLE: bytes never change once they are in: release a new version as an image of its own.',
  ])
  expect((await service.download(collaborator, id)).body.equals(disk)).toBe(true)
})

test('the bytes of an image that is deleted while they come are not kept', async () => {
  const service = await seededService()
  const id = await register(service, 'debian')
  const upload = await halfway(service, id)
  await command(service, collaborator, 'imageDelete', { image: id })
  await upload.send(disk.subarray(MiB))
  upload.end()
  expect(problemOf(await upload.answer)).toStrictEqual([
    409,
    'INVALID_STATE',
    'The image is DELETED: it takes no bytes any more.',
  ])
  expect(await blobsOf(service)).toStrictEqual([])
  expect(await historyOf(service, id)).toStrictEqual([
    'ImageRegistered',
    'ImageDeletionRequested',
    'ImageDeleted',
  ])
})

test.each([
  [
    'Content-Range',
    { 'content-range': 'bytes 0-9/10' },
    400,
    'Content-Range: the bytes come whole, in one request.',
  ],
  [
    'Content-Encoding',
    { 'content-encoding': 'gzip' },
    415,
    'Content-Encoding: send the bytes as they are, not gzip.',
  ],
])('a body that is not the plain image is refused by its %s', async (_, headers, status, detail) => {
  const service = await seededService()
  const id = await register(service, 'debian')
  const answer = await service.upload(collaborator, id, disk, headers)
  expect(problemOf(answer)).toStrictEqual([status, 'INVALID_INPUT', detail])
  expect(await historyOf(service, id)).toStrictEqual(['ImageRegistered'])
})

test('who still sends when the answer is there can finish, read it, and go on asking on the same line', async () => {
  const service = await seededService()
  const id = await register(service, 'debian')
  const line = connect(Number(new URL(service.url).port), '127.0.0.1')
  let received = ''
  line.on('data', (bytes) => {
    received += bytes
  })
  const request = (head: string) => line.write(`${head}\r\nHost: localhost\r\n`)
  request(`PUT /images/${id}/content HTTP/1.1`)
  line.write(`Authorization: Bearer ${tokens.viewer}\r\nContent-Length: ${20 * MiB}\r\n\r\n`)
  await eventually('the answer is there', () => received.includes('FORBIDDEN'))
  for (let n = 0; n < 20; n += 1)
    await new Promise<void>((sent, failed) =>
      line.write(Buffer.alloc(MiB), (error) => (error ? failed(error) : sent())),
    )
  request('GET /healthz HTTP/1.1')
  line.write('\r\n')
  await eventually('the next answer is there', () => received.includes('{"status":"ok"}'))
  line.destroy()
  expect(received.match(/HTTP\/1\.1 \d+/g)).toStrictEqual(['HTTP/1.1 403', 'HTTP/1.1 200'])
})

test('no upload is cut for taking long', async () => {
  const service = await seededService()
  const seen: Server[] = []
  // Stand-ins for stores may be served by this process too.
  const look = (message: unknown) => {
    const { server } = message as { server: Server }
    if ((server.address() as AddressInfo | null)?.port === Number(new URL(service.url).port))
      seen.push(server)
  }
  subscribe('http.server.request.start', look)
  onTestFinished(() => void unsubscribe('http.server.request.start', look))
  await service.http({ path: '/healthz' })
  // Node's own defaults are 300 seconds and 0.
  expect(seen.map(({ requestTimeout, timeout }) => ({ requestTimeout, timeout }))).toStrictEqual([
    { requestTimeout: 0, timeout: 0 },
  ])
})
