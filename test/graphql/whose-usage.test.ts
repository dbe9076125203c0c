import { parse } from 'csv-parse/sync'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Person, tokens } from '../support/tokens.ts'
import { type Billed, exact, startBilled, usageOf } from './billed.ts'

// What each project of an account, and the account itself, is billed: to the project what is its own, and nothing of what
// others pay.

let billed: Billed

beforeAll(async () => {
  billed = await startBilled()
  return billed.dispose
})

/** Of each line what image and owner it is of, its hours, what they cost, and whether the image is shown. */
const reportTo = async (person: Person, input: object = {}) => {
  const { lines, ...rest } = await usageOf(billed.service, tokens[person], input)
  const shown = lines.map(({ imageName, imageId, project, billedHours, amount, image }) => {
    expect(imageId).toBe(billed.ids[imageName ?? ''])
    return [imageName, project?.id ?? null, billedHours, amount, image?.id === imageId]
  })
  return { lines: shown, ...rest }
}

const ofWeb = [
  ['moved', 'web', '1', exact('0.05'), false],
  ['of-web', 'web', '3', exact('0.15'), true],
  ['promoted', 'web', '1', exact('0.05'), true],
]
const ofOps = [
  ['moved', 'ops', '2', exact('0.10'), true],
  ['of-ops', 'ops', '3', exact('0.15'), true],
]
const share = (project: string | null, amount: string) => ({
  project: project === null ? null : { id: project },
  total: [{ amount }],
})

describe('a usage report has', () => {
  test.each(['viewer', 'collaborator', 'admin'] as const)(
    'for the %s of a project what it owns, and the total of that',
    async (person) => {
      expect(await reportTo(person)).toStrictEqual({
        lines: ofWeb,
        total: [{ amount: '0.25', currency: 'EUR' }],
        shares: [share('web', '0.25')],
      })
      expect(await reportTo(person, { projects: ['web'] })).toStrictEqual(await reportTo(person))
    },
  )

  test('for those of another project what that owns, what came to it included', async () => {
    expect(await reportTo('otherProject')).toStrictEqual({
      lines: ofOps,
      total: [{ amount: '0.25', currency: 'EUR' }],
      shares: [share('ops', '0.25')],
    })
  })

  test.each(['accountViewer', 'accountCollaborator', 'accountAdmin', 'operator'] as const)(
    'for the %s everything',
    async (person) => {
      const seeing = ofWeb.map(([name, project, hours, amount]) => [name, project, hours, amount, true])
      expect(await reportTo(person)).toStrictEqual({
        lines: [['promoted', null, '2', exact('0.10'), true], ...ofOps, ...seeing],
        total: [{ amount: '0.60', currency: 'EUR' }],
        shares: [share(null, '0.10'), share('ops', '0.25'), share('web', '0.25')],
      })
      expect((await reportTo(person, { projects: ['web'] })).lines).toStrictEqual(seeing)
    },
  )

  test('for nobody more by what it is grouped by', async () => {
    for (const groupBy of [['SECTION'], ['PROJECT'], ['PRICE'], ['PROJECT', 'PRICE'], []]) {
      const { lines, total } = await usageOf(billed.service, tokens.viewer, { groupBy })
      expect(
        lines.map(({ imageId, project, billedHours, amount }) => [imageId, project, billedHours, amount]),
      ).toStrictEqual([[null, groupBy.includes('PROJECT') ? { id: 'web' } : null, '5', exact('0.25')]])
      expect(total).toStrictEqual([{ amount: '0.25', currency: 'EUR' }])
    }
  })
})

test('a forecast is of what a project owns, and for those with a role in the account of all', async () => {
  const forecastOf = async (person: Person) => {
    const { forecast } = await billed.service.graphql<{ forecast: Record<string, { amount: string }[]> }>(
      tokens[person],
      '{ forecast(account: "acme") { accrued { amount } toCome { amount } byMonthEnd { amount } } }',
    )
    return Object.values(forecast).map(([money]) => money?.amount)
  }
  // From noon to the end of March are 516 hours; three and a half of them are over, so that the fourth has begun.
  expect(await forecastOf('viewer')).toStrictEqual(['0.3', '25.6', '25.9'].map(exact))
  expect(await forecastOf('otherProject')).toStrictEqual(['0.35', '51.2', '51.55'].map(exact))
  expect(await forecastOf('accountViewer')).toStrictEqual(['0.8', '102.4', '103.2'].map(exact))
})

describe.each([
  ['usage.csv', 'image_name', 'image_id', 'project_id', 'amount'],
  ['focus-1.2.csv', 'ResourceName', 'ResourceId', 'SubAccountId', 'BilledCost'],
  ['focus-1.4.csv', 'ResourceName', 'ResourceId', 'SubAccountId', 'BilledCost'],
] as const)('%s has', (file, name, id, project, amount) => {
  const rowsFor = async (person: Person) => {
    const path = `/billing/${file}?account=acme&month=2026-03`
    const { status, body } = await billed.service.http({ path, token: tokens[person] })
    expect(status).toBe(200)
    const rows: Record<string, string>[] = parse(body, { columns: true })
    for (const row of rows) expect(row[id]).toBe(billed.ids[row[name] ?? ''])
    return rows.map((row) => [row[name], row[project], row[amount]]).sort()
  }
  const web = [
    ['moved', 'web', exact('0.05')],
    ['of-web', 'web', exact('0.20')],
    ['promoted', 'web', exact('0.05')],
  ]
  const ops = [
    ['moved', 'ops', exact('0.15')],
    ['of-ops', 'ops', exact('0.20')],
  ]

  test('for those of a project what it owns', async () => {
    for (const person of ['viewer', 'collaborator', 'admin'] as const)
      expect(await rowsFor(person)).toStrictEqual(web)
    expect(await rowsFor('otherProject')).toStrictEqual(ops)
  })

  test('for those with a role in the account everything', async () => {
    const all = [...web, ...ops, ['promoted', '', exact('0.15')]].sort()
    for (const person of ['accountViewer', 'accountAdmin', 'operator'] as const)
      expect(await rowsFor(person)).toStrictEqual(all)
  })
})
