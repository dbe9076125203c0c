import { expect, test } from 'vitest'
import {
  amountsOf,
  closeMonth,
  exact,
  explained,
  type Line,
  linesOf,
  named,
  periodsOf,
  placed,
  reportSize,
  rowsOf,
  sectionOf,
  setPrice,
  total,
  whenSealed,
} from '../support/billing-journey.ts'
import { command, imageOf } from '../support/library.ts'
import { successiveServices } from '../support/service.ts'
import { type Person, tokens } from '../support/tokens.ts'

const GB = 10n ** 9n
const GiB = 2n ** 30n
const recovery = { DELETE_RECOVERY_HOURS: '24' }

type Start = Awaited<ReturnType<typeof successiveServices>>

/**
 * March 2026, of 744 hours, from its 10th on, until the 2nd of April. For everybody a GB costs 0.04 EUR, for account acme 0.03
 * from the 20th on, for project ops a GiB 0.06 in a month of 730 hours.
 */
const liveThroughMarch = async (start: Start) => {
  const at = (clock: string) => start({ ...recovery, CLOCK_START: clock })
  let service = await at('2026-03-10T00:00:00Z')
  const as = (person: Person, mutation: string, image: string) =>
    command(service, tokens[person], mutation, { image })
  const everybody = await setPrice(service, '0.04', '2026-01-01T00:00:00Z')
  const ofAccount = await setPrice(service, '0.03', '2026-03-20T00:00:00Z', { account: 'acme' })
  const ofOps = await setPrice(service, '0.06', '2026-03-01T00:00:00Z', {
    project: 'ops',
    unit: 'GIB',
    hoursBasis: 'H730',
  })
  const images = {
    base: await placed(service, 'base'),
    kept: await placed(service, 'kept'),
    brief: await placed(service, 'brief'),
    moved: await placed(service, 'moved'),
    grown: await placed(service, 'grown'),
    tool: await placed(service, 'tool', 'otherProject', { project: 'ops' }),
    stock: await placed(service, 'stock', 'operator', { official: true }),
  }
  const sizes = { base: 100n * GB, kept: 7n * GB, brief: 3n * GB, moved: 10n * GB, tool: 50n * GiB } as const
  for (const [name, size] of Object.entries(sizes))
    await reportSize(
      service,
      images[name as keyof typeof sizes],
      size,
      '2026-03-10T00:00:00Z',
      '2026-03-10T00:00:00Z',
    )

  service = await at('2026-03-15T06:30:00Z')
  for (const image of [images.brief, images.kept])
    expect(await as('collaborator', 'imageDelete', image)).toMatchObject({ status: 'DELETING' })
  expect((await as('accountAdmin', 'imagePromote', images.moved)).__typename).toBe('Image')

  service = await at('2026-03-15T18:30:00Z')
  expect(await as('collaborator', 'imageRestore', images.kept)).toMatchObject({ status: 'AVAILABLE' })

  service = await at('2026-04-02T00:00:00Z')
  await reportSize(service, images.grown, 200n * GB, '2026-03-18T09:00:00Z')
  return { service, at, images, prices: { everybody, ofAccount, ofOps } }
}

/** Closes March on the 2nd of April, and waits until the reaction has sealed it three days later. */
const seal = async ({ service, at }: Awaited<ReturnType<typeof liveThroughMarch>>) => {
  expect(await closeMonth(service, '2026-03')).toMatchObject({ month: '2026-03', status: 'CLOSING' })
  const later = await at('2026-04-05T01:30:00Z')
  await whenSealed(later, '2026-03')
  return later
}

/*
 * BILLING.md by hand. All images became available at 2026-03-10T00:00 and some seconds, A; hours begin at A + k h.
 *
 * base, 100 GB. Until the 20th ceil(240 h - some seconds) = 240 hours begin, and until April ceil(528 h - …) - 240 = 288.
 *   24000 GB-hours ÷ 744 = 32.2580645161290|3 → 32.258064516129, × 0.04 = 1.29032258064516
 *   52800 GB-hours ÷ 744 = 70.9677419354838|7 → 70.967741935484, less 32.258064516129 = 38.709677419355, × 0.03 = 1.16129032258065
 * kept, 7 GB: as if its deletion had not been asked for.
 *   1680 ÷ 744 = 2.258064516129|0 × 0.04 = 0.09032258064516; 3696 ÷ 744 = 4.967741935483|9 → …484, less …129 = 2.709677419355, × 0.03
 * brief, 3 GB: 126.5 hours after the others it is deleted: 127 hours have begun. 381 ÷ 744 = 0.512096774193|5 → …194, × 0.04
 * moved, 10 GB: promoted at the same time. 1270 ÷ 744 = 1.706989247311|8 → …312 for web; (240 - 127) hours at 0.04 and 288 at 0.03
 *   for the account: 2400 ÷ 744 = 3.225806451612|9 → …613, less …312 = 1.518817204301; 5280 ÷ 744 = 7.096774193548|4 → …548, less …613
 * tool, 50 GiB: 528 hours. 26400 GiB-hours ÷ 730 = 36.164383561643|8 → …644, × 0.06 = 2.16986301369864
 * grown: 20000 bytes for ceil(201 h - some seconds) = 201 hours, until the 18th at 9, 200 GB for the 39 until the 20th.
 *   20000 × 201 + 200 × 10^9 × 39 = 7800004020000 byte-hours, ÷ 744 × 10^9 = 10.483876370967|7 → …968, × 0.04 = 0.41935505483872
 *   57600 GB-hours more ÷ 744: 87.903225…, less 10.483876370968 = 77.419354838709, × 0.03 = 2.32258064516127
 * stock: free.
 */
const march = {
  'base everybody web': ['240', '24000', '32.258064516129', '1.290322580645160000'],
  'base ofAccount web': ['288', '28800', '38.709677419355', '1.161290322580650000'],
  'brief everybody web': ['127', '381', '0.512096774194', '0.020483870967760000'],
  'grown everybody web': ['240', '7800.00402', '10.483876370968', '0.419355054838720000'],
  'grown ofAccount web': ['288', '57600', '77.419354838709', '2.322580645161270000'],
  'kept everybody web': ['240', '1680', '2.258064516129', '0.090322580645160000'],
  'kept ofAccount web': ['288', '2016', '2.709677419355', '0.081290322580650000'],
  'moved everybody web': ['127', '1270', '1.706989247312', '0.068279569892480000'],
  'moved everybody -': ['113', '1130', '1.518817204301', '0.060752688172040000'],
  'moved ofAccount -': ['288', '2880', '3.870967741935', '0.116129032258050000'],
  'tool ofOps ops': ['528', '26400', '36.164383561644', '2.169863013698640000'],
} as const
/** The amounts above, added up. */
const MARCH = '7.800669681440580000'

test('a month comes to what it does by hand, and its report, its files and its explanations agree to the last digit', async () => {
  const lived = await liveThroughMarch(await successiveServices())
  const { prices, images } = lived
  const open = await sectionOf(lived.service, '2026-03')
  expect(named(open.lines, prices)).toStrictEqual(march)
  expect([...new Set(open.lines.map(({ status }) => status))]).toStrictEqual(['ACCRUING'])

  const service = await seal(lived)
  const { lines, total: invoice, shares } = await sectionOf(service, '2026-03')
  expect(lines).toStrictEqual(open.lines.map((line) => ({ ...line, status: 'SEALED' })))
  expect(amountsOf(lines)).toBe(exact(MARCH))
  // web 5.453…, the account 0.176…, ops 2.169…: two cents are left, for the largest remainders.
  expect(invoice).toStrictEqual([{ amount: '7.80', currency: 'EUR' }])
  expect(shares).toStrictEqual([
    { project: null, total: [{ amount: '0.18', currency: 'EUR' }] },
    { project: { id: 'ops' }, total: [{ amount: '2.17', currency: 'EUR' }] },
    { project: { id: 'web' }, total: [{ amount: '5.45', currency: 'EUR' }] },
  ])

  for (const granularity of ['DAY', 'HOUR']) {
    const cut = await linesOf(service, '2026-03', { granularity })
    expect(cut.length).toBeGreaterThan(7 * 5)
    for (const line of lines) {
      const parts = cut.filter(
        ({ imageId, priceId, project }) =>
          imageId === line.imageId && priceId === line.priceId && project?.id === line.project?.id,
      )
      for (const field of ['billedHours', 'byteHours', 'gbMonths', 'amount'] as const)
        expect(total(parts.map((part) => part[field]))).toBe(exact(line[field]))
    }
    expect(amountsOf(cut)).toBe(exact(MARCH))
  }
  for (const groupBy of ['SECTION', 'PROJECT', 'PRICE'])
    expect(amountsOf(await linesOf(service, '2026-03', { groupBy: [groupBy] }))).toBe(exact(MARCH))

  const usage = await rowsOf(service, 'usage.csv', '2026-03')
  const inFile = (of: Line) => [of.id, of.billedHours, of.byteHours, of.gbMonths, of.amount, of.rate]
  expect(
    usage
      .map((row) =>
        ['line_id', 'billed_hours', 'byte_hours', 'gb_months', 'amount', 'rate'].map((key) => row[key]),
      )
      .sort(),
  ).toStrictEqual(lines.map(inFile).sort())
  const days = await linesOf(service, '2026-03', { granularity: 'DAY' })
  for (const file of ['focus-1.2.csv', 'focus-1.4.csv'] as const) {
    const rows = await rowsOf(service, file, '2026-03')
    expect(
      rows
        .map((row) => [row['x_LineId'], row['BilledCost'], row['PricingQuantity'], row['SkuPriceId']])
        .sort(),
    ).toStrictEqual(days.map((day) => [day.id, day.amount, day.gbMonths, day.priceId]).sort())
    for (const row of rows)
      expect(exact(row['ContractedCost'] ?? '') * 10n ** 18n).toBe(
        exact(row['ContractedUnitPrice'] ?? '') * exact(row['PricingQuantity'] ?? ''),
      )
  }

  const explanations = await Promise.all(lines.map(({ id }) => explained(service, id)))
  expect(explanations.map(({ line }) => line)).toStrictEqual(lines)
  for (const { line, steps, price } of explanations) {
    expect(price?.id).toBe(line.priceId)
    expect(total(steps.map(({ gbMonths }) => gbMonths))).toBe(exact(line.gbMonths))
    expect(total(steps.map(({ byteHours }) => byteHours))).toBe(exact(line.byteHours))
    for (const { roundedAfter, roundedBefore, gbMonths } of steps)
      expect(exact(roundedAfter) - exact(roundedBefore)).toBe(exact(gbMonths))
  }
  const grown = explanations.find(
    ({ line }) => line.imageId === images.grown && line.priceId === prices.everybody,
  )
  expect(
    grown?.steps.map(({ sizeBytes, billedHours, openedBy, closedBy }) => [
      sizeBytes,
      billedHours,
      openedBy.type,
      closedBy?.type,
    ]),
  ).toStrictEqual([
    ['20000', '201', 'ImageBecameAvailable', 'ImageSizeReported'],
    ['200000000000', '39', 'ImageSizeReported', undefined],
  ])
  // By then 98 hours of April have begun: 9800 GB-hours ÷ 720 = 13.611111111111|1, × 0.03 = 0.40833333333333.
  expect(
    await imageOf(
      service,
      images.base,
      'april: cost { amount currency } march: cost(since: "2026-03-01T00:00:00Z") { amount currency }',
    ),
  ).toStrictEqual({
    april: { amount: '0.408333333333330000', currency: 'EUR' },
    march: { amount: '2.859946236559140000', currency: 'EUR' },
  })
  expect(await imageOf(service, images.stock, 'cost { amount }')).toStrictEqual({ cost: null })
  // Each day of an image that changed its owner and its price.
  const moving = days.filter(({ imageId }) => imageId === images.moved)
  expect(moving).toHaveLength(23)
  for (const day of moving) {
    const { line, steps } = await explained(service, day.id)
    expect(line).toStrictEqual(day)
    expect(total(steps.map(({ gbMonths }) => gbMonths))).toBe(exact(day.gbMonths))
  }
  const [period] = await periodsOf(service)
  expect(period).toMatchObject({ lines: 11, pendingSize: 0, unpriced: 0, total: invoice })
})
