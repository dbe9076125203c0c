import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from '../../src/adapters/minio/client.ts'
import { ledgerStreams } from '../../src/domain/ledger-events.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { command, register } from '../support/library.ts'
import { seed, type TestService } from '../support/service.ts'
import { PROJECT, tokens } from '../support/tokens.ts'

// A node leaves copies of its read models in the object store; one that comes later reads only what was recorded since.

let cluster: Cluster
let image: string

beforeAll(async () => {
  cluster = await startCluster()
  const first = await cluster.node({ environment: { READ_MODEL_COPY_MINUTES: '0.005' } })
  await seed(first)
  for (let n = 0; n < 20; n += 1) image = await register(first, `image-${n}`)
  const head = String(await first.service.log.head()).padStart(20, '0')
  await eventually('copies of all read models hold the newest image', async () => {
    const names = await copies()
    return ['catalog', 'billing', 'to-do'].every((name) =>
      names.some((each) => each.includes(`/${name}.v`) && each.includes(`/${head}-`)),
    )
  })
  // Nobody leaves newer ones.
  await cluster.retire(first)
})

afterAll(() => cluster[Symbol.asyncDispose]())

const copies = async (): Promise<readonly string[]> => {
  const { client, bucket } = await connect(cluster.s3)
  const names: string[] = []
  for await (const { name } of client.listObjectsV2(bucket, 'read-models/', true)) names.push(`${name}`)
  return names
}

const imagesOn = (node: TestService) =>
  node.graphql<{ images: { totalCount: number } }>(
    tokens.collaborator,
    'query ($project: ID!) { images(project: $project, first: 100) { totalCount nodes { id name revision status } } }',
    { project: PROJECT },
  )

test('no more than two copies of each are kept', async () => {
  expect((await copies()).length).toBeLessThanOrEqual(6)
})

test('a new node shows what the copies hold and what was recorded since; the rest it does not ask for', async () => {
  const { all } = cluster.server.log
  // What came before can be read stream by stream only: who would read it in the order of the log finds nothing.
  const newest = all.findLastIndex(({ stream }) => ledgerStreams.some((prefix) => stream.startsWith(prefix)))
  const past = all.splice(0, newest)
  const node = await cluster.node()
  const copied = await imagesOn(node)
  expect(copied.images.totalCount).toBe(20)
  await command(node, tokens.collaborator, 'imageUpdate', { image, name: 'since-then' })
  const later = await cluster.node()
  expect(await imagesOn(later)).toStrictEqual(await imagesOn(node))
  expect(await imagesOn(later)).not.toStrictEqual(copied)
  all.unshift(...past)
})

test('where the copies are damaged, a new node reads the whole log', async () => {
  const { client, bucket } = await connect(cluster.s3)
  for (const name of await copies()) {
    const bytes = Buffer.alloc(10_000, 7)
    await client.putObject(bucket, name, bytes, bytes.length)
  }
  expect((await imagesOn(await cluster.node())).images.totalCount).toBe(20)
})
