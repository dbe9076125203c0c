import { expect, test } from 'vitest'
import { exact, reportSize, setBudget, setPrice } from '../support/billing-journey.ts'
import { eventually } from '../support/eventually.ts'
import { rawDisk } from '../support/images.ts'
import { available, create } from '../support/library.ts'
import { successiveServices, type TestService } from '../support/service.ts'
import { ACCOUNT, STRANGE_ACCOUNT, STRANGE_PROJECT, tokens } from '../support/tokens.ts'

const GB = 10n ** 9n
const disk = rawDisk(5_000, 12)

interface Alert {
  readonly month: string
  readonly basis: string
  readonly percent: number
  readonly reachedAt: string
  readonly spending: { readonly amount: string; readonly currency: string }
}

interface Budget {
  readonly limit: { readonly amount: string; readonly currency: string } | null
  readonly thresholds: readonly { readonly percent: number; readonly basis: string }[]
  readonly alerts: readonly Alert[]
}

const budgetOf = async (service: TestService, account: string = ACCOUNT): Promise<Budget> => {
  const { budget } = await service.graphql<{ budget: Budget }>(
    tokens.operator,
    `query ($account: ID!) { budget(account: $account) { limit { amount currency } thresholds { percent basis }
      alerts { month basis percent reachedAt spending { amount currency } } } }`,
    { account },
  )
  return budget
}

/** Which thresholds were reached, in words. */
const alertsOf = async (service: TestService): Promise<readonly string[]> =>
  (await budgetOf(service)).alerts.map(
    ({ month, basis, percent, spending }) => `${month} ${basis} ${percent} % ${spending.amount}`,
  )

/**
 * Resolves when the budget of account acme was looked at by this service at least once: accounts have their turn in the order
 * of their ids, and the budget of another one, which is set anew, is found to be reached.
 */
const lookedAt = async (service: TestService, amount: string): Promise<void> => {
  const outcome = await service.graphql<{ budgetSet: { __typename: string } }>(
    tokens.stranger,
    'mutation ($input: BudgetSetInput!) { budgetSet(input: $input) { __typename } }',
    {
      input: {
        account: STRANGE_ACCOUNT,
        amount,
        currency: 'EUR',
        thresholds: [{ percent: 1, basis: 'FORECAST' }],
      },
    },
  )
  expect(outcome.budgetSet.__typename).toBe('Budget')
  await eventually(
    'the marker is reached',
    async () => (await budgetOf(service, STRANGE_ACCOUNT)).alerts.length === 1,
  )
}

/** 1000 GB of account acme from the first of March on, at 0.10 EUR: 100 EUR a month. The same of the marker's account. */
const spendingWorld = async () => {
  const start = await successiveServices()
  const at = (clock: string) => start({ CLOCK_START: clock })
  const service = await at('2026-03-01T00:00:00Z')
  await setPrice(service, '0.10', '2026-01-01T00:00:00Z')
  const image = await available(service, 'archive', disk)
  const { id: marker = '' } = await create(
    service,
    { name: 'marker', project: STRANGE_PROJECT },
    tokens.stranger,
  )
  expect((await service.upload(tokens.stranger, marker, disk)).status).toBe(201)
  for (const each of [image, marker])
    await reportSize(service, each, 1_000n * GB, '2026-03-01T00:00:00Z', '2026-03-01T00:00:00Z')
  return { at, service }
}

const eighty = {
  amount: '80',
  currency: 'EUR',
  thresholds: [
    { percent: 150, basis: 'FORECAST' },
    { percent: 100, basis: 'FORECAST' },
    { percent: 100 },
    { percent: 50, basis: 'ACTUAL' },
  ],
}
const HUNDRED = '100.000000000000000000'

test('a threshold is raised when it is reached, once a month at most, through restarts', async () => {
  const { at, service: first } = await spendingWorld()
  expect(await setBudget(first, eighty)).toStrictEqual({
    __typename: 'Budget',
    limit: { amount: '80', currency: 'EUR' },
    thresholds: [
      { percent: 50, basis: 'ACTUAL' },
      { percent: 100, basis: 'ACTUAL' },
      { percent: 100, basis: 'FORECAST' },
      { percent: 150, basis: 'FORECAST' },
    ],
    alerts: [],
  })
  // The month will come to 100 EUR: more than 80, and less than 120.
  const march = [`2026-03 FORECAST 100 % ${HUNDRED}`]
  await lookedAt(first, '1')
  await eventually('the forecast is told', async () => (await alertsOf(first)).length > 0)
  expect(await alertsOf(first)).toStrictEqual(march)
  expect((await budgetOf(first)).alerts[0]?.reachedAt).toMatch(/^2026-03-01T00:\d\d:\d\d\.\d{3}Z$/)

  let service = await at('2026-03-13T08:30:00Z')
  // 297 hours have begun: 297000 GB-hours ÷ 744 × 0.10 = 39.91 EUR, and 40 is the half.
  await lookedAt(service, '2')
  expect(await alertsOf(service)).toStrictEqual(march)

  service = await at('2026-03-13T09:30:00Z')
  // The 298th: 298000 ÷ 744 = 400.537634408602|2, × 0.10.
  march.push('2026-03 ACTUAL 50 % 40.053763440860200000')
  await lookedAt(service, '3')
  expect(await alertsOf(service)).toStrictEqual(march)

  service = await at('2026-03-25T19:30:00Z')
  // The 596th: 596000 ÷ 744 = 801.075268817204|3, × 0.10.
  march.push('2026-03 ACTUAL 100 % 80.107526881720400000')
  await lookedAt(service, '4')
  expect(await alertsOf(service)).toStrictEqual(march)

  service = await at('2026-03-31T23:30:00Z')
  await lookedAt(service, '5')
  expect(await alertsOf(service)).toStrictEqual(march)

  service = await at('2026-04-01T00:30:00Z')
  await lookedAt(service, '6')
  expect(await alertsOf(service)).toStrictEqual([...march, `2026-04 FORECAST 100 % ${HUNDRED}`])
  service = await at('2026-04-02T00:30:00Z')
  await lookedAt(service, '7')
  expect(await alertsOf(service)).toStrictEqual([...march, `2026-04 FORECAST 100 % ${HUNDRED}`])
})

test('another amount arms the thresholds anew, other thresholds do not, and without an amount nothing is raised', async () => {
  const { at, service: first } = await spendingWorld()
  await setBudget(first, eighty)
  await lookedAt(first, '1')
  await eventually('the forecast is told', async () => (await alertsOf(first)).length > 0)
  const hundred = `2026-03 FORECAST 100 % ${HUNDRED}`
  expect(await alertsOf(first)).toStrictEqual([hundred])

  const more = { ...eighty, thresholds: [...eighty.thresholds, { percent: 120, basis: 'FORECAST' }] }
  expect(await setBudget(first, more)).toMatchObject({ alerts: [{ month: '2026-03' }] })
  let service = await at('2026-03-02T00:30:00Z')
  await lookedAt(service, '2')
  expect(await alertsOf(service)).toStrictEqual([hundred, `2026-03 FORECAST 120 % ${HUNDRED}`])

  service = await at('2026-03-03T00:30:00Z')
  await lookedAt(service, '3')
  expect(await setBudget(service, { ...eighty, amount: '60' })).toMatchObject({ alerts: [] })
  service = await at('2026-03-04T00:30:00Z')
  await lookedAt(service, '4')
  const anew = [hundred, `2026-03 FORECAST 150 % ${HUNDRED}`]
  expect(await alertsOf(service)).toStrictEqual(anew)
  // What is so already changes nothing.
  expect(await setBudget(service, { ...eighty, amount: '60' })).toMatchObject({
    alerts: [{ month: '2026-03' }, { month: '2026-03' }],
  })

  const none = { __typename: 'Budget', limit: null, thresholds: [], alerts: [] }
  expect(await setBudget(service, {})).toStrictEqual(none)
  service = await at('2026-03-30T00:30:00Z')
  await lookedAt(service, '5')
  expect(await budgetOf(service)).toStrictEqual({ limit: null, thresholds: [], alerts: [] })
  expect(await setBudget(service, {})).toStrictEqual(none)

  await setBudget(service, { amount: '60', currency: 'USD' })
  service = await at('2026-03-30T12:30:00Z')
  await lookedAt(service, '6')
  // Nothing is spent in dollars.
  expect(await budgetOf(service)).toStrictEqual({
    limit: { amount: '60', currency: 'USD' },
    thresholds: [
      { percent: 100, basis: 'ACTUAL' },
      { percent: 100, basis: 'FORECAST' },
    ],
    alerts: [],
  })
})

interface Forecast {
  readonly month: string
  readonly pendingSize: number
  readonly unpriced: number
  readonly accrued: readonly { readonly amount: string; readonly currency: string }[]
  readonly toCome: readonly { readonly amount: string; readonly currency: string }[]
  readonly byMonthEnd: readonly { readonly amount: string; readonly currency: string }[]
}

const forecastOf = async (service: TestService, token: string): Promise<Forecast> => {
  const { forecast } = await service.graphql<{ forecast: Forecast }>(
    token,
    `query ($account: ID!) { forecast(account: $account) { month pendingSize unpriced
      accrued { amount currency } toCome { amount currency } byMonthEnd { amount currency } } }`,
    { account: ACCOUNT },
  )
  return forecast
}

test('of the prices in force the most specific one comes first, and the forecast goes by each at its time', async () => {
  const start = await successiveServices()
  let service = await start({ CLOCK_START: '2026-03-10T00:00:00Z' })
  const image = await available(service, 'debian', disk)
  await reportSize(service, image, 100n * GB, '2026-03-10T00:00:00Z', '2026-03-10T00:00:00Z')
  const unpriced = { month: '2026-03', pendingSize: 0, accrued: [], toCome: [], byMonthEnd: [] }
  expect(await forecastOf(service, tokens.accountViewer)).toStrictEqual({ ...unpriced, unpriced: 1 })

  const everybody = await setPrice(service, '0.05', '2026-01-01T00:00:00Z')
  const inAms = await setPrice(service, '0.045', '2026-01-01T00:00:00Z', { location: 'ams' })
  const ofAcme = await setPrice(service, '0.04', '2026-03-20T00:00:00Z', { account: 'acme' })
  const ofWeb = await setPrice(service, '0.06', '2026-03-25T00:00:00Z', { project: 'web', currency: 'USD' })
  await setPrice(service, '0.01', '2026-01-01T00:00:00Z', { account: 'globex' })
  const pricesAt = async (at: string | null, more: object = {}) => {
    const { prices } = await service.graphql<{ prices: { id: string }[] }>(
      tokens.accountViewer,
      `query ($account: ID!, $project: ID, $location: ID, $at: DateTime) {
        prices(account: $account, project: $project, location: $location, at: $at) { id } }`,
      { account: ACCOUNT, at, ...more },
    )
    return prices.map(({ id }) => id)
  }
  const here = { project: 'web', location: 'ams' }
  expect(await pricesAt('2025-12-31T23:59:59.999Z', here)).toStrictEqual([])
  expect(await pricesAt('2026-03-19T23:59:59.999Z', here)).toStrictEqual([inAms, everybody])
  expect(await pricesAt('2026-03-20T00:00:00.000Z', here)).toStrictEqual([ofAcme, inAms, everybody])
  expect(await pricesAt('2026-03-25T00:00:00.000Z', here)).toStrictEqual([ofWeb, ofAcme, inAms, everybody])
  expect(await pricesAt('2026-03-25T00:00:00.000Z', { project: 'web' })).toStrictEqual([
    ofWeb,
    ofAcme,
    everybody,
  ])
  expect(await pricesAt('2026-03-25T00:00:00.000Z', { project: 'ops' })).toStrictEqual([ofAcme, everybody])
  expect(await pricesAt(null)).toStrictEqual([everybody])

  service = await start({ CLOCK_START: '2026-03-15T12:30:00Z' })
  // 133 hours have begun: 13300 GB-hours ÷ 744 = 17.876344086021|5 → …022, × 0.045 = 0.80443548387099.
  // By the end 240 hours at 0.045: 24000 ÷ 744 = 32.258064516129|0 × 0.045 = 1.451612903225805;
  // 120 at 0.04: 36000 ÷ 744 = 48.387096774193|5 → …194, less …129 = 16.129032258065 × 0.04 = 0.6451612903226;
  // 168 at 0.06 USD: 52800 ÷ 744 = 70.967741935483|9 → …484, less …194 = 22.58064516129 × 0.06 = 1.3548387096774.
  const forecast = await forecastOf(service, tokens.accountViewer)
  expect(forecast).toStrictEqual({
    month: '2026-03',
    pendingSize: 0,
    unpriced: 0,
    accrued: [{ amount: '0.804435483870990000', currency: 'EUR' }],
    toCome: [
      { amount: '1.292338709677415000', currency: 'EUR' },
      { amount: '1.354838709677400000', currency: 'USD' },
    ],
    byMonthEnd: [
      { amount: '2.096774193548405000', currency: 'EUR' },
      { amount: '1.354838709677400000', currency: 'USD' },
    ],
  })
  const [accrued, toCome, byMonthEnd] = [forecast.accrued, forecast.toCome, forecast.byMonthEnd].map(
    ([eur]) => exact(eur?.amount ?? null),
  )
  expect((accrued ?? 0n) + (toCome ?? 0n)).toBe(byMonthEnd)
  expect(await forecastOf(service, tokens.viewer)).toStrictEqual(forecast)
  expect(await forecastOf(service, tokens.otherProject)).toStrictEqual({ ...unpriced, unpriced: 0 })

  service = await start({ CLOCK_START: '2026-03-26T00:00:00Z' })
  expect(await pricesAt(null, here)).toStrictEqual([ofWeb, ofAcme, inAms, everybody])
  const later = await forecastOf(service, tokens.accountViewer)
  expect(later.byMonthEnd).toStrictEqual(forecast.byMonthEnd)
  for (const currency of ['EUR', 'USD']) {
    const of = (sums: Forecast['accrued']) =>
      exact(sums.find((sum) => sum.currency === currency)?.amount ?? null)
    expect(of(later.accrued) + of(later.toCome)).toBe(of(later.byMonthEnd))
  }
})
