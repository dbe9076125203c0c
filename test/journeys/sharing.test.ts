import { expect, test } from 'vitest'
import { problemOf } from '../support/client.ts'
import { rawDisk } from '../support/images.ts'
import { available, command, historyOf, imageOf } from '../support/library.ts'
import { seededService, type TestService } from '../support/service.ts'
import { tokens } from '../support/tokens.ts'

const disk = rawDisk(100_000, 3)
/** The admin of account globex, whose project is called Elsewhere. */
const { collaborator, stranger } = tokens
const elsewhere = { project: 'elsewhere' }
const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)

const inboxOf = async (
  service: TestService,
  project = 'elsewhere',
  status: readonly string[] | null = null,
) => {
  const { sharedWithMe } = await service.graphql<{ sharedWithMe: { nodes: Record<string, unknown>[] } }>(
    stranger,
    `query ($project: ID!, $status: [ShareStatus!]) { sharedWithMe(project: $project, status: $status) {
      nodes { status message offeredBy offeredById expiresAt decidedAt project { id name }
        image { id name status project { id } account { id } revision history { nodes { id } } } } } }`,
    { project, status },
  )
  return sharedWithMe.nodes
}

const listed = async (service: TestService, token = stranger, project = 'elsewhere') => {
  const { images } = await service.graphql<{ images: { totalCount: number; nodes: { id: string }[] } }>(
    token,
    'query ($project: ID!) { images(project: $project) { totalCount nodes { id } } }',
    { project },
  )
  expect(images.totalCount).toBe(images.nodes.length)
  return images.nodes.map(({ id }) => id)
}

const seenBy = (service: TestService, id: string) =>
  imageOf<Record<string, unknown>>(
    service,
    id,
    `name status visibility project { id } account { id } revision
      shares { nodes { status } }
      visibleBecause { reason project { id } eventType event { id } since }`,
    stranger,
  )

const sharesOf = async (service: TestService, id: string) =>
  (
    await imageOf<{ shares: { nodes: Record<string, unknown>[] } }>(
      service,
      id,
      'shares { nodes { status message offeredBy project { id name account { id } } } }',
    )
  )?.shares.nodes

test('an image that is offered is found in the inbox, accepted, listed and downloaded, and is lost when it is unshared', async () => {
  const service = await seededService()
  const id = await available(service, 'debian', disk)
  const mine = (mutation: string, input: object) => command(service, collaborator, mutation, input)
  const theirs = (mutation: string, input: object) => command(service, stranger, mutation, input)
  const download = () => service.download(stranger, id)
  const nothing = async () => {
    const [seen, list, problem] = [
      await seenBy(service, id),
      await listed(service),
      problemOf(await download()),
    ]
    return { seen, list, problem }
  }
  const missing = {
    seen: null,
    list: [],
    problem: [404, 'NOT_FOUND', `There is no image "${id}" that you may see.`],
  }
  expect(await nothing()).toStrictEqual(missing)
  expect(await inboxOf(service)).toStrictEqual([])

  expect(await mine('imageShare', { image: id, ...elsewhere, message: 'Try it.' })).toStrictEqual({
    __typename: 'Share',
    image: { id },
    // Whether there is such a project is not told.
    project: { id: 'elsewhere', name: null },
    status: 'PENDING',
    note: 'Try it.',
    offeredBy: 'Web',
    offeredAt: instant,
    expiresAt: null,
    decidedAt: null,
  })
  const offer = {
    message: 'Try it.',
    offeredBy: 'Web',
    offeredById: 'web',
    expiresAt: null,
    project: { id: 'elsewhere', name: 'Elsewhere' },
    image: {
      id,
      name: 'debian',
      status: 'AVAILABLE',
      project: null,
      account: null,
      revision: null,
      history: null,
    },
  }
  expect(await inboxOf(service)).toStrictEqual([{ ...offer, status: 'PENDING', decidedAt: null }])
  const seen = {
    name: 'debian',
    status: 'AVAILABLE',
    visibility: 'SHARED',
    project: null,
    account: null,
    revision: null,
  }
  const because = (reason: string, eventType: string) => [
    { reason, project: { id: 'elsewhere' }, eventType, event: null, since: instant },
  ]
  expect(await seenBy(service, id)).toStrictEqual({
    ...seen,
    shares: { nodes: [{ status: 'PENDING' }] },
    visibleBecause: because('SHARE_PENDING', 'ImageShared'),
  })
  expect(await listed(service)).toStrictEqual([])
  expect(problemOf(await download())).toStrictEqual([
    403,
    'FORBIDDEN',
    'To download this image takes the role COLLABORATOR in a project that may use it.',
  ])

  expect(await theirs('imageShareAccept', { image: id, ...elsewhere })).toMatchObject({
    __typename: 'Share',
    project: { id: 'elsewhere', name: 'Elsewhere' },
    status: 'ACCEPTED',
    decidedAt: instant,
  })
  expect(await inboxOf(service, 'elsewhere', ['PENDING'])).toStrictEqual([])
  expect(await inboxOf(service, 'elsewhere', ['ACCEPTED'])).toStrictEqual([
    { ...offer, status: 'ACCEPTED', decidedAt: instant },
  ])
  expect(await seenBy(service, id)).toStrictEqual({
    ...seen,
    shares: { nodes: [{ status: 'ACCEPTED' }] },
    visibleBecause: because('SHARE_ACCEPTED', 'ImageShareAccepted'),
  })
  expect(await sharesOf(service, id)).toStrictEqual([
    {
      status: 'ACCEPTED',
      message: 'Try it.',
      offeredBy: 'Web',
      project: { id: 'elsewhere', name: 'Elsewhere', account: null },
    },
  ])
  expect(await listed(service)).toStrictEqual([id])
  expect((await download()).body.equals(disk)).toBe(true)

  expect(await mine('imageUnshare', { image: id, ...elsewhere, reason: 'Enough.' })).toMatchObject({
    __typename: 'Share',
    status: 'REVOKED',
  })
  expect(await nothing()).toStrictEqual(missing)
  expect(await inboxOf(service)).toStrictEqual([])
  expect(await sharesOf(service, id)).toStrictEqual([])
  expect(await historyOf(service, id)).toStrictEqual([
    'ImageRegistered',
    'ImageContentStored',
    'ImageBecameAvailable',
    'ImageVisibilityChanged',
    'ImageShared',
    'ImageShareAccepted',
    'ImageShareRevoked',
  ])
})

test('what is offered to a project that there is not yet looks the same to its owner, and waits in its inbox', async () => {
  const service = await seededService()
  const id = await available(service, 'debian', disk)
  const [known, unknown] = await Promise.all(
    ['elsewhere', 'nowhere-yet'].map((project) =>
      command(service, collaborator, 'imageShare', { image: id, project }),
    ),
  )
  const plain = (outcome: object | undefined, project: string) =>
    JSON.parse(
      JSON.stringify(outcome, (key, value) => (key === 'offeredAt' ? 'then' : value)).replaceAll(
        project,
        'P',
      ),
    )
  expect(plain(unknown, 'nowhere-yet')).toStrictEqual(plain(known, 'elsewhere'))
  expect((await sharesOf(service, id))?.map(({ project }) => project)).toStrictEqual([
    { id: 'elsewhere', name: null, account: null },
    { id: 'nowhere-yet', name: null, account: null },
  ])
  expect(await inboxOf(service, 'nowhere-yet')).toStrictEqual([])
  const project = { id: 'nowhere-yet', account: 'globex', name: 'Somewhere' }
  await command(service, tokens.operator, 'projectCreate', project)
  expect(
    (await inboxOf(service, 'nowhere-yet')).map(({ status, offeredBy }) => [status, offeredBy]),
  ).toStrictEqual([['PENDING', 'Web']])
  const accepted = await command(service, stranger, 'imageShareAccept', { image: id, project: project.id })
  expect(accepted['status']).toBe('ACCEPTED')
  expect(await listed(service, stranger, 'nowhere-yet')).toStrictEqual([id])
})

test('what was rejected is not used, is not offered anew, and may be accepted later', async () => {
  const service = await seededService()
  const id = await available(service, 'debian', disk)
  const share = { image: id, ...elsewhere }
  await command(service, collaborator, 'imageShare', share)
  expect(await command(service, stranger, 'imageShareReject', share)).toMatchObject({ status: 'REJECTED' })
  // Whoever may still accept sees what was offered, and nothing of what becomes of it.
  await command(service, collaborator, 'imageUpdate', { image: id, description: 'written later' })
  const inbox = '{ sharedWithMe(project: "elsewhere") { nodes { image { name description revision } } } }'
  expect(await service.graphql(stranger, inbox)).toStrictEqual({
    sharedWithMe: { nodes: [{ image: { name: 'debian', description: '', revision: null } }] },
  })
  expect(await listed(service)).toStrictEqual([])
  expect((await service.download(stranger, id)).status).toBe(404)
  expect(await command(service, collaborator, 'imageShare', share)).toMatchObject({
    __typename: 'InvalidState',
    code: 'INVALID_STATE',
    found: 'REJECTED',
  })
  expect(await command(service, collaborator, 'imageShareAccept', share)).toMatchObject({
    __typename: 'Forbidden',
    requiredRole: 'COLLABORATOR',
  })
  expect(await command(service, stranger, 'imageShareAccept', share)).toMatchObject({ status: 'ACCEPTED' })
  expect((await service.download(stranger, id)).status).toBe(200)
})

test('making a shared image private takes it from everybody, and nothing comes back when it is shared again', async () => {
  const service = await seededService()
  const id = await available(service, 'debian', disk)
  const share = { image: id, ...elsewhere }
  await command(service, collaborator, 'imageShare', share)
  await command(service, stranger, 'imageShareAccept', share)
  const show = (visibility: string) =>
    command(service, collaborator, 'imageSetVisibility', { image: id, visibility })
  await show('PRIVATE')
  expect([await listed(service), (await service.download(stranger, id)).status]).toStrictEqual([[], 404])
  await show('SHARED')
  expect([await listed(service), (await service.download(stranger, id)).status]).toStrictEqual([[], 404])
  expect(await command(service, stranger, 'imageShareAccept', share)).toMatchObject({
    __typename: 'NotFound',
  })
  expect((await service.download(collaborator, id)).status).toBe(200)
})

test('an image that is published is everybody’s, and that of its owner alone when that is taken back', async () => {
  const service = await seededService()
  const id = await available(service, 'debian', disk)
  const show = (token: string, visibility: string) =>
    command(service, token, 'imageSetVisibility', { image: id, visibility })
  const forStranger = async () => [await listed(service), (await service.download(stranger, id)).status]
  expect(await show(tokens.accountAdmin, 'PUBLIC')).toStrictEqual({
    __typename: 'Forbidden',
    code: 'FORBIDDEN',
    message: 'Only operators of the platform may make this image public or community.',
    requiredRole: 'OPERATOR',
  })
  const mayPublish = (may: boolean) =>
    command(service, tokens.operator, 'accountSetMayPublish', { account: 'acme', mayPublish: may })
  await mayPublish(true)
  expect(await show(collaborator, 'PUBLIC')).toMatchObject({ __typename: 'Forbidden', requiredRole: 'ADMIN' })
  for (const visibility of ['COMMUNITY', 'PUBLIC']) {
    expect((await show(tokens.accountAdmin, visibility)).__typename).toBe('Image')
    expect(await forStranger()).toStrictEqual([[id], 200])
    expect(await seenBy(service, id)).toMatchObject({
      visibility,
      visibleBecause: [
        { reason: visibility, eventType: 'ImageVisibilityChanged', event: null, project: null },
      ],
    })
  }
  await mayPublish(false)
  expect(await forStranger()).toStrictEqual([[id], 200])
  expect((await show(collaborator, 'PRIVATE')).__typename).toBe('Image')
  expect(await forStranger()).toStrictEqual([[], 404])
  expect(await seenBy(service, id)).toBeNull()
})
