import { expect, onTestFinished, test } from 'vitest'
import { type Client, jsonOf } from '../support/client.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { someMetadata } from '../support/events.ts'
import { rawDisk } from '../support/images.ts'
import { available, imageOf, mutationText } from '../support/library.ts'
import { seed } from '../support/service.ts'
import { ACCOUNT, PROJECT, tokens } from '../support/tokens.ts'
import { settled } from './verify.ts'

// An event that a projection cannot take stops that projection on every node. It must not stop anything else.

const disk = rawDisk(20_000, 3)

/** Appends past the service, where no decision is in the way; gives the position. */
const poison = ({ server: { log } }: Cluster, stream: string, type: string, data: object): string => {
  const id = crypto.randomUUID()
  const bytes = (json: object) => Buffer.from(JSON.stringify(json))
  const event = { id, type, data: bytes(data), metadata: bytes(someMetadata) }
  const appended = log.append(stream, 'ANY', [event])
  if (!appended.ok) throw new Error(`${stream} did not take it`)
  return String(appended.last.position)
}

/** Two nodes that show an image with bytes. */
const library = async () => {
  const cluster = await startCluster()
  onTestFinished(() => cluster[Symbol.asyncDispose]())
  const nodes = [await cluster.node(), await cluster.node()] as const
  await seed(nodes[0])
  const id = await available(nodes[0], 'debian', disk)
  await settled(cluster.server.log, nodes)
  for (const node of nodes) expect(await imageOf(node, id, 'name')).toEqual({ name: 'debian' })
  return { cluster, nodes, id }
}

interface Projection {
  readonly name: string
  readonly state: string
  readonly position: string
  readonly reason?: string
}

const readiness = async (node: Client) => {
  const answer = await node.http({ path: '/readyz' })
  const { projections, staleSince } = jsonOf<{ projections: Projection[]; staleSince?: string }>(answer)
  return {
    status: answer.status,
    staleSince,
    states: Object.fromEntries(projections.map(({ name, state }) => [name, state])),
    reasons: Object.fromEntries(projections.map(({ name, reason }) => [name, reason])),
    positions: Object.fromEntries(projections.map(({ name, position }) => [name, position])),
  }
}

const creating = (node: Client, name: string) => {
  const input = { project: PROJECT, name, source: { upload: {} } }
  return node.answer(tokens.collaborator, mutationText('imageCreate'), { input })
}

const registered = ({ server: { log } }: Cluster, name: string): number =>
  log.all.filter(({ type, data }) => type === 'ImageRegistered' && Buffer.from(data).includes(`"${name}"`))
    .length

/** The last event of ours that the nodes can have come to. */
const endOf = ({ server: { log } }: Cluster): string => String(log.all.at(-1)?.position)

test('one that catalog and bill cannot take is named by /readyz; reads go on as stale, commands are recorded as STALE_READ', async () => {
  const { cluster, nodes, id } = await library()
  const stray = crypto.randomUUID()
  const shown = endOf(cluster)
  const data = { from: 'a', name: 'b', claimId: crypto.randomUUID() }
  const position = poison(cluster, `image-${stray}`, 'ImageRenamed', data)

  for (const [place, node] of nodes.entries()) {
    const name = `fedora-${place}`
    const answer = await creating(node, name)
    expect(answer.errors).toMatchObject([{ extensions: { code: 'STALE_READ' } }])
    expect(registered(cluster, name)).toBe(1)

    const { status, staleSince, states, reasons, positions } = await readiness(node)
    expect(status).toBe(503)
    expect(states).toEqual({ catalog: 'STOPPED', billing: 'STOPPED', 'to-do': 'LIVE' })
    const which = `ImageRenamed at position ${position}, revision 0 of image-${stray}, cannot be applied: `
    for (const stopped of ['catalog', 'billing']) {
      expect(reasons[stopped]).toContain(which)
      expect(positions[stopped]).toBe(shown)
    }
    const read = await node.answer(tokens.collaborator, 'query ($id: ID!) { image(id: $id) { name } }', {
      id,
    })
    expect(read.data).toEqual({ image: { name: 'debian' } })
    expect(read.extensions.staleSince).toBe(staleSince)
    expect(read.headers.get('x-ledger-stale-since')).toBe(staleSince)
    expect((await node.download(tokens.collaborator, id)).body.equals(disk)).toBe(true)
  }
  // What needs the list of what is to be done goes on: a deleted image's bytes are removed.
  const input = { image: id }
  await nodes[0].answer(tokens.collaborator, mutationText('imageDelete'), { input })
  await expect
    .poll(() => cluster.server.log.stream(`image-${id}`).map(({ type }) => type), { timeout: 20_000 })
    .toContain('ImageContentRemoved')

  for (const node of nodes) await cluster.retire(node)
  // Whoever starts again goes on where it stood: it serves what it had, and says the same.
  const back = await cluster.node({ directory: nodes[0].directory, waits: false })
  await expect
    .poll(async () => (await readiness(back)).states['catalog'], { timeout: 20_000 })
    .toBe('STOPPED')
  expect((await readiness(back)).reasons['catalog']).toContain(`at position ${position}`)
})

test('a node that was asked nothing before it serves what it had all the same', async () => {
  const { cluster, id } = await library()
  const unasked = await cluster.node()
  await settled(cluster.server.log, [unasked])
  const data = { from: 'a', name: 'b', claimId: crypto.randomUUID() }
  poison(cluster, `image-${crypto.randomUUID()}`, 'ImageRenamed', data)
  await expect
    .poll(async () => (await readiness(unasked)).states['catalog'], { timeout: 20_000 })
    .toBe('STOPPED')
  const query = 'query ($id: ID!) { image(id: $id) { name } }'
  const { data: shown, extensions } = await unasked.answer(tokens.collaborator, query, { id })
  expect(shown).toEqual({ image: { name: 'debian' } })
  expect(extensions).toHaveProperty('staleSince')
})

test('one that the list of what is to be done cannot take leaves answers fresh and commands as they are', async () => {
  const { cluster, nodes } = await library()
  const claim = cluster.server.log.all.findLast(({ type }) => type === 'ImageNameClaimed')
  const claimed = JSON.parse(Buffer.from(claim?.data ?? []).toString('utf8'))
  const position = poison(cluster, `account-${ACCOUNT}-of-nobody`, 'ImageNameClaimed', claimed)
  for (const node of nodes) {
    await expect.poll(async () => (await readiness(node)).status, { timeout: 20_000 }).toBe(503)
    const { states, reasons } = await readiness(node)
    expect(states).toEqual({ catalog: 'LIVE', billing: 'LIVE', 'to-do': 'STOPPED' })
    expect(reasons['to-do']).toContain(`ImageNameClaimed at position ${position}`)
  }
  const created = await creating(nodes[1], 'fedora')
  expect(created.errors).toEqual([])
  const { imageCreate } = created.data as { imageCreate: { id: string } }
  expect(await imageOf(nodes[1], imageCreate.id, 'name')).toEqual({ name: 'fedora' })
  expect(created.extensions).not.toHaveProperty('staleSince')
  for (const node of nodes) await cluster.retire(node)
})
