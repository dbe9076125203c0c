import { expect, test } from 'vitest'
import { problemOf } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { rawDisk } from '../support/images.ts'
import { available, command, create, historyOf, imageOf } from '../support/library.ts'
import { seededService, successiveServices, type TestService } from '../support/service.ts'
import { type Person, tokens } from '../support/tokens.ts'
import { blobsOf } from '../support/uploads.ts'

const disk = rawDisk(20_000, 6)

interface Retired {
  readonly status: string
  readonly deprecation: {
    readonly stage: string
    readonly deletionPreventedAt: string | null
    readonly replacement: { readonly id: string } | null
  } | null
}

const retiredOf = async (service: TestService, id: string, person: Person = 'collaborator') =>
  imageOf<Retired>(
    service,
    id,
    `status deactivated
      deprecation { stage since reason replacement { id } obsoleteAt deleteAt deletionPreventedAt }`,
    tokens[person],
  )

const listed = async (service: TestService, person: Person, project: string) => {
  const { images } = await service.graphql<{ images: { nodes: { id: string }[] } }>(
    tokens[person],
    'query ($project: ID!) { images(project: $project) { nodes { id } } }',
    { project },
  )
  return images.nodes.map(({ id }) => id).sort()
}

/** Gives project elsewhere the use of an image. */
const shareWithElsewhere = async (service: TestService, image: string) => {
  const share = { image, project: 'elsewhere' }
  await command(service, tokens.collaborator, 'imageShare', share)
  const accepted = await command(service, tokens.stranger, 'imageShareAccept', share)
  expect(accepted['status']).toBe('ACCEPTED')
}

const types = async (service: TestService, id: string) => (await historyOf(service, id)).slice(5)

test('an image is retired with a successor: deprecated at once, obsolete and deleted at its dates, through restarts', async () => {
  const start = await successiveServices()
  let service = await start({ CLOCK_START: '2026-03-01T12:00:00Z' })
  const [old, next] = [await available(service, 'old', disk), await available(service, 'next', disk)]
  await shareWithElsewhere(service, old)
  const notice = {
    image: old,
    replacement: next,
    reason: 'Its kernel is too old.',
    obsoleteAt: '2026-04-01T00:00:00Z',
    deleteAt: '2026-05-01T00:00:00.5Z',
  }
  const deprecate = () => command(service, tokens.collaborator, 'imageDeprecate', notice)
  expect(await deprecate()).toStrictEqual({
    __typename: 'InvalidInput',
    code: 'INVALID_INPUT',
    message: 'replacement: must be usable by everyone who uses this image: project "elsewhere" cannot use it',
    issues: [
      {
        path: ['replacement'],
        message: 'must be usable by everyone who uses this image: project "elsewhere" cannot use it',
      },
    ],
  })
  await shareWithElsewhere(service, next)
  expect((await deprecate()).__typename).toBe('Image')
  const announced = {
    status: 'AVAILABLE',
    deactivated: false,
    deprecation: {
      stage: 'DEPRECATED',
      since: expect.stringMatching(/^2026-03-01T12:0/),
      reason: 'Its kernel is too old.',
      replacement: { id: next },
      obsoleteAt: '2026-04-01T00:00:00.000Z',
      deleteAt: '2026-05-01T00:00:00.500Z',
      deletionPreventedAt: null,
    },
  }
  for (const person of ['collaborator', 'stranger'] as const)
    expect(await retiredOf(service, old, person)).toStrictEqual(announced)
  expect(await listed(service, 'collaborator', 'web')).toStrictEqual([old, next].sort())
  expect(await listed(service, 'stranger', 'elsewhere')).toStrictEqual([next])
  expect((await service.download(tokens.stranger, old)).status).toBe(200)

  service = await start({ CLOCK_START: '2026-03-31T23:59:59.5Z' })
  await eventually('it is obsolete', async () => {
    const { deprecation } = (await retiredOf(service, old)) ?? {}
    return deprecation?.stage === 'OBSOLETE'
  })
  expect(problemOf(await service.download(tokens.stranger, old))).toStrictEqual([
    409,
    'INVALID_STATE',
    'The image is OBSOLETE: for no new use. Take its replacement.',
  ])
  expect((await service.download(tokens.collaborator, old)).body.equals(disk)).toBe(true)

  service = await start({ CLOCK_START: '2026-05-01T00:00:00Z' })
  await eventually('it is deleted', async () => (await retiredOf(service, old))?.status === 'DELETED')
  await eventually('its bytes are gone', async () => (await blobsOf(service)).length === 1)
  await eventually(
    'that is recorded',
    async () => (await types(service, old)).at(-1) === 'ImageContentRemoved',
  )
  expect(await retiredOf(service, old, 'stranger')).toBeNull()
  expect(await create(service, { name: 'old' })).toMatchObject({ __typename: 'Image' })
  const whole = await types(service, old)
  expect(whole).toStrictEqual([
    'ImageShareAccepted',
    'ImageDeprecated',
    'ImageObsoleted',
    'ImageDeletionRequested',
    'ImageDeleted',
    'ImageContentRemoved',
  ])

  service = await start({ CLOCK_START: '2026-06-01T00:00:00Z' })
  expect(await types(service, old)).toStrictEqual(whole)
  const done = await imageOf(service, old, 'history(last: 4) { nodes { type actor { id kind } } }')
  const system = (type: string, id: string) => ({ type, actor: { id, kind: 'SYSTEM' } })
  expect(done).toStrictEqual({
    history: {
      nodes: [
        system('ImageObsoleted', 'dates'),
        system('ImageDeletionRequested', 'dates'),
        system('ImageDeleted', 'dates'),
        system('ImageContentRemoved', 'contents'),
      ],
    },
  })
})

test('a protected image stays when the date of its deletion comes, and it is told that it did', async () => {
  const start = await successiveServices()
  let service = await start({ CLOCK_START: '2026-03-01T12:00:00Z' })
  const id = await available(service, 'debian', disk)
  await command(service, tokens.collaborator, 'imageUpdate', { image: id, protected: true })
  await command(service, tokens.collaborator, 'imageDeprecate', {
    image: id,
    deleteAt: '2026-04-01T00:00:00Z',
  })
  for (const clock of ['2026-03-31T23:59:59.5Z', '2026-04-02T00:00:00Z']) {
    service = await start({ CLOCK_START: clock })
    await eventually('the date is spent', async () => {
      const { deprecation } = (await retiredOf(service, id)) ?? {}
      return deprecation?.deletionPreventedAt?.startsWith('2026-04-01T00:00:0') === true
    })
  }
  await command(service, tokens.collaborator, 'imageUpdate', { image: id, protected: false })
  expect((await retiredOf(service, id))?.status).toBe('AVAILABLE')
  expect((await historyOf(service, id)).filter((type) => type === 'ImageDeletionPrevented')).toHaveLength(1)
  expect((await service.download(tokens.collaborator, id)).status).toBe(200)
})

test('an offer ends at its date, and what was accepted before stays', async () => {
  const start = await successiveServices()
  let service = await start({ CLOCK_START: '2026-03-01T12:00:00Z' })
  const [taken, left] = [await available(service, 'taken', disk), await available(service, 'left', disk)]
  for (const image of [taken, left])
    await command(service, tokens.collaborator, 'imageShare', {
      image,
      project: 'elsewhere',
      expiresAt: '2026-04-01T00:00:00Z',
    })
  await command(service, tokens.stranger, 'imageShareAccept', { image: taken, project: 'elsewhere' })
  service = await start({ CLOCK_START: '2026-03-31T23:59:59.5Z' })
  await eventually(
    'the offer is over',
    async () => (await historyOf(service, left)).at(-1) === 'ImageShareExpired',
  )
  await eventually('nobody sees it there', async () => (await retiredOf(service, left, 'stranger')) === null)
  expect(await listed(service, 'stranger', 'elsewhere')).toStrictEqual([taken])
  expect((await service.download(tokens.stranger, taken)).status).toBe(200)
  const late = { image: left, project: 'elsewhere' }
  expect(await command(service, tokens.stranger, 'imageShareAccept', late)).toMatchObject({
    __typename: 'InvalidState',
    found: 'EXPIRED',
  })
})

test('bytes are paused and given out again, and what is said of the image stays', async () => {
  const service = await seededService()
  const id = await available(service, 'debian', disk)
  await shareWithElsewhere(service, id)
  const people = ['collaborator', 'stranger'] as const
  const statuses = () =>
    Promise.all(
      [...people, 'operator' as const].map(
        async (person) => (await service.download(tokens[person], id)).status,
      ),
    )
  const send = (person: Person, mutation: string) => command(service, tokens[person], mutation, { image: id })
  await send('collaborator', 'imageDeactivate')
  expect(await statuses()).toStrictEqual([409, 409, 200])
  expect(problemOf(await service.download(tokens.stranger, id, { range: 'bytes=0-9' }))).toStrictEqual([
    409,
    'INVALID_STATE',
    'The image is deactivated: its bytes are withheld until it is reactivated.',
  ])
  expect((await service.download(tokens.stranger, id, {}, 'HEAD')).status).toBe(409)
  for (const person of people)
    expect(await retiredOf(service, id, person)).toStrictEqual({
      status: 'AVAILABLE',
      deactivated: true,
      deprecation: null,
    })
  expect(await listed(service, 'stranger', 'elsewhere')).toStrictEqual([id])
  await send('collaborator', 'imageReactivate')
  expect(await statuses()).toStrictEqual([200, 200, 200])

  await send('operator', 'imageDeactivate')
  expect(await send('collaborator', 'imageReactivate')).toStrictEqual({
    __typename: 'Forbidden',
    code: 'FORBIDDEN',
    message: 'Only operators of the platform may reactivate what an operator deactivated.',
    requiredRole: 'OPERATOR',
  })
  expect(await statuses()).toStrictEqual([409, 409, 200])
  await send('operator', 'imageReactivate')
  expect(await statuses()).toStrictEqual([200, 200, 200])
})
