import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { commandText } from '../graphql/billing-questions.ts'
import { errorsOf, refused } from '../support/errors.ts'
import { available } from '../support/library.ts'
import { startSeeded, type TestService } from '../support/service.ts'
import { tokens } from '../support/tokens.ts'
import { disk } from '../support/uploads.ts'

const { accountViewer, operator } = tokens

let service: TestService
let image: string

beforeAll(async () => {
  const started = await startSeeded({ CLOCK_START: '2026-03-10T12:00:00Z' })
  service = started.service
  image = await available(service, 'debian', disk.subarray(0, 1000))
  return started.dispose
})

/** Nothing of what is tried here leaves a trace in the log, or takes the service down. */
beforeEach(async () => {
  const before = await service.service.log.head()
  return async () => {
    expect(await service.service.log.head()).toBe(before)
    expect((await service.http({ path: '/readyz' })).status).toBe(200)
  }
})

const report =
  'query ($input: UsageReportInput!) { usageReport(input: $input) { from sections { lines { id } } } }'
const march = { account: 'acme', from: '2026-03-01T00:00:00Z', to: '2026-04-01T00:00:00Z' }

const ask = async (changes: object) =>
  errorsOf(await service.answer(accountViewer, report, { input: { ...march, ...changes } }))

const onTheHour = (field: string) => refused(`${field} must be on a UTC hour, such as 2026-03-01T00:00:00Z.`)
const century = { from: '1926-03-01T00:00:00Z', to: '2026-03-01T00:00:00Z' }
const tooLong = (granularity: string, most: string) =>
  refused(
    `By the ${granularity} a report covers ${most} at most: ask for less at once, or for coarser lines.`,
  )
const hundredAndOne = Array.from({ length: 101 }, () => 'web')
const instant = /DateTime must be an ISO 8601 instant with its zone/

describe('a usage report is refused', () => {
  test.each([
    ['that ends before it begins', { from: march.to, to: march.from }, refused('from must be before to.')],
    ['of no time', { to: march.from }, refused('from must be before to.')],
    ['that begins within an hour', { from: '2026-03-01T00:30:00Z' }, onTheHour('from')],
    ['that ends within an hour', { to: '2026-03-31T23:59:59.999Z' }, onTheHour('to')],
    ['that begins on the hour of another zone', { from: '2026-03-01T00:00:00+05:30' }, onTheHour('from')],
    ['of 100 years by the hour', { ...century, granularity: 'HOUR' }, tooLong('hour', '31 days')],
    ['of 100 years by the day', { ...century, granularity: 'DAY' }, tooLong('day', '366 days')],
    ['of 100 years by the month', { ...century, granularity: 'MONTH' }, tooLong('month', '120 months')],
    ['of 100 years', century, tooLong('month', '120 months')],
    [
      'of all time',
      { from: '0000-01-01T00:00:00Z', to: '9999-12-31T23:00:00Z' },
      tooLong('month', '120 months'),
    ],
    [
      'of an hour more than 31 days by the hour',
      { to: '2026-04-01T01:00:00Z', granularity: 'HOUR' },
      tooLong('hour', '31 days'),
    ],
    [
      'as of what is to come',
      { asOf: '2026-04-01T00:00:00Z' },
      refused('asOf must not be in the future: see forecast for what is to come.'),
    ],
    ['of 101 projects', { projects: hundredAndOne }, refused('projects: name at most 100.')],
    ['of 101 images', { images: hundredAndOne }, refused('images: name at most 100.')],
    ['from a day', { from: '2026-03-01' }, refused(instant)],
    ['to a number', { to: 1_775_001_600_000 }, refused(instant)],
    ['as of a day that never was', { asOf: '2026-02-30T00:00:00Z' }, refused(instant)],
    [
      'by the minute',
      { granularity: 'MINUTE' },
      refused(/Value "MINUTE" does not exist in "UsageGranularity" enum/),
    ],
    ['by the tag', { groupBy: ['TAG'] }, refused(/Value "TAG" does not exist in "UsageGroupBy" enum/)],
    ['of an image that is none', { images: [{}] }, refused(/ID cannot represent value: {}/)],
  ])('%s', async (_, changes, errors) => {
    expect(await ask(changes)).toStrictEqual(errors)
  })

  test('by what may not be known before by what is wrong', async () => {
    const missing = (kind: string, id: string) =>
      refused(`There is no ${kind} "${id}" that you may see.`, 'NOT_FOUND')
    const wrong = { to: march.from, asOf: '2999-01-01T00:00:00Z' }
    expect(await ask({ ...wrong, account: 'globex' })).toStrictEqual(missing('account', 'globex'))
    expect(await ask({ ...wrong, projects: ['elsewhere'] })).toStrictEqual(missing('project', 'elsewhere'))
  })
})

test.each([
  ['31 days by the hour', { granularity: 'HOUR' }],
  ['a year by the day', { from: '2025-03-31T00:00:00Z', granularity: 'DAY' }],
  ['ten years by the month', { from: '2016-04-01T00:00:00Z' }],
  ['100 images', { images: hundredAndOne.slice(1) }],
  ['images of odd names', { images: ['', '\0', '\ud800', "'; --", '[1]', '__proto__'] }],
  ['no images', { images: [] }],
  ['no projects', { projects: [] }],
  ['one project twice', { projects: ['web', 'web'] }],
  ['years before the calendar', { from: '0000-01-01T00:00:00Z', to: '0009-01-01T00:00:00Z' }],
  ['years to come', { from: '9990-01-01T00:00:00Z', to: '9999-12-31T23:00:00Z' }],
  ['what was known before it began', { asOf: '1970-01-01T00:00:00Z' }],
  ['the hour on the hour of another zone', { from: '2026-03-01T05:30:00+05:30' }],
])('a usage report is given of %s', async (_, changes) => {
  expect(await ask(changes)).toStrictEqual([])
})

test('a usage report without its input is refused', async () => {
  const errors = errorsOf(await service.answer(accountViewer, '{ usageReport { from } }'))
  expect(errors).toStrictEqual(
    refused(/Argument "Query\.usageReport\(input:\)" of type "UsageReportInput!" is required/),
  )
})

test('a line that is none is explained as null', async () => {
  const line = (from: number | string, to: number | string, hash = '0'.repeat(32)) =>
    `${image}.${from}.${to}.${hash}`
  const [from, to] = [Date.parse(march.from) / 1000, Date.parse(march.to) / 1000]
  for (const id of [
    '',
    ' ',
    image,
    'garbage',
    '\0',
    '\ud800',
    'x'.repeat(10_000),
    "'; DROP TABLE lives; --",
    line(from, to),
    line(to, from),
    line(from, from),
    line(0, to),
    line(from, 999_999_999_999),
    line(999_999_999_998, 999_999_999_999),
    line('-1', to),
    line('1e9', to),
    line(from + 1, to),
    line(`${from}.5`, to),
    line(from, to, 'ABCDEF'),
    line(from, to, 'F'.repeat(32)),
    `${line(from, to)}\n`,
    `-${'-'.repeat(35)}.${from}.${to}.${'0'.repeat(32)}`,
  ])
    for (const token of [operator, accountViewer, tokens.stranger]) {
      const query = 'query ($id: ID!) { explainCharge(id: $id) { formula } }'
      const { data, errors } = await service.answer(token, query, { id })
      expect([id, data, errors]).toStrictEqual([id, { explainCharge: null }, []])
    }
})

const odd = [
  ' ',
  'Acme',
  'acme ',
  'a/b',
  '../acme',
  'acme\0',
  '\ud800',
  '%',
  "'; --",
  '__proto__',
  'ä',
  'x'.repeat(64),
]

test.each([
  [
    'usageReport',
    '(input: { account: $id, from: "2026-03-01T00:00:00Z", to: "2026-04-01T00:00:00Z" }) { from }',
  ],
  ['forecast', '(account: $id) { month }'],
  ['prices', '(account: $id) { id }'],
  ['billingPeriods', '(account: $id) { month }'],
  ['budget', '(account: $id) { alerts { month } }'],
  ['reconcileBilling', '(account: $id) { checked }'],
])('%s of an account under an id of odd characters is NOT_FOUND', async (name, rest) => {
  for (const id of ['', ...odd]) {
    const answer = await service.answer(operator, `query ($id: ID!) { ${name}${rest} }`, { id })
    expect(errorsOf(answer)).toStrictEqual(
      refused(`There is no account ${JSON.stringify(id)} that you may see.`, 'NOT_FOUND'),
    )
  }
})

test.each([
  ['usageReport', 'projects: ["web", $id]'],
  ['prices', ''],
])('%s of a project under an id of odd characters is NOT_FOUND', async (name, projects) => {
  const args =
    name === 'prices'
      ? 'account: "acme", project: $id'
      : `input: { account: "acme", from: "2026-03-01T00:00:00Z", to: "2026-04-01T00:00:00Z", ${projects} }`
  for (const id of odd) {
    const answer = await service.answer(operator, `query ($id: ID!) { ${name}(${args}) { __typename } }`, {
      id,
    })
    expect(errorsOf(answer)).toStrictEqual(
      refused(`There is no project ${JSON.stringify(id)} that you may see.`, 'NOT_FOUND'),
    )
  }
})

const good = {
  storageRateSet: { ratePerGbMonth: '0.05', currency: 'EUR', effectiveFrom: '2026-01-01T00:00:00Z' },
  budgetSet: { amount: '100.00', currency: 'EUR' },
  billingPeriodClose: { month: '2026-01' },
  imageReportSize: { sizeBytes: '1000', occurredAt: '2026-01-01T00:00:00Z' },
} as const

describe.each([
  ['storageRateSet', 'account'],
  ['storageRateSet', 'project'],
  ['storageRateSet', 'location'],
  ['budgetSet', 'account'],
  ['billingPeriodClose', 'account'],
  ['imageReportSize', 'image'],
] as const)('%s that names what is no %s', (mutation, field) => {
  test.each([
    ['is of nothing under an id of odd characters', odd],
    ['is of nothing under no id', ['']],
  ])('%s', async (_, ids) => {
    for (const id of ids) {
      const input = { ...good[mutation], [field]: id }
      const { data, errors } = await service.answer(operator, commandText(mutation), { input })
      const message = `There is no ${field} ${JSON.stringify(id)} that you may see.`
      expect(errors).toStrictEqual([])
      expect(data).toStrictEqual({ [mutation]: { __typename: 'NotFound', code: 'NOT_FOUND', message } })
    }
  })
})

test('prices of no project are NOT_FOUND', async () => {
  const answer = await service.answer(operator, '{ prices(account: "acme", project: "") { id } }')
  expect(errorsOf(answer)).toStrictEqual(refused('There is no project "" that you may see.', 'NOT_FOUND'))
})
