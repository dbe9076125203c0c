import type { TestService } from '../support/service.ts'
import { type Person, tokens } from '../support/tokens.ts'
import { type Ask, graphql, http } from './asking.ts'

// What may be asked of bills: by the id of an account, a project or an image, as questions.ts puts it.

const refusal = '... on Error { code message } ... on Forbidden { requiredRole }'

/** The text of a mutation that tells what came of it, and of refusals what they say. */
export const commandText = (mutation: string): string => {
  const input = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`
  return `mutation ($input: ${input}!) { ${mutation}(input: $input) {
    __typename ${refusal} ... on InvalidInput { issues { path message } } } }`
}

/** Carries a mutation out that must go well. */
export const billingCommand = async (
  service: TestService,
  person: Person,
  mutation: string,
  input: object,
): Promise<void> => {
  const data = await service.graphql<Record<string, object>>(tokens[person], commandText(mutation), { input })
  if ('code' in (data[mutation] ?? {})) throw new Error(`${mutation} was refused: ${JSON.stringify(data)}`)
}

const command = (mutation: string, input: (id: string) => object): Ask =>
  graphql(commandText(mutation), (id) => ({ input: input(id) }))

const withId = (document: string): Ask => graphql(`query ($id: ID!) { ${document} }`, (id) => ({ id }))

const march = { from: '2026-03-01T00:00:00Z', to: '2026-04-01T00:00:00Z' }
const money = '{ amount currency }'
const price = 'id ratePerGbMonth currency project { id } account { name }'

const usage = (input: (id: string) => object): Ask =>
  graphql(
    `query ($input: UsageReportInput!) { usageReport(input: $input) {
      account { id name } total ${money} sections { lines { id } shares { project { id } } } } }`,
    (id) => ({ input: { ...march, ...input(id) } }),
  )

/** The id of the line of an image in the month that runs; one as good as any where there is none. */
const lineOf = async (service: TestService, image: string): Promise<string> => {
  const now = new Date()
  const month = (later: number) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + later)).toISOString()
  const { usageReport } = await service.graphql<{
    usageReport: { sections: { lines: { id: string }[] }[] }
  }>(
    tokens.operator,
    'query ($input: UsageReportInput!) { usageReport(input: $input) { sections { lines { id } } } }',
    { input: { account: 'acme', images: [image], from: month(0), to: month(1) } },
  )
  const times = [0, 1].map((later) => Date.parse(month(later)) / 1000).join('.')
  return usageReport.sections[0]?.lines.at(-1)?.id ?? `${image}.${times}.${'0'.repeat(32)}`
}

/** Of the image's line. */
export const explainCharge: Ask = async (service, who, image) => {
  const explained = withId('explainCharge(id: $id) { formula steps { openedBy { id } } }')
  return explained(service, who, await lineOf(service, image))
}

/** For everybody, and always. */
export const someRate = { ratePerGbMonth: '0.05', currency: 'EUR', effectiveFrom: '2020-01-01T00:00:00Z' }

export const ofAccounts: Readonly<Record<string, Ask>> = {
  usageReport: usage((account) => ({ account })),
  forecast: withId(`forecast(account: $id) { account { name } accrued ${money} unpriced }`),
  prices: withId(`prices(account: $id) { ${price} }`),
  billingPeriods: withId('billingPeriods(account: $id) { month status account { name } }'),
  budget: withId(`budget(account: $id) { account { name } limit ${money} alerts { month } }`),
  reconcileBilling: withId('reconcileBilling(account: $id) { checked findings { imageId message } }'),
  billingPeriodClose: command('billingPeriodClose', (account) => ({ account, month: '2026-01' })),
  budgetSet: command('budgetSet', (account) => ({ account, amount: '1000', currency: 'EUR' })),
  'storageRateSet for an account': command('storageRateSet', (account) => ({ account, ...someRate })),
}

export const ofProjects: Readonly<Record<string, Ask>> = {
  'usageReport of a project': usage((project) => ({ account: 'acme', projects: [project] })),
  'prices of a project': withId(`prices(account: "acme", project: $id) { ${price} }`),
  'storageRateSet for a project': command('storageRateSet', (project) => ({ project, ...someRate })),
}

export const storageRateSet: Ask = command('storageRateSet', () => someRate)

/** As somebody measured it in the year before. */
export const imageReportSize: Ask = command('imageReportSize', (image) => ({
  image,
  sizeBytes: '1000',
  occurredAt: '2025-01-01T00:00:00Z',
}))

const files = ['usage.csv', 'focus-1.2.csv', 'focus-1.4.csv'] as const

export const ofFiles: Readonly<Record<string, Ask>> = Object.fromEntries(
  files.flatMap((file) =>
    ['GET', 'HEAD'].map((method) => [
      `${method} /billing/${file}`,
      http((account) => ({ method, path: `/billing/${file}?account=${account}&month=2026-03` })),
    ]),
  ),
)
