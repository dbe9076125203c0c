import { describe, expect, test } from 'vitest'
import type { Entry } from '../../../src/projections/billing/entry.ts'
import type { Granularity, Scope } from '../../../src/projections/billing/scope.ts'
import { type BillingWorld, billingWorld, GB, millis } from '../../support/billing-world.ts'
import { acme, ops, web } from '../../support/samples.ts'

const scope = (from: string, to: string, granularity: Granularity = 'MONTH'): Scope => ({
  account: acme,
  projects: null,
  images: null,
  from: millis(from),
  to: millis(to),
  asOf: millis(to),
  granularity,
})

const all = async (entries: AsyncIterable<readonly Entry[]>): Promise<readonly Entry[]> => {
  const found: Entry[] = []
  for await (const some of entries) found.push(...some)
  return found
}

const inShort = ({ charge: { bucket, project, posted, hoursMs }, end, sealed, correction }: Entry) => ({
  from: new Date(bucket).toISOString().slice(0, 13),
  to: new Date(end).toISOString().slice(0, 13),
  project,
  hours: Number(hoursMs / 3_600_000n),
  posted,
  sealed,
  corrects: correction !== null,
})

/** An image of 744 GB, of which January is sealed, and corrected in February by a GB for each hour of its last day. */
const corrected = async () => {
  const world = billingWorld()
  world.price()
  const image = world.image({ sizeBytes: 744n * GB })
  image.available('2026-01-01')
  await world.seal('2026-01')
  image.sizeReported('2026-02-02', 745n * GB, '2026-01-31')
  image.sizeReported('2026-02-02', 744n * GB, '2026-02-01')
  return { world, image }
}

const CORRECTION = {
  from: '2026-01-01T00',
  to: '2026-02-01T00',
  project: web,
  hours: 0,
  posted: 32_258_064_516n,
  sealed: false,
  corrects: true,
}

describe('A correction', () => {
  test('counts in the month that it is billed in, if its first instant is asked for', async () => {
    const { world } = await corrected()
    const late = async (from: string, to: string) =>
      (await all(world.billing.entries(scope(from, to)))).filter(({ correction }) => correction !== null)
    expect((await late('2026-02-01', '2026-02-01T01:00:00Z')).map(inShort)).toStrictEqual([CORRECTION])
    expect(await late('2026-01-01', '2026-02-01')).toStrictEqual([])
    expect(await late('2026-02-01T01:00:00Z', '2026-04-01')).toStrictEqual([])
  })

  test('is one entry, however finely the time is cut', async () => {
    const { world } = await corrected()
    for (const granularity of ['HOUR', 'DAY', 'MONTH'] as const) {
      const found = await all(world.billing.entries(scope('2026-02-01', '2026-02-03', granularity)))
      expect(found.filter(({ correction }) => correction !== null)).toHaveLength(1)
    }
  })

  test('is sealed with the month that it is billed in', async () => {
    const { world } = await corrected()
    await world.seal('2026-02')
    const found = await all(world.billing.entries(scope('2026-02-01', '2026-03-01')))
    expect(found.map(({ sealed, correction }) => [sealed, correction !== null])).toStrictEqual([
      [true, false],
      [true, true],
    ])
  })

  test('does not count before its month has begun', async () => {
    const { world } = await corrected()
    const asOf = millis('2026-02-01')
    const found = await all(world.billing.entries({ ...scope('2026-01-01', '2026-03-01'), asOf }))
    expect(found.map(({ correction }) => correction)).toStrictEqual([null])
  })
})

describe('A sealed month', () => {
  test('is told by the hour from the segments that were sealed, not from those of today', async () => {
    const { world } = await corrected()
    const entries = world.billing.entries(scope('2026-01-31T22:00:00Z', '2026-02-01', 'HOUR'))
    const common = { project: web, hours: 1, posted: 1_000_000_000_000n, sealed: true, corrects: false }
    expect((await all(entries)).map(inShort)).toStrictEqual([
      { ...common, from: '2026-01-31T22', to: '2026-01-31T23' },
      { ...common, from: '2026-01-31T23', to: '2026-02-01T00' },
    ])
  })

  test('is told up to an instant within it as well', async () => {
    const { world } = await corrected()
    const found = await all(
      world.billing.entries({ ...scope('2026-01-01', '2026-02-01'), asOf: millis('2026-01-03') }),
    )
    expect(found.map(inShort).map(({ hours, posted }) => [hours, posted])).toStrictEqual([
      [48, 48_000_000_000_000n],
    ])
  })

  test('and an open one make one report', async () => {
    const { world } = await corrected()
    const found = await all(
      world.billing.entries(scope('2026-01-31T23:00:00Z', '2026-02-01T02:00:00Z', 'DAY')),
    )
    expect(
      found.map(inShort).map(({ from, hours, sealed, corrects }) => [from, hours, sealed, corrects]),
    ).toStrictEqual([
      ['2026-01-31T23', 1, true, false],
      ['2026-02-01T00', 2, false, false],
      ['2026-01-01T00', 0, false, true],
    ])
  })

  test('tells of chosen projects and images alone', async () => {
    const world = billingWorld()
    world.price()
    const [first, second] = [world.image(), world.image({ project: ops })]
    first.available('2026-01-01')
    second.available('2026-01-01')
    await world.seal('2026-01')
    const told = async (asked: Partial<Scope>) =>
      (await all(world.billing.entries({ ...scope('2026-01-01', '2026-02-01'), ...asked }))).map(
        ({ image }) => image,
      )
    expect(await told({ projects: new Set([ops]) })).toStrictEqual([second.id])
    expect(await told({ images: new Set([first.id]) })).toStrictEqual([first.id])
    expect(await told({ images: new Set([first.id]), projects: new Set([ops]) })).toStrictEqual([])
  })
})

const record = (world: BillingWorld, more: ReturnType<BillingWorld['image']>) => {
  more.sizeReported('2026-02-05', 9n * GB, '2026-01-01')
  world.image().available('2026-01-01')
  world.price({ project: web, rate: '9' })
}

test('What is recorded while entries are being read is not among them', async () => {
  const { world, image } = await corrected()
  const asked = scope('2026-01-01', '2026-03-01', 'DAY')
  const before = (await all(world.billing.entries(asked))).map(inShort)
  const reading = world.billing.entries(asked)
  record(world, image)
  expect((await all(reading)).map(inShort)).toStrictEqual(before)
  expect((await all(world.billing.entries(asked))).map(inShort)).not.toStrictEqual(before)
})

test('An image comes with all of its entries at once, so that a long month is read piece by piece', async () => {
  const world = billingWorld()
  for (let n = 0; n < 3; n += 1) world.image().available('2026-01-30')
  await world.seal('2026-01')
  const pieces: (readonly string[])[] = []
  for await (const some of world.billing.entries(scope('2026-01-01', '2026-02-02', 'DAY')))
    pieces.push(some.map(({ image }) => image.slice(-1)))
  expect(pieces.filter((piece) => piece.length > 0)).toStrictEqual([
    ['1', '1'],
    ['2', '2'],
    ['3', '3'],
    ['1'],
    ['2'],
    ['3'],
  ])
})
