import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, expect, test } from 'vitest'
import { contentPath, problemOf } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { historyOf, register } from '../support/library.ts'
import { startSeeded, type TestService } from '../support/service.ts'
import { tokens } from '../support/tokens.ts'
import { blobsOf, disk, halfway, progressOf } from '../support/uploads.ts'

const { collaborator } = tokens
let service: TestService

beforeAll(async () => {
  const started = await startSeeded({ UPLOAD_MIN_BYTES_PER_SECOND: '20000', UPLOAD_PATIENCE_SECONDS: '0.5' })
  service = started.service
  return started.dispose
})

const tooSlow = [
  408,
  'UPLOAD_TOO_SLOW',
  'The bytes came too slowly: nothing of them was kept. Send them again over a faster line.',
]

const nothingIsLeft = async (id: string, before: readonly string[]) => {
  await eventually('the upload is over', async () => (await progressOf(service, id)) === null)
  expect(await blobsOf(service)).toStrictEqual(before)
  expect(await historyOf(service, id)).toStrictEqual(['ImageRegistered'])
}

test('an upload that stalls is dropped, and may be sent again', async () => {
  const id = await register(service, 'stalls')
  const before = await blobsOf(service)
  for (const length of [disk.length, null]) {
    const upload = await halfway(service, id, length)
    expect(problemOf(await upload.answer)).toStrictEqual(tooSlow)
    await nothingIsLeft(id, before)
    upload.destroy()
  }
  expect((await service.upload(collaborator, id, disk)).status).toBe(201)
  expect((await service.download(collaborator, id)).body.equals(disk)).toBe(true)
})

test('so is one that drips, and the line is closed', async () => {
  const id = await register(service, 'drips')
  const before = await blobsOf(service)
  const line = connect(Number(new URL(service.url).port), '127.0.0.1')
  let received = ''
  let closed = false
  line.on('data', (bytes) => {
    received += bytes
  })
  line.on('error', () => undefined)
  line.on('close', () => {
    closed = true
  })
  line.write(
    `PUT ${contentPath(id)} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${collaborator}\r\n`,
  )
  line.write(`Content-Length: ${disk.length}\r\n\r\n`)
  await eventually('it is dropped', () => {
    if (received === '') line.write('x')
    return received.includes('UPLOAD_TOO_SLOW')
  })
  await eventually('the line is closed', () => closed)
  expect(received).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
  expect(received).toMatch(/\r\nconnection: close\r\n/i)
  expect((await service.http({ path: '/readyz' })).status).toBe(200)
  await nothingIsLeft(id, before)
})

test('one that is fast enough is not, however long it takes', async () => {
  const id = await register(service, 'steady')
  const upload = service.beginUpload(collaborator, id, disk.length)
  const piece = disk.length / 32
  for (let at = 0; at < disk.length; at += piece) {
    await upload.send(disk.subarray(at, at + piece))
    await sleep(50)
  }
  upload.end()
  expect((await upload.answer).status).toBe(201)
})
