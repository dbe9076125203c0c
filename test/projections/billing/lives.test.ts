import { describe, expect, test } from 'vitest'
import type { UsageLine } from '../../../src/projections/billing/report.ts'
import { type BillingWorld, billingWorld, GB } from '../../support/billing-world.ts'
import { globex, lab, ops, web } from '../../support/samples.ts'

/** What a line says of a correction, in short. */
const inShort = ({ billingPeriod, periodStart, project, priceId, causedBy, ...line }: UsageLine) => ({
  corrects: new Date(periodStart).toISOString().slice(0, 7),
  billedIn: billingPeriod,
  project,
  priceId,
  hours: line.billedHours,
  gbMonths: line.gbMonths,
  amount: line.amount,
  causedBy,
})

const correctionsIn = async (world: BillingWorld) =>
  (await world.usage()).lines.filter(({ status }) => status === 'CORRECTION').map(inShort)

const statusesIn = async (world: BillingWorld, month: string) =>
  (await world.usage()).lines
    .filter(({ billingPeriod }) => billingPeriod === month)
    .map(({ status, billedHours, amount }) => [status, billedHours, amount])

describe('What is free', () => {
  test('A stock image has no segments, and no line', async () => {
    const world = billingWorld()
    world.price()
    const stock = world.image({ official: true })
    stock.available('2026-01-01')
    stock.promoted('2026-01-02')
    stock.sizeReported('2026-01-03', 7n * GB)
    expect(world.db.prepare('SELECT * FROM segments').all()).toStrictEqual([])
    expect((await world.usage()).lines).toStrictEqual([])
  })

  test('An image that never becomes available has no line', async () => {
    const world = billingWorld()
    world.price()
    world.image().deleted('2026-01-05')
    expect((await world.usage()).lines).toStrictEqual([])
  })

  test('An image of another account is on no bill but its own', async () => {
    const world = billingWorld()
    world.price()
    world.image({ account: globex, project: lab }).available('2026-04-30T23:00:00Z')
    expect((await world.usage()).lines).toStrictEqual([])
    const lines = (await world.usage({ account: globex })).lines
    expect(lines.map(({ project, billedHours }) => [project, billedHours])).toStrictEqual([[lab, '1']])
  })
})

describe('What is learned of sealed months', () => {
  test('A late size is a correction that names its event, its month and the month that it is billed in', async () => {
    const world = billingWorld()
    const price = world.price()
    const image = world.image({ sizeBytes: 8n * GB })
    image.available('2026-01-01')
    await world.seal('2026-01')
    const late = image.sizeReported('2026-02-10', 10n * GB, '2026-01-01')
    expect(await correctionsIn(world)).toStrictEqual([
      {
        corrects: '2026-01',
        billedIn: '2026-02',
        project: web,
        priceId: price,
        hours: '0',
        gbMonths: '2.000000000000',
        amount: '0.100000000000000000',
        causedBy: late.id,
      },
    ])
  })

  test('A size that reaches back over two sealed months is a correction of each, in the first open one', async () => {
    const world = billingWorld()
    world.price()
    const image = world.image({ sizeBytes: 8n * GB })
    image.available('2026-01-01')
    await world.seal('2026-01')
    await world.seal('2026-02')
    image.sizeReported('2026-03-10', 4n * GB, '2026-01-16T12:00:00Z')
    const corrections = await correctionsIn(world)
    expect(
      corrections.map(({ corrects, billedIn, gbMonths }) => [corrects, billedIn, gbMonths]),
    ).toStrictEqual([
      ['2026-01', '2026-03', '-2.000000000000'],
      ['2026-02', '2026-03', '-4.000000000000'],
    ])
  })

  test('What comes after the draft of a month is too late for it, though it is not sealed yet', async () => {
    const world = billingWorld()
    world.price()
    const image = world.image({ sizeBytes: 8n * GB })
    image.available('2026-01-01')
    world.close('2026-01')
    const draft = world.draft('2026-01')
    const late = image.sizeReported('2026-02-03', 10n * GB, '2026-01-01')
    await world.sealWith(draft)
    const [correction, ...others] = await correctionsIn(world)
    expect([correction?.billedIn, correction?.gbMonths, correction?.causedBy, others]).toStrictEqual([
      '2026-02',
      '2.000000000000',
      late.id,
      [],
    ])
  })

  test('A correction that comes after the draft of its own month goes to the month after', async () => {
    const world = billingWorld()
    world.price()
    const image = world.image({ sizeBytes: 8n * GB })
    image.available('2026-01-01')
    await world.seal('2026-01')
    world.close('2026-02')
    const draft = world.draft('2026-02')
    image.sizeReported('2026-03-02', 10n * GB, '2026-01-01')
    expect((await correctionsIn(world)).map(({ billedIn }) => billedIn)).toStrictEqual(['2026-02'])
    await world.sealWith(draft)
    expect((await correctionsIn(world)).map(({ corrects, billedIn }) => [corrects, billedIn])).toStrictEqual([
      ['2026-01', '2026-03'],
      ['2026-02', '2026-03'],
    ])
  })

  test('A deletion that is told late gives hours back to those who paid them', async () => {
    const world = billingWorld()
    const price = world.price()
    const image = world.image({ sizeBytes: 31n * GB })
    image.available('2026-01-01')
    image.promoted('2026-01-11')
    await world.seal('2026-01')
    const late = image.deleted('2026-01-06')
    const common = { corrects: '2026-01', billedIn: '2026-02', priceId: price, causedBy: late.id }
    expect(await correctionsIn(world)).toStrictEqual([
      {
        ...common,
        project: null,
        hours: '-504',
        gbMonths: '-21.000000000000',
        amount: '-1.050000000000000000',
      },
      {
        ...common,
        project: web,
        hours: '-120',
        gbMonths: '-5.000000000000',
        amount: '-0.250000000000000000',
      },
    ])
  })

  test('Months of another account correct nothing here', async () => {
    const world = billingWorld()
    world.price()
    const image = world.image({ sizeBytes: 8n * GB })
    image.available('2026-01-01')
    await world.seal('2026-01', globex)
    image.sizeReported('2026-02-10', 10n * GB, '2026-01-01')
    expect(await correctionsIn(world)).toStrictEqual([])
    expect((await world.usage()).lines[0]?.gbMonths).toBe('10.000000000000')
  })
})

describe('What nobody knew when a month was sealed', () => {
  test('Without a size it is PENDING_SIZE, and the first report corrects it, hours and all', async () => {
    const world = billingWorld()
    world.price()
    const image = world.image({ sizeBytes: null })
    image.available('2026-01-31T20:00:00Z')
    await world.seal('2026-01')
    expect(await statusesIn(world, '2026-01')).toStrictEqual([['PENDING_SIZE', '4', null]])
    image.sizeReported('2026-02-10', 744n * GB)
    expect(await statusesIn(world, '2026-01')).toStrictEqual([['PENDING_SIZE', '4', null]])
    const corrections = await correctionsIn(world)
    expect(corrections.map(({ hours, gbMonths, amount }) => [hours, gbMonths, amount])).toStrictEqual([
      ['0', '4.000000000000', '0.200000000000000000'],
    ])
  })

  test('Hours that are given back without a size ever having been known have no amount, not 0.00', async () => {
    const world = billingWorld()
    world.price()
    const image = world.image({ sizeBytes: null })
    image.available('2026-01-31T20:00:00Z')
    await world.seal('2026-01')
    image.deleted('2026-01-31T22:00:00Z')
    const corrections = await correctionsIn(world)
    expect(corrections.map(({ hours, amount }) => [hours, amount])).toStrictEqual([['-2', null]])
  })

  test('Without a price it is UNPRICED, and a price set late takes the hours over', async () => {
    const world = billingWorld()
    world.image({ sizeBytes: 744n * GB }).available('2026-01-31T20:00:00Z')
    world.close('2026-01')
    const draft = world.draft('2026-01')
    const price = world.price()
    await world.sealWith(draft)
    expect(await statusesIn(world, '2026-01')).toStrictEqual([['UNPRICED', '4', null]])
    const causedBy = world.events.find(({ type }) => type === 'StorageRateSet')?.id
    const common = { corrects: '2026-01', billedIn: '2026-02', project: web, causedBy }
    expect(await correctionsIn(world)).toStrictEqual(
      expect.arrayContaining([
        { ...common, priceId: null, hours: '-4', gbMonths: '0.000000000000', amount: null },
        {
          ...common,
          priceId: price,
          hours: '4',
          gbMonths: '4.000000000000',
          amount: '0.200000000000000000',
        },
      ]),
    )
    expect(await correctionsIn(world)).toHaveLength(2)
  })
})

describe('What an image is called', () => {
  const namesIn = async (world: BillingWorld) =>
    (await world.usage({ to: '2026-02-01' })).lines.map(({ project, imageName }) => [project, imageName])

  test('is its last name, also for what was used under another', async () => {
    const world = billingWorld()
    const image = world.image({ name: 'debian' })
    image.available('2026-01-01')
    image.renamed('trixie')
    expect(await namesIn(world)).toStrictEqual([[web, 'trixie']])
  })

  test('is to a project that has it no longer what it was called while it had it', async () => {
    const world = billingWorld()
    const image = world.image({ name: 'debian' })
    image.available('2026-01-01')
    image.promoted('2026-01-05')
    image.renamed('golden')
    image.demoted('2026-01-09', ops)
    image.renamed('for-ops')
    expect(await namesIn(world)).toStrictEqual([
      [null, 'golden'],
      [ops, 'for-ops'],
      [web, 'debian'],
    ])
  })
})
