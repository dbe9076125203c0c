import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { schema } from '../../src/graphql/schema.ts'
import { contentPath } from '../support/client.ts'
import { available, command, create, mutationText, type Outcome } from '../support/library.ts'
import { startSeeded, type TestService } from '../support/service.ts'
import { LOCATION, type Person, people, tokens } from '../support/tokens.ts'
import { disk } from '../support/uploads.ts'

// DESIGN, tenancy and access, as a table: the rows are what may be asked, the columns who asks of project `web` of account
// `acme`. Adding a query or a mutation without a row here fails.

let service: TestService
let debian: string

beforeAll(async () => {
  const started = await startSeeded()
  service = started.service
  debian = await available(service, 'debian', disk)
  return started.dispose
})

/** What was answered: in a word, and to the byte but for the id of the request. */
interface Reply {
  readonly word: string
  readonly text: string
}

/** A way to ask about something, something to ask about, and an id of the same length under which there is nothing. */
interface Question {
  readonly ask: (token: string | null, id: string) => Promise<Reply>
  readonly subject: () => Promise<string>
  readonly missing: string
}

const fresh = (): string => `n${crypto.randomUUID().slice(0, 13)}`
const noImage = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'

/** Images that nobody else changes. */
const creating = async (upload: object = {}): Promise<string> =>
  (await create(service, { name: fresh(), location: LOCATION, source: { upload } })).id ?? ''
const failed = async (): Promise<string> => {
  const id = await creating({ format: 'ISO' })
  await service.upload(tokens.collaborator, id, disk)
  return id
}

const graphql = (document: string, variables: (id: string) => object, wordOf: (data: unknown) => string) =>
  async function ask(token: string | null, id: string): Promise<Reply> {
    const { data, errors, text, headers } = await service.answer<Record<string, unknown>>(
      token,
      document,
      variables(id),
    )
    const [field] = Object.values(data ?? {})
    return {
      word: errors[0]?.extensions.code ?? wordOf(field),
      text: text.replaceAll(headers.get('x-request-id') ?? '', '<request>'),
    }
  }

const query = (document: string) =>
  graphql(
    document,
    (id) => ({ id }),
    (field) => (field === null || JSON.stringify(field).startsWith('{"totalCount":0') ? 'nothing' : 'yes'),
  )

const mutation = (name: string, input: (id: string) => object) =>
  graphql(
    mutationText(name),
    (id) => ({ input: input(id) }),
    (field) => {
      const { __typename, id } = field as Outcome
      return id === undefined ? __typename : 'yes'
    },
  )

const http = (method: string) =>
  async function ask(token: string | null, id: string): Promise<Reply> {
    const request = { method, path: contentPath(id), token }
    const answer = await service.http(method === 'PUT' ? { ...request, body: disk } : request)
    const { date: _date, 'x-request-id': requestId, ...headers } = answer.headers
    const body = answer.status < 300 ? '' : answer.body.toString()
    const text = JSON.stringify({ headers, body }).replaceAll(String(requestId), '<request>')
    return { word: answer.status < 300 ? 'yes' : String(answer.status), text }
  }

const image = { subject: async () => debian, missing: noImage }
const project = { subject: async () => 'web', missing: 'lab' }
const account = { subject: async () => 'acme', missing: 'emca' }
const platform = { subject: async () => '', missing: '' }

const queries: Readonly<Record<string, Question>> = {
  viewer: { ...platform, ask: query('{ viewer { operator } }') },
  image: {
    ...image,
    ask: query(
      'query ($id: ID!) { image(id: $id) { name revision project { name } history { nodes { type } } } }',
    ),
  },
  imageByName: {
    ...project,
    ask: query('query ($id: ID!) { imageByName(project: $id, name: "debian") { name } }'),
  },
  images: {
    ...project,
    ask: query(
      'query ($id: ID!) { images(project: $id) { totalCount nodes { name } pageInfo { hasNextPage endCursor } } }',
    ),
  },
  account: { ...account, ask: query('query ($id: ID!) { account(id: $id) { name imageLimit imageCount } }') },
  project: { ...project, ask: query('query ($id: ID!) { project(id: $id) { name account { name } } }') },
}

const mutations: Readonly<Record<string, Question>> = {
  accountCreate: { ...platform, ask: mutation('accountCreate', () => ({ name: 'Initech' })) },
  accountSetImageLimit: {
    ...account,
    ask: mutation('accountSetImageLimit', (id) => ({ account: id, limit: 1000 })),
  },
  projectCreate: { ...account, ask: mutation('projectCreate', (id) => ({ account: id, name: 'Lab' })) },
  locationCreate: { ...platform, ask: mutation('locationCreate', () => ({ name: 'Oslo' })) },
  locationSetImagesEnabled: {
    ...platform,
    ask: mutation('locationSetImagesEnabled', () => ({ location: LOCATION, enabled: true })),
  },
  imageCreate: {
    ...project,
    ask: mutation('imageCreate', (id) => ({
      project: id,
      name: fresh(),
      location: LOCATION,
      source: { upload: {} },
    })),
  },
  imageUpdate: {
    subject: creating,
    missing: noImage,
    ask: mutation('imageUpdate', (id) => ({ image: id, name: fresh(), os: 'debian' })),
  },
  imageRetry: { subject: failed, missing: noImage, ask: mutation('imageRetry', (id) => ({ image: id })) },
  imageDelete: { subject: creating, missing: noImage, ask: mutation('imageDelete', (id) => ({ image: id })) },
}

const contents: Readonly<Record<string, Question>> = {
  PUT: { subject: creating, missing: noImage, ask: http('PUT') },
  GET: { ...image, ask: http('GET') },
  HEAD: { ...image, ask: http('HEAD') },
}

const columns = Object.keys(people) as Person[]

const sees =
  '      nothing   nothing   nothing      yes       yes          yes       yes           yes          yes'
const does =
  '      NotFound  NotFound  NotFound     Forbidden yes          yes       Forbidden     yes          yes'
const transfers =
  ' 404       404       404          403       yes          yes       403           yes          yes'
const operates =
  '  Forbidden Forbidden Forbidden    Forbidden Forbidden    Forbidden Forbidden     Forbidden    yes'
const outcomes: Readonly<Record<string, string>> = {
  // columns:       nobody    stranger  otherProject viewer    collaborator admin     accountViewer accountAdmin operator
  viewer:
    '         yes       yes       yes          yes       yes          yes       yes           yes          yes',
  account:
    '        nothing   nothing   yes          yes       yes          yes       yes           yes          yes',
  project: sees,
  image: sees,
  imageByName: sees,
  images: sees,
  projectCreate:
    '  NotFound  NotFound  Forbidden    Forbidden Forbidden    Forbidden Forbidden     yes          yes',
  imageCreate: does,
  imageUpdate: does,
  imageRetry: does,
  imageDelete: does,
  PUT: transfers,
  GET: transfers,
  HEAD: transfers,
  accountSetImageLimit: `
                    NotFound  NotFound  Forbidden    Forbidden Forbidden    Forbidden Forbidden     Forbidden    yes`,
  accountCreate: operates,
  locationCreate: operates,
  locationSetImagesEnabled: operates,
}

const table = Object.entries({ ...queries, ...mutations, ...contents }).map(
  ([name, question]) => [name, question, outcomes[name]?.trim().split(/\s+/) ?? []] as const,
)

test('the table has every query and every mutation', () => {
  const fields = (type: ReturnType<typeof schema.getQueryType>) => Object.keys(type?.getFields() ?? {}).sort()
  expect(Object.keys(queries).sort()).toStrictEqual(fields(schema.getQueryType()))
  expect(Object.keys(mutations).sort()).toStrictEqual(fields(schema.getMutationType()))
})

describe.each(table)('%s', (_, { ask, subject, missing }, expected) => {
  test('is for those, and no others', async () => {
    const found: Record<string, string> = {}
    for (const person of columns) found[person] = (await ask(tokens[person], await subject())).word
    expect(found).toStrictEqual(Object.fromEntries(columns.map((person, n) => [person, expected[n]])))
  })

  test('is for nobody without a token', async () => {
    const { word } = await ask(null, await subject())
    expect(['UNAUTHENTICATED', '401']).toContain(word)
  })

  test('of what is foreign is answered as that of what is missing, to the byte', async () => {
    for (const [n, person] of columns.entries()) {
      if (!['nothing', 'NotFound', '404'].includes(expected[n] ?? '')) continue
      const id = await subject()
      const before = await service.service.log.head()
      const foreign = await ask(tokens[person], id)
      const absent = await ask(tokens[person], missing)
      expect(foreign.text.replaceAll(id, '<id>')).toBe(absent.text.replaceAll(missing, '<id>'))
      expect(await service.service.log.head()).toBe(before)
    }
  })
})

test('of an account its members see the name, and those with a role in it what it uses', async () => {
  const see = async (person: Person) =>
    (
      await service.graphql<{ account: unknown }>(
        tokens[person],
        '{ account(id: "acme") { id name imageLimit } }',
      )
    ).account
  await command(service, tokens.operator, 'accountSetImageLimit', { account: 'acme', limit: 500 })
  const members: readonly Person[] = ['otherProject', 'viewer', 'collaborator', 'admin']
  for (const person of members)
    expect(await see(person)).toStrictEqual({ id: 'acme', name: 'Acme', imageLimit: null })
  const others: readonly Person[] = ['accountViewer', 'accountAdmin', 'operator']
  for (const person of others)
    expect(await see(person)).toStrictEqual({ id: 'acme', name: 'Acme', imageLimit: 500 })
})

test('without a project everybody lists what is in all of theirs, and an operator everything', async () => {
  const { service: other, dispose } = await startSeeded()
  onTestFinished(dispose)
  await available(other, 'debian', disk)
  await create(other, { name: 'ops', project: 'ops' }, tokens.otherProject)
  await create(other, { name: 'strange', project: 'elsewhere' }, tokens.stranger)
  const list = async (token: string) => {
    const { images } = await other.graphql<{ images: { totalCount: number; nodes: { name: string }[] } }>(
      token,
      '{ images(orderBy: { field: NAME, direction: ASC }) { totalCount nodes { name } } }',
    )
    expect(images.totalCount).toBe(images.nodes.length)
    return images.nodes.map(({ name }) => name)
  }
  const found: Record<string, readonly string[]> = {}
  for (const person of columns) found[person] = await list(tokens[person])
  expect(found).toStrictEqual({
    nobody: [],
    stranger: ['strange'],
    otherProject: ['ops'],
    viewer: ['debian'],
    collaborator: ['debian'],
    admin: ['debian'],
    accountViewer: ['debian', 'ops'],
    accountAdmin: ['debian', 'ops'],
    operator: ['debian', 'ops', 'strange'],
  })
})
