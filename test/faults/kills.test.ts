import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { allImages } from '../crash/verify.ts'
import {
  closeMonth,
  everythingOf,
  periodsOf,
  reportSize,
  setBudget,
  setPrice,
} from '../support/billing-journey.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { rawDisk } from '../support/images.ts'
import { available } from '../support/library.ts'
import { type ServiceProcess, startProcess } from '../support/process.ts'
import { type Random, seeded } from '../support/random.ts'
import { seed } from '../support/service.ts'
import { testSize } from '../support/size.ts'
import { tempDirectory } from '../support/temp.ts'
import { ACCOUNT } from '../support/tokens.ts'
import { Customer, keepChanging } from './customer.ts'
import { chosenSeed } from './seed.ts'
import { dataOf, expectCarriedOut, expectOnce, expectRebuilt, settled } from './verify.ts'

const KILLS = testSize(5, 30)
const NODES = 3
const CUSTOMERS = 5
/** A node under load dies after so many milliseconds at most. */
const LONGEST_LOAD_MS = 600
/** Deletions are for a reaction to complete, after a second. */
const recovery = { DELETE_RECOVERY_HOURS: '0.0003' }
/** As `npm start` has it: a node is back in half the time. */
const quickStart = { NODE_COMPILE_CACHE: 'node_modules/.cache/node-compile-cache' }
const GB = 10n ** 9n
/** March is closed then, to be sealed three days later: a few seconds after the nodes have begun, as several at once find. */
const CLOSED_AT = '2026-04-01T01:00:00Z'
const BEGUN_AT = Date.parse('2026-04-04T00:59:53Z')
const thresholds = [
  { percent: 50, basis: 'ACTUAL' },
  { percent: 100, basis: 'FORECAST' },
]

/** 1000 GB from the last day of March on, at 0.10 EUR a month; March is being closed. */
const liveUntilApril = async (cluster: Cluster): Promise<void> => {
  const march = await cluster.node({ environment: { CLOCK_START: '2026-03-31T12:00:00Z' } })
  await seed(march)
  await setPrice(march, '0.10', '2026-01-01T00:00:00Z')
  const image = await available(march, 'archive', rawDisk(5_000, 12))
  await reportSize(march, image, 1_000n * GB, '2026-03-31T12:00:00Z', '2026-03-31T12:00:00Z')
  await cluster.retire(march)
  const april = await cluster.node({ environment: { CLOCK_START: CLOSED_AT } })
  expect(await closeMonth(april, '2026-03')).toMatchObject({ status: 'CLOSING' })
  await cluster.retire(april)
}

/** Three nodes in processes of their own, that agree about the time. */
const startNodes = async (cluster: Cluster) => {
  const begun = Date.now()
  const now = () => BEGUN_AT + Date.now() - begun
  const directories = await Promise.all(Array.from({ length: NODES }, tempDirectory))
  const start = async (place: number): Promise<ServiceProcess> => {
    const node = await startProcess(directories[place] ?? '', {
      ...cluster.environment,
      ...recovery,
      ...quickStart,
      CLOCK_START: new Date(now()).toISOString(),
    })
    onTestFinished(async () => void (await node.end('SIGKILL')))
    return node
  }
  const nodes = await Promise.all(directories.map((_, place) => start(place)))
  return { directories, nodes, start, now }
}

type Nodes = Awaited<ReturnType<typeof startNodes>>

const pick = <One>(among: readonly One[], random: Random): One => {
  const one = among[random(among.length)]
  if (one === undefined) throw new Error('There is nothing to choose from')
  return one
}

/** Kills nodes at random moments and starts them again; the two others go on meanwhile, with another budget each time. */
const killAgainAndAgain = async (
  { nodes, start }: Nodes,
  random: Random,
  done: () => number,
  changing: Promise<void>,
): Promise<void> => {
  for (let kill = 0; kill < KILLS; kill += 1) {
    await Promise.race([sleep(random(LONGEST_LOAD_MS)), changing])
    const place = random(NODES)
    const before = done()
    await nodes[place]?.end('SIGKILL')
    const living = pick(
      nodes.filter((_, other) => other !== place),
      random,
    )
    const amount = `1.${String(kill + 1).padStart(2, '0')}`
    expect(await setBudget(living, { amount, currency: 'EUR', thresholds })).toMatchObject({
      __typename: 'Budget',
    })
    nodes[place] = await start(place)
    expect(done()).toBeGreaterThan(before)
  }
}

/** The month is sealed once, and each budget raises each of its thresholds once at most, the last one all of them. */
const expectBilledOnce = async ({ server: { log } }: Cluster): Promise<void> => {
  const raisedUnderEach = (): readonly (readonly string[])[] => {
    const budgets: string[][] = []
    for (const kept of log.stream(`billing-${ACCOUNT}`)) {
      const { month, basis, percent } = JSON.parse(dataOf(kept))
      if (kept.type === 'BudgetSet') budgets.push([])
      if (kept.type === 'BudgetThresholdReached') budgets.at(-1)?.push(`${month} ${basis} ${percent}`)
    }
    return budgets
  }
  const all = ['2026-04 ACTUAL 50', '2026-04 FORECAST 100']
  await eventually('the last budget is reached', () => (raisedUnderEach().at(-1)?.length ?? 0) >= all.length)
  const raised = raisedUnderEach()
  expect(raised).toHaveLength(KILLS)
  expect(raised.at(-1)?.toSorted()).toEqual(all)
  for (const each of raised) expect(each).toHaveLength(new Set(each).size)
  const seals = () => log.all.filter(({ type }) => type === 'BillingPeriodSealed').length
  await eventually('March is sealed', () => seals() > 0)
  expect(seals()).toBe(1)
}

const answersOf = async (node: ServiceProcess) => ({
  images: [...(await allImages(node)).values()],
  march: await everythingOf(node, '2026-03'),
  periods: await periodsOf(node),
})

test(`of three nodes one is killed ${KILLS} times under load: nothing is lost or done twice, and all agree in the end`, {
  timeout: 1_800_000,
}, async () => {
  const random = seeded(chosenSeed())
  const cluster = await startCluster()
  onTestFinished(() => cluster[Symbol.asyncDispose]())
  await liveUntilApril(cluster)
  const { log } = cluster.server
  const before = log.all.length
  const running = await startNodes(cluster)
  const { nodes, directories, now } = running
  const customers = await Promise.all(
    Array.from({ length: CUSTOMERS }, (_, n) =>
      Customer.of({
        name: `customer-${n}`,
        random: seeded(random(2 ** 31)),
        node: () => pick(nodes, random),
        now,
      }),
    ),
  )
  let isOver = false
  const changing = keepChanging(customers, () => isOver)
  const done = () => customers.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0)
  await killAgainAndAgain(running, random, done, changing).finally(() => {
    isOver = true
  })
  await changing
  expect(customers.flatMap(({ heard }) => [...heard.keys()])).toContain('UNREACHABLE')

  expectOnce(log.all.slice(before), customers)
  await expectCarriedOut(log, customers)
  await expectBilledOnce(cluster)
  await settled(log, nodes)
  const [first, ...others] = await Promise.all(nodes.map(answersOf))
  expect(first?.images.length).toBeGreaterThan(0)
  for (const other of others) expect(other).toStrictEqual(first)
  const ended = await Promise.all(nodes.map((node) => node.end('SIGTERM')))
  expect(ended.map(({ code }) => code)).toEqual(nodes.map(() => 0))
  await expectRebuilt(cluster, directories)
})
