import { beforeAll, describe, expect, test } from 'vitest'
import { imageOf } from '../support/library.ts'
import { startSeeded, type TestService } from '../support/service.ts'
import { LOCATION, type Person, type RECIPIENTS, STRANGE_PROJECT, tokens } from '../support/tokens.ts'
import { type Ask, graphql } from './asking.ts'
import { asker, bytes, done, freshName, makeRecipients, makers, missing } from './world.ts'

// Mutations and fields name other things beside the image: what may not be known of those, they do not tell either.

let service: TestService

beforeAll(async () => {
  const started = await startSeeded()
  service = started.service
  await makeRecipients(service)
  return started.dispose
})

const instants = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g

/** An answer without the ids that were asked for, and when it was. */
const answered = async (ask: Ask, person: Person, ...ids: readonly string[]): Promise<string> => {
  const { text } = await ask(service, asker(person), ids[0] ?? '')
  return ids
    .reduce((masked, id, n) => masked.replaceAll(id, `<${n}>`), text)
    .replaceAll(instants, '<instant>')
}

const share = `image { id name visibility } project { id name account { id name } } offeredBy status note: message
  offeredAt expiresAt decidedAt`

const offerTo = (image: string, mutation: string): Ask =>
  graphql(
    `mutation ($image: ID!, $project: ID!) { ${mutation}(input: { image: $image, project: $project }) {
      __typename ... on Share { ${share} } ... on Error { code message } } }`,
    (project) => ({ image, project }),
  )

const ofImage = (image: string): Ask =>
  graphql(
    `query ($image: ID!) { image(id: $image) { name visibility shares { nodes { ${share} } pageInfo { hasNextPage } }
      history { nodes { type summary } } } }`,
    () => ({ image }),
  )

describe.each(['collaborator', 'accountAdmin'] as const)('to its owner’s %s', (person) => {
  test('an offer to a project that there is answers as one to a project that there is not', async () => {
    const told: string[][] = []
    for (const project of ['pending', 'gnidnep']) {
      const image = await makers.PRIVATE(service)
      const { name } = (await imageOf<{ name: string }>(service, image, 'name')) ?? { name: '' }
      const ids = [project, image, name] as const
      const answers: string[] = []
      for (const mutation of ['imageShare', 'imageShare', 'imageShareAccept', 'imageShareReject'])
        answers.push(await answered(offerTo(image, mutation), person, ...ids))
      answers.push(await answered(ofImage(image), person, ...ids))
      for (const mutation of ['imageUnshare', 'imageUnshare', 'imageShareAccept'])
        answers.push(await answered(offerTo(image, mutation), person, ...ids))
      answers.push(await answered(ofImage(image), person, ...ids))
      told.push(answers)
    }
    expect(told[0]).toStrictEqual(told[1])
    expect(told[0]?.map((text) => /__typename\W+(\w+)/.exec(text)?.[1])).toStrictEqual([
      'Share',
      'Share',
      'Forbidden',
      'Forbidden',
      undefined,
      'Share',
      'Share',
      'NotFound',
      undefined,
    ])
  })
})

test('of a recipient its owner sees the id until it accepts, and of an offer the recipient sees who makes it', async () => {
  const image = await makers.SHARED(service)
  type Shares = { shares: { nodes: { project: { id: string; name: string | null; account: unknown } }[] } }
  const fields = 'shares { nodes { project { id name account { id } } } }'
  const owners: readonly Person[] = ['viewer', 'collaborator', 'admin', 'accountAdmin']
  for (const person of owners) {
    const found = await imageOf<Shares>(service, image, fields, tokens[person])
    const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)
    expect(found?.shares.nodes.map(({ project }) => project).sort(byId)).toStrictEqual([
      { id: 'accepted', name: 'To accepted', account: null },
      { id: 'pending', name: null, account: null },
      { id: 'rejected', name: null, account: null },
    ])
  }
  const inbox = (project: (typeof RECIPIENTS)[number]) =>
    service.graphql(
      tokens[project],
      `query ($project: ID!) { sharedWithMe(project: $project, first: 1) { nodes {
        offeredBy status project { id name account { id } } } } }`,
      { project },
    )
  for (const [project, status] of [
    ['pending', 'PENDING'],
    ['accepted', 'ACCEPTED'],
    ['rejected', 'REJECTED'],
  ] as const)
    expect(await inbox(project)).toStrictEqual({
      sharedWithMe: {
        nodes: [
          {
            offeredBy: 'Web',
            status,
            project: { id: project, name: `To ${project}`, account: { id: 'hooli' } },
          },
        ],
      },
    })
  expect(await inbox('revoked')).toStrictEqual({ sharedWithMe: { nodes: [] } })
})

test('recipients see of the offers of an image their own alone', async () => {
  const image = await makers.SHARED(service)
  type Shares = { shares: { nodes: { project: { id: string } }[] } }
  for (const person of ['pending', 'accepted'] as const) {
    const found = await imageOf<Shares>(service, image, 'shares { nodes { project { id } } }', tokens[person])
    expect(found?.shares.nodes).toStrictEqual([{ project: { id: person } }])
  }
})

/** An AVAILABLE image of the strange project, which `web` knows nothing of. */
const strange = async (): Promise<string> => {
  const input = { name: freshName(), project: STRANGE_PROJECT, location: LOCATION, source: { upload: {} } }
  const { id = '' } = await done(service, 'stranger', 'imageCreate', input)
  await service.upload(tokens.stranger, id, bytes)
  return id
}

describe('a replacement that may not be known', () => {
  const replace = (image: string): Ask =>
    graphql(
      `mutation ($image: ID!, $id: ID!) { imageDeprecate(input: { image: $image, replacement: $id }) {
        __typename ... on Error { code message } ... on InvalidInput { issues { path message } } } }`,
      (id) => ({ image, id }),
    )

  test('is refused as one that is missing, and nothing is written', async () => {
    const image = await makers.SHARED(service)
    const foreign = await strange()
    const deleted = await strange()
    await done(service, 'stranger', 'imageDelete', { image: deleted })
    const promoted = await strange()
    await done(service, 'stranger', 'imagePromote', { image: promoted })
    const absent = await answered(replace(image), 'admin', missing.image)
    expect(absent).toContain('INVALID_INPUT')
    for (const replacement of [foreign, promoted, deleted])
      expect(await answered(replace(image), 'admin', replacement)).toBe(absent)
    expect(await imageOf(service, image, 'deprecation { stage }')).toStrictEqual({ deprecation: null })
  })

  test('is not named to those who may not see it, as if there were none', async () => {
    const told: string[] = []
    for (const isNamed of [true, false]) {
      const [old, young] = [await makers.SHARED(service), await makers.SHARED(service)]
      const notice = { image: old, reason: 'Old.', ...(isNamed ? { replacement: young } : {}) }
      await done(service, 'admin', 'imageDeprecate', notice)
      await done(service, 'admin', 'imageSetVisibility', { image: young, visibility: 'PRIVATE' })
      const ask = graphql(
        `query ($id: ID!) { image(id: $id) { id deprecation { stage since reason replacement { id name } obsoleteAt
          deleteAt deletionPreventedAt } } }`,
        (id) => ({ id }),
      )
      told.push(await answered(ask, 'accepted', old))
      const seen = await answered(ask, 'viewer', old)
      expect(seen.includes(young)).toBe(isNamed)
    }
    expect(told[0]).toBe(told[1])
  })
})

test('a project to demote to that is foreign is refused as one that is missing', async () => {
  const image = await makers.PROMOTED(service)
  const demote = graphql(
    `mutation ($image: ID!, $id: ID!) { imageDemote(input: { image: $image, project: $id }) {
      __typename ... on Error { code message } } }`,
    (id) => ({ image, id }),
  )
  const before = await imageOf(service, image, 'revision')
  const foreign = await answered(demote, 'accountAdmin', STRANGE_PROJECT)
  const absent = await answered(demote, 'accountAdmin', [...STRANGE_PROJECT].reverse().join(''))
  expect(foreign).toBe(absent)
  expect(foreign).toContain('NOT_FOUND')
  expect(await imageOf(service, image, 'revision')).toStrictEqual(before)
})
