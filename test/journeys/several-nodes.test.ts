import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { rawDisk } from '../support/images.ts'
import { command, imageOf, register } from '../support/library.ts'
import { listen } from '../support/listening.ts'
import { seed, type TestService } from '../support/service.ts'
import { PROJECT, tokens } from '../support/tokens.ts'

// Several nodes over one EventStoreDB and one S3: each has read models of its own, and nothing else.

let cluster: Cluster
let first: TestService

beforeAll(async () => {
  cluster = await startCluster()
  first = await cluster.node()
  await seed(first)
})

afterAll(() => cluster[Symbol.asyncDispose]())

const query = 'query ($id: ID!) { image(id: $id) { name status sizeBytes history { nodes { type } } } }'

const imageOn = async (service: TestService, id: string) => {
  const { image } = await service.graphql<{ image: { name: string; status: string } | null }>(
    tokens.collaborator,
    query,
    { id },
  )
  return image
}

const disk = rawDisk(300_000, 7)

/** Resolves when a node shows an image under a name and in a status. */
const shows = (service: TestService, id: string, name: string, status: string) =>
  eventually(`${name} is ${status}`, async () => {
    const image = await imageOn(service, id)
    return image?.name === name && image.status === status
  })

test('what one node is told another one knows, its bytes too, and a node that comes later', async () => {
  const second = await cluster.node()
  const id = await register(first, 'shared-between-nodes')
  expect((await first.upload(tokens.collaborator, id, disk)).status).toBe(201)
  await shows(second, id, 'shared-between-nodes', 'AVAILABLE')
  expect((await second.download(tokens.collaborator, id)).body.equals(disk)).toBe(true)
  const renamed = await command(second, tokens.collaborator, 'imageUpdate', { image: id, name: 'renamed' })
  expect(renamed.__typename).toBe('Image')
  const third = await cluster.node()
  await shows(third, id, 'renamed', 'AVAILABLE')
  expect(await imageOn(third, id)).toStrictEqual(await imageOn(second, id))
})

test('a link that one node made opens at another, and is dead there as soon as the image is deactivated', async () => {
  const second = await cluster.node()
  const id = await register(first, 'linked')
  await first.upload(tokens.collaborator, id, disk)
  const found = await imageOf<{ contentUrl: string }>(first, id, 'contentUrl')
  const { pathname, search } = new URL(found?.contentUrl ?? '')
  const link = pathname + search
  expect((await second.http({ path: link })).body.equals(disk)).toBe(true)
  await command(first, tokens.collaborator, 'imageDeactivate', { image: id })
  expect((await second.http({ path: link })).status).toBe(403)
})

test('of creates of one name on several nodes at once exactly one is carried out', async () => {
  const input = { project: PROJECT, name: 'contended', source: { upload: {} } }
  const nodes = [first, await cluster.node(), await cluster.node()]
  const outcomes = await Promise.all(
    nodes.flatMap((node) =>
      Array.from({ length: 10 }, () => command(node, tokens.collaborator, 'imageCreate', input)),
    ),
  )
  const types = Object.groupBy(outcomes, ({ __typename }) => __typename)
  expect(types['Image']).toHaveLength(1)
  expect(types['NameTaken']).toHaveLength(29)
})

test('a node may go, and the others go on; what it was told is there for whoever takes its place', async () => {
  const leaving = await cluster.node()
  const id = await register(leaving, 'left-behind')
  await cluster.retire(leaving)
  await shows(first, id, 'left-behind', 'CREATING')
  expect((await first.upload(tokens.collaborator, id, disk)).status).toBe(201)
  const back = await cluster.node({ directory: leaving.directory })
  await shows(back, id, 'left-behind', 'AVAILABLE')
})

interface Told {
  readonly imageChanged: { readonly name: string; readonly revision: number }
}

test('who listens at one node hears what another one is told, also after an outage of the event store', async () => {
  const second = await cluster.node()
  const id = await register(first, 'heard')
  await shows(second, id, 'heard', 'CREATING')
  const query = 'subscription ($id: ID!) { imageChanged(image: $id) { name revision } }'
  const listening = await listen<Told>(second, tokens.collaborator, query, { id })
  const heard = async () => (await listening.next())?.data?.imageChanged
  expect(await heard()).toStrictEqual({ name: 'heard', revision: 0 })
  await command(first, tokens.collaborator, 'imageUpdate', { image: id, name: 'heard-of' })
  expect(await heard()).toStrictEqual({ name: 'heard-of', revision: 1 })

  cluster.takeServerAway()
  const renamed = { image: id, name: 'heard-again' }
  await eventually('the store is missed', async () => {
    const { staleSince } = second.service.projections.status().find(({ name }) => name === 'catalog') ?? {}
    return second.service.log.outageSince() !== null || staleSince !== undefined
  })
  await cluster.bringServerBack()
  await eventually('it can be changed again', async () => {
    const answer = await first.answer<{ imageUpdate: { id?: string } }>(
      tokens.collaborator,
      'mutation ($input: ImageUpdateInput!) { imageUpdate(input: $input) { ... on Image { id } } }',
      { input: renamed },
    )
    return answer.data?.imageUpdate.id === id
  })
  expect(await heard()).toStrictEqual({ name: 'heard-again', revision: 2 })
})
