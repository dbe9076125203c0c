import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Answer, type Client, type HttpAnswer, problemOf } from '../support/client.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { timed } from '../support/eventstoredb/opened.ts'
import { eventually } from '../support/eventually.ts'
import { rawDisk } from '../support/images.ts'
import { mutationText, register } from '../support/library.ts'
import { seed } from '../support/service.ts'
import { testSize } from '../support/size.ts'
import { PROJECT, tokens } from '../support/tokens.ts'

// The bounds are promises of the service to its clients, so that they are held here, by the clock.

const OUTAGE_MS = testSize(3_000, 60_000)
/** A write is refused within these. */
const REFUSED_MS = 2_000
/** Everything is as before within these, once the server is back. */
const RECOVERED_MS = 10_000

/** What came of an attempt, after how many milliseconds. */
type Heard = readonly [Answer, number]

const heardOf = async (attempt: () => Promise<Answer>): Promise<Heard> => {
  const begun = performance.now()
  const answer = await attempt()
  return [answer, Math.round(performance.now() - begun)]
}

const expectRefused = (heard: readonly Heard[]): void => {
  const outcomes = heard.map(([{ data, errors }]) => [
    data,
    ...errors.map(({ extensions }) => extensions.code),
  ])
  expect(outcomes).toEqual(heard.map(() => [null, 'STORE_UNAVAILABLE']))
  expect(heard.map(([, afterMs]) => afterMs).filter((afterMs) => afterMs > REFUSED_MS)).toEqual([])
}

let names = 0
const newName = (): string => {
  names += 1
  return `image-${names}`
}

const creating = (node: Client): Promise<Answer> => {
  const input = { project: PROJECT, name: newName(), source: { upload: {} } }
  return node.answer(tokens.collaborator, mutationText('imageCreate'), { input })
}

const renaming = (node: Client, image: string): Promise<Answer> =>
  node.answer(tokens.collaborator, mutationText('imageUpdate'), { input: { image, name: newName() } })

/** An image is read by its id and in the list; says since when the answers may be stale, in either place alike. */
const staleSince = async (node: Client, id: string): Promise<string | undefined> => {
  const { data, extensions, headers } = await node.answer<{ image: object; images: { nodes: object[] } }>(
    tokens.collaborator,
    'query ($id: ID!, $project: ID!) { image(id: $id) { id } images(project: $project) { nodes { id } } }',
    { id, project: PROJECT },
  )
  expect(data?.image).toStrictEqual({ id })
  expect(data?.images.nodes).toContainEqual({ id })
  expect(headers.get('x-ledger-stale-since')).toBe(extensions.staleSince ?? null)
  return extensions.staleSince
}

/** Two nodes and an image with bytes that both of them show. */
const library = async () => {
  const cluster = await startCluster()
  onTestFinished(() => cluster[Symbol.asyncDispose]())
  const nodes = [await cluster.node(), await cluster.node()] as const
  await seed(nodes[0])
  const id = await register(nodes[0], newName())
  await eventually('both show it', async () => {
    const shown = await nodes[1].answer(tokens.collaborator, 'query ($id: ID!) { image(id: $id) { id } }', {
      id,
    })
    return (shown.data as { image: object | null }).image !== null
  })
  return { cluster, nodes, id }
}

interface Outage {
  begin(cluster: Cluster): void
  end(cluster: Cluster): Promise<void> | void
}

const disk = rawDisk(100_000, 5)

const outages: Readonly<Record<string, Outage>> = {
  gone: {
    begin: (cluster) => cluster.takeServerAway(),
    end: (cluster) => cluster.bringServerBack(),
  },
  frozen: {
    begin: ({ server }) => {
      server.faults.frozen = true
    },
    end: ({ server }) => {
      server.faults.frozen = false
    },
  },
}

describe.each(Object.entries(outages))('While the event store is %s', (_, outage) => {
  test(`for ${OUTAGE_MS} ms writes are refused at once, reads go on, and all is well soon after`, {
    timeout: OUTAGE_MS + 60_000,
  }, async () => {
    const { cluster, nodes, id } = await library()
    const [one, other] = nodes
    expect(await staleSince(one, id)).toBeUndefined()
    const begun = Date.now()
    outage.begin(cluster)
    const refusals: Promise<Heard>[] = []
    // Some in a row, for a command may wait for its turn behind one that is not answered either.
    for (let turn = 0; turn < 10; turn += 1) {
      const node = nodes[turn % 2] ?? one
      refusals.push(
        heardOf(() => creating(node)),
        heardOf(() => renaming(node, id)),
      )
      await sleep(100)
    }
    expectRefused(await Promise.all(refusals))
    for (const node of nodes)
      await eventually('reads are said to be stale', async () => (await staleSince(node, id)) !== undefined)
    while (Date.now() < begun + OUTAGE_MS) {
      for (const node of nodes)
        expect(Date.parse((await staleSince(node, id)) ?? '')).toBeGreaterThanOrEqual(begun)
      expectRefused([await heardOf(() => creating(other))])
    }
    const [upload, afterMs] = await timed(() => one.upload(tokens.collaborator, id, disk))
    expect(problemOf(upload as HttpAnswer).slice(0, 2)).toStrictEqual([503, 'STORE_UNAVAILABLE'])
    expect(afterMs).toBeLessThan(REFUSED_MS)

    await outage.end(cluster)
    const ended = performance.now()
    for (const node of nodes) {
      await eventually('writes are taken again', async () => (await creating(node)).errors.length === 0)
      await eventually('reads are fresh again', async () => (await staleSince(node, id)) === undefined)
    }
    expect(performance.now() - ended).toBeLessThan(RECOVERED_MS)
    const last = await creating(one)
    const created = (last.data as { imageCreate: { id: string } }).imageCreate.id
    const shown = await other.answer(
      tokens.collaborator,
      'query ($id: ID!) { image(id: $id) { id } }',
      { id: created },
      { minPosition: last.extensions.position },
    )
    expect(shown.data).toEqual({ image: { id: created } })
    expect((await other.upload(tokens.collaborator, id, disk)).status).toBe(201)
  })

  test('commands that are under way as it begins are carried out or refused at once', async () => {
    const { cluster, nodes, id } = await library()
    const commands = nodes.flatMap((node) =>
      Array.from({ length: 20 }, (_each, turn) =>
        heardOf(() => (turn % 2 === 0 ? creating(node) : renaming(node, id))),
      ),
    )
    // Some have come through by then, and others wait for their turn behind those that are with the store.
    await Promise.race(commands)
    const begun = performance.now()
    outage.begin(cluster)
    const heard = await Promise.all(
      commands.map(async (command) => {
        const [answer] = await command
        return [answer, Math.round(performance.now() - begun)] as const
      }),
    )
    // What was recorded just then, and cannot be shown any more, is not refused: that is STALE_READ.
    const refused = heard.filter(
      ([
        {
          errors: [error],
        },
      ]) => error && error.extensions.code !== 'STALE_READ',
    )
    expect(refused.length).toBeGreaterThan(0)
    expectRefused(refused)
  })

  test('a node that nobody writes through says of its reads that they may be stale', async () => {
    const { cluster, nodes, id } = await library()
    outage.begin(cluster)
    await eventually('reads are said to be stale', async () => (await staleSince(nodes[1], id)) !== undefined)
  })
})
