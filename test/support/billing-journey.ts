import { parse } from 'csv-parse/sync'
import type { Client } from './client.ts'
import { eventually } from './eventually.ts'
import { rawDisk } from './images.ts'
import { create } from './library.ts'
import { ACCOUNT, type Person, tokens } from './tokens.ts'

/** What journeys ask of the bill, by HTTP alone. */

/** What came of a mutation of billing. */
export interface BillingOutcome {
  readonly __typename: string
  readonly [field: string]: unknown
}

const results = {
  storageRateSet: ['StorageRateSetInput', 'StorageRate', 'id'],
  billingPeriodClose: ['BillingPeriodCloseInput', 'BillingPeriod', 'month status sealAt'],
  budgetSet: [
    'BudgetSetInput',
    'Budget',
    'limit { amount currency } thresholds { percent basis } alerts { month }',
  ],
} as const

/** Carries a mutation out; refusals are outcomes too. */
const billingCommand = async (
  client: Client,
  token: string,
  mutation: keyof typeof results,
  input: object,
): Promise<BillingOutcome> => {
  const [type, result, fields] = results[mutation]
  const data = await client.graphql<Record<string, BillingOutcome>>(
    token,
    `mutation ($input: ${type}!) { ${mutation}(input: $input) { __typename
      ... on ${result} { ${fields} } ... on Error { code message } ... on InvalidInput { issues { path message } } } }`,
    { input },
  )
  const outcome = data[mutation]
  if (outcome === undefined) throw new Error(`${mutation} answered nothing`)
  return outcome
}

/** Asks for a price as the operator. */
export const askPrice = (client: Client, input: object): Promise<BillingOutcome> =>
  billingCommand(client, tokens.operator, 'storageRateSet', { currency: 'EUR', ...input })

/** Sets a price in EUR, and gives its id. Throws where it is refused. */
export const setPrice = async (
  client: Client,
  ratePerGbMonth: string,
  effectiveFrom: string,
  more: object = {},
): Promise<string> => {
  const outcome = await askPrice(client, { ratePerGbMonth, effectiveFrom, ...more })
  if (outcome.__typename !== 'StorageRate') throw new Error(`It was refused: ${JSON.stringify(outcome)}`)
  return String(outcome['id'])
}

/** Begins to close a month of account acme. */
export const closeMonth = (client: Client, month: string): Promise<BillingOutcome> =>
  billingCommand(client, tokens.operator, 'billingPeriodClose', { account: ACCOUNT, month })

export const setBudget = (client: Client, input: object): Promise<BillingOutcome> =>
  billingCommand(client, tokens.accountAdmin, 'budgetSet', { account: ACCOUNT, ...input })

/** Says as the operator how many bytes an image takes. Throws where it is refused. */
export const reportSize = async (
  client: Client,
  image: string,
  sizeBytes: bigint,
  occurredAt: string,
  effectiveFrom: string | null = null,
): Promise<void> => {
  const { imageReportSize: outcome } = await client.graphql<{ imageReportSize: { __typename: string } }>(
    tokens.operator,
    `mutation ($input: ImageReportSizeInput!) { imageReportSize(input: $input) { __typename ... on Error { message } } }`,
    { input: { image, sizeBytes: String(sizeBytes), occurredAt, effectiveFrom } },
  )
  if (outcome.__typename !== 'Image') throw new Error(`It was refused: ${JSON.stringify(outcome)}`)
}

export interface Period {
  readonly month: string
  readonly status: string
  readonly sealAt: string | null
  readonly sealedAt: string | null
  readonly position: string | null
  readonly contentHash: string | null
  readonly lines: number | null
  readonly pendingSize: number | null
  readonly unpriced: number | null
  readonly total: readonly { readonly amount: string; readonly currency: string }[] | null
}

export const periodsOf = async (client: Client): Promise<readonly Period[]> => {
  const { billingPeriods } = await client.graphql<{ billingPeriods: Period[] }>(
    tokens.accountViewer,
    `query ($account: ID!) { billingPeriods(account: $account) {
      month status sealAt sealedAt position contentHash lines pendingSize unpriced total { amount currency } } }`,
    { account: ACCOUNT },
  )
  return billingPeriods
}

/** What each month is, in a word. */
export const statusesOf = async (client: Client): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries((await periodsOf(client)).map(({ month, status }) => [month, status]))

/** Waits until the service has sealed a month by itself. */
export const whenSealed = (client: Client, month: string): Promise<void> =>
  eventually(`${month} is sealed`, async () => (await statusesOf(client))[month] === 'SEALED')

/** A line of a usage report. */
export interface Line {
  readonly id: string
  readonly status: string
  readonly project: { readonly id: string } | null
  readonly imageId: string | null
  readonly imageName: string | null
  readonly priceId: string | null
  readonly periodStart: string
  readonly periodEnd: string
  readonly billingPeriod: string
  readonly causedBy: string | null
  readonly hoursInMonth: number | null
  readonly billedHours: string
  readonly byteHours: string
  readonly gbHours: string
  readonly gbMonths: string
  readonly rate: string | null
  readonly currency: string | null
  readonly amount: string | null
}

export const lineFields = `id status project { id } imageId imageName priceId periodStart periodEnd billingPeriod causedBy
  hoursInMonth billedHours byteHours gbHours gbMonths rate currency amount`

interface Money {
  readonly amount: string
  readonly currency: string
}

export interface Section {
  readonly lines: readonly Line[]
  readonly total: readonly Money[]
  readonly shares: readonly {
    readonly project: { readonly id: string } | null
    readonly total: readonly Money[]
  }[]
}

const nextMonth = (month: string): string => {
  const [year = 0, number = 0] = month.split('-').map(Number)
  return new Date(Date.UTC(year, number)).toISOString()
}

/** The Images section of a month of account acme, as the text that came: for comparisons to the byte. */
export const reportText = async (client: Client, month: string, more: object = {}): Promise<string> => {
  const { text, errors } = await client.answer(
    tokens.accountViewer,
    `query ($input: UsageReportInput!) { usageReport(input: $input) { from to sections { name
      lines { ${lineFields} } total { amount currency } shares { project { id } total { amount currency } } } } }`,
    { input: { account: ACCOUNT, from: `${month}-01T00:00:00.000Z`, to: nextMonth(month), ...more } },
  )
  if (errors.length > 0) throw new Error(`GraphQL answered ${text}`)
  return text
}

export const sectionOf = async (client: Client, month: string, more: object = {}): Promise<Section> => {
  const answer: { data: { usageReport: { sections: [Section] } } } = JSON.parse(
    await reportText(client, month, more),
  )
  return answer.data.usageReport.sections[0]
}

export const linesOf = async (client: Client, month: string, more: object = {}): Promise<readonly Line[]> =>
  (await sectionOf(client, month, more)).lines

export const files = ['usage.csv', 'focus-1.2.csv', 'focus-1.4.csv'] as const
export type File = (typeof files)[number]

/** A month of account acme as a file. */
export const fileOf = async (client: Client, file: File, month: string): Promise<string> => {
  const { status, body } = await client.http({
    path: `/billing/${file}?account=${ACCOUNT}&month=${month}`,
    token: tokens.accountViewer,
  })
  if (status !== 200) throw new Error(`${file} was refused: ${body}`)
  return body.toString()
}

/** Everything that is told of a month as a whole: its report and its three files, as they came. */
export const everythingOf = async (client: Client, month: string): Promise<readonly string[]> =>
  Promise.all([reportText(client, month), ...files.map((file) => fileOf(client, file, month))])

export type Row = Readonly<Record<string, string>>

/** The rows of a file, each by its heading. */
export const rowsOf = async (client: Client, file: File, month: string): Promise<readonly Row[]> =>
  parse(await fileOf(client, file, month), { columns: true })

export interface Explained {
  readonly line: Line
  readonly formula: string
  readonly price: { readonly id: string } | null
  readonly priceReason: string
  readonly overridden: readonly { readonly id: string }[]
  readonly steps: readonly {
    readonly from: string
    readonly to: string
    readonly sizeBytes: string | null
    readonly billedHours: string
    readonly byteHours: string
    readonly cumulatedGbMonths: string
    readonly roundedBefore: string
    readonly roundedAfter: string
    readonly gbMonths: string
    readonly openedBy: ChargeEvent
    readonly closedBy: ChargeEvent | null
  }[]
  readonly cause: ChargeEvent | null
  readonly corrections: readonly Line[]
}

export interface ChargeEvent {
  readonly id: string
  readonly type: string
  readonly position: string
}

const eventFields = 'id type position'

/** Why a line is what it is. Throws where it cannot be explained. */
export const explained = async (client: Client, id: string): Promise<Explained> => {
  const { explainCharge } = await client.graphql<{ explainCharge: Explained | null }>(
    tokens.accountViewer,
    `query ($id: ID!) { explainCharge(id: $id) { formula priceReason price { id } overridden { id }
      line { ${lineFields} } cause { ${eventFields} } corrections { ${lineFields} }
      steps { from to sizeBytes billedHours byteHours cumulatedGbMonths roundedBefore roundedAfter gbMonths
        openedBy { ${eventFields} } closedBy { ${eventFields} } } } }`,
    { id },
  )
  if (explainCharge === null) throw new Error(`There is no charge ${id}`)
  return explainCharge
}

const EXACT = 18

/** A decimal as a whole number of its 18th decimal. Throws for what has more, and for null. */
export const exact = (decimal: string | null): bigint => {
  const {
    sign,
    whole,
    fraction = '',
  } = /^(?<sign>-?)(?<whole>\d+)(?:\.(?<fraction>\d{1,18}))?$/.exec(decimal ?? '')?.groups ?? {}
  if (whole === undefined) throw new Error(`This is no decimal: ${decimal}`)
  return BigInt(`${sign}${whole}${fraction.padEnd(EXACT, '0')}`)
}

/** Adds decimals up, in units of the 18th decimal. */
export const total = (decimals: readonly (string | null)[]): bigint =>
  decimals.map(exact).reduce((sum, each) => sum + each, 0n)

/** Lines in short, by image, price and owner: hours, GB-hours, GB-months and amount. `prices`: their ids by a name. */
export const named = (
  lines: readonly Line[],
  prices: Readonly<Record<string, string>>,
): Readonly<Record<string, readonly (string | null)[]>> => {
  const names = new Map(Object.entries(prices).map(([name, id]) => [id, name]))
  return Object.fromEntries(
    lines.map(({ imageName, priceId, project, billedHours, gbHours, gbMonths, amount }) => [
      `${imageName} ${names.get(priceId ?? '')} ${project?.id ?? '-'}`,
      [billedHours, gbHours, gbMonths, amount],
    ]),
  )
}

export const amountsOf = (lines: readonly Line[]): bigint => total(lines.map(({ amount }) => amount))

/** How many bytes an image has that placed() made. */
export const PLACED_BYTES = 20_000

/** Registers an image, sends its bytes, and gives its id. Throws where that is refused. */
export const placed = async (
  client: Client,
  name: string,
  by: Person = 'collaborator',
  more: object = {},
): Promise<string> => {
  const { id = '' } = await create(client, { name, ...more }, tokens[by])
  const { status, body } = await client.upload(tokens[by], id, rawDisk(PLACED_BYTES, 11))
  if (status !== 201) throw new Error(`The upload was refused: ${body}`)
  return id
}
