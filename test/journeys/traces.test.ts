import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Client } from '../support/client.ts'
import { startedServer } from '../support/eventstoredb/opened.ts'
import type { StandInServer } from '../support/eventstoredb/server.ts'
import { eventually } from '../support/eventually.ts'
import { command, imageOf, mutationText, register } from '../support/library.ts'
import { metricsOf } from '../support/metrics.ts'
import { startProcess } from '../support/process.ts'
import { startS3 } from '../support/s3.ts'
import { seed, seededService, startOn } from '../support/service.ts'
import { tempDirectory } from '../support/temp.ts'
import { PROJECT, SECRET, tokens } from '../support/tokens.ts'
import { type ReceivedSpan, startReceiver } from '../support/traces.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const parentId = 'b7ad6b7169203331'

const createBody = (name: string) =>
  JSON.stringify({
    query: mutationText('imageCreate').replace('mutation', 'mutation AsTheClientCallsIt'),
    variables: { input: { project: PROJECT, name, source: { upload: {} } } },
  })

/** A mutation of a client that is in a trace already; gives the id of the request. */
const createTraced = async (service: Client, name: string): Promise<string> => {
  const { status, headers } = await service.http({
    method: 'POST',
    path: '/graphql',
    token: tokens.collaborator,
    headers: { 'content-type': 'application/json', traceparent: `00-${traceId}-${parentId}-01` },
    body: createBody(name),
  })
  expect(status).toBe(200)
  return String(headers['x-request-id'])
}

const ofTrace = (spans: readonly ReceivedSpan[], id = traceId) => spans.filter((span) => span.traceId === id)

/** Each span as `parent > name`, of one trace. */
const tree = (spans: readonly ReceivedSpan[]): readonly string[] =>
  spans
    .map(({ name, parentSpanId }) => {
      const parent = spans.find(({ spanId }) => spanId === parentSpanId)
      return `${parent?.name ?? parentSpanId} > ${name}`
    })
    .sort()

test('a trace goes from the request to its appends, and to what the projections make of them', async () => {
  const { endpoint, spans } = await startReceiver()
  const service = await seededService({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SERVICE_NAME: 'images' })
  const requestId = await createTraced(service, 'traced')
  await service.stop()
  const trace = ofTrace(spans)
  expect(tree(trace)).toStrictEqual([
    'POST /graphql > graphql mutation',
    ...Array(2).fill('append > project billing'),
    ...Array(2).fill('append > project catalog'),
    ...Array(2).fill('append > project to-do'),
    `${parentId} > POST /graphql`,
    'graphql mutation > append',
    'graphql mutation > append',
  ])
  const attributesOf = (name: string) => trace.find((span) => span.name === name)?.attributes
  expect(attributesOf('POST /graphql')).toStrictEqual({
    'http.request.method': 'POST',
    'http.route': '/graphql',
    'http.response.status_code': 200,
    'image_ledger.request_id': requestId,
  })
  expect(attributesOf('graphql mutation')).toStrictEqual({
    'graphql.operation.type': 'mutation',
    'image_ledger.graphql.fields': ['imageCreate'],
    'image_ledger.graphql.errors': [],
  })
  expect(trace.findLast(({ name }) => name === 'append')?.attributes).toStrictEqual({
    'image_ledger.stream': expect.stringMatching(/^image-/),
    'image_ledger.category': 'image',
    'image_ledger.events': 1,
    'image_ledger.outcome': 'appended',
    'image_ledger.revision': 0,
  })
  expect(new Set(spans.map((span) => span.service))).toStrictEqual(new Set(['images']))
  expect(JSON.stringify(spans)).not.toMatch(/AsTheClientCallsIt|"traced"|Bearer|collaborator/)
})

/** Starts nodes over a server of events that misbehaves on demand; the test stops them. */
const nodesOver = async (server: StandInServer, endpoint: string) => {
  const home = await mkdtemp(join(tmpdir(), 'image-ledger-'))
  const { options, stop } = await startS3(home)
  onTestFinished(async () => {
    await stop()
    await rm(home, { recursive: true, force: true })
  })
  return (name: string) =>
    startOn(join(home, name), {
      EVENTSTORE_URL: server.url,
      LINK_SECRET: SECRET,
      S3_ENDPOINT: options.endpoint,
      S3_BUCKET: options.bucket,
      S3_ACCESS_KEY: options.accessKey,
      S3_SECRET_KEY: options.secretKey,
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    })
}

test('a trace goes on in other nodes, whose projections apply the same events', async () => {
  const { endpoint, spans } = await startReceiver()
  const start = await nodesOver(await startedServer(), endpoint)
  const [first, second] = [await start('first'), await start('second')] as const
  await seed(first)
  await createTraced(first, 'seen-by-both')
  const query = '{ imageByName(project: "web", name: "seen-by-both") { id } }'
  await eventually('the other node shows it', async () => {
    const { data } = await second.answer<{ imageByName: object | null }>(tokens.collaborator, query)
    return data?.imageByName != null
  })
  await first.stop()
  await second.stop()
  const trace = ofTrace(spans)
  const nodes = new Map(
    ['project catalog', 'append'].map((name) => [
      name,
      new Set(trace.filter((span) => span.name === name).map(({ node }) => node)).size,
    ]),
  )
  expect(nodes).toStrictEqual(
    new Map([
      ['project catalog', 2],
      ['append', 1],
    ]),
  )
  expect(tree(trace).filter((step) => step === 'append > project catalog')).toHaveLength(4)
})

test('an outage of the store is a failed append in the trace of its request', async () => {
  const { endpoint, spans } = await startReceiver()
  const server = await startedServer()
  const service = await (await nodesOver(server, endpoint))('node')
  await seed(service)
  // Reads are answered, and appends are not.
  server.faults.lateMs = 60_000
  await createTraced(service, 'never-there')
  const samples = await metricsOf(service)
  expect(samples.get('append_duration_seconds_count{outcome="unavailable"}')).toBe(1)
  expect(samples.get('eventstore_retries_total{operation="append"}')).toBeGreaterThan(0)
  server.faults.lateMs = 0
  await service.stop()
  const appends = ofTrace(spans).filter(({ name }) => name === 'append')
  expect(appends.map(({ failed, attributes }) => [failed, attributes['image_ledger.outcome']])).toStrictEqual(
    [[true, 'StoreUnavailable']],
  )
})

test('of traces that begin here as many are sent as were asked for, and of others what their caller wants', async () => {
  const { endpoint, spans } = await startReceiver()
  const service = await seededService({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER_ARG: '0' })
  await register(service, 'not-traced')
  await createTraced(service, 'traced')
  await service.stop()
  expect(new Set(spans.map((span) => span.traceId))).toStrictEqual(new Set([traceId]))
})

test('what is no traceparent begins a trace, and where nothing is traced events say nothing of it', async () => {
  const { endpoint, spans } = await startReceiver()
  const service = await seededService({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })
  for (const traceparent of [
    '',
    'nonsense',
    `00-${'0'.repeat(32)}-${parentId}-01`,
    `00-${traceId}-${parentId}-01x`,
  ])
    await service.http({ path: '/healthz', headers: { traceparent } })
  await service.stop()
  const health = spans.filter(({ name }) => name === 'GET /healthz')
  expect(health.map(({ parentSpanId }) => parentSpanId)).toStrictEqual(Array(4).fill(undefined))

  const untraced = await seededService()
  const id = await register(untraced, 'untraced')
  const [event] = await untraced.service.log.readStream(`image-${id}` as never, {
    direction: 'forwards',
    limit: 1,
  })
  expect(event?.metadata).not.toHaveProperty('traceparent')
  expect(await imageOf(untraced, id, 'name')).toStrictEqual({ name: 'untraced' })
})

test('a receiver that is away costs nothing but its traces, and the log says so', async () => {
  const directory = await tempDirectory()
  // Nobody listens there.
  const service = await startProcess(directory, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' })
  onTestFinished(async () => void (await service.end('SIGKILL')))
  const created = await command(service, tokens.operator, 'locationCreate', { name: 'Oslo' })
  expect(created.__typename).toBe('Location')
  await eventually('the log says so', () => service.stderr.includes('Traces cannot be sent: they are lost.'))
  expect((await service.end('SIGTERM')).code).toBe(0)
})
