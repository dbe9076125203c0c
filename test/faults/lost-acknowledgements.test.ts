import { expect, onTestFinished, test } from 'vitest'
import { startCluster } from '../support/cluster.ts'
import { seeded } from '../support/random.ts'
import { seed } from '../support/service.ts'
import { testSize } from '../support/size.ts'
import { Customer, keepChanging } from './customer.ts'
import { chosenSeed } from './seed.ts'
import { expectOnce, expectRebuilt, settled } from './verify.ts'

const LOST = testSize(100, 1_000)
const CUSTOMERS = 60

test(`of commands through two nodes, of which ${LOST} acknowledgements are lost, each is there exactly once`, {
  timeout: 600_000,
}, async () => {
  const random = seeded(chosenSeed())
  const cluster = await startCluster()
  onTestFinished(() => cluster[Symbol.asyncDispose]())
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
  const { faults, log } = cluster.server
  faults.lostAcknowledgements = LOST
  await keepChanging(customers, () => faults.lostAcknowledgements === 0)

  expectOnce(log.all, customers)
  // Some were told that the store is away though it had taken their command: these came again under their keys.
  const heard = customers.flatMap((customer) => [...customer.heard.keys()])
  expect(heard).toContain('STORE_UNAVAILABLE')
  expect(heard).not.toContain('UNREACHABLE')
  await settled(log, nodes)
  for (const node of nodes) await cluster.retire(node)
  await expectRebuilt(
    cluster,
    nodes.map(({ directory }) => directory),
  )
})
