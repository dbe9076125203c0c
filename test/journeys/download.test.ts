import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { type HttpAnswer, problemOf } from '../support/client.ts'
import { rawDisk } from '../support/images.ts'
import { available, register } from '../support/library.ts'
import { startSeeded, type TestService } from '../support/service.ts'
import { tokens } from '../support/tokens.ts'

const SIZE = 300_000
const disk = rawDisk(SIZE, 42)
const base64 = (algorithm: string) => createHash(algorithm).update(disk).digest('base64')
const etag = `"${createHash('sha256').update(disk).digest('hex')}"`
const validators = {
  etag,
  'repr-digest': `sha-256=:${base64('sha256')}:, sha-512=:${base64('sha512')}:`,
  'accept-ranges': 'bytes',
  'cache-control': 'private, no-cache, no-transform',
}
const whole = {
  ...validators,
  'content-type': 'application/octet-stream',
  'content-disposition': 'attachment; filename=debian-12.raw',
  'content-length': String(SIZE),
}

let service: TestService
let image: string

beforeAll(async () => {
  const started = await startSeeded()
  service = started.service
  image = await available(service, 'debian-12', disk)
  return started.dispose
})

const get = (headers: Record<string, string> = {}) => service.download(tokens.collaborator, image, headers)

/** The headers without those that every answer has. */
const headersOf = ({ headers }: HttpAnswer) => {
  const {
    date: _date,
    connection: _connection,
    'x-request-id': _id,
    'x-ledger-position': _position,
    'x-content-type-options': _sniff,
    ...rest
  } = headers
  return rest
}

test('a download is the bytes as they were sent, with what there is to say of them', async () => {
  const answer = await get()
  expect(answer.status).toBe(200)
  expect(headersOf(answer)).toStrictEqual(whole)
  expect(answer.body.equals(disk)).toBe(true)
})

test('HEAD answers with the headers of GET and without bytes', async () => {
  const answer = await service.download(tokens.collaborator, image, {}, 'HEAD')
  expect(answer.status).toBe(200)
  expect(headersOf(answer)).toStrictEqual(whole)
  expect(answer.body).toHaveLength(0)
})

describe('Range', () => {
  test.each([
    ['the first byte', 'bytes=0-0', 0, 0],
    ['the first bytes', 'bytes=0-99', 0, 99],
    ['bytes in the middle', 'bytes=100000-200000', 100_000, 200_000],
    ['all from some byte on', 'bytes=299990-', 299_990, SIZE - 1],
    ['the last bytes', 'bytes=-10', SIZE - 10, SIZE - 1],
    ['more last bytes than there are', 'bytes=-9999999', 0, SIZE - 1],
    ['bytes beyond the end', 'bytes=299999-9999999999999', SIZE - 1, SIZE - 1],
    ['all of them', 'bytes=0-299999', 0, SIZE - 1],
  ])('hands out %s', async (_, range, start, end) => {
    const answer = await get({ range })
    expect(answer.status).toBe(206)
    expect(headersOf(answer)).toStrictEqual({
      ...whole,
      'content-length': String(end - start + 1),
      'content-range': `bytes ${start}-${end}/${SIZE}`,
    })
    expect(answer.body.equals(disk.subarray(start, end + 1))).toBe(true)
  })

  test.each([
    ['from beyond the end on', `bytes=${SIZE}-`],
    ['of no last byte', 'bytes=-0'],
    ['all of which lie beyond the end', 'bytes=300000-300001,400000-'],
  ])('%s is refused with the size', async (_, range) => {
    const answer = await get({ range })
    expect(headersOf(answer)).toStrictEqual({
      'content-range': `bytes */${SIZE}`,
      'content-type': 'application/problem+json; charset=utf-8',
      'content-length': String(answer.body.length),
    })
    expect(problemOf(answer)).toStrictEqual([
      416,
      'INVALID_INPUT',
      `Range: the image has ${SIZE} bytes, counted from 0.`,
    ])
  })

  test.each([
    ['several ranges', 'bytes=0-9,20-29'],
    ['another unit', 'clusters=0-9'],
    ['no range at all', 'bytes'],
  ])('of %s is passed over: the whole is handed out', async (_, range) => {
    const answer = await get({ range })
    expect(answer.status).toBe(200)
    expect(headersOf(answer)).toStrictEqual(whole)
    expect(answer.body.equals(disk)).toBe(true)
  })

  test('says nothing to HEAD', async () => {
    const answer = await service.download(tokens.collaborator, image, { range: 'bytes=0-9' }, 'HEAD')
    expect(answer.status).toBe(200)
    expect(headersOf(answer)).toStrictEqual(whole)
  })

  test.each([
    ['a part, where the bytes are still those', etag, 206, 10],
    ['the whole, where they are not', '"0123"', 200, SIZE],
    ['the whole, where they are only alike', `W/${etag}`, 200, SIZE],
    ['the whole, where there is but a date', 'Sun, 01 Mar 2026 00:00:00 GMT', 200, SIZE],
  ])('with If-Range hands out %s', async (_, ifRange, status, length) => {
    const answer = await get({ range: 'bytes=0-9', 'if-range': ifRange })
    expect([answer.status, answer.body.length]).toStrictEqual([status, length])
  })
})

describe('If-None-Match', () => {
  test.each([
    ['the same', etag],
    ['one like it', `W/${etag}`],
    ['one of several', `"0123", ${etag}`],
    ['anything', '*'],
  ])('of %s is answered without bytes', async (_, ifNoneMatch) => {
    for (const method of ['GET', 'HEAD']) {
      const answer = await service.download(
        tokens.collaborator,
        image,
        { 'if-none-match': ifNoneMatch },
        method,
      )
      expect(answer.status).toBe(304)
      expect(headersOf(answer)).toStrictEqual(validators)
      expect(answer.body).toHaveLength(0)
    }
  })

  test('of other bytes is answered with these', async () => {
    const answer = await get({ 'if-none-match': '"0123"' })
    expect([answer.status, answer.body.equals(disk)]).toStrictEqual([200, true])
  })
})

test('there is nothing to download before the bytes are in', async () => {
  const waiting = await register(service, 'waiting')
  const answer = await service.download(tokens.collaborator, waiting)
  expect(problemOf(answer)).toStrictEqual([
    409,
    'INVALID_STATE',
    'The image is CREATING: only an AVAILABLE image has bytes to download.',
  ])
  const head = await service.download(tokens.collaborator, waiting, {}, 'HEAD')
  expect([head.status, head.headers['content-length'], head.body.length]).toStrictEqual([
    409,
    answer.headers['content-length'],
    0,
  ])
})
