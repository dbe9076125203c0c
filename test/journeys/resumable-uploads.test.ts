import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { type HttpAnswer, problemOf } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { qcow2, rawDisk } from '../support/images.ts'
import { available, command, imageOf, register } from '../support/library.ts'
import { seeded } from '../support/random.ts'
import { startSeeded, type TestService } from '../support/service.ts'
import { testSize } from '../support/size.ts'
import { tokens } from '../support/tokens.ts'
import { BYTES, beginTus, byTus, offsetOf, tus } from '../support/tus.ts'
import { blobsOf, disk, halfway, progressOf } from '../support/uploads.ts'

const { collaborator } = tokens
const MiB = 1024 * 1024
const half = disk.length / 2

let service: TestService

beforeAll(async () => {
  const started = await startSeeded()
  service = started.service
  return started.dispose
})

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const fresh = (upload: object = {}) => register(service, `image-${crypto.randomUUID()}`, upload)
const begin = (image: string, size = disk.length) => beginTus(service, image, size)
const patch = (path: string, offset: number, body: Uint8Array, headers: Record<string, string> = {}) =>
  tus(service, 'PATCH', path, { 'upload-offset': String(offset), 'content-type': BYTES, ...headers }, body)

const isDownloaded = async (image: string, bytes: Uint8Array) =>
  expect(sha256((await service.download(collaborator, image)).body)).toBe(sha256(bytes))

describe('A tus client', () => {
  test('uploads an image', async () => {
    const image = await fresh()
    await byTus(service, image, disk)
    expect(await imageOf(service, image, 'status format sizeBytes')).toMatchObject({
      status: 'AVAILABLE',
      format: 'RAW',
      sizeBytes: String(disk.length),
    })
    await isDownloaded(image, disk)
  })

  test.each([
    ['in pieces', { chunkSize: 300_000 }],
    ['with the first bytes in the request that begins it', { uploadDataDuringCreation: true }],
    ['from where PATCH is not known', { overridePatchMethod: true }],
  ])('uploads an image %s', async (_, options) => {
    const image = await fresh()
    await byTus(service, image, disk, options)
    await isDownloaded(image, disk)
  })

  test('hears what is wrong with an image, as who sends it whole does', async () => {
    const hostile = qcow2({ virtualSize: MiB, backingFile: '/etc/passwd' })
    const [image, other] = [await fresh(), await fresh()]
    const [status, code, detail] = problemOf(await service.upload(collaborator, other, hostile))
    await expect(byTus(service, image, hostile)).rejects.toMatchObject({
      originalResponse: { getStatus: expect.any(Function) },
      message: expect.stringContaining(`"code":"${code}"`),
    })
    expect([status, code]).toStrictEqual([422, 'UNSAFE_BACKING_FILE'])
    expect(await imageOf(service, image, 'status statusReason')).toStrictEqual(
      await imageOf(service, other, 'status statusReason'),
    )
    expect(detail).not.toBe('')
  })
})

describe('An upload', () => {
  test('cut at random points and resumed has the same hash in the end', async () => {
    const bytes = rawDisk(testSize(16, 64) * MiB, 5)
    const image = await fresh()
    const path = await begin(image, bytes.length)
    const random = seeded(20)
    const cuts = Array.from({ length: 20 }, () => random(bytes.length)).sort((a, b) => a - b)
    const resumedAt = new Set<number>()
    for (const until of [...cuts, bytes.length]) {
      const offset = await offsetOf(service, path)
      resumedAt.add(offset)
      if (until <= offset) continue
      const line = service.open(
        {
          method: 'PATCH',
          path,
          token: collaborator,
          headers: { 'tus-resumable': '1.0.0', 'upload-offset': String(offset), 'content-type': BYTES },
        },
        bytes.length - offset,
      )
      await line.send(bytes.subarray(offset, until))
      if (until === bytes.length) {
        line.end()
        expect((await line.answer).status).toBe(204)
      } else {
        line.destroy()
        await eventually('the service knows of it', () => service.service.services.uploads.count === 0)
      }
    }
    expect(resumedAt.size).toBeGreaterThan(10)
    await isDownloaded(image, bytes)
  })

  test('is shown while it goes on, and until when it waits', async () => {
    const image = await fresh()
    const path = await begin(image)
    const answer = await patch(path, 0, disk.subarray(0, half))
    expect(answer.status).toBe(204)
    expect(answer.headers).toMatchObject({ 'tus-resumable': '1.0.0', 'upload-offset': String(half) })
    const expires = Date.parse(String(answer.headers['upload-expires'])) - Date.now()
    expect(Math.round(expires / 3_600_000)).toBe(24)
    expect(await progressOf(service, image)).toMatchObject({ stage: 'UPLOADING', doneBytes: String(half) })
    const { headers } = await tus(service, 'HEAD', path)
    expect(headers).toMatchObject({
      'upload-offset': String(half),
      'upload-length': String(disk.length),
      'upload-metadata': `image ${Buffer.from(image).toString('base64')}`,
      'cache-control': 'no-store',
      'tus-resumable': '1.0.0',
    })
    expect((await patch(path, half, disk.subarray(half))).status).toBe(204)
    expect(await imageOf(service, image, 'status')).toStrictEqual({ status: 'AVAILABLE' })
    const after = await tus(service, 'HEAD', path)
    expect([after.status, after.headers['upload-offset']]).toStrictEqual([200, String(disk.length)])
  })

  test('may bring its first bytes with its beginning, and be all of them', async () => {
    const image = await fresh()
    const metadata = `filename ZGlzaw==,image ${Buffer.from(image).toString('base64')},empty`
    const headers = {
      'upload-length': String(disk.length),
      'upload-metadata': metadata,
      'content-type': BYTES,
    }
    const answer = await tus(service, 'POST', '/uploads', headers, disk)
    expect(answer.status).toBe(201)
    expect(answer.headers['upload-offset']).toBe(String(disk.length))
    await isDownloaded(image, disk)
  })

  test('of nothing is refused at once, as nothing is that is sent whole', async () => {
    const [image, other] = [await fresh(), await fresh()]
    const refused = problemOf(await begun(image, 0))
    expect(refused).toStrictEqual(problemOf(await service.upload(collaborator, other, Buffer.alloc(0))))
    expect(refused[1]).toBe('EMPTY_IMAGE')
  })

  test('ends where it is deleted, and nothing is left of it', async () => {
    const image = await fresh()
    const path = await begin(image)
    const before = await blobsOf(service)
    await patch(path, 0, disk.subarray(0, half))
    const [piece = ''] = (await blobsOf(service)).filter((file) => !before.includes(file))
    expect(piece).not.toBe('')
    expect((await tus(service, 'DELETE', path)).status).toBe(204)
    expect((await tus(service, 'HEAD', path)).status).toBe(404)
    expect(problemOf(await patch(path, half, disk.subarray(half)))[1]).toBe('NOT_FOUND')
    await eventually('its bytes are gone', async () => !(await blobsOf(service)).includes(piece))
    expect((await service.upload(collaborator, image, disk)).status).toBe(201)
  })

  test('ends with its image', async () => {
    const image = await fresh()
    const path = await begin(image)
    await command(service, collaborator, 'imageDelete', { image })
    expect((await tus(service, 'HEAD', path)).status).toBe(404)
    expect((await patch(path, 0, disk)).status).toBe(404)
  })

  test('waits for no other to its image, and no other for it', async () => {
    const image = await fresh()
    const path = await begin(image)
    const message = `A resumable upload to this image is unfinished: resume it at ${path}, or end it with DELETE of that path.`
    expect(problemOf(await begun(image))).toStrictEqual([409, 'CONFLICT', message])
    expect(problemOf(await service.upload(collaborator, image, disk))).toStrictEqual([
      409,
      'CONFLICT',
      message,
    ])
    const other = await fresh()
    const put = await halfway(service, other)
    expect(problemOf(await begun(other)).slice(0, 2)).toStrictEqual([409, 'CONFLICT'])
    put.destroy()
  })
})

const begun = (image: string, size = disk.length): Promise<HttpAnswer> =>
  tus(service, 'POST', '/uploads', {
    'upload-length': String(size),
    'upload-metadata': `image ${Buffer.from(image).toString('base64')}`,
  })

describe('What is asked wrongly is refused', () => {
  let path: string
  let image: string

  beforeAll(async () => {
    image = await fresh()
    path = await begin(image)
  })

  test('by its version', async () => {
    for (const version of ['', '0.2.2']) {
      const headers = { 'upload-offset': '0', 'content-type': BYTES, 'tus-resumable': version }
      const answer = await service.http({ method: 'PATCH', path, token: collaborator, headers, body: 'x' })
      expect(problemOf(answer).slice(0, 2)).toStrictEqual([412, 'INVALID_INPUT'])
      expect(answer.headers['tus-version']).toBe('1.0.0')
    }
  })

  test.each<[string, number, string, Record<string, string>]>([
    ['another offset', 409, 'CONFLICT', { 'upload-offset': '5' }],
    ['no offset', 400, 'INVALID_INPUT', { 'upload-offset': '' }],
    ['a negative offset', 400, 'INVALID_INPUT', { 'upload-offset': '-1' }],
    ['another media type', 415, 'INVALID_INPUT', { 'content-type': 'application/octet-stream' }],
  ])('bytes with %s', async (_, status, code, headers) => {
    expect(problemOf(await patch(path, 0, disk, headers)).slice(0, 2)).toStrictEqual([status, code])
    expect(await offsetOf(service, path)).toBe(0)
  })

  test('more bytes than were announced', async () => {
    const answer = await patch(path, 0, Buffer.concat([disk, disk]))
    expect(problemOf(answer).slice(0, 2)).toStrictEqual([413, 'SIZE_MISMATCH'])
    expect(await offsetOf(service, path)).toBe(0)
  })

  const id = () => Buffer.from(image).toString('base64')
  test.each<[string, number, string, () => Record<string, string>]>([
    ['no length', 400, 'INVALID_INPUT', () => ({ 'upload-length': '' })],
    ['a length that is none', 400, 'INVALID_INPUT', () => ({ 'upload-length': '5MB' })],
    ['a length to be told later', 400, 'INVALID_INPUT', () => ({ 'upload-defer-length': '1' })],
    ['parts to be put together', 400, 'INVALID_INPUT', () => ({ 'upload-concat': 'partial' })],
    ['too great a length', 413, 'SIZE_LIMIT', () => ({ 'upload-length': String(2n ** 41n) })],
    ['no metadata', 400, 'INVALID_INPUT', () => ({ 'upload-metadata': '' })],
    ['no image', 400, 'INVALID_INPUT', () => ({ 'upload-metadata': 'filename ZGlzaw==' })],
    ['two images', 400, 'INVALID_INPUT', () => ({ 'upload-metadata': `image ${id()},image ${id()}` })],
    ['an image that there is not', 404, 'NOT_FOUND', () => ({ 'upload-metadata': 'image ZGlzaw==' })],
  ])('a beginning with %s', async (_, status, code, headers) => {
    const [other] = [await fresh()]
    const usual = {
      'upload-length': '5',
      'upload-metadata': `image ${Buffer.from(other).toString('base64')}`,
    }
    const answer = await tus(service, 'POST', '/uploads', { ...usual, ...headers() })
    expect(problemOf(answer).slice(0, 2)).toStrictEqual([status, code])
  })

  test('an upload to an image that has its bytes', async () => {
    const other = await available(service, `image-${crypto.randomUUID()}`, disk)
    expect(problemOf(await begun(other)).slice(0, 2)).toStrictEqual([409, 'INVALID_STATE'])
  })
})

test('what is offered is told to everybody', async () => {
  for (const path of ['/uploads', '/uploads/x']) {
    const { status, headers } = await service.http({ method: 'OPTIONS', path })
    expect(status).toBe(204)
    expect(headers).toMatchObject({
      'tus-resumable': '1.0.0',
      'tus-version': '1.0.0',
      'tus-extension': 'creation,creation-with-upload,expiration,termination',
      'tus-max-size': String(2 ** 40),
    })
  }
})
