import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { commandText } from '../graphql/billing-questions.ts'
import { errorsOf, refused } from '../support/errors.ts'
import { available } from '../support/library.ts'
import { startSeeded, type TestService } from '../support/service.ts'
import { tokens } from '../support/tokens.ts'
import { disk } from '../support/uploads.ts'

const { operator, accountAdmin } = tokens

let service: TestService
let image: string

beforeAll(async () => {
  const started = await startSeeded()
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

const inputs = {
  storageRateSet: {
    ratePerGbMonth: '0.05',
    currency: 'EUR',
    effectiveFrom: '2026-01-01T00:00:00Z',
  },
  budgetSet: { account: 'acme', amount: '100.00', currency: 'EUR' },
  billingPeriodClose: { account: 'acme', month: '2026-01' },
  imageReportSize: { sizeBytes: '1000', occurredAt: '2026-01-01T00:00:00Z' },
} as const
type Mutation = keyof typeof inputs

/** An input that is good but for what is given. */
const send = (mutation: Mutation, changes: object) => {
  const about = mutation === 'imageReportSize' ? { image } : {}
  const input = { ...inputs[mutation], ...about, ...changes }
  const token = mutation === 'budgetSet' ? accountAdmin : operator
  return service.answer<Record<string, unknown>>(token, commandText(mutation), { input })
}

const invalid = (...issues: readonly (readonly [path: string, message: string])[]) => ({
  __typename: 'InvalidInput',
  code: 'INVALID_INPUT',
  message: issues.map(([path, message]) => `${path}: ${message}`).join('; '),
  issues: issues.map(([path, message]) => ({ path: path.split('.'), message })),
})

const rate = 'must be a decimal that is not negative, of at most 12 digits and 6 decimals, such as 0.05'
const amount = 'must be a decimal that is not negative, of at most 12 digits and 6 decimals, such as 100.00'
const currency = 'must be a currency of ISO 4217 in capitals, such as EUR'
const month = 'must be a month such as 2026-03'
const percent = 'must be 1 to 1000'
const key = 'must be one line, and not blank'

const thresholds = (...percents: readonly number[]) => ({
  thresholds: percents.map((each) => ({ percent: each })),
})

describe('what is no bill', () => {
  test.each<[string, Mutation, object, ...(readonly [string, string])[]]>([
    ['a negative rate', 'storageRateSet', { ratePerGbMonth: '-1' }, ['ratePerGbMonth', rate]],
    ['a rate of less than nothing', 'storageRateSet', { ratePerGbMonth: '-0' }, ['ratePerGbMonth', rate]],
    ['seven decimals', 'storageRateSet', { ratePerGbMonth: '0.1234567' }, ['ratePerGbMonth', rate]],
    [
      'seven decimals that say nothing',
      'storageRateSet',
      { ratePerGbMonth: '1.0000000' },
      ['ratePerGbMonth', rate],
    ],
    ['thirteen digits', 'storageRateSet', { ratePerGbMonth: '1234567890123' }, ['ratePerGbMonth', rate]],
    ['a currency in small letters', 'storageRateSet', { currency: 'eur' }, ['currency', currency]],
    ['a currency that there is not', 'storageRateSet', { currency: 'EUX' }, ['currency', currency]],
    ['no currency', 'storageRateSet', { currency: '' }, ['currency', currency]],
    ['a currency of a prototype', 'storageRateSet', { currency: 'constructor' }, ['currency', currency]],
    ['a currency with a blank', 'storageRateSet', { currency: 'EUR ' }, ['currency', currency]],
    [
      'all of it wrong',
      'storageRateSet',
      { ratePerGbMonth: '-1', currency: '€', idempotencyKey: '' },
      ['currency', currency],
      ['ratePerGbMonth', rate],
      ['idempotencyKey', key],
    ],
    [
      'a project of another account',
      'storageRateSet',
      { account: 'globex', project: 'web' },
      ['project', 'must be of account globex: leave the account out'],
    ],
    ['a negative budget', 'budgetSet', { amount: '-5' }, ['amount', amount]],
    [
      'a budget of nothing',
      'budgetSet',
      { amount: '0.00' },
      ['amount', 'must be more than 0: leave it out to remove the budget'],
    ],
    ['a budget of seven decimals', 'budgetSet', { amount: '1.0000001' }, ['amount', amount]],
    [
      'a budget without a currency',
      'budgetSet',
      { currency: null },
      ['currency', 'must be given with the amount'],
    ],
    ['a budget in a currency that there is not', 'budgetSet', { currency: 'EUX' }, ['currency', currency]],
    ['a threshold of nothing', 'budgetSet', thresholds(0), ['thresholds.0.percent', percent]],
    ['a negative threshold', 'budgetSet', thresholds(50, -1), ['thresholds.1.percent', percent]],
    ['a threshold beyond all', 'budgetSet', thresholds(1001), ['thresholds.0.percent', percent]],
    [
      '21 thresholds',
      'budgetSet',
      thresholds(...Array.from({ length: 21 }, (_, n) => n + 1)),
      ['thresholds', 'must be 20 at most'],
    ],
    ['a thirteenth month', 'billingPeriodClose', { month: '2026-13' }, ['month', month]],
    ['month nought', 'billingPeriodClose', { month: '2026-00' }, ['month', month]],
    ['a month of one digit', 'billingPeriodClose', { month: '2026-1' }, ['month', month]],
    ['a year of two digits', 'billingPeriodClose', { month: '26-01' }, ['month', month]],
    ['a day', 'billingPeriodClose', { month: '2026-01-01' }, ['month', month]],
    ['no month', 'billingPeriodClose', { month: '' }, ['month', month]],
    ['a month and a line', 'billingPeriodClose', { month: '2026-01\n' }, ['month', month]],
    [
      'a month that is not over',
      'billingPeriodClose',
      { month: '9999-11' },
      ['month', 'is not over before 9999-12-01T00:00:00.000Z: close it from then on'],
    ],
    [
      'no bytes',
      'imageReportSize',
      { sizeBytes: '0' },
      ['sizeBytes', 'must be at least 1: leave what is not known unsaid'],
    ],
    [
      'a revision before the first',
      'imageReportSize',
      { ifRevision: -1 },
      ['ifRevision', 'must not be negative'],
    ],
    ['an empty key', 'imageReportSize', { idempotencyKey: ' ' }, ['idempotencyKey', key]],
  ])('is refused with the path and a sentence: %s', async (_, mutation, changes, ...issues) => {
    const { data, errors } = await send(mutation, changes)
    expect(errors).toStrictEqual([])
    expect(data).toStrictEqual({ [mutation]: invalid(...issues) })
  })

  test.each(['1970-01', '0200-03', '0026-03'])(
    'is refused for a month long before there was anything to bill: %s',
    async (given) => {
      const { data } = await send('billingPeriodClose', { month: given })
      expect(data).toMatchObject({
        billingPeriodClose: { code: 'INVALID_INPUT', issues: [{ path: ['month'] }] },
      })
    },
  )

  test.each([
    ['occurredAt', { occurredAt: '9999-12-31T23:59:59Z' }],
    ['effectiveFrom', { effectiveFrom: '9999-12-31T23:59:59Z' }],
  ])('is refused where a size is reported from the future: %s', async (field, changes) => {
    const { data } = await send('imageReportSize', changes)
    const message = expect.stringMatching(/^must not be in the future: it is \S+Z now$/)
    expect(data).toMatchObject({
      imageReportSize: { code: 'INVALID_INPUT', issues: [{ path: [field], message }] },
    })
  })

  const decimal = /Decimal must be an exact decimal number as a string, such as "0\.05"\./
  const instant = /DateTime must be an ISO 8601 instant with its zone/
  const bytes = /Bytes must be a whole number from 0 to/
  test.each<[string, Mutation, object, RegExp]>([
    ['a rate as a number', 'storageRateSet', { ratePerGbMonth: 0.05 }, decimal],
    ['a rate as a whole number', 'storageRateSet', { ratePerGbMonth: 5 }, decimal],
    ['a rate in words', 'storageRateSet', { ratePerGbMonth: 'abc' }, decimal],
    ['a rate with an exponent', 'storageRateSet', { ratePerGbMonth: '1e3' }, decimal],
    ['a rate after a blank', 'storageRateSet', { ratePerGbMonth: ' 1' }, decimal],
    ['a rate before a line break', 'storageRateSet', { ratePerGbMonth: '1\n' }, decimal],
    ['no rate', 'storageRateSet', { ratePerGbMonth: '' }, decimal],
    ['a rate of 40 digits', 'storageRateSet', { ratePerGbMonth: '1'.repeat(40) }, decimal],
    ['a rate of 40 decimals', 'storageRateSet', { ratePerGbMonth: `0.${'1'.repeat(40)}` }, decimal],
    ['a rate with a comma', 'storageRateSet', { ratePerGbMonth: '0,05' }, decimal],
    ['a rate with a plus', 'storageRateSet', { ratePerGbMonth: '+1' }, decimal],
    ['a rate that begins with a point', 'storageRateSet', { ratePerGbMonth: '.5' }, decimal],
    ['a rate that ends with a point', 'storageRateSet', { ratePerGbMonth: '5.' }, decimal],
    ['a rate in Arabic digits', 'storageRateSet', { ratePerGbMonth: '٥' }, decimal],
    ['a rate that is none', 'storageRateSet', { ratePerGbMonth: 'NaN' }, decimal],
    ['true for a rate', 'storageRateSet', { ratePerGbMonth: true }, decimal],
    [
      'null for a rate',
      'storageRateSet',
      { ratePerGbMonth: null },
      /at "input\.ratePerGbMonth".+non-nullable|non-null type "Decimal!"/,
    ],
    [
      'a number for a currency',
      'storageRateSet',
      { currency: 978 },
      /String cannot represent a non string value: 978/,
    ],
    ['a day for an instant', 'storageRateSet', { effectiveFrom: '2026-01-01' }, instant],
    ['a day that never was', 'storageRateSet', { effectiveFrom: '2026-02-30T00:00:00Z' }, instant],
    ['a number for an instant', 'storageRateSet', { effectiveFrom: 0 }, instant],
    [
      'a unit that there is not',
      'storageRateSet',
      { unit: 'TB' },
      /Value "TB" does not exist in "StorageUnit" enum/,
    ],
    [
      'a basis that there is not',
      'storageRateSet',
      { hoursBasis: 'H744' },
      /Value "H744" does not exist in "HoursBasis" enum/,
    ],
    ['a budget as a number', 'budgetSet', { amount: 100 }, decimal],
    ['a threshold of a half', 'budgetSet', thresholds(50.5), /Int cannot represent non-integer value: 50\.5/],
    [
      'a threshold of what there is not',
      'budgetSet',
      { thresholds: [{ percent: 1, basis: 'HOPE' }] },
      /Value "HOPE" does not exist in "BudgetBasis" enum/,
    ],
    [
      'a number for a month',
      'billingPeriodClose',
      { month: 202601 },
      /String cannot represent a non string value: 202601/,
    ],
    ['a size as a number', 'imageReportSize', { sizeBytes: 1000 }, bytes],
    ['a negative size', 'imageReportSize', { sizeBytes: '-1' }, bytes],
    ['a size beyond 64 bits', 'imageReportSize', { sizeBytes: '9'.repeat(20) }, bytes],
    ['a field that there is not', 'imageReportSize', { price: '1' }, /not to include unknown field "price"/],
  ])('that is not of its type is BAD_USER_INPUT: %s', async (_, mutation, changes, message) => {
    const answer = await send(mutation, changes)
    expect(errorsOf(answer)).toStrictEqual(refused(message))
  })

  test.each([
    [
      '0.05',
      'storageRateSet(input: { ratePerGbMonth: 0.05, currency: "EUR", effectiveFrom: "2026-01-01T00:00:00Z" })',
    ],
    [
      '5',
      'storageRateSet(input: { ratePerGbMonth: 5, currency: "EUR", effectiveFrom: "2026-01-01T00:00:00Z" })',
    ],
    ['1e3', 'budgetSet(input: { account: "acme", amount: 1e3, currency: "EUR" })'],
  ])('that is a number in the text is BAD_USER_INPUT: %s', async (_, call) => {
    expect(errorsOf(await service.answer(operator, `mutation { ${call} { __typename } }`))).toStrictEqual(
      refused(decimal),
    )
  })
})
