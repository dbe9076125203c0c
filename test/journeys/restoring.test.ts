import { expect, test } from 'vitest'
import { problemOf } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { rawDisk } from '../support/images.ts'
import { available, command, create, historyOf, imageOf } from '../support/library.ts'
import { successiveServices, type TestService } from '../support/service.ts'
import { tokens } from '../support/tokens.ts'
import { blobsOf } from '../support/uploads.ts'

const disk = rawDisk(30_000, 7)
const { collaborator } = tokens
const anHour = { DELETE_RECOVERY_HOURS: '1' }

const statusOf = async (service: TestService, id: string) =>
  (await imageOf<{ status: string }>(service, id, 'status'))?.status

test('within the recovery window a deletion is taken back, bytes and all, and after it is final', async () => {
  const start = await successiveServices()
  let service = await start({ ...anHour, CLOCK_START: '2026-03-01T12:00:00Z' })
  const send = (mutation: string, more: object = {}) =>
    command(service, collaborator, mutation, { image: id, ...more })
  const id = await available(service, 'debian', disk)
  const listed = async () => {
    const { images } = await service.graphql<{ images: { nodes: { id: string }[] } }>(
      collaborator,
      'query ($project: ID!) { images(project: $project) { nodes { id } } }',
      { project: 'web' },
    )
    return images.nodes.map((image) => image.id)
  }
  const facts = () =>
    imageOf(service, id, 'name status availableAt deletedAt digests { algorithm hex } visibility')
  const before = await facts()

  expect(await send('imageDelete')).toMatchObject({ __typename: 'Image', status: 'DELETING' })
  expect(problemOf(await service.download(collaborator, id))).toStrictEqual([
    409,
    'INVALID_STATE',
    'The image is DELETING: only an AVAILABLE image has bytes to download.',
  ])
  expect(await create(service, { name: 'debian' })).toMatchObject({ __typename: 'NameTaken' })
  expect(await send('imageUpdate', { os: 'debian' })).toMatchObject({ found: 'DELETING' })

  // Almost an hour later, and through a restart.
  service = await start({ ...anHour, CLOCK_START: '2026-03-01T12:58:00Z' })
  expect(await send('imageRestore', { reason: 'A mistake.' })).toMatchObject({ status: 'AVAILABLE' })
  expect(await facts()).toStrictEqual(before)
  expect(await listed()).toStrictEqual([id])
  expect((await service.download(collaborator, id)).body.equals(disk)).toBe(true)

  service = await start({ ...anHour, CLOCK_START: '2026-03-01T20:00:00Z' })
  expect((await service.download(collaborator, id)).status).toBe(200)
  expect(await send('imageDelete')).toMatchObject({ status: 'DELETING' })

  service = await start({ ...anHour, CLOCK_START: '2026-03-01T21:01:00Z' })
  await eventually('it is deleted', async () => (await statusOf(service, id)) === 'DELETED')
  await eventually('its bytes are gone', async () => (await blobsOf(service)).length === 0)
  expect(await send('imageRestore')).toStrictEqual({
    __typename: 'InvalidState',
    code: 'INVALID_STATE',
    message: 'The image is DELETED: what is deleted for good stays so.',
    found: 'DELETED',
  })
  expect(await create(service, { name: 'debian' })).toMatchObject({ __typename: 'Image' })
  expect((await historyOf(service, id)).slice(3, 7)).toStrictEqual([
    'ImageDeletionRequested',
    'ImageRestored',
    'ImageDeletionRequested',
    'ImageDeleted',
  ])
})

test('a deletion by date is taken back too, and its date does not come again', async () => {
  const start = await successiveServices()
  let service = await start({ ...anHour, CLOCK_START: '2026-03-01T12:00:00Z' })
  const id = await available(service, 'debian', disk)
  const send = (mutation: string, more: object = {}) =>
    command(service, collaborator, mutation, { image: id, ...more })
  await send('imageDeprecate', { deleteAt: '2026-04-01T00:00:00Z' })
  service = await start({ ...anHour, CLOCK_START: '2026-04-01T00:00:00Z' })
  await eventually('it is to be deleted', async () => (await statusOf(service, id)) === 'DELETING')
  expect(await send('imageRestore')).toMatchObject({ status: 'AVAILABLE' })
  service = await start({ ...anHour, CLOCK_START: '2026-04-01T02:00:00Z' })
  const marker = await available(service, 'marker', disk)
  await send('imageUpdate', { os: 'debian' })
  // Reactions have worked their lists off once more when this one is gone for good.
  await command(service, collaborator, 'imageDeprecate', { image: marker, deleteAt: '2026-04-01T02:59:00Z' })
  service = await start({ ...anHour, CLOCK_START: '2026-04-01T02:59:00Z' })
  await eventually(
    'the marker is to be deleted',
    async () => (await statusOf(service, marker)) === 'DELETING',
  )
  expect(await statusOf(service, id)).toBe('AVAILABLE')
  expect(await imageOf(service, id, 'deprecation { stage deleteAt }')).toStrictEqual({
    deprecation: { stage: 'DEPRECATED', deleteAt: null },
  })
})
