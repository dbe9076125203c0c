import { expect, test } from 'vitest'
import { rawDisk } from '../support/images.ts'
import { available, command, create, imageOf } from '../support/library.ts'
import { seededService, type TestService } from '../support/service.ts'
import { type Person, tokens } from '../support/tokens.ts'

const disk = rawDisk(10_000, 4)

/** What a project finds under a name, and everything that it lists. */
const seenIn = async (service: TestService, person: Person, project: string) => {
  const { byName, images } = await service.graphql<{
    byName: { id: string } | null
    images: { nodes: { id: string }[] }
  }>(
    tokens[person],
    `query ($project: ID!) { byName: imageByName(project: $project, name: "debian") { id }
      images(project: $project) { nodes { id } } }`,
    { project },
  )
  return { byName: byName?.id ?? null, listed: images.nodes.map(({ id }) => id).sort() }
}

const place = (service: TestService, id: string, person: Person) =>
  imageOf(service, id, 'name scope project { id } visibleBecause { reason eventType }', tokens[person])

test('a promoted image is every project’s of its account, and one project’s again once it is demoted', async () => {
  const service = await seededService()
  const as = (person: Person, mutation: string, input: object) =>
    command(service, tokens[person], mutation, input)
  const id = await available(service, 'debian', disk)
  const nothing = { byName: null, listed: [] }
  const found = { byName: id, listed: [id] }
  expect(await seenIn(service, 'otherProject', 'ops')).toStrictEqual(nothing)

  expect(await as('collaborator', 'imagePromote', { image: id })).toStrictEqual({
    __typename: 'Forbidden',
    code: 'FORBIDDEN',
    message:
      'To move this image between its project and its account takes the role COLLABORATOR in its account.',
    requiredRole: 'COLLABORATOR',
  })
  expect((await as('accountAdmin', 'imagePromote', { image: id })).__typename).toBe('Image')
  for (const [person, project] of [
    ['otherProject', 'ops'],
    ['collaborator', 'web'],
  ] as const) {
    expect(await seenIn(service, person, project)).toStrictEqual(found)
    expect((await service.download(tokens[person], id)).body.equals(disk)).toBe(true)
    expect(await place(service, id, person)).toStrictEqual({
      name: 'debian',
      scope: 'ACCOUNT',
      project: null,
      visibleBecause: [{ reason: 'ACCOUNT', eventType: 'ImagePromoted' }],
    })
    expect(await as(person, 'imageUpdate', { image: id, os: 'x' })).toMatchObject({ __typename: 'Forbidden' })
  }
  expect(await place(service, id, 'stranger')).toBeNull()

  // The name is free in the project, whose own image it finds first then.
  const { id: own } = await create(service, { name: 'debian' })
  expect((await seenIn(service, 'collaborator', 'web')).byName).toBe(own)
  expect((await seenIn(service, 'otherProject', 'ops')).byName).toBe(id)
  expect(await as('accountAdmin', 'imagePromote', { image: own })).toStrictEqual({
    __typename: 'NameTaken',
    code: 'NAME_TAKEN',
    message: 'The name "debian" is taken in the account: choose another.',
    taken: 'debian',
  })
  expect(await as('accountAdmin', 'imageDemote', { image: id, project: 'web' })).toMatchObject({
    __typename: 'NameTaken',
    message: 'The name "debian" is taken in project "web": choose another.',
  })

  expect((await as('accountAdmin', 'imageDemote', { image: id, project: 'ops' })).__typename).toBe('Image')
  expect(await place(service, id, 'otherProject')).toStrictEqual({
    name: 'debian',
    scope: 'PROJECT',
    project: { id: 'ops' },
    visibleBecause: [{ reason: 'OWNER', eventType: 'ImageDemoted' }],
  })
  expect(await seenIn(service, 'otherProject', 'ops')).toStrictEqual(found)
  expect(await seenIn(service, 'collaborator', 'web')).toStrictEqual({ byName: own, listed: [own] })
  expect((await service.download(tokens.collaborator, id)).status).toBe(404)
  expect((await as('accountAdmin', 'imagePromote', { image: own })).__typename).toBe('Image')
})

test('of two images of one name that are promoted at once, one is, and the other stays where it was', async () => {
  const service = await seededService()
  const ids = [
    (await create(service, { name: 'debian' })).id,
    (await create(service, { name: 'debian', project: 'ops' }, tokens.otherProject)).id,
  ]
  const outcomes = await Promise.all(
    ids.map((image) => command(service, tokens.accountAdmin, 'imagePromote', { image })),
  )
  expect(outcomes.map(({ __typename }) => __typename).sort()).toStrictEqual(['Image', 'NameTaken'])
  const { images } = await service.graphql<{ images: { nodes: { scope: string }[] } }>(
    tokens.accountAdmin,
    '{ images { nodes { scope } } }',
  )
  expect(images.nodes.map(({ scope }) => scope).sort()).toStrictEqual(['ACCOUNT', 'PROJECT'])
})
