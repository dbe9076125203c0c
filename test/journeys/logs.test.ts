import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startedServer } from '../support/eventstoredb/opened.ts'
import { eventually } from '../support/eventually.ts'
import { filesIn } from '../support/files.ts'
import { available, create, imageOf, register } from '../support/library.ts'
import { runToEnd, startProcess } from '../support/process.ts'
import { startS3 } from '../support/s3.ts'
import { seed } from '../support/service.ts'
import { tempDirectory } from '../support/temp.ts'
import { expiredToken, people, SECRET, tokens } from '../support/tokens.ts'
import { disk } from '../support/uploads.ts'

// What the log says of requests that go well and wrong, and of outages: under which request, and no secret.

interface Line {
  readonly level: number
  readonly time: string
  readonly msg: string
  readonly requestId?: string
}

const secrets = {
  LINK_SECRET: 'hush-the-secret-of-links-of-32-bytes',
  METRICS_TOKEN: 'hush-the-scrapers-token',
  // s3rver looks at no secret key.
  S3_SECRET_KEY: 'hush-the-key-of-the-bytes',
  OTEL_EXPORTER_OTLP_HEADERS: 'authorization=hush-the-receivers-token',
}

test('lines of requests name the request, and no line tells a secret', async () => {
  const directory = await tempDirectory()
  const server = await startedServer()
  const s3 = await startS3(directory)
  const service = await startProcess(join(directory, 'data'), {
    ...secrets,
    EVENTSTORE_URL: server.url,
    S3_ENDPOINT: s3.options.endpoint,
    S3_BUCKET: s3.options.bucket,
    S3_ACCESS_KEY: s3.options.accessKey,
    // Nobody listens there.
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    LOG_LEVEL: 'trace',
  })
  onTestFinished(async () => void (await service.end('SIGKILL')))
  onTestFinished(() => s3.stop().catch(() => undefined))
  await seed(service)
  const failed: string[] = []
  const { collaborator } = tokens
  const ask = async (...[request]: Parameters<typeof service.http>) => {
    const { headers } = await service.http(request)
    return String(headers['x-request-id'])
  }

  const id = await available(service, 'debian', disk)
  await create(service, { name: 'debian' })
  const expired = await expiredToken(people.collaborator)
  const wrong = [expired, 'hush-no-token', secrets.METRICS_TOKEN]
  for (const token of wrong) await ask({ path: '/graphql?query={viewer{subject}}', token })
  await ask({ path: '/metrics', token: secrets.METRICS_TOKEN })
  await ask({ path: '/%ZZ?token=hush-in-the-path', token: collaborator })
  await ask({ method: 'POST', path: '/graphql', token: collaborator, body: '{"query":"hush"' })

  // Bytes that are lost, and a store of bytes that is away.
  for (const file of await filesIn(join(directory, 's3'))) if (file.includes('blobs')) await rm(file)
  failed.push(await ask({ path: `/images/${id}/content`, token: collaborator }))
  // What is no link, and one that opens what is lost.
  await ask({ path: `/images/${id}/content?link=hush` })
  const signed = await imageOf<{ contentUrl: string }>(service, id, 'contentUrl')
  const { pathname, search } = new URL(signed?.contentUrl ?? '')
  failed.push(await ask({ path: pathname + search }))
  const waiting = await register(service, 'waiting')
  await s3.stop()
  failed.push(
    await ask({ method: 'PUT', path: `/images/${waiting}/content`, token: collaborator, body: disk }),
  )
  server.kill()
  failed.push(
    await ask({ method: 'PUT', path: `/images/${waiting}/content`, token: collaborator, body: disk }),
  )
  await service.answer(collaborator, 'mutation { imageDelete(input: { image: "x" }) { __typename } }')
  await eventually('all that failed is told of', () => failed.every((of) => service.stderr.includes(of)))
  await eventually('so is the receiver', () => service.stderr.includes('Traces cannot be sent'))
  const { stdout, stderr } = await service.end('SIGTERM')

  const lines = stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
  for (const line of lines)
    expect(line).toMatchObject({
      level: expect.any(Number),
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      msg: expect.any(String),
    })
  const told = lines.filter(({ requestId }) => requestId !== undefined && failed.includes(requestId))
  expect(new Set(told.map(({ requestId }) => requestId))).toStrictEqual(new Set(failed))
  const said = stdout + stderr
  for (const secret of [SECRET, search, expired, ...Object.values(tokens), 'hush'])
    expect(said).not.toContain(secret)
  expect(said).not.toMatch(/authorization|Bearer/i)
})

test('nor does a start that is refused', async () => {
  const directory = await tempDirectory()
  const given = { DATA_DIR: directory, AUTH_SECRET: 'hush', LINK_SECRET: 'hush', METRICS_TOKEN: 'hush' }
  for (const environment of [
    given,
    { ...given, AUTH_SECRET: SECRET },
    { ...given, AUTH_SECRET: SECRET, METRICS_TOKEN: '' },
    { AUTH_SECRET: SECRET, EVENTSTORE_URL: 'esdb://user:hush@127.0.0.1:1?tls=false' },
    {
      AUTH_SECRET: SECRET,
      DATA_DIR: directory,
      EVENTSTORE_URL: 'esdb://user:hush@127.0.0.1:1?tls=true',
      S3_ENDPOINT: 'http://127.0.0.1:9',
      S3_BUCKET: 'images',
      S3_ACCESS_KEY: 'key',
      S3_SECRET_KEY: 'hush',
    },
  ]) {
    const { code, stdout, stderr } = await runToEnd(environment)
    expect(code).toBe(1)
    expect(stderr).toContain('image-ledger does not start: ')
    expect(stdout + stderr).not.toContain('hush')
  }
})
