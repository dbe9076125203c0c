import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { rawDisk } from '../support/images.ts'
import { command, register } from '../support/library.ts'
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
