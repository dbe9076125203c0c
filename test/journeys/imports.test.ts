import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { Client } from '../support/client.ts'
import { gate } from '../support/events.ts'
import { eventually } from '../support/eventually.ts'
import { qcow2, rawDisk } from '../support/images.ts'
import { command, create } from '../support/library.ts'
import { seededService, successiveServices } from '../support/service.ts'
import { ALLOWED_HOST } from '../support/sources.ts'
import { tokens } from '../support/tokens.ts'

const disk = rawDisk(300_000, 'imported')

/** A web server for the test that runs, and what a service must be told to be allowed to fetch from it. */
const webServer = async (handler: RequestListener) => {
  const server = createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, ALLOWED_HOST, resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${ALLOWED_HOST}:${port}/image`,
    allowed: { IMPORT_ALLOW_CIDRS: `${ALLOWED_HOST}/32`, IMPORT_ALLOW_PORTS: String(port) },
  }
}

interface Seen {
  readonly status: string
  readonly origin: string
  readonly statusCode: string | null
  readonly statusReason: string | null
  readonly sizeBytes: string | null
  readonly progress: {
    readonly doneBytes: string
    readonly totalBytes: string | null
    readonly stage: string
  } | null
}

const imageSeen = async (service: Client, id: string): Promise<Seen> => {
  const { image } = await service.graphql<{ image: Seen }>(
    tokens.collaborator,
    `query ($id: ID!) { image(id: $id) {
      status origin statusCode statusReason sizeBytes progress { doneBytes totalBytes stage } } }`,
    { id },
  )
  return image
}

const becomes = (service: Client, id: string, status: string) =>
  eventually(`it is ${status}`, async () => (await imageSeen(service, id)).status === status)

const fromUrl = async (service: Client, url: string, more: object = {}): Promise<string> => {
  const outcome = await create(service, { name: 'imported', source: { url: { url, ...more } } })
  if (outcome.id === undefined) throw new Error(JSON.stringify(outcome))
  return outcome.id
}

test('an image is fetched from a URL, shows how far it is, and is then as if it had been sent', async () => {
  const { opened, open } = gate()
  const web = await webServer((_request, response) => {
    response.writeHead(200, { 'content-length': disk.length })
    response.write(disk.subarray(0, 100_000))
    void opened.then(() => response.end(disk.subarray(100_000)))
  })
  const service = await seededService(web.allowed)
  const id = await fromUrl(service, `${web.url}?signature=secret`, { format: 'RAW' })
  await eventually('something has come', async () => {
    const { progress } = await imageSeen(service, id)
    return progress?.doneBytes === '100000'
  })
  expect(await imageSeen(service, id)).toMatchObject({
    status: 'CREATING',
    origin: 'URL',
    progress: { totalBytes: '300000', stage: 'UPLOADING' },
  })
  // What the service fetches nobody may send.
  const sent = await service.upload(tokens.collaborator, id, disk)
  expect([sent.status, sent.body.toString()]).toStrictEqual([
    409,
    expect.stringContaining('fetched from a URL'),
  ])
  open()
  await becomes(service, id, 'AVAILABLE')
  expect((await service.download(tokens.collaborator, id)).body.equals(disk)).toBe(true)
  const { image } = await service.graphql<{ image: { history: { nodes: { data: { source?: object } }[] } } }>(
    tokens.collaborator,
    'query ($id: ID!) { image(id: $id) { history(first: 1) { nodes { data } } } }',
    { id },
  )
  // The query of a presigned URL is a secret.
  expect(image.history.nodes[0]?.data.source).toStrictEqual({ from: 'URL', url: web.url })
})

test('what cannot be had, or is unsafe, is in ERROR with the reason; imageRetry fetches it again', async () => {
  let answer: RequestListener = (_request, response) => response.writeHead(503).end('a secret')
  const web = await webServer((request, response) => answer(request, response))
  const service = await seededService(web.allowed)
  const id = await fromUrl(service, web.url)
  await becomes(service, id, 'ERROR')
  const failed = await imageSeen(service, id)
  expect(failed.statusCode).toBe('SOURCE_UNAVAILABLE')
  expect(failed.statusReason).not.toMatch(/secret|127\.0|http/)
  answer = (_request, response) => response.end(qcow2({ virtualSize: 1_048_576, backingFile: '/etc/passwd' }))
  const retry = () => command(service, tokens.collaborator, 'imageRetry', { image: id })
  expect((await retry())['status']).toBe('CREATING')
  await eventually(
    'it is unsafe',
    async () => (await imageSeen(service, id)).statusCode === 'UNSAFE_BACKING_FILE',
  )
  answer = (_request, response) => response.end(disk)
  await retry()
  await becomes(service, id, 'AVAILABLE')
})

test('a fetch that the service was stopped or killed in is carried on after the next start', async () => {
  const { opened, open } = gate()
  let asked = 0
  const web = await webServer((_request, response) => {
    asked += 1
    response.writeHead(200, { 'content-length': disk.length })
    response.write(disk.subarray(0, 100_000))
    void opened.then(() => response.end(disk.subarray(100_000)))
  })
  const start = await successiveServices()
  const id = await fromUrl(await start(web.allowed), web.url)
  await eventually('it is asked', () => asked === 1)
  const service = await start(web.allowed)
  await eventually('it is asked again', () => asked === 2)
  open()
  await becomes(service, id, 'AVAILABLE')
  expect((await service.download(tokens.collaborator, id)).body.equals(disk)).toBe(true)
})

test('a URL that leads where it must not is refused, before and after redirects', async () => {
  let reached = 0
  const inside = createServer((_request, response) => {
    reached += 1
    response.end(disk)
  })
  inside.on('connection', () => {
    reached += 1
  })
  await new Promise<void>((resolve) => inside.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void inside.close())
  const { port } = inside.address() as AddressInfo
  const web = await webServer((_request, response) =>
    response.writeHead(302, { location: `http://127.0.0.1:${port}/` }).end(),
  )
  const service = await seededService({
    ...web.allowed,
    IMPORT_ALLOW_PORTS: `${web.allowed.IMPORT_ALLOW_PORTS},${port}`,
  })
  for (const host of ['127.0.0.1', '2130706433', '0x7f000001', '0177.0.0.1', '[::ffff:127.0.0.1]', '[::1]']) {
    const refused = await create(service, {
      name: 'inside',
      source: { url: { url: `http://${host}:${port}/` } },
    })
    expect(refused).toMatchObject({
      __typename: 'InvalidInput',
      issues: [{ path: ['source', 'url', 'url'] }],
    })
  }
  const id = await fromUrl(service, web.url)
  await becomes(service, id, 'ERROR')
  expect((await imageSeen(service, id)).statusCode).toBe('URL_FORBIDDEN')
  expect(reached).toBe(0)
})
