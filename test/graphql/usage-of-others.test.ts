import { beforeAll, describe, expect, test } from 'vitest'
import { imageOf } from '../support/library.ts'
import { type Person, signedToken, tokens } from '../support/tokens.ts'
import { type Ask, graphql, http } from './asking.ts'
import { type Billed, exact, march, startBilled, usageOf } from './billed.ts'
import { commandText, someRate } from './billing-questions.ts'
import { asker, done, missing, persons } from './world.ts'

// Bills name accounts, projects, images and lines: those that may not be known are answered as those that there are not.

let billed: Billed

beforeAll(async () => {
  billed = await startBilled()
  return billed.dispose
})

/** What somebody is answered, without the id that was asked for. */
const answered = async (ask: Ask, token: string, id: string) => {
  const { word, text } = await ask(billed.service, { token, home: '' }, id)
  return { word, text: text.replaceAll(id, '<id>') }
}

const report = (input: (id: string) => object): Ask =>
  graphql(
    `query ($input: UsageReportInput!) { usageReport(input: $input) {
      account { id } from to asOf total { amount } sections {
        name total { amount } lines { id imageId imageName amount } shares { project { id } } } } }`,
    (id) => ({ input: { account: 'acme', ...march, asOf: '2026-03-10T15:00:00Z', ...input(id) } }),
  )

const prices = graphql(
  'query ($id: ID!) { prices(account: "acme", project: $id) { id ratePerGbMonth } }',
  (id) => ({ id }),
)

/** Of each, projects that may not be known of, or are of another account than the one that is asked about. */
const foreign: readonly (readonly [Person, readonly string[]])[] = [
  ['viewer', ['ops', 'elsewhere']],
  ['admin', ['ops', 'elsewhere']],
  ['otherProject', ['web', 'elsewhere']],
  ['accountViewer', ['elsewhere']],
  ['accountAdmin', ['elsewhere']],
  ['operator', ['elsewhere']],
]

describe.each(foreign)('to the %s', (person, projects) => {
  test('a project that is not theirs is one that there is not', async () => {
    const asks = {
      alone: report((project) => ({ projects: [project] })),
      'after one of their own': report((project) => ({
        projects: [person === 'otherProject' ? 'ops' : 'web', project],
      })),
      'of its prices': prices,
    }
    for (const [name, ask] of Object.entries(asks)) {
      for (const project of projects) {
        const absent = await answered(ask, tokens[person], [...project].reverse().join(''))
        expect([name, absent.word]).toStrictEqual([name, '-'])
        expect(absent.text).toContain('There is no project \\\\\\"<id>\\\\\\" that you may see.')
        expect(await answered(ask, tokens[person], project)).toStrictEqual(absent)
      }
    }
  })

  test('images that are not theirs have no lines, as those that there are not', async () => {
    const ask = report((image) => ({ images: [image] }))
    const names = person === 'otherProject' ? ['of-web', 'promoted'] : ['of-elsewhere']
    const others = ['viewer', 'admin'].includes(person) ? ['of-ops', ...names] : names
    const absent = await answered(ask, tokens[person], missing.image)
    expect(absent.text).toContain('\\"lines\\":[]')
    for (const name of others)
      expect(await answered(ask, tokens[person], billed.ids[name] ?? '')).toStrictEqual(absent)
  })
})

/** All lines that there are, told to an operator, with whose they are. */
const allLines = async () => {
  const of = async (account: string) =>
    (await usageOf(billed.service, tokens.operator, { account, asOf: null })).lines.map((line) => ({
      ...line,
      owner: line.project?.id ?? account,
    }))
  return [...(await of('acme')), ...(await of('globex'))]
}

test('lines are explained to those who see them, and are no lines to all others', async () => {
  const lines = await allLines()
  const explain = graphql(
    'query ($id: ID!) { explainCharge(id: $id) { line { id } formula steps { openedBy { type } } corrections { id } } }',
    (id) => ({ id }),
  )
  const readers: Record<string, readonly Person[]> = {}
  for (const { id, imageName, owner } of lines) {
    const absent = `${missing.image}${id.slice(missing.image.length)}`
    const found: Person[] = []
    for (const person of persons) {
      const { word, text } = await answered(explain, tokens[person], id)
      if (word === 'yes') found.push(person)
      else expect({ word, text }).toStrictEqual(await answered(explain, tokens[person], absent))
    }
    readers[`${imageName} of ${owner}`] = found
  }
  const ofAccount = ['accountViewer', 'accountCollaborator', 'accountAdmin', 'operator']
  const ofWeb = ['viewer', 'collaborator', 'admin', ...ofAccount]
  const ofOps = ['otherProject', ...ofAccount]
  expect(readers).toStrictEqual({
    'moved of ops': ofOps,
    'moved of web': ofWeb,
    'of-elsewhere of elsewhere': ['stranger', 'operator'],
    'of-ops of ops': ofOps,
    'of-web of web': ofWeb,
    'promoted of acme': ofAccount,
    'promoted of web': ofWeb,
  })
})

const asks = {
  usageReport: report(() => ({})),
  forecast: graphql('{ forecast(account: "acme") { accrued { amount } } }', () => ({})),
  prices: graphql('{ prices(account: "acme") { id } }', () => ({})),
  'GET usage.csv': http(() => ({ path: '/billing/usage.csv?account=acme&month=2026-03' })),
  'GET focus-1.2.csv': http(() => ({ path: '/billing/focus-1.2.csv?account=acme&month=2026-03' })),
  'GET focus-1.4.csv': http(() => ({ path: '/billing/focus-1.4.csv?account=acme&month=2026-03' })),
} as const
const words = (graphqlWord: string, httpWord: string) =>
  Object.keys(asks).map((name) => [name, name.startsWith('GET') ? httpWord : graphqlWord])

test.each([
  ['a member of an account without any role', { account: 'acme' }, words('view', 'no')],
  [
    'a member with a role elsewhere alone',
    { account: 'acme', projects: { elsewhere: 'admin' } },
    words('view', 'no'),
  ],
  [
    'a member with a role in what is no project',
    { account: 'acme', projects: { lab: 'admin' } },
    words('view', 'no'),
  ],
  ['somebody with a role in what is no project', { projects: { lab: 'admin' } }, words('-', '-')],
  ['an admin of an account that there is not', { account: 'emca', account_role: 'admin' }, words('-', '-')],
  ['somebody with a role in a project alone', { projects: { web: 'viewer' } }, words('yes', 'yes')],
  [
    'an admin of another account with a role in a project',
    { account: 'globex', account_role: 'admin', projects: { web: 'viewer' } },
    words('yes', 'yes'),
  ],
])('%s is answered by that', async (_, claims, expected) => {
  const token = await signedToken({ sub: 'somebody', ...claims })
  const found: unknown[] = []
  for (const [name, ask] of Object.entries(asks)) found.push([name, (await answered(ask, token, '')).word])
  expect(found).toStrictEqual(expected)
})

test('a role in a project shows what that owns to those of other accounts too, and nothing of the account', async () => {
  const token = await signedToken({
    sub: 'guest',
    account: 'globex',
    account_role: 'admin',
    projects: { web: 'viewer' },
  })
  const own = await usageOf(billed.service, tokens.viewer)
  expect(own.lines.length).toBe(3)
  expect(await usageOf(billed.service, token)).toStrictEqual(own)
  const { usageReport } = await billed.service.graphql<{ usageReport: unknown }>(
    token,
    `query ($input: UsageReportInput!) { usageReport(input: $input) { account { id name imageCount imageLimit } } }`,
    { input: { account: 'acme', ...march } },
  )
  expect(usageReport).toStrictEqual({
    account: { id: 'acme', name: null, imageCount: null, imageLimit: null },
  })
})

test('who may not set prices is not told whom they would be for', async () => {
  const before = await billed.service.service.log.head()
  for (const scope of ['account', 'project', 'location'] as const) {
    const set = graphql(commandText('storageRateSet'), (id) => ({ input: { ...someRate, [scope]: id } }))
    const there = { account: 'acme', project: 'web', location: 'ams' }[scope]
    for (const person of persons.filter((each) => each !== 'operator')) {
      const absent = await answered(set, tokens[person], 'nowhere')
      expect([scope, person, absent.word]).toStrictEqual([scope, person, 'oper'])
      expect(await answered(set, tokens[person], there)).toStrictEqual(absent)
    }
  }
  expect(await billed.service.service.log.head()).toBe(before)
})

describe('of an image that has moved on', () => {
  const costFor = async (person: Person): Promise<unknown> =>
    imageOf(billed.service, billed.ids['moved'] ?? '', 'cost { amount }', asker(person).token ?? '')

  test('the new owner sees the cost of its own time, and its account that of all', async () => {
    expect(await costFor('viewer')).toBe(null)
    expect(await costFor('accountViewer')).toStrictEqual({ cost: { amount: exact('0.2') } })
    expect(await costFor('otherProject')).toStrictEqual({ cost: { amount: exact('0.15') } })
  })

  test('the owner before sees the name that it had, and not what others made of it', async () => {
    await done(billed.service, 'otherProject', 'imageUpdate', { image: billed.ids['moved'], name: 'renamed' })
    const { lines } = await usageOf(billed.service, tokens.viewer, { images: [billed.ids['moved']] })
    expect(lines.map(({ imageName, image }) => [imageName, image])).toStrictEqual([['moved', null]])
  })
})
