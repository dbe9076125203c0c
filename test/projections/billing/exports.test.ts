import { parse } from 'csv-parse/sync'
import { describe, expect, test } from 'vitest'
import type { ExportRequest } from '../../../src/projections/billing/exports/export.ts'
import { unitsOf } from '../../support/billing-decimals.ts'
import { type BillingWorld, billingWorld, GB } from '../../support/billing-world.ts'
import { acme, ops, web } from '../../support/samples.ts'

type Row = Readonly<Record<string, string>>
type Format = ExportRequest['format']

const rowsOf = (file: string): readonly Row[] => parse(file, { columns: true })
const exported = async (world: BillingWorld, format: Format, month = '2026-01') =>
  rowsOf(await world.exported(month, { format }))
const headingOf = async (world: BillingWorld, format: Format): Promise<readonly string[]> =>
  parse(await world.exported('2026-01', { format }))[0] ?? []

// As the rules name them (BILLING.md, exports).
const COMMON =
  `BilledCost, BillingAccountId, BillingAccountName, BillingCurrency, BillingPeriodEnd, BillingPeriodStart,
  ChargeCategory, ChargeClass, ChargeDescription, ChargeFrequency, ChargePeriodEnd, ChargePeriodStart, ConsumedQuantity,
  ConsumedUnit, ContractedCost, ContractedUnitPrice, EffectiveCost, ListCost, ListUnitPrice, PricingCategory,
  PricingQuantity, PricingUnit, InvoiceIssuerName, RegionId, RegionName, ResourceId, ResourceName, ResourceType,
  ServiceCategory, ServiceName, ServiceSubcategory, SkuId, SkuMeter, SkuPriceDetails, SkuPriceId, SubAccountId,
  SubAccountName, Tags`.split(/,\s+/)
const OF_VERSION = {
  '1.2': ['ProviderName', 'PublisherName'],
  '1.4': ['ServiceProviderName', 'HostProviderName', 'InvoiceDetailId'],
}
const focus = ['1.2', '1.4'] as const

/** Names that a spreadsheet would take for formulas, or that need quotes. */
const trying = {
  acme: '=HYPERLINK("http://evil.example")',
  web: '+1',
  ops: '-1, "quoted"',
  ams: '@SUM(A1)',
  provider: '\tClouds',
}

/** An image of 744 GB through the end of January, one of unknown size, one without a price, and a correction in February. */
const library = async () => {
  const world = billingWorld(trying)
  const price = world.price({ project: web, rate: '0.0725' })
  const image = world.image({ name: 'debian', sizeBytes: 744n * GB })
  const pending = world.image({ sizeBytes: null })
  const unpriced = world.image({ project: ops })
  for (const each of [image, pending, unpriced]) each.available('2026-01-30T12:30:00Z')
  await world.seal('2026-01')
  const late = image.sizeReported('2026-02-03', 1_488n * GB, '2026-01-31')
  return { world, price, image, pending, unpriced, late }
}

describe.each(focus)('FOCUS %s', (format) => {
  test('has exactly the columns that it is to have, its own last', async () => {
    const { world } = await library()
    const heading = await headingOf(world, format)
    const standard = heading.filter((column) => !column.startsWith('x_'))
    expect([...standard].sort()).toStrictEqual([...COMMON, ...OF_VERSION[format]].sort())
    expect(heading.slice(0, standard.length)).toStrictEqual(standard)
    expect(heading.slice(standard.length).length).toBeGreaterThan(0)
  })

  test('has a row an image and UTC day, and none for what has no amount', async () => {
    const { world, image } = await library()
    const rows = await exported(world, format)
    expect(
      rows.map((row) => [
        row['ResourceId'],
        row['ChargePeriodStart'],
        row['ChargePeriodEnd'],
        row['BilledCost'],
      ]),
    ).toStrictEqual([
      [image.id, '2026-01-30T00:00:00Z', '2026-01-31T00:00:00Z', '0.870000000000000000'],
      [image.id, '2026-01-31T00:00:00Z', '2026-02-01T00:00:00Z', '1.740000000000000000'],
    ])
  })

  test('says of a row what it is to say', async () => {
    const { world, price, image } = await library()
    const [row] = await exported(world, format)
    expect(row).toMatchObject({
      BillingAccountId: 'acme',
      BillingCurrency: 'USD',
      BillingPeriodStart: '2026-01-01T00:00:00Z',
      BillingPeriodEnd: '2026-02-01T00:00:00Z',
      ChargeCategory: 'Usage',
      ChargeClass: '',
      ChargeFrequency: 'Usage-Based',
      ConsumedQuantity: '8928',
      ConsumedUnit: 'GB-Hours',
      ContractedUnitPrice: '0.0725',
      ListUnitPrice: '0.0725',
      PricingCategory: 'Standard',
      PricingQuantity: '12.000000000000',
      PricingUnit: 'GB-Months',
      RegionId: 'ams',
      ResourceId: image.id,
      ResourceName: 'debian',
      ServiceCategory: 'Storage',
      ServiceSubcategory: 'Other (Storage)',
      SkuPriceId: price,
      SubAccountId: 'web',
    })
    expect(JSON.parse(row?.['Tags'] ?? '')).toStrictEqual({})
    expect(
      new Set(['BilledCost', 'ContractedCost', 'EffectiveCost', 'ListCost'].map((cost) => row?.[cost])).size,
    ).toBe(1)
  })

  test('has a correction as a row of its class, in the month that it is billed in', async () => {
    const { world, late } = await library()
    const rows = (await exported(world, format, '2026-02')).filter((row) => row['ChargeClass'] !== '')
    expect(rows.map((row) => row['ChargeClass'])).toStrictEqual(['Correction'])
    expect(rows[0]).toMatchObject({
      BillingPeriodStart: '2026-02-01T00:00:00Z',
      ChargePeriodStart: '2026-01-01T00:00:00Z',
      ChargePeriodEnd: '2026-02-01T00:00:00Z',
      ChargeDescription: 'Correction of 2026-01: storage of image debian',
      PricingQuantity: '24.000000000000',
      BilledCost: '1.740000000000000000',
      x_CausedBy: late.id,
    })
  })

  test('has costs that are price times quantity to the last digit, and times in whole seconds', async () => {
    const { world } = await library()
    world.price({
      project: web,
      rate: '0.123457',
      from: '2026-02-10T00:00:00Z',
      unit: 'GIB',
      hoursBasis: 'H730',
    })
    world.price({ project: ops, rate: '999999.999999', hourPolicy: 'EXACT', from: '2026-02-01' })
    const rows = [...(await exported(world, format)), ...(await exported(world, format, '2026-02'))]
    expect(rows.length).toBeGreaterThan(28)
    for (const row of rows) {
      const [price, quantity] = [row['ContractedUnitPrice'] ?? '', row['PricingQuantity'] ?? '']
      expect(unitsOf(row['ContractedCost'] ?? '', 18)).toBe(unitsOf(price, 6) * unitsOf(quantity, 12))
      for (const [column, value] of Object.entries(row))
        if (/Period(?:Start|End)$/.test(column)) expect(value).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    }
  })

  test('says GiB wherever the price is for GiB', async () => {
    const world = billingWorld()
    world.price({ unit: 'GIB' })
    world.image({ sizeBytes: 2n ** 30n }).available('2026-01-31')
    const [row] = await exported(world, format)
    expect([row?.['ConsumedUnit'], row?.['ConsumedQuantity'], row?.['PricingUnit']]).toStrictEqual([
      'GiB-Hours',
      '24',
      'GiB-Months',
    ])
  })

  test('leaves what is the account itself without a project', async () => {
    const world = billingWorld()
    world.price()
    const image = world.image()
    image.available('2026-01-31')
    image.promoted('2026-01-31')
    const [row] = await exported(world, format)
    expect([row?.['SubAccountId'], row?.['SubAccountName']]).toStrictEqual(['', ''])
  })

  test('guards against formulas in what people chose, and only there', async () => {
    const { world } = await library()
    const [row] = await exported(world, format)
    const issuers =
      format === '1.2' ? ['ProviderName', 'PublisherName'] : ['ServiceProviderName', 'HostProviderName']
    for (const column of ['InvoiceIssuerName', ...issuers]) expect(row?.[column]).toBe("'\tClouds")
    expect(row?.['BillingAccountName']).toBe(`'${trying.acme}`)
    expect([row?.['SubAccountName'], row?.['RegionName']]).toStrictEqual(["'+1", "'@SUM(A1)"])
    const [correction] = (await exported(world, format, '2026-02')).filter(
      (each) => each['ChargeClass'] !== '',
    )
    expect(correction?.['ResourceName']).toBe('debian')
  })
})

describe('The usage file', () => {
  test('has every line of the report, also those without an amount', async () => {
    const { world, image, pending, unpriced } = await library()
    const rows = await exported(world, 'USAGE')
    const seen = rows.map((row) => [
      row['image_id'],
      row['status'],
      row['billed_hours'],
      row['amount'],
      row['rate'],
    ])
    expect(seen).toStrictEqual([
      [image.id, 'SEALED', '36', '2.610000000000000000', '0.0725'],
      [pending.id, 'PENDING_SIZE', '36', '', '0.0725'],
      [unpriced.id, 'UNPRICED', '36', '', ''],
    ])
    const { lines } = await world.usage({ to: '2026-02-01' })
    expect(rows.map((row) => row['line_id']).sort()).toStrictEqual(lines.map(({ id }) => id).sort())
  })

  test('names the month that is billed, and for a correction what it corrects and was learned by', async () => {
    const { world, late } = await library()
    const [row, ...others] = (await exported(world, 'USAGE', '2026-02')).filter(
      (each) => each['status'] === 'CORRECTION',
    )
    expect(others).toStrictEqual([])
    expect(row).toMatchObject({
      billing_period: '2026-02',
      period_start: '2026-01-01T00:00:00.000Z',
      period_end: '2026-02-01T00:00:00.000Z',
      gb_months: '24.000000000000',
      caused_by: late.id,
    })
  })

  test('ends lines as RFC 4180 has it, and quotes what needs quotes', async () => {
    const { world } = await library()
    const file = await world.exported('2026-01')
    expect(file.endsWith('\r\n')).toBe(true)
    expect(file.split('\r\n')).toHaveLength(5)
    expect(file).toContain(`,ops,"'-1, ""quoted""",`)
    expect(file).toContain(`,acme,"'=HYPERLINK(""http://evil.example"")",`)
  })

  test('says GiB where the price is for GiB', async () => {
    const world = billingWorld()
    world.price({ unit: 'GIB' })
    world.image({ sizeBytes: 2n ** 30n }).available('2026-01-31')
    const [row] = await exported(world, 'USAGE')
    expect(Object.values(row ?? {}).filter((value) => /^GiB/.test(value))).not.toStrictEqual([])
  })

  test('is nothing but its heading where nothing was used', async () => {
    const world = billingWorld()
    expect(await exported(world, 'USAGE')).toStrictEqual([])
    expect((await headingOf(world, 'USAGE')).slice(0, 3)).toStrictEqual([
      'line_id',
      'status',
      'billing_period',
    ])
  })

  test('tells chosen projects of what they own alone', async () => {
    const { world, unpriced } = await library()
    const rows = rowsOf(await world.exported('2026-01', { projects: new Set([ops]) }))
    expect(rows.map((row) => row['image_id'])).toStrictEqual([unpriced.id])
  })
})

test('A file of a sealed month has the names of then, one of an open month those of now', async () => {
  const { world, image } = await library()
  const before = await world.exported('2026-01')
  image.renamed('trixie')
  world.record('project-late', { type: 'ProjectCreated', data: { account: acme, name: 'Late' } })
  expect(await world.exported('2026-01')).toBe(before)
  const open = await exported(world, 'USAGE', '2026-02')
  expect(
    new Set(open.filter((row) => row['project_id'] === web).map((row) => row['image_name'])),
  ).toStrictEqual(new Set(['trixie', 'image-2']))
})
