import { describe, expect, test } from 'vitest'
import type { UsageLine } from '../../../src/projections/billing/report.ts'
import { billingWorld, fra, millis } from '../../support/billing-world.ts'
import { acme, globex, lab, ops, web } from '../../support/samples.ts'

const JANUARY = { from: '2026-01-01', to: '2026-02-01' } as const

/** Two images of web, one of ops and one of the account itself, a GB-month each, at 0.05. */
const library = () => {
  const world = billingWorld()
  const price = world.price()
  const own = [web, web, ops, ops].map((project) => world.image({ project }))
  for (const image of own) image.available('2026-01-01')
  own[3]?.promoted('2026-01-01')
  return { world, price, own }
}

const inShort = ({ project, image, priceId, gbMonths, amount }: UsageLine) => [
  project,
  image?.slice(-1) ?? null,
  priceId?.slice(-1) ?? null,
  gbMonths.replace('.000000000000', ''),
  amount?.replace('0000000000000000', '') ?? null,
]

describe('A report is grouped', () => {
  test('by image: a line an image and owner, the account itself first', async () => {
    const { world } = library()
    const { lines } = await world.usage(JANUARY)
    expect(lines.map(inShort)).toStrictEqual([
      [null, '4', '1', '1', '0.05'],
      [ops, '3', '1', '1', '0.05'],
      [web, '1', '1', '1', '0.05'],
      [web, '2', '1', '1', '0.05'],
    ])
  })

  test('by project: the account itself is one of them', async () => {
    const { world } = library()
    const { lines } = await world.usage({ ...JANUARY, groupBy: ['PROJECT'] })
    expect(lines.map(inShort)).toStrictEqual([
      [null, null, '1', '1', '0.05'],
      [ops, null, '1', '1', '0.05'],
      [web, null, '1', '2', '0.10'],
    ])
  })

  test('as a whole: one line, which names the price where there is but one', async () => {
    const { world } = library()
    const { lines } = await world.usage({ ...JANUARY, groupBy: ['SECTION'] })
    expect(lines.map(inShort)).toStrictEqual([[null, null, '1', '4', '0.20']])
  })

  test('as a whole at two prices: one line that names neither, nor a rate', async () => {
    const { world } = library()
    world.price({ from: '2026-01-16T12:00:00Z', rate: '0.07' })
    const { lines } = await world.usage({ ...JANUARY, groupBy: ['SECTION'] })
    expect(lines.map(({ rate, currency, hoursInMonth }) => [rate, currency, hoursInMonth])).toStrictEqual([
      [null, 'USD', 744],
    ])
    expect(lines.map(inShort)).toStrictEqual([[null, null, null, '4', '0.24']])
  })

  test('by price: each with its rate', async () => {
    const { world } = library()
    world.price({ from: '2026-01-16T12:00:00Z', rate: '0.07' })
    const { lines } = await world.usage({ ...JANUARY, groupBy: ['PRICE'] })
    expect(lines.map((line) => [...inShort(line).slice(2), line.rate])).toStrictEqual(
      expect.arrayContaining([
        ['1', '2', '0.10', '0.05'],
        ['2', '2', '0.14', '0.07'],
      ]),
    )
    expect(lines).toHaveLength(2)
  })

  test('never across currencies, nor across GB and GiB', async () => {
    const { world } = library()
    world.price({ project: web, rate: '1', currency: 'EUR' })
    world.price({ project: ops, rate: '1', unit: 'GIB' })
    const { lines } = await world.usage({ ...JANUARY, groupBy: [] })
    const units = lines.map(({ currency, gbMonths }) => `${currency} ${gbMonths}`)
    expect(units.sort()).toStrictEqual(['EUR 2.000000000000', 'USD 0.931322574615', 'USD 1.000000000000'])
  })

  test('within a limit of lines, beyond which it is refused', async () => {
    const { world } = library()
    expect((await world.usage({ ...JANUARY, mostLines: 4 })).lines).toHaveLength(4)
    await expect(world.usage({ ...JANUARY, mostLines: 3 })).rejects.toThrow(
      expect.objectContaining({ name: 'TooManyLines' }),
    )
  })
})

describe('A report tells', () => {
  test('of chosen projects only what they own, and of chosen images only those', async () => {
    const { world, own } = library()
    const ofOps = await world.usage({ ...JANUARY, projects: new Set([ops]) })
    expect(ofOps.lines.map(({ image }) => image)).toStrictEqual([own[2]?.id])
    expect(ofOps.total).toStrictEqual([{ amount: '0.05', currency: 'USD' }])
    const two = await world.usage({ ...JANUARY, images: new Set([own[0]?.id ?? '', own[3]?.id ?? '']) })
    expect(two.lines.map(({ image }) => image)).toStrictEqual([own[3]?.id, own[0]?.id])
    expect((await world.usage({ ...JANUARY, projects: new Set([lab]) })).lines).toStrictEqual([])
  })

  test('what is accruing, what has no size and what has no price apart', async () => {
    const world = billingWorld()
    world.price({ project: web })
    world.image().available('2026-01-01')
    world.image({ sizeBytes: 0n }).available('2026-01-01')
    world.image({ project: ops }).available('2026-01-01')
    const { lines, total } = await world.usage({ ...JANUARY, asOf: '2026-01-01T01:00:00Z' })
    expect(
      lines.map(({ status, billedHours, byteHours, rate, currency, amount }) => ({
        status,
        billedHours,
        byteHours,
        rate,
        currency,
        amount,
      })),
    ).toStrictEqual([
      {
        status: 'UNPRICED',
        billedHours: '1',
        byteHours: '1000000000',
        rate: null,
        currency: null,
        amount: null,
      },
      {
        status: 'ACCRUING',
        billedHours: '1',
        byteHours: '1000000000',
        rate: '0.05',
        currency: 'USD',
        amount: '0.000067204301100000',
      },
      {
        status: 'PENDING_SIZE',
        billedHours: '1',
        byteHours: '0',
        rate: '0.05',
        currency: 'USD',
        amount: null,
      },
    ])
    expect(total).toStrictEqual([{ amount: '0.00', currency: 'USD' }])
  })

  test('nothing of what begins when it is to end or later', async () => {
    const world = billingWorld()
    world.image().available('2026-01-01T00:30:00Z')
    const hoursBy = async (asOf: string) =>
      (await world.usage({ ...JANUARY, asOf })).lines.map(({ billedHours }) => billedHours)
    expect(await hoursBy('2026-01-01T00:30:00.000Z')).toStrictEqual([])
    expect(await hoursBy('2026-01-01T00:30:00.001Z')).toStrictEqual(['1'])
    expect(await hoursBy('2026-01-01T01:30:00.000Z')).toStrictEqual(['1'])
    expect(await hoursBy('2026-01-01T01:30:00.001Z')).toStrictEqual(['2'])
  })

  test('hours, days and months as they are cut by its window, in UTC', async () => {
    const world = billingWorld()
    world.image().available('2026-01-01')
    const periods = async (granularity: 'HOUR' | 'DAY' | 'MONTH', from: string, to: string) =>
      (await world.usage({ granularity, from, to })).lines.map(({ periodStart, periodEnd, billedHours }) => [
        new Date(periodStart).toISOString().slice(5, 16),
        new Date(periodEnd).toISOString().slice(5, 16),
        billedHours,
      ])
    expect(await periods('HOUR', '2026-01-31T22:00:00Z', '2026-02-01T00:00:00Z')).toStrictEqual([
      ['01-31T22:00', '01-31T23:00', '1'],
      ['01-31T23:00', '02-01T00:00', '1'],
    ])
    expect(await periods('DAY', '2026-01-31T22:00:00Z', '2026-02-01T03:00:00Z')).toStrictEqual([
      ['01-31T22:00', '02-01T00:00', '2'],
      ['02-01T00:00', '02-01T03:00', '3'],
    ])
    expect(await periods('MONTH', '2026-01-31T22:00:00Z', '2026-03-02T00:00:00Z')).toStrictEqual([
      ['01-31T22:00', '02-01T00:00', '2'],
      ['02-01T00:00', '03-01T00:00', '672'],
      ['03-01T00:00', '03-02T00:00', '24'],
    ])
  })

  test('the same totals as the month was sealed with, free of charge or not', async () => {
    const world = billingWorld()
    world.price({ rate: '0' })
    world.image().available('2026-01-01')
    const before = await world.usage(JANUARY)
    const { seal } = await world.seal('2026-01')
    expect(before.total).toStrictEqual(seal.totals)
  })
})

test.each([
  ['a sealed', [0, 1]],
  ['an open', [1, 2]],
])(
  'The last cent of claims that are alike goes by the first image of each, used in %s month',
  async (_, early) => {
    const world = billingWorld()
    world.price()
    const images = [40n, 80n, 40n].map((megabytes, place) =>
      world.image({ project: place === 1 ? ops : web, sizeBytes: megabytes * 1_000_000n }),
    )
    for (const [place, image] of images.entries()) {
      image.available(early.includes(place) ? '2026-01-01' : '2026-02-01')
      if (early.includes(place)) image.deleted('2026-02-01')
    }
    await world.seal('2026-01')
    expect((await world.usage({ to: '2026-03-01' })).shares).toStrictEqual([
      { project: ops, total: [{ amount: '0.00', currency: 'USD' }] },
      { project: web, total: [{ amount: '0.01', currency: 'USD' }] },
    ])
  },
)

describe('Of a month', () => {
  test('the forecast counts images, not lines, of which nobody knows what they cost', async () => {
    const world = billingWorld()
    world.price({ project: web })
    const [pending, unpriced] = [world.image({ sizeBytes: null }), world.image({ project: ops })]
    pending.available('2026-01-01')
    unpriced.available('2026-01-01')
    unpriced.promoted('2026-01-10')
    const { pendingSize, unpriced: without } = await world.billing.forecast(acme, null, millis('2026-01-20'))
    expect([pendingSize, without]).toStrictEqual([1, 1])
  })

  test('the forecast is of one account, and of chosen projects', async () => {
    const world = billingWorld()
    world.price({ rate: '31' })
    world.image().available('2026-01-01')
    world.image({ project: ops }).available('2026-01-01')
    world.image({ account: globex, project: lab }).available('2026-01-01')
    const noon = millis('2026-01-16T12:00:00Z')
    const usd = (amount: string) => [{ amount: `${amount}.000000000000000000`, currency: 'USD' }]
    expect(await world.billing.forecast(acme, new Set([web]), noon)).toStrictEqual({
      month: '2026-01',
      accrued: usd('15.5').map((money) => ({ ...money, amount: '15.500000000000000000' })),
      toCome: usd('15.5').map((money) => ({ ...money, amount: '15.500000000000000000' })),
      byMonthEnd: usd('31'),
      pendingSize: 0,
      unpriced: 0,
    })
    expect((await world.billing.forecast(acme, null, noon)).byMonthEnd).toStrictEqual(usd('62'))
  })

  test('the status is OPEN, CLOSING or SEALED, from the first month that anything was used in', async () => {
    const world = billingWorld()
    world.image().available('2026-01-20')
    await world.seal('2026-01')
    world.close('2026-02')
    const periods = world.billing.periods(acme, millis('2026-03-01'))
    expect(periods.map(({ month, status }) => [month, status])).toStrictEqual([
      ['2026-01', 'SEALED'],
      ['2026-02', 'CLOSING'],
      ['2026-03', 'OPEN'],
    ])
  })

  test('the prices in force are the most specific first', () => {
    const world = billingWorld()
    const all = world.price()
    const [later, ofAms, ofAcme, ofWeb] = [
      world.price({ from: '2026-02-01' }),
      world.price({ location: 'ams' as typeof fra }),
      world.price({ account: acme }),
      world.price({ project: web }),
    ]
    world.price({ location: fra })
    world.price({ account: globex })
    const at = (project: string | null, location: string | null, when: string) =>
      world.billing.pricesAt({ project, account: acme, location }, millis(when)).map(({ id }) => id)
    expect(at(web, 'ams', '2026-01-31T23:59:59.999Z')).toStrictEqual([ofWeb, ofAcme, ofAms, all])
    expect(at(web, 'ams', '2026-02-01')).toStrictEqual([ofWeb, ofAcme, ofAms, later])
    expect(at(null, null, '2026-02-01')).toStrictEqual([ofAcme, later])
  })
})
