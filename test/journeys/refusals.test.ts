import { beforeAll, describe, expect, test } from 'vitest'
import { available, command, create, type Outcome, register } from '../support/library.ts'
import { seededService, startSeeded, type TestService } from '../support/service.ts'
import { type Person, tokens } from '../support/tokens.ts'
import { disk } from '../support/uploads.ts'

let service: TestService

beforeAll(async () => {
  const started = await startSeeded()
  service = started.service
  return started.dispose
})

const as = (person: Person, mutation: string, input: object): Promise<Outcome> =>
  command(service, tokens[person], mutation, input)

const inOwner = 'in the project or account that owns it'
const missing = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'

describe('what is not there, or not to be known of, is NotFound', () => {
  const upload = { upload: {} }
  test.each([
    ['imageUpdate', { image: missing, os: 'debian' }, 'image', missing],
    ['imageRetry', { image: missing }, 'image', missing],
    ['imageDelete', { image: missing }, 'image', missing],
    ['imageRestore', { image: missing }, 'image', missing],
    ['imageSetVisibility', { image: missing, visibility: 'PUBLIC' }, 'image', missing],
    ['imageShare', { image: missing, project: 'web' }, 'image', missing],
    ['imageUnshare', { image: missing, project: 'web' }, 'image', missing],
    ['imageShareAccept', { image: missing, project: 'web' }, 'offer', `${missing} to web`],
    ['imageShareReject', { image: missing, project: 'web' }, 'offer', `${missing} to web`],
    ['imagePromote', { image: missing }, 'image', missing],
    ['imageDemote', { image: missing, project: 'web' }, 'image', missing],
    ['imageDeprecate', { image: missing }, 'image', missing],
    ['imageDeactivate', { image: missing }, 'image', missing],
    ['accountSetMayPublish', { account: 'initech', mayPublish: true }, 'account', 'initech'],
    ['imageCreate', { project: 'lab', name: 'debian', source: upload }, 'project', 'lab'],
    ['imageCreate', { project: 'web', name: 'debian', location: 'oslo', source: upload }, 'location', 'oslo'],
    ['projectCreate', { account: 'initech', name: 'Lab' }, 'account', 'initech'],
    ['accountSetImageLimit', { account: 'initech', limit: 1 }, 'account', 'initech'],
    ['locationSetImagesEnabled', { location: 'oslo', enabled: true }, 'location', 'oslo'],
  ])('%s %o', async (mutation, input, kind, id) => {
    expect(await as('operator', mutation, input)).toStrictEqual({
      __typename: 'NotFound',
      code: 'NOT_FOUND',
      message: `There is no ${kind} "${id}" that you may see.`,
    })
  })
})

test('what one may see and not do is Forbidden, with the role that it takes', async () => {
  const image = await register(service, 'forbidden')
  const forbidden = (requiredRole: string, message: string) => ({
    __typename: 'Forbidden',
    code: 'FORBIDDEN',
    requiredRole,
    message,
  })
  const expectForbidden = async (
    person: Person,
    mutation: string,
    input: object,
    requiredRole: string,
    message: string,
  ) => expect(await as(person, mutation, input)).toStrictEqual(forbidden(requiredRole, message))
  const source = { upload: {} }

  await expectForbidden(
    'viewer',
    'imageCreate',
    { project: 'web', name: 'a', source },
    'COLLABORATOR',
    'To create images in this project takes the role COLLABORATOR.',
  )
  const change = `To change this image takes the role COLLABORATOR ${inOwner}.`
  for (const [mutation, more, sentence] of [
    ['imageUpdate', { os: 'a' }, change],
    ['imageRetry', {}, change],
    ['imageDelete', {}, `To delete or restore this image takes the role COLLABORATOR ${inOwner}.`],
    // Before what is wrong with the input is told.
    ['imageUpdate', { name: 'NO!' }, change],
  ] as const)
    await expectForbidden('viewer', mutation, { image, ...more }, 'COLLABORATOR', sentence)
  await expectForbidden(
    'accountViewer',
    'projectCreate',
    { account: 'acme', name: 'Lab' },
    'ADMIN',
    'To create projects in this account takes the role ADMIN.',
  )
  await expectForbidden(
    'accountAdmin',
    'projectCreate',
    { account: 'acme', name: 'Lab', id: 'lab' },
    'OPERATOR',
    'Only operators of the platform may choose the id of a project.',
  )
  await expectForbidden(
    'accountAdmin',
    'accountCreate',
    { name: 'Initech' },
    'OPERATOR',
    'Only operators of the platform may create accounts.',
  )
  await expectForbidden(
    'accountAdmin',
    'accountSetImageLimit',
    { account: 'acme', limit: 5 },
    'OPERATOR',
    'Only operators of the platform may set the limit of images.',
  )
  await expectForbidden(
    'accountAdmin',
    'locationCreate',
    { name: 'Oslo' },
    'OPERATOR',
    'Only operators of the platform may create locations.',
  )
  await expectForbidden(
    'accountAdmin',
    'locationSetImagesEnabled',
    { location: 'ams', enabled: false },
    'OPERATOR',
    'Only operators of the platform may enable or disable images in a location.',
  )
  await expectForbidden(
    'admin',
    'imageCreate',
    { project: 'web', name: 'a', source, official: true },
    'OPERATOR',
    'Only operators of the platform may make an image official.',
  )
  for (const visibility of ['COMMUNITY', 'PUBLIC'])
    await expectForbidden(
      'admin',
      'imageCreate',
      { project: 'web', name: 'a', source, visibility },
      'OPERATOR',
      'Only operators of the platform may create images that are public or community.',
    )
})

describe('a name that somebody has is NameTaken', () => {
  const taken = (name: string, where: string) => ({
    __typename: 'NameTaken',
    code: 'NAME_TAKEN',
    message: `The name "${name}" is taken in ${where}: choose another.`,
    taken: name,
  })

  test('of an image in its project, by a new one and by another that is renamed', async () => {
    await register(service, 'golden')
    const silver = await register(service, 'silver')
    const inProject = taken('golden', 'project "web"')
    expect(await create(service, { name: 'golden' })).toStrictEqual(inProject)
    expect(await as('collaborator', 'imageUpdate', { image: silver, name: 'golden' })).toStrictEqual(
      inProject,
    )
    const elsewhere = await create(service, { name: 'golden', project: 'ops' }, tokens.otherProject)
    expect(elsewhere.__typename).toBe('Image')
  })

  test('until that image has another, or is deleted', async () => {
    const first = await register(service, 'bronze')
    await as('collaborator', 'imageUpdate', { image: first, name: 'copper' })
    const second = await register(service, 'bronze')
    expect(await as('collaborator', 'imageUpdate', { image: first, name: 'bronze' })).toStrictEqual(
      taken('bronze', 'project "web"'),
    )
    await as('collaborator', 'imageDelete', { image: second })
    expect(await as('collaborator', 'imageUpdate', { image: first, name: 'bronze' })).toMatchObject({
      __typename: 'Image',
      name: 'bronze',
    })
  })

  test.each([
    ['accountCreate', { id: 'acme', name: 'Acme' }, 'acme'],
    ['projectCreate', { id: 'web', account: 'acme', name: 'Web' }, 'web'],
    ['projectCreate', { id: 'web', account: 'globex', name: 'Web' }, 'web'],
    ['locationCreate', { id: 'ams', name: 'Amsterdam' }, 'ams'],
  ])('of the platform: %s %o', async (mutation, input, id) => {
    expect(await as('operator', mutation, input)).toStrictEqual(taken(id, 'the platform'))
  })
})

describe('what does not fit the state of the image is InvalidState', () => {
  test('a retry of what did not fail', async () => {
    const image = await available(service, 'fine', disk)
    expect(await as('collaborator', 'imageRetry', { image })).toStrictEqual({
      __typename: 'InvalidState',
      code: 'INVALID_STATE',
      message: 'The image is AVAILABLE: only an image in ERROR can be tried again.',
      found: 'AVAILABLE',
    })
  })

  test('a change of what is deleted, while deleting it again is no error', async () => {
    const image = await register(service, 'gone')
    const deleted = await as('collaborator', 'imageDelete', { image })
    expect(deleted).toStrictEqual({
      __typename: 'Image',
      id: image,
      name: 'gone',
      status: 'DELETED',
      revision: 2,
    })
    for (const change of [{ os: 'debian' }, { name: 'back' }])
      expect(await as('collaborator', 'imageUpdate', { image, ...change })).toStrictEqual({
        __typename: 'InvalidState',
        code: 'INVALID_STATE',
        message: 'The image is DELETED: only an image that stays can be changed.',
        found: 'DELETED',
      })
    expect(await as('collaborator', 'imageDelete', { image })).toStrictEqual(deleted)
  })
})

test('a protected image is not deleted until it is protected no more', async () => {
  const { id } = await create(service, { name: 'keep', protected: true })
  expect(await as('operator', 'imageDelete', { image: id })).toStrictEqual({
    __typename: 'ImageProtected',
    code: 'IMAGE_PROTECTED',
    message: 'The image is protected: set protected to false first.',
  })
  await as('collaborator', 'imageUpdate', { image: id, protected: false })
  expect(await as('collaborator', 'imageDelete', { image: id })).toMatchObject({ status: 'DELETED' })
})

test('at the limit of its account no project gets another image, until one is deleted or the limit raised', async () => {
  const limited = await seededService()
  const send = (person: Person, mutation: string, input: object) =>
    command(limited, tokens[person], mutation, input)
  await send('operator', 'accountSetImageLimit', { account: 'acme', limit: 2 })
  const first = await register(limited, 'one')
  await create(limited, { name: 'two', project: 'ops' }, tokens.otherProject)
  const reached = (limit: number, inUse: number) => ({
    __typename: 'ImageLimitReached',
    code: 'IMAGE_LIMIT_REACHED',
    message: `Maximum image limit reached: ${inUse} of ${limit} in use. Delete an unused image or ask the operator to raise the limit.`,
    limit,
    inUse,
  })
  expect(await create(limited, { name: 'three' })).toStrictEqual(reached(2, 2))
  expect(await send('collaborator', 'imageUpdate', { image: first, name: 'uno' })).toMatchObject({
    name: 'uno',
  })
  await send('operator', 'accountSetImageLimit', { account: 'acme', limit: 1 })
  expect(await create(limited, { name: 'three' })).toStrictEqual(reached(1, 2))
  await send('collaborator', 'imageDelete', { image: first })
  expect(await create(limited, { name: 'three' })).toStrictEqual(reached(1, 1))
  const lifted = await send('operator', 'accountSetImageLimit', { account: 'acme', limit: null })
  expect(lifted).toStrictEqual({
    __typename: 'Account',
    id: 'acme',
    name: 'Acme',
    imageLimit: null,
    imageCount: 1,
  })
  expect((await create(limited, { name: 'three' })).__typename).toBe('Image')
})

test('where images are not enabled in a location, none is made there, and those that are there stay', async () => {
  const closed = await seededService()
  const send = (mutation: string, input: object) => command(closed, tokens.operator, mutation, input)
  const image = await available(closed, 'before', disk)
  const disabled = await send('locationSetImagesEnabled', { location: 'ams', enabled: false })
  expect(disabled).toStrictEqual({
    __typename: 'Location',
    id: 'ams',
    name: 'Amsterdam',
    imagesEnabled: false,
  })
  const refusal = {
    __typename: 'FeatureDisabled',
    code: 'FEATURE_DISABLED',
    message: 'Image feature is not enabled for location "ams".',
    location: 'ams',
  }
  expect(await create(closed, { name: 'after' })).toStrictEqual(refusal)
  expect(await create(closed, { name: 'after', location: 'ams' })).toStrictEqual(refusal)
  expect((await closed.download(tokens.collaborator, image)).status).toBe(200)

  await send('locationCreate', { id: 'oslo', name: 'Oslo' })
  expect(await create(closed, { name: 'after' })).toStrictEqual({
    __typename: 'InvalidInput',
    code: 'INVALID_INPUT',
    message: 'location: must be given: there is not exactly one location',
    issues: [{ path: ['location'], message: 'must be given: there is not exactly one location' }],
  })
  expect((await create(closed, { name: 'after', location: 'oslo' })).__typename).toBe('Image')
  await send('locationSetImagesEnabled', { location: 'ams', enabled: true })
  expect((await create(closed, { name: 'again', location: 'ams' })).__typename).toBe('Image')
})
