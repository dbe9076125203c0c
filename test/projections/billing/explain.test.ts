import { describe, expect, test } from 'vitest'
import type { UsageLine } from '../../../src/projections/billing/report.ts'
import { type BillingWorld, billingWorld, GB, millis } from '../../support/billing-world.ts'
import { acme, globex, ops, web } from '../../support/samples.ts'

const END = millis('2026-05-01')
const anybody = () => true

const present = <Value>(value: Value | null | undefined): Value => {
  if (value === null || value === undefined) throw new Error('There is none')
  return value
}

const lineIn = async (world: BillingWorld, which: (line: UsageLine) => boolean): Promise<UsageLine> =>
  present((await world.usage()).lines.find(which))

const january = ({ periodStart, status }: UsageLine) =>
  periodStart === millis('2026-01-01') && status !== 'CORRECTION'
const february = ({ periodStart, status }: UsageLine) =>
  periodStart === millis('2026-02-01') && status !== 'CORRECTION'
const correction = ({ status }: UsageLine) => status === 'CORRECTION'

const explained = async (world: BillingWorld, which: (line: UsageLine) => boolean) =>
  present(await world.billing.explain((await lineIn(world, which)).id, anybody, END))

const refTo = (event: ReturnType<BillingWorld['record']>) => ({
  id: event.id,
  type: event.type,
  position: String(event.position),
})

describe('A line is explained', () => {
  test('by its formula, with every operand', async () => {
    const world = billingWorld()
    world.price({ rate: '0.0725' })
    world.image({ sizeBytes: 500n * GB }).available('2026-01-31T14:30:00Z')
    expect((await explained(world, january)).formula).toBe(
      '5000000000000 byte-hours ÷ (1000000000 bytes × 744 hours of the month) = 6.720430107527 GB-months, rounded cumulatively as the steps show; × 0.0725 USD = 0.487231182795707500 USD.',
    )
  })

  test('in GiB where the price is for GiB', async () => {
    const world = billingWorld()
    world.price({ unit: 'GIB' })
    world.image({ sizeBytes: 2n ** 30n }).available('2026-01-01')
    expect((await explained(world, january)).formula).toBe(
      '798863917056 byte-hours ÷ (1073741824 bytes × 744 hours of the month) = 1.000000000000 GiB-months, rounded cumulatively as the steps show; × 0.05 USD = 0.050000000000000000 USD.',
    )
  })

  test('without an amount where no price applies, and where nobody has said how many bytes', async () => {
    const world = billingWorld()
    world.price({ project: ops })
    world.image({ sizeBytes: 7n }).available('2026-01-31T23:00:00Z')
    world.image({ project: ops, sizeBytes: null }).available('2026-01-31T23:00:00Z')
    const unpriced = await explained(world, (line) => january(line) && line.project === web)
    expect(unpriced.formula).toBe('7 byte-hours, and no price applies: no amount.')
    expect([unpriced.price, unpriced.overridden, unpriced.priceReason]).toStrictEqual([
      null,
      [],
      'No price is in force for this project, account or location, nor for everybody.',
    ])
    const pending = await explained(world, (line) => january(line) && line.project === ops)
    expect(pending.formula).toBe('The hours count; nobody has said how many bytes: no amount yet.')
  })

  test('by the price that applies and why, with those that it overrides', async () => {
    const world = billingWorld()
    const all = world.price()
    const ofAcme = world.price({ account: acme, rate: '0.04' })
    const ofWeb = world.price({ project: web, rate: '0.03', from: '2025-06-01' })
    world.price({ project: ops, rate: '0.02' })
    world.image().available('2026-01-01')
    const { price, priceReason, overridden } = await explained(world, january)
    expect([price?.id, overridden.map(({ id }) => id)]).toStrictEqual([ofWeb, [ofAcme, all]])
    expect(priceReason).toBe(
      'It is set for project web from 2025-06-01T00:00:00.000Z on, and the most specific one in force: project before account before location before everybody.',
    )
  })

  test('step by step, each with the events that opened and closed it', async () => {
    const world = billingWorld()
    world.price()
    const image = world.image({ sizeBytes: 744n * GB })
    const available = image.available('2026-01-31T20:00:00Z')
    const grown = image.sizeReported('2026-01-31T22:00:00Z', 1_488n * GB)
    const deleted = image.deleted('2026-01-31T23:00:00Z')
    const { steps } = await explained(world, january)
    expect(steps).toStrictEqual([
      {
        from: millis('2026-01-31T20:00:00Z'),
        to: millis('2026-01-31T22:00:00Z'),
        openedBy: refTo(available),
        closedBy: refTo(grown),
        sizeBytes: 744n * GB,
        billedHours: '2',
        byteHours: '1488000000000',
        cumulated: '2/1',
        roundedBefore: '0.000000000000',
        roundedAfter: '2.000000000000',
        posted: '2.000000000000',
      },
      {
        from: millis('2026-01-31T22:00:00Z'),
        to: millis('2026-01-31T23:00:00Z'),
        openedBy: refTo(grown),
        closedBy: refTo(deleted),
        sizeBytes: 1_488n * GB,
        billedHours: '1',
        byteHours: '1488000000000',
        cumulated: '4/1',
        roundedBefore: '2.000000000000',
        roundedAfter: '4.000000000000',
        posted: '2.000000000000',
      },
    ])
  })

  test('from what it was sealed with, whatever is known today', async () => {
    const world = billingWorld()
    world.price()
    const image = world.image({ sizeBytes: 744n * GB })
    image.available('2026-01-01')
    await world.seal('2026-01')
    image.deleted('2026-01-15')
    const { line, steps } = await explained(world, january)
    expect([line.status, line.billedHours]).toStrictEqual(['SEALED', '744'])
    expect(steps.map(({ billedHours, posted, closedBy }) => [billedHours, posted, closedBy])).toStrictEqual([
      ['744', '744.000000000000', null],
    ])
  })
})

describe('A correction is explained', () => {
  const corrected = async () => {
    const world = billingWorld()
    world.price()
    const image = world.image({ sizeBytes: 8n * GB })
    image.available('2026-01-01')
    await world.seal('2026-01')
    const late = image.sizeReported('2026-02-10', 10n * GB, '2026-01-01')
    return { world, image, late }
  }

  test('by the event that it was learned by, as a difference without steps', async () => {
    const { world, late } = await corrected()
    const { cause, steps, formula, corrections, corrects } = await explained(world, correction)
    expect([cause, steps, corrections]).toStrictEqual([refTo(late), [], []])
    expect(corrects).toStrictEqual(await lineIn(world, january))
    expect(formula).toBe(
      '10.000000000000 GB-months by a rating of the month with what was learned − 8.000000000000 billed until then = 2.000000000000; × 0.05 USD = 0.100000000000000000 USD, billed in 2026-02.',
    )
  })

  test('beside the line that it corrects, which names it, while others do not', async () => {
    const { world } = await corrected()
    const line = await lineIn(world, correction)
    expect((await explained(world, january)).corrections).toStrictEqual([line])
    expect((await explained(world, february)).corrections).toStrictEqual([])
  })

  test('with the other corrections of its month, sealed or not', async () => {
    const { world, image } = await corrected()
    await world.seal('2026-02')
    image.sizeReported('2026-03-10', 11n * GB, '2026-01-01')
    const [first, second, ...others] = (await world.usage()).lines.filter(
      (line) => correction(line) && line.periodStart === millis('2026-01-01'),
    )
    expect(others).toStrictEqual([])
    const of = async (line: UsageLine | undefined) =>
      present(await world.billing.explain(present(line).id, anybody, END))
    expect((await of(first)).corrections).toStrictEqual([second])
    expect((await of(second)).corrections).toStrictEqual([first])
  })
})

describe('Nothing is explained', () => {
  test('to those who may not read the line, nor of corrections that they may not read', async () => {
    const world = billingWorld()
    world.price()
    const image = world.image({ sizeBytes: 8n * GB })
    image.available('2026-01-01')
    image.promoted('2026-01-16')
    await world.seal('2026-01')
    image.sizeReported('2026-02-10', 10n * GB, '2026-01-01')
    const { id } = await lineIn(world, (line) => january(line) && line.project === web)
    const asked: unknown[] = []
    const mayRead = (account: string, project: string | null) => {
      asked.push([account, project])
      return project === web
    }
    const { corrections } = present(await world.billing.explain(id, mayRead, END))
    expect(corrections.map(({ project }) => project)).toStrictEqual([web])
    expect(asked).toContainEqual([acme, web])
    expect(await world.billing.explain(id, (account) => account === globex, END)).toBe(null)
  })

  test('of what is no line', async () => {
    const world = billingWorld()
    world.price()
    world.image().available('2026-01-01')
    const { id, image } = await lineIn(world, january)
    const [begin, end] = [millis('2026-01-01') / 1_000, millis('2026-02-01') / 1_000]
    expect(id.startsWith(`${image}.${begin}.${end}.`)).toBe(true)
    const hash = id.slice(-32)
    const wrong = [
      '',
      'nothing',
      `${id}0`,
      id.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')),
      `${image}.${end}.${begin}.${hash}`,
      `${image}.${begin}.${begin}.${hash}`,
      `${image}.${begin}.${end + 1}.${hash}`,
      `${image}.0.999999999999.${hash}`,
      `00000000-0000-4000-8000-000000000000.${begin}.${end}.${hash}`,
    ]
    for (const each of wrong) expect(await world.billing.explain(each, anybody, END)).toBe(null)
  })

  test('of what has not begun', async () => {
    const world = billingWorld()
    world.price()
    world.image().available('2026-01-01')
    const { id } = await lineIn(world, february)
    expect(await world.billing.explain(id, anybody, millis('2026-01-31T23:00:00Z'))).toBe(null)
    expect((await world.billing.explain(id, anybody, millis('2026-02-01T01:00:00Z')))?.line.billedHours).toBe(
      '1',
    )
  })
})
