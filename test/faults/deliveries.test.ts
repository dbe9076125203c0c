import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { setBudget, setPrice } from '../support/billing-journey.ts'
import { startCluster } from '../support/cluster.ts'
import { openedWire } from '../support/eventstoredb/opened.ts'
import { seeded } from '../support/random.ts'
import { seed } from '../support/service.ts'
import { testSize } from '../support/size.ts'
import { Customer, keepChanging } from './customer.ts'
import { chosenSeed } from './seed.ts'
import { expectCarriedOut, expectOnce, expectRebuilt, settled } from './verify.ts'

const CHANGES = testSize(200, 4_000)
const CUSTOMERS = 10
/** So that deletions are for a reaction to complete, after a second. */
const environment = { DELETE_RECOVERY_HOURS: '0.0003' }

test('with every event delivered twice and one connection in ten dropped, read models are those of a node built anew', {
  timeout: 600_000,
}, async () => {
  const random = seeded(chosenSeed())
  const cluster = await startCluster()
  onTestFinished(() => cluster[Symbol.asyncDispose]())
  cluster.server.faults.twice = true
  const begin = async () => {
    const wire = await openedWire(() => cluster.server.port)
    const node = await cluster.node({ environment: { ...environment, EVENTSTORE_URL: wire.url } })
    return { wire, node }
  }
  const ends = [await begin(), await begin()] as const
  const nodes = ends.map(({ node }) => node)
  await seed(ends[0].node)
  await setPrice(ends[0].node, '0.05', '2026-01-01T00:00:00Z')
  await setBudget(ends[0].node, {
    amount: '0.000000001',
    currency: 'EUR',
    thresholds: [{ percent: 50, basis: 'FORECAST' }],
  })
  let changes = 0
  let dropped = 0
  /** One request in ten loses its node all that it has of the store, soon after it came. */
  const node = () => {
    const { wire, node: chosen } = ends[random(2)] ?? ends[0]
    changes += 1
    if (random(10) === 0) {
      dropped += 1
      void sleep(random(10)).then(() => wire.cut())
    }
    return chosen
  }
  const customers = await Promise.all(
    Array.from({ length: CUSTOMERS }, (_, n) =>
      Customer.of({ name: `customer-${n}`, random: seeded(random(2 ** 31)), node }),
    ),
  )
  await keepChanging(customers, () => changes >= CHANGES)
  expect(dropped).toBeGreaterThan(CHANGES / 50)
  for (const { wire } of ends) expect(wire.connections).toBeGreaterThan(1)

  const { log } = cluster.server
  expectOnce(log.all, customers)
  await expectCarriedOut(log, customers)
  await settled(log, nodes)
  for (const each of nodes) await cluster.retire(each)
  await expectRebuilt(
    cluster,
    nodes.map(({ directory }) => directory),
  )
})
