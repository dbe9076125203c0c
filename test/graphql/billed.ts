import { create, imageOf } from '../support/library.ts'
import type { TestService } from '../support/service.ts'
import { LOCATION, type Person, PROJECT, tokens } from '../support/tokens.ts'
import { billingCommand, someRate } from './billing-questions.ts'
import { startPhases } from './phases.ts'
import { bytes, done } from './world.ts'

/**
 * A service in which each image costs 0.05 an hour of March, and became available shortly after noon of the 10th; it is half
 * past three. `promoted` and `moved` were of `web` in their first hour, and of account `acme` and project `ops` since.
 */
export interface Billed {
  readonly service: TestService
  /** The ids of the images by their names. */
  readonly ids: Readonly<Record<string, string>>
  readonly dispose: () => Promise<void>
}

const imageIn = async (
  service: TestService,
  name: string,
  project: string,
  person: Person,
): Promise<string> => {
  const token = tokens[person]
  const { id = '' } = await create(service, { name, project, location: LOCATION }, token)
  await service.upload(token, id, bytes)
  const found = await imageOf<{ availableAt: string }>(service, id, 'availableAt', token)
  const [sizeBytes, from] = ['744000000000', found?.availableAt]
  const size = { image: id, sizeBytes, occurredAt: from, effectiveFrom: from }
  await billingCommand(service, 'operator', 'imageReportSize', size)
  return id
}

export const startBilled = async (): Promise<Billed> => {
  const { at, dispose } = await startPhases()
  const first = await at('2026-03-10T12:00:00Z')
  await billingCommand(first, 'operator', 'storageRateSet', someRate)
  const ids = {
    'of-web': await imageIn(first, 'of-web', PROJECT, 'collaborator'),
    'of-ops': await imageIn(first, 'of-ops', 'ops', 'otherProject'),
    'of-elsewhere': await imageIn(first, 'of-elsewhere', 'elsewhere', 'stranger'),
    promoted: await imageIn(first, 'promoted', PROJECT, 'collaborator'),
    moved: await imageIn(first, 'moved', PROJECT, 'collaborator'),
  }
  for (const image of [ids.promoted, ids.moved]) await done(first, 'accountAdmin', 'imagePromote', { image })
  await done(first, 'accountAdmin', 'imageDemote', { image: ids.moved, project: 'ops' })
  return { service: await at('2026-03-10T15:30:00Z'), ids, dispose }
}

export interface Line {
  readonly id: string
  readonly imageId: string | null
  readonly image: { readonly id: string } | null
  readonly imageName: string | null
  readonly project: { readonly id: string } | null
  readonly billedHours: string
  readonly amount: string
}

/** What is reported to somebody of March, by default of all of `acme` before three o'clock. */
export const usageOf = async (service: TestService, token: string, input: object = {}) => {
  const { usageReport } = await service.graphql<{
    usageReport: { total: object[]; sections: { lines: Line[]; shares: object[] }[] }
  }>(
    token,
    `query ($input: UsageReportInput!) { usageReport(input: $input) { total { amount currency } sections {
      lines { id imageId image { id } imageName project { id } billedHours amount }
      shares { project { id } total { amount } } } } }`,
    { input: { account: 'acme', ...march, asOf: '2026-03-10T15:00:00Z', ...input } },
  )
  const { total, sections } = usageReport
  return {
    lines: sections.flatMap((section) => section.lines),
    total,
    shares: sections.flatMap((section) => section.shares),
  }
}

export const march = { from: '2026-03-01T00:00:00Z', to: '2026-04-01T00:00:00Z' }

/** An amount as it is told exactly: with 18 decimals. */
export const exact = (amount: string): string => {
  const [whole, decimals = ''] = amount.split('.')
  return `${whole}.${decimals.padEnd(18, '0')}`
}
