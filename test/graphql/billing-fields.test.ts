import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { schema } from '../../src/graphql/schema.ts'
import { appendAll, newEvent, newStream, someMetadata } from '../support/events.ts'
import { eventually } from '../support/eventually.ts'
import type { TestService } from '../support/service.ts'
import { tokens } from '../support/tokens.ts'
import { billingReaders } from './billing-fields.ts'
import { billingCommand, someRate } from './billing-questions.ts'
import { foundBy, saidBy } from './fields.ts'
import { startPhases } from './phases.ts'
import { makers } from './world.ts'

let service: TestService
/** The lines of February and March: what was sealed, what it was corrected by, and what accrues. */
let lines: readonly string[] = []

const TERABYTE = '1000000000000'

const priced = async (scope: object): Promise<void> =>
  billingCommand(service, 'operator', 'storageRateSet', { ...someRate, ...scope })

const reportSize = (image: string, sizeBytes: string, occurredAt: string): Promise<void> =>
  billingCommand(service, 'operator', 'imageReportSize', { image, sizeBytes, occurredAt })

/** An image of `web` whose size nobody has said since 1 March; no request makes one. */
const unmeasured = async (): Promise<void> => {
  const fixture = new URL('../fixtures/events/ImageRegistered.v1.json', import.meta.url)
  const { data } = JSON.parse(await readFile(fixture, 'utf8'))
  const { log, projections } = service.service
  const position = await appendAll(log, newStream('image'), [
    newEvent({ ...data, official: false }, 'ImageRegistered', someMetadata),
    newEvent({}, 'ImageBecameAvailable', someMetadata),
  ])
  await projections.waitFor('catalog', position, 30_000)
}

const report = (inside: string): string =>
  `{ usageReport(input: { account: "acme", from: "2026-02-01T00:00:00Z", to: "2026-04-01T00:00:00Z" }) { ${inside} } }`

const asked = <Data>(query: string): Promise<Data> => service.graphql<Data>(tokens.operator, query)

beforeAll(async () => {
  const { at, dispose } = await startPhases()
  service = await at('2026-02-10T12:00:00Z')
  for (const scope of [{}, { location: 'ams' }, { account: 'acme' }, { project: 'web' }]) await priced(scope)
  const image = await makers.PRIVATE(service)
  service = await at('2026-03-03T00:00:00Z')
  await reportSize(image, TERABYTE, '2026-02-20T00:00:00Z')
  await billingCommand(service, 'operator', 'billingPeriodClose', { account: 'acme', month: '2026-02' })
  service = await at('2026-03-07T00:00:00Z')
  await eventually('February is sealed', async () => {
    type Periods = { billingPeriods: { status: string }[] }
    const { billingPeriods } = await asked<Periods>('{ billingPeriods(account: "acme") { status } }')
    return billingPeriods[0]?.status === 'SEALED'
  })
  await reportSize(image, '2000000000000', '2026-02-25T00:00:00Z')
  await unmeasured()
  await billingCommand(service, 'accountAdmin', 'budgetSet', {
    account: 'acme',
    amount: '0.01',
    currency: 'EUR',
  })
  await eventually('the budget is used up', async () => {
    const { budget } = await asked<{ budget: { alerts: object[] } }>(
      '{ budget(account: "acme") { alerts { percent } } }',
    )
    return budget.alerts.length > 0
  })
  type Report = { usageReport: { sections: { lines: { id: string; status: string }[] }[] } }
  const { usageReport } = await asked<Report>(report('sections { lines { id status } }'))
  const found = usageReport.sections.flatMap((section) => section.lines)
  expect(found.map(({ status }) => status).sort()).toStrictEqual([
    'ACCRUING',
    'CORRECTION',
    'PENDING_SIZE',
    'SEALED',
  ])
  lines = found.map(({ id }) => id)
  return dispose
})

/** How people come by the objects of each type: documents in which `*` stands for the fields. */
const ways = (): Readonly<Record<string, readonly string[]>> => {
  const explained = (inside: string) => lines.map((id) => `{ explainCharge(id: "${id}") { ${inside} } }`)
  const prices = (args: string) => `{ prices(account: "acme", ${args}) { * } }`
  return {
    UsageReport: [report('*')],
    UsageSection: [report('sections { * }')],
    UsageLine: [report('sections { lines { * } }'), ...explained('line { * } corrections { * }')],
    UsageShare: [report('sections { shares { * } }')],
    Money: [
      report('total { * } sections { total { * } shares { total { * } } }'),
      '{ forecast(account: "acme") { accrued { * } toCome { * } byMonthEnd { * } } }',
      '{ budget(account: "acme") { limit { * } alerts { spending { * } } } }',
      '{ billingPeriods(account: "acme") { total { * } } }',
      '{ images(first: 5) { nodes { cost { * } } } }',
    ],
    Forecast: ['{ forecast(account: "acme") { * } }'],
    StorageRate: [
      prices('location: "ams"'),
      prices('project: "web"'),
      prices('project: "ops"'),
      ...explained('price { * } overridden { * }'),
    ],
    ChargeExplanation: explained('*'),
    ChargeStep: explained('steps { * }'),
    ChargeEvent: explained('cause { * } steps { openedBy { * } closedBy { * } }'),
    BillingPeriod: ['{ billingPeriods(account: "acme") { * } }'],
    Budget: ['{ budget(account: "acme") { * } }'],
    BudgetThreshold: ['{ budget(account: "acme") { thresholds { * } } }'],
    BudgetAlert: ['{ budget(account: "acme") { alerts { * } } }'],
    BillingReconciliation: ['{ reconcileBilling(account: "acme") { * } }'],
    BillingFinding: ['{ reconcileBilling(account: "acme") { findings { * } } }'],
  }
}

test('there is a way to the objects of each type', () => {
  expect(Object.keys(ways())).toStrictEqual(Object.keys(billingReaders))
})

describe.each(Object.entries(billingReaders))('%s', (type, rows) => {
  test('each field is for those, and null for all others', async () => {
    expect(await foundBy(service, schema, type, ways()[type] ?? [])).toStrictEqual(saidBy(rows))
  })
})
