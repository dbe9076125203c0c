import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { StandInServer } from '../support/eventstoredb/server.ts'
import { eventually } from '../support/eventually.ts'
import { rawDisk } from '../support/images.ts'
import { command, register } from '../support/library.ts'
import { startS3, type TestS3 } from '../support/s3.ts'
import { seed, startOn, type TestService } from '../support/service.ts'
import { PROJECT, tokens } from '../support/tokens.ts'

// Several nodes over one EventStoreDB and one S3: each has read models of its own, and nothing else.

let home: string
let server: StandInServer
let s3: TestS3
let environment: Readonly<Record<string, string>>
const running: TestService[] = []

const node = async (directory?: string): Promise<TestService> => {
  const started = await startOn(directory ?? (await mkdtemp(join(home, 'node-'))), environment)
  running.push(started)
  return started
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'image-ledger-'))
  server = await StandInServer.start()
  s3 = await startS3(home)
  environment = {
    EVENTSTORE_URL: server.url,
    S3_ENDPOINT: s3.options.endpoint,
    S3_BUCKET: s3.options.bucket,
    S3_ACCESS_KEY: s3.options.accessKey,
    S3_SECRET_KEY: s3.options.secretKey,
  }
  await seed(await node())
})

afterAll(async () => {
  for (const each of running) await each.stop()
  await s3.stop()
  server.kill()
  await rm(home, { recursive: true, force: true })
})

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
  const [first] = running
  if (first === undefined) throw new Error('No node runs')
  const second = await node()
  const id = await register(first, 'shared-between-nodes')
  expect((await first.upload(tokens.collaborator, id, disk)).status).toBe(201)
  await shows(second, id, 'shared-between-nodes', 'AVAILABLE')
  expect((await second.download(tokens.collaborator, id)).body.equals(disk)).toBe(true)
  const renamed = await command(second, tokens.collaborator, 'imageUpdate', { image: id, name: 'renamed' })
  expect(renamed.__typename).toBe('Image')
  const third = await node()
  await shows(third, id, 'renamed', 'AVAILABLE')
  expect(await imageOn(third, id)).toStrictEqual(await imageOn(second, id))
})

test('of creates of one name on several nodes at once exactly one is carried out', async () => {
  const input = { project: PROJECT, name: 'contended', source: { upload: {} } }
  const outcomes = await Promise.all(
    Array.from({ length: 30 }, (_, n) => {
      const service = running[n % running.length]
      if (service === undefined) throw new Error('No node runs')
      return command(service, tokens.collaborator, 'imageCreate', input)
    }),
  )
  const types = Object.groupBy(outcomes, ({ __typename }) => __typename)
  expect(types['Image']).toHaveLength(1)
  expect(types['NameTaken']).toHaveLength(29)
})

test('a node may go, and the others go on; what it was told is there for whoever takes its place', async () => {
  const leaving = await node()
  const id = await register(leaving, 'left-behind')
  await leaving.stop()
  running.splice(running.indexOf(leaving), 1)
  const [staying] = running
  if (staying === undefined) throw new Error('No node runs')
  await shows(staying, id, 'left-behind', 'CREATING')
  expect((await staying.upload(tokens.collaborator, id, disk)).status).toBe(201)
  const back = await node(leaving.directory)
  await shows(back, id, 'left-behind', 'AVAILABLE')
})
