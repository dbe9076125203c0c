import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rawDisk } from '../support/images.ts'
import { available, command, imageOf } from '../support/library.ts'
import { startS3, type TestS3 } from '../support/s3.ts'
import { seed, startOn, type TestService } from '../support/service.ts'
import { tokens } from '../support/tokens.ts'

// Where S3 hands the bytes out itself, the service says where, to whoever may have them.

const disk = rawDisk(300_000, 5)
let home: string
let s3: TestS3
let service: TestService
let image: string

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'image-ledger-'))
  s3 = await startS3(home)
  const { endpoint, bucket, accessKey, secretKey } = s3.options
  service = await startOn(join(home, 'node'), {
    S3_ENDPOINT: endpoint,
    S3_BUCKET: bucket,
    S3_ACCESS_KEY: accessKey,
    S3_SECRET_KEY: secretKey,
    S3_LINK_SECONDS: '60',
  })
  await seed(service)
  image = await available(service, 'debian', disk)
})

afterAll(async () => {
  await service.stop()
  await s3.stop()
  await rm(home, { recursive: true, force: true })
})

const linkFor = async (token: string): Promise<string> => {
  const { status, headers } = await service.download(token, image)
  expect(status).toBe(307)
  expect(headers['cache-control']).toBe('private, no-store')
  return String(headers.location)
}

test('a download is a link to the bytes, for a minute, under the name of the image', async () => {
  const link = await linkFor(tokens.collaborator)
  expect(new URL(link).searchParams.get('X-Amz-Expires')).toBe('60')
  const whole = await fetch(link)
  expect(Buffer.from(await whole.arrayBuffer()).equals(disk)).toBe(true)
  expect(whole.headers.get('content-disposition')).toContain('debian.raw')
  const part = await fetch(link, { headers: { range: 'bytes=1000-1999' } })
  expect(part.status).toBe(206)
  expect(Buffer.from(await part.arrayBuffer()).equals(disk.subarray(1_000, 2_000))).toBe(true)
})

test('what there is to say of the bytes, the service says itself', async () => {
  const head = await service.download(tokens.collaborator, image, {}, 'HEAD')
  expect([head.status, head.headers['content-length']]).toStrictEqual([200, String(disk.length)])
  const { etag = '' } = head.headers
  expect((await service.download(tokens.collaborator, image, { 'if-none-match': etag })).status).toBe(304)
  expect((await service.download(tokens.collaborator, image, { range: 'bytes=999999-' })).status).toBe(416)
})

test('a link that was asked for by GraphQL leads to such a link, as long as it is good', async () => {
  const found = await imageOf<{ contentUrl: string }>(service, image, 'contentUrl')
  const { pathname, search } = new URL(found?.contentUrl ?? '')
  const { status, headers } = await service.http({ path: pathname + search })
  expect([status, headers['cache-control']]).toStrictEqual([307, 'private, no-store'])
  const bytes = await fetch(String(headers.location))
  expect(Buffer.from(await bytes.arrayBuffer()).equals(disk)).toBe(true)
})

test('who may not have the bytes gets no link', async () => {
  expect((await service.download(tokens.stranger, image)).status).toBe(404)
  expect((await service.download(tokens.viewer, image)).status).toBe(403)
  const stopped = await command(service, tokens.collaborator, 'imageDeactivate', { image, reason: 'suspect' })
  expect(stopped.__typename).toBe('Image')
  expect((await service.download(tokens.collaborator, image)).status).toBe(409)
})
