import { expect, test } from 'vitest'
import { errorsOf } from '../support/errors.ts'
import { rawDisk } from '../support/images.ts'
import { available, command } from '../support/library.ts'
import { seededService, type TestService } from '../support/service.ts'
import { type Person, tokens } from '../support/tokens.ts'

const disk = rawDisk(5_000, 9)
const queries = ['imageDeleteImpact', 'imageDeprecateImpact'] as const

const ask = (service: TestService, query: (typeof queries)[number], image: string, person: Person) =>
  service.answer<Record<string, unknown>>(
    tokens[person],
    `query ($image: ID!) { ${query}(image: $image) {
      usableByEverybody usableByAccount acceptedShares pendingShares protected
      image { id shares { nodes { status project { id name } } } }
      replacementOf { totalCount nodes { id } } } }`,
    { image },
  )

/** Both queries answer the same. */
const impactOf = async (service: TestService, image: string, person: Person = 'collaborator') => {
  const answers = await Promise.all(
    queries.map(async (query) => (await ask(service, query, image, person)).data?.[query]),
  )
  expect(answers[0]).toStrictEqual(answers[1])
  return answers[0]
}

test('before an image is deleted or deprecated its owner sees whom that would touch', async () => {
  const service = await seededService()
  const as = (person: Person, mutation: string, image: string, more: object = {}) =>
    command(service, tokens[person], mutation, { image, ...more })
  const id = await available(service, 'debian', disk)
  const alone = {
    usableByEverybody: false,
    usableByAccount: false,
    acceptedShares: 0,
    pendingShares: 0,
    protected: false,
    image: { id, shares: { nodes: [] } },
    replacementOf: { totalCount: 0, nodes: [] },
  }
  expect(await impactOf(service, id, 'viewer')).toStrictEqual(alone)

  for (const project of ['elsewhere', 'ops', 'nowhere'])
    await as('collaborator', 'imageShare', id, { project })
  await as('stranger', 'imageShareAccept', id, { project: 'elsewhere' })
  const old = await available(service, 'old', disk)
  await as('collaborator', 'imageDeprecate', old, { replacement: id })
  await as('collaborator', 'imageUpdate', id, { protected: true })
  const touched = {
    ...alone,
    acceptedShares: 1,
    pendingShares: 2,
    protected: true,
    image: {
      id,
      shares: {
        nodes: [
          { status: 'ACCEPTED', project: { id: 'elsewhere', name: 'Elsewhere' } },
          { status: 'PENDING', project: { id: 'ops', name: null } },
          { status: 'PENDING', project: { id: 'nowhere', name: null } },
        ],
      },
    },
    replacementOf: { totalCount: 1, nodes: [{ id: old }] },
  }
  expect(await impactOf(service, id)).toStrictEqual(touched)

  await as('otherProject', 'imageShareReject', id, { project: 'ops' })
  await as('collaborator', 'imageUnshare', id, { project: 'nowhere' })
  expect(await impactOf(service, id)).toMatchObject({ acceptedShares: 1, pendingShares: 0 })
  await as('accountAdmin', 'imagePromote', id)
  await as('operator', 'imageSetVisibility', id, { visibility: 'PUBLIC' })
  expect(await impactOf(service, id, 'accountAdmin')).toMatchObject({
    usableByEverybody: true,
    usableByAccount: true,
    acceptedShares: 0,
    pendingShares: 0,
    image: { shares: { nodes: [] } },
  })
  expect(await as('accountAdmin', 'imageDelete', id)).toMatchObject({ __typename: 'ImageProtected' })
})

test('others are not told: those who use it may not know, to all others it is not there', async () => {
  const service = await seededService()
  const id = await available(service, 'debian', disk)
  const share = { image: id, project: 'elsewhere' }
  for (const query of queries) {
    const { data, errors } = await ask(service, query, id, 'stranger')
    expect([data, errors]).toStrictEqual([{ [query]: null }, []])
  }
  await command(service, tokens.collaborator, 'imageShare', share)
  await command(service, tokens.stranger, 'imageShareAccept', share)
  for (const query of queries) {
    const answer = await ask(service, query, id, 'stranger')
    expect(answer.data).toStrictEqual({ [query]: null })
    expect(errorsOf(answer)).toStrictEqual([
      [
        { code: 'FORBIDDEN', requiredRole: 'VIEWER' },
        'To see what is its owner’s business takes the role VIEWER in the project or account that owns it.',
      ],
    ])
  }
})

test('of what it replaces an image tells only what the caller lists', async () => {
  const service = await seededService()
  const id = await available(service, 'debian', disk)
  await command(service, tokens.operator, 'imageSetVisibility', { image: id, visibility: 'PUBLIC' })
  const input = { project: 'elsewhere', name: 'theirs', source: { upload: {} } }
  const { id: theirs } = await command(service, tokens.stranger, 'imageCreate', input)
  await command(service, tokens.stranger, 'imageDeprecate', { image: theirs, replacement: id })
  const nothing = { replacementOf: { totalCount: 0, nodes: [] } }
  expect(await impactOf(service, id)).toMatchObject(nothing)
  expect(await impactOf(service, id, 'operator')).toMatchObject({
    replacementOf: { totalCount: 1, nodes: [{ id: theirs }] },
  })
})
