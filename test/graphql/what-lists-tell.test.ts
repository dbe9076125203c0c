import { beforeAll, expect, test } from 'vitest'
import { command } from '../support/library.ts'
import { startSeeded, type TestService } from '../support/service.ts'
import { LOCATION, OTHER_PROJECT, type Person, STRANGE_PROJECT, tokens } from '../support/tokens.ts'
import { type Ask, graphql } from './asking.ts'
import { asker, done, type Kind, makeRecipients, makers, missing, persons } from './world.ts'

// Counts, cursors and errors of lists, and names, before there are images of others and while there are.

let service: TestService

beforeAll(async () => {
  const started = await startSeeded()
  service = started.service
  await makeRecipients(service)
  return started.dispose
})

const page =
  'totalCount edges { cursor node { id name } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }'

const inHome = (asked: string): Ask =>
  // The project itself, so that every question may name it.
  graphql(`query ($home: ID!) { ${asked} home: project(id: $home) { name } }`, (_id, { home }) => ({ home }))

const images = (args = ''): Ask => inHome(`images${args} { ${page} }`)

const lists: readonly Ask[] = [
  images(),
  images('(project: $home)'),
  images('(project: "web")'),
  images('(first: 1)'),
  images('(last: 1)'),
  images('(orderBy: { field: NAME, direction: ASC })'),
  images('(orderBy: { field: SIZE, direction: DESC })'),
  images('(orderBy: { field: VERSION, direction: DESC })'),
  images('(filter: { search: "n*" })'),
  images('(project: $home, filter: { search: "n*" })'),
  images('(filter: { status: [AVAILABLE, CREATING, ERROR, DELETING, DELETED] })'),
  images('(project: $home, filter: { status: [DELETED] })'),
  images('(filter: { deprecated: true })'),
  images('(filter: { visibility: [PRIVATE, SHARED, COMMUNITY, PUBLIC] })'),
  images('(project: $home, filter: { visibility: [PUBLIC] })'),
  inHome('viewer { account { imageCount imageLimit } projects { project { id } } }'),
  inHome('sharedWithMe(project: $home) { nodes { status } pageInfo { hasNextPage endCursor } }'),
]

const answersTo = async (person: Person): Promise<readonly string[]> => {
  const answers: string[] = []
  for (const ask of lists) {
    const { word, text } = await ask(service, asker(person), '')
    expect(['yes', '-']).toContain(word)
    answers.push(text)
  }
  return answers
}

/** What becomes of an image so that those who are strangers to it do not list it. */
const unlisted: readonly Kind[] = [
  'PRIVATE',
  'SHARED',
  'CREATING',
  'ERROR',
  'PROMOTED',
  'DEPRECATED',
  'PROMOTED_DEPRECATED',
  'PUBLIC_DEPRECATED',
  'DEACTIVATED',
  'GONE',
  'PUBLIC_GONE',
  'PROMOTED_GONE',
]

test('counts, pages and cursors of strangers are to the byte what they were before others had images', async () => {
  const own = {
    name: 'nothing-strange',
    project: STRANGE_PROJECT,
    location: LOCATION,
    source: { upload: {} },
  }
  await done(service, 'stranger', 'imageCreate', own)
  const strangers = ['nobody', 'stranger'] as const
  const before = new Map<Person, readonly string[]>()
  for (const person of strangers) before.set(person, await answersTo(person))
  for (const kind of unlisted) await makers[kind](service)
  for (const person of strangers) expect(await answersTo(person)).toStrictEqual(before.get(person))
})

test('a cursor of an image that may not be known is as good as one of none', async () => {
  const id = await makers.SHARED(service)
  const found = await service.graphql<{ images: { edges: { cursor: string; node: { id: string } }[] } }>(
    tokens.operator,
    '{ images(first: 100) { edges { cursor node { id } } } }',
  )
  const cursor = found.images.edges.find(({ node }) => node.id === id)?.cursor ?? ''
  const [field, key] = JSON.parse(Buffer.from(cursor, 'base64url').toString())
  const forged = Buffer.from(JSON.stringify([field, key, missing.image])).toString('base64url')
  const after = graphql(
    `query ($after: String!) { images(after: $after) { ${page} } before: images(before: $after) { ${page} } }`,
    (given) => ({ after: given }),
  )
  for (const person of ['nobody', 'stranger', 'otherProject'] as const) {
    const foreign = await after(service, asker(person), cursor)
    expect(['yes', '-']).toContain(foreign.word)
    expect(foreign).toStrictEqual(await after(service, asker(person), forged))
  }
})

test('without a project everybody lists what is in all of theirs, and an operator everything', async () => {
  const { service: other, dispose } = await startSeeded()
  try {
    await makeRecipients(other)
    const create = (person: Person, name: string, project: string) =>
      done(other, person, 'imageCreate', { name, project, location: LOCATION, source: { upload: {} } })
    await create('collaborator', 'debian', 'web')
    await create('otherProject', 'ops', OTHER_PROJECT)
    await create('stranger', 'strange', STRANGE_PROJECT)
    const list = async (token: string) => {
      const { images } = await other.graphql<{ images: { totalCount: number; nodes: { name: string }[] } }>(
        token,
        '{ images(orderBy: { field: NAME, direction: ASC }) { totalCount nodes { name } } }',
      )
      expect(images.totalCount).toBe(images.nodes.length)
      return images.nodes.map(({ name }) => name)
    }
    const found: Record<string, readonly string[]> = {}
    for (const person of persons) found[person] = await list(tokens[person])
    expect(found).toStrictEqual({
      nobody: [],
      stranger: ['strange'],
      otherProject: ['ops'],
      viewer: ['debian'],
      collaborator: ['debian'],
      admin: ['debian'],
      accountViewer: ['debian', 'ops'],
      accountCollaborator: ['debian', 'ops'],
      accountAdmin: ['debian', 'ops'],
      pending: [],
      accepted: [],
      acceptedViewer: [],
      rejected: [],
      revoked: [],
      operator: ['debian', 'ops', 'strange'],
    })
  } finally {
    await dispose()
  }
})

test('a name that others have is free', async () => {
  const source = { upload: {} }
  for (const [person, project] of [
    ['collaborator', 'web'],
    ['otherProject', OTHER_PROJECT],
    ['stranger', STRANGE_PROJECT],
    ['accepted', 'accepted'],
  ] as const) {
    const outcome = await command(service, tokens[person], 'imageCreate', {
      name: 'in-every-project',
      project,
      location: LOCATION,
      source,
    })
    expect([person, outcome.__typename]).toStrictEqual([person, 'Image'])
  }
})

test('who takes an image for a replacement is told of to those who list it', async () => {
  const golden = await makers.PUBLIC(service)
  const impact = graphql(
    `query ($id: ID!) { imageDeleteImpact(image: $id) { replacementOf { ${page} } } }`,
    (id) => ({ id }),
  )
  const before = await impact(service, asker('admin'), golden)
  const source = { upload: {} }
  const old = { name: 'strange-old', project: STRANGE_PROJECT, location: LOCATION, source }
  const { id: image } = await done(service, 'stranger', 'imageCreate', old)
  await done(service, 'stranger', 'imageDeprecate', { image, replacement: golden })
  expect((await impact(service, asker('admin'), golden)).text).toBe(before.text)
  expect((await impact(service, asker('operator'), golden)).text).toContain(image)
})
