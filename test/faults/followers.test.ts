import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { startedServer } from '../support/eventstoredb/opened.ts'
import { StandInServer } from '../support/eventstoredb/server.ts'
import { seeded } from '../support/random.ts'
import { seed } from '../support/service.ts'
import { testSize } from '../support/size.ts'
import { Customer, keepChanging } from './customer.ts'
import { chosenSeed } from './seed.ts'
import { expectOnce, expectRebuilt, settled } from './verify.ts'

const ELECTIONS = testSize(2, 60)
const TERM_MS = 400
const CUSTOMERS = 12

/** Two nodes and customers of both. */
const underLoad = async (cluster: Cluster) => {
  const random = seeded(chosenSeed())
  const nodes = [await cluster.node(), await cluster.node()] as const
  await seed(nodes[0])
  const customers = await Promise.all(
    Array.from({ length: CUSTOMERS }, (_, n) =>
      Customer.of({
        name: `customer-${n}`,
        random: seeded(random(2 ** 31)),
        node: () => nodes[random(2)] ?? nodes[0],
      }),
    ),
  )
  return { nodes, customers }
}

/** Nothing is doubled or lost, and whoever was not served was told so as of an outage. */
const expectSound = async (cluster: Cluster, { nodes, customers }: Awaited<ReturnType<typeof underLoad>>) => {
  const { log } = cluster.server
  expectOnce(log.all, customers)
  const heard = customers.flatMap((customer) => [...customer.heard.keys()])
  // CONFLICT: an upload that could not be ended in the outage is in the way of the next one for a moment.
  expect(heard.filter((code) => !['STORE_UNAVAILABLE', 'BUSY', 'CONFLICT'].includes(code))).toEqual([])
  await settled(log, nodes)
  for (const node of nodes) await cluster.retire(node)
  await expectRebuilt(
    cluster,
    nodes.map(({ directory }) => directory),
  )
}

test('commands go on while the server becomes a follower again and again, and nothing is doubled', {
  timeout: 600_000,
}, async () => {
  const cluster = await startCluster()
  onTestFinished(() => cluster[Symbol.asyncDispose]())
  const load = await underLoad(cluster)
  // Another server with the same log: they take turns in leading.
  const peer = await startedServer({ leaderPort: cluster.server.port }, cluster.server.log)
  const servers = [cluster.server, peer] as const
  let isOver = false
  const changing = keepChanging(load.customers, () => isOver)
  const done = () => load.customers.flatMap(({ acknowledged }) => acknowledged).length
  for (let term = 0; term < ELECTIONS; term += 1) {
    await Promise.race([sleep(TERM_MS), changing])
    const before = done()
    const [leader, follower] = term % 2 === 0 ? servers.toReversed() : servers
    if (leader === undefined || follower === undefined) throw new Error('There are two servers')
    leader.faults.leaderPort = null
    follower.faults.leaderPort = leader.port
    await Promise.race([sleep(TERM_MS), changing])
    expect(done()).toBeGreaterThan(before)
  }
  isOver = true
  await changing
  expect(peer.batchStreams).toBeGreaterThan(0)
  await expectSound(cluster, load)
})

test('while a follower names a leader that is not there commands are refused clearly, and carried out once it leads', {
  timeout: 120_000,
}, async () => {
  const cluster = await startCluster()
  onTestFinished(() => cluster[Symbol.asyncDispose]())
  const load = await underLoad(cluster)
  const gone = await StandInServer.start()
  gone.kill()
  let isOver = false
  const changing = keepChanging(load.customers, () => isOver)
  await Promise.race([sleep(TERM_MS), changing])
  cluster.server.faults.leaderPort = gone.port
  await Promise.race([sleep(6 * TERM_MS), changing])
  cluster.server.faults.leaderPort = null
  await Promise.race([sleep(2 * TERM_MS), changing])
  isOver = true
  await changing
  expect(load.customers.flatMap(({ heard }) => [...heard.keys()])).toContain('STORE_UNAVAILABLE')
  await expectSound(cluster, load)
})
