import { beforeAll, describe, expect, test } from 'vitest'
import { problemOf } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { rawDisk } from '../support/images.ts'
import { available, command, create, register } from '../support/library.ts'
import { growth, metricsOf, type Samples, samplesIn } from '../support/metrics.ts'
import { seededService, startSeeded, type TestService } from '../support/service.ts'
import { expiredToken, people, tokens } from '../support/tokens.ts'

const TOKEN = 'a-token-of-the-scraper'
let service: TestService

beforeAll(async () => {
  const { service: started, dispose } = await startSeeded({ METRICS_TOKEN: TOKEN })
  service = started
  return dispose
})

const disk = rawDisk(300_000, 7)

/** By how much some metrics grow through some work; requests are counted when their line is free again. */
const grownBy = async (work: () => Promise<unknown>, metrics: readonly string[], requests = 0) => {
  const counted = (samples: Samples) =>
    [...samples]
      .filter(([sample]) => /^http_request_duration_seconds_count\{(?!.*"\/metrics")/.test(sample))
      .reduce((sum, [, count]) => sum + count, 0)
  const before = await metricsOf(service)
  await work()
  let now = before
  await eventually('all requests are counted', async () => {
    now = await metricsOf(service)
    return counted(now) - counted(before) >= requests
  })
  return growth(before, now, metrics)
}

describe('Known requests are counted as what they are:', () => {
  test('a command, by appends, events, projections and the field of the root', async () => {
    const aliased = `mutation Whatever($input: ImageCreateInput!) { mine: imageCreate(input: $input) { ... on Image { id } } }`
    const input = { project: 'web', name: 'counted', source: { upload: {} } }
    const grown = await grownBy(
      () => service.graphql(tokens.collaborator, aliased, { input }),
      [
        'append_duration_seconds_count',
        'appended_events_total',
        'projection_events_total',
        'graphql_fields_total',
        'graphql_duration_seconds_count',
        'http_request_duration_seconds_count',
      ],
      1,
    )
    expect(grown).toStrictEqual({
      // The claim on its name, and the image.
      'append_duration_seconds_count{outcome="appended"}': 2,
      appended_events_total: 2,
      'projection_events_total{projection="catalog"}': 2,
      'projection_events_total{projection="billing"}': 2,
      'projection_events_total{projection="to-do"}': 2,
      'graphql_fields_total{type="mutation",field="imageCreate",outcome="ok"}': 1,
      'graphql_duration_seconds_count{type="mutation",field="imageCreate"}': 1,
      'http_request_duration_seconds_count{method="POST",route="/graphql",status="2xx"}': 1,
      'http_request_duration_seconds_count{method="GET",route="/metrics",status="2xx"}': expect.any(Number),
    })
  })

  test('what is refused, what fails and what is no request at all', async () => {
    await register(service, 'taken')
    const grown = await grownBy(
      async () => {
        expect((await create(service, { name: 'taken' })).__typename).toBe('NameTaken')
        await service.answer(
          tokens.collaborator,
          '{ a: billingPeriods(account: "no") { month } ...More } fragment More on Query { b: viewer { subject } }',
        )
        await service.answer(null, '{ images { totalCount } viewer { subject } }')
        await service.answer(tokens.collaborator, '{ nothingOfTheKind }')
        await service.answer(tokens.collaborator, '{')
      },
      ['graphql_fields_total'],
      5,
    )
    expect(grown).toStrictEqual({
      'graphql_fields_total{type="mutation",field="imageCreate",outcome="refused"}': 1,
      'graphql_fields_total{type="query",field="billingPeriods",outcome="NOT_FOUND"}': 1,
      'graphql_fields_total{type="query",field="viewer",outcome="NOT_FOUND"}': 1,
      'graphql_fields_total{type="query",field="images",outcome="UNAUTHENTICATED"}': 1,
      'graphql_fields_total{type="query",field="viewer",outcome="UNAUTHENTICATED"}': 1,
      'graphql_fields_total{type="none",field="none",outcome="BAD_USER_INPUT"}': 2,
    })
  })

  test('bytes in and out, and routes by their pattern', async () => {
    const grown = await grownBy(
      async () => {
        const id = await available(service, 'weighed', disk)
        expect((await service.download(tokens.collaborator, id)).body.equals(disk)).toBe(true)
        await service.download(tokens.collaborator, id, { range: 'bytes=0-9' })
        await service.download(tokens.collaborator, id, {}, 'HEAD')
        await service.http({ path: '/images/another/content', token: tokens.collaborator })
        await service.http({ path: `/no/such/place/${id}` })
      },
      ['blob_bytes_total', 'blob_operation_duration_seconds_count', 'http_request_duration_seconds_count'],
      7,
    )
    expect(grown).toStrictEqual({
      'blob_bytes_total{direction="in"}': disk.length,
      'blob_bytes_total{direction="out"}': disk.length + 10,
      'blob_operation_duration_seconds_count{operation="create",outcome="ok"}': 1,
      'blob_operation_duration_seconds_count{operation="commit",outcome="ok"}': 1,
      'blob_operation_duration_seconds_count{operation="read",outcome="ok"}': 2,
      // Every download makes sure that the bytes are there, before it says anything of them.
      'blob_operation_duration_seconds_count{operation="size",outcome="ok"}': 3,
      'http_request_duration_seconds_count{method="POST",route="/graphql",status="2xx"}': 1,
      'http_request_duration_seconds_count{method="PUT",route="/images/:id/content",status="2xx"}': 1,
      'http_request_duration_seconds_count{method="GET",route="/images/:id/content",status="2xx"}': 2,
      'http_request_duration_seconds_count{method="HEAD",route="/images/:id/content",status="2xx"}': 1,
      'http_request_duration_seconds_count{method="GET",route="/images/:id/content",status="4xx"}': 1,
      'http_request_duration_seconds_count{method="GET",route="none",status="4xx"}': 1,
      'http_request_duration_seconds_count{method="GET",route="/metrics",status="2xx"}': expect.any(Number),
    })
  })

  test('an upload while it comes, and the line that breaks', async () => {
    const id = await register(service, 'broken-off')
    const before = await metricsOf(service)
    const upload = service.beginUpload(tokens.collaborator, id, disk.length)
    await upload.send(disk.subarray(0, 1000))
    await eventually(
      'it is under way',
      async () => (await metricsOf(service)).get('uploads_in_progress') === 1,
    )
    expect((await metricsOf(service)).get('http_requests_in_progress')).toBe(2)
    upload.destroy()
    await eventually('it is over', async () => (await metricsOf(service)).get('uploads_in_progress') === 0)
    const aborted =
      'http_request_duration_seconds_count{method="PUT",route="/images/:id/content",status="aborted"}'
    await eventually('it is counted', async () => (await metricsOf(service)).get(aborted) === 1)
    const grown = growth(before, await metricsOf(service), ['blob_bytes_total'])
    expect(grown).toStrictEqual({ 'blob_bytes_total{direction="in"}': 1000 })
  })
})

test('every projection that has caught up is live, at the head, and behind by nothing', async () => {
  const samples = await metricsOf(service)
  const head = Number(await service.service.log.head())
  for (const name of ['catalog', 'billing', 'to-do']) {
    const of = (metric: string, more = '') => samples.get(`projection_${metric}{projection="${name}"${more}}`)
    expect([of('position'), of('lag_events'), of('lag_seconds')]).toStrictEqual([head, 0, 0])
    expect([of('state', ',state="LIVE"'), of('state', ',state="STOPPED"')]).toStrictEqual([1, 0])
  }
  expect(samples.get('log_head_position')).toBe(head)
})

test('what the service does by itself is counted under its name', async () => {
  const round = 'reaction_runs_total{reaction="carry-out-dates",outcome="ok"}'
  await eventually('a round is done', async () => ((await metricsOf(service)).get(round) ?? 0) > 0)
})

test('no label says what clients write, and none names anybody', async () => {
  const secret = 'x9-written-by-a-client'
  await service.answer(tokens.collaborator, `query ${secret.replaceAll('-', '_')} { a: viewer { subject } }`)
  await service.http({ path: `/${secret}?${secret}`, token: tokens.collaborator })
  await create(service, { name: secret })
  const text = [...(await metricsOf(service)).keys()].join('\n')
  for (const word of [secret, secret.replaceAll('-', '_'), 'acme', 'web', 'collaborator'])
    expect(text).not.toContain(word)
})

test('bills are added up for all accounts together, by currency', async () => {
  const billed = await seededService({ CLOCK_START: '2026-03-01T00:30:00Z' })
  const price = { currency: 'EUR', ratePerGbMonth: '744000', effectiveFrom: '2026-01-01T00:00:00Z' }
  expect((await command(billed, tokens.operator, 'storageRateSet', price)).__typename).toBe('StorageRate')
  await available(billed, 'billed', rawDisk(1_000_000, 1))
  // Billing has seen it; what the metrics say is added up once a minute.
  await billed.graphql(tokens.operator, '{ forecast(account: "acme") { month } }')
  await eventually('it is added up', async () => {
    return (await metricsOf(billed)).has('bill_month_amount{currency="EUR"}')
  })
  // An hour of 0.001 GB, of the 744 that March has: 0.000001344086 GB-months.
  expect((await metricsOf(billed)).get('bill_month_amount{currency="EUR"}')).toBe(0.999999984)
  expect((await metricsOf(billed)).get('bill_accounts_left_out')).toBe(0)
})

describe('The metrics are for', () => {
  const ask = (token: string | null, path = '/metrics') => service.http({ path, token })

  // Everybody else is in the table of test/graphql/policy.ts.
  test('operators, and no other user', async () => {
    expect((await ask(tokens.operator)).status).toBe(200)
    const refused = [403, 'FORBIDDEN', 'Metrics are for operators only.']
    expect(problemOf(await ask(tokens.accountAdmin))).toStrictEqual(refused)
  })

  test('the scraper, by a token that is good for nothing else', async () => {
    const answer = await ask(TOKEN)
    expect([answer.status, answer.headers['content-type']]).toStrictEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ])
    expect(samplesIn(answer.body.toString()).get('build_info{version="0.1.0"}')).toBe(1)
    for (const path of ['/healthz', '/graphql?query={viewer{subject}}', '/images/x/content', '/nowhere'])
      expect((await ask(TOKEN, path)).status).toBe(401)
  })

  test('nobody else', async () => {
    const missing = await ask(null)
    expect([missing.status, missing.headers['www-authenticate']]).toStrictEqual([401, 'Bearer'])
    const expired = await expiredToken(people.operator)
    for (const token of [expired, TOKEN.slice(1), `${TOKEN}x`, TOKEN.toUpperCase()])
      expect((await ask(token)).status).toBe(401)
  })

  test('operators alone where the scraper was given no token', async () => {
    const closed = await seededService()
    for (const token of [null, TOKEN, 'undefined'])
      expect((await closed.http({ path: '/metrics', token })).status).toBe(401)
    expect((await closed.http({ path: '/metrics', token: tokens.operator })).status).toBe(200)
  })
})
