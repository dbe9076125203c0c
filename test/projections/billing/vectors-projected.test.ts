import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { gcd } from '../../../src/domain/kernel/decimal.ts'
import type { AccountId, LocationId, ProjectId } from '../../../src/domain/kernel/ids.ts'
import { endOfMonth, type Month, startOfMonth } from '../../../src/domain/kernel/month.ts'
import type { Usage } from '../../../src/projections/billing/billing.ts'
import type { UsageLine } from '../../../src/projections/billing/report.ts'
import { unitsOf } from '../../support/billing-decimals.ts'
import { type BilledImage, type BillingWorld, billingWorld } from '../../support/billing-world.ts'
import { ops, web } from '../../support/samples.ts'

// The worked examples once more, and more of the kind: as events of the ledger through the projection to the report. What the
// expected values of own-vectors.json say was reckoned hour by hour in fractions, apart from the program.

type Row = Readonly<Record<string, string>>
interface Expected {
  readonly sealed?: readonly object[]
  readonly lines?: readonly object[]
  readonly adjustments?: readonly object[]
  readonly invoice?: readonly object[]
  readonly shares?: readonly object[]
}
interface Vector {
  readonly id: string
  readonly title: string
  readonly hourPolicy: 'STARTED_HOUR' | 'EXACT'
  readonly asOf: string | null
  readonly priceBook: readonly Row[]
  readonly seal?: { readonly period: Month; readonly sealedAt: string }
  readonly events: readonly Row[]
  readonly expected: Expected
}
const vectorsOf = (file: string): readonly Vector[] =>
  JSON.parse(readFileSync(`test/fixtures/billing/${file}`, 'utf8')).vectors

/** The vectors' names for projects, and those of the world. */
const projects = new Map([
  ['prj-A', web],
  ['prj-B', ops],
])
const projectOf = (name: string | undefined): ProjectId => projects.get(name ?? '') ?? web

/** A vector while it is played: what its names stand for. */
interface Played {
  readonly world: BillingWorld
  readonly images: Map<string, BilledImage>
  readonly prices: Map<string, string>
  readonly events: Map<string, ReturnType<BillingWorld['record']>>
}

const priced = ({ world, prices }: Played, row: Row, hourPolicy: Vector['hourPolicy']): void => {
  const basis = row['hoursBasis']
  const id = world.price({
    rate: row['ratePerGbMonth'] ?? '',
    from: row['effectiveFrom'] ?? '',
    currency: row['currency'] ?? '',
    unit: row['unitBytes'] === '1000000000' ? 'GB' : 'GIB',
    hoursBasis: basis === '730' ? 'H730' : basis === '720' ? 'H720' : 'CALENDAR',
    hourPolicy,
    project: row['project'] === undefined ? null : projectOf(row['project']),
    account: (row['account'] ?? null) as AccountId | null,
    location: (row['location'] ?? null) as LocationId | null,
  })
  prices.set(row['id'] ?? '', id)
}

const registered = ({ world, images }: Played, { imageId = '', ...row }: Row): void => {
  images.set(
    imageId,
    world.image({
      project: projectOf(row['projectId']),
      location: (row['locationId'] ?? 'ams') as LocationId,
      official: row['kind'] === 'STOCK',
      sizeBytes: BigInt(row['sizeBytes'] ?? 0),
    }),
  )
}

const tell = (image: BilledImage, row: Row) => {
  const { occurredAt: at = '', sizeBytes = '', effectiveFrom = null } = row
  switch (row['type']) {
    case 'ImageAvailable':
      return image.available(at)
    case 'ImageSizeReported':
      return image.sizeReported(at, BigInt(sizeBytes), effectiveFrom)
    case 'ImagePromoted':
      return image.promoted(at)
    case 'ImageDemoted':
      return image.demoted(at, projectOf(row['projectId']))
    case 'ImageDeleted':
      return image.deleted(at)
    case 'ImageRestored':
      return image.restored(at)
    case 'ImageDeactivated':
      return image.tell({ type: 'ImageDeactivated', data: { by: 'OWNER' } }, at)
    case 'ImageHidden':
      return image.tell(
        { type: 'ImageVisibilityChanged', data: { from: 'SHARED', visibility: 'PRIVATE' } },
        at,
      )
    case 'ImageDeprecated':
      return image.tell(
        {
          type: 'ImageDeprecated',
          data: { replacement: null, reason: null, obsoleteAt: null, deleteAt: null },
        },
        at,
      )
    default:
      throw new Error(`Nobody knows what ${row['type']} is`)
  }
}

const play = async (vector: Vector): Promise<Played> => {
  const played: Played = {
    world: billingWorld(),
    images: new Map(),
    prices: new Map(),
    events: new Map(),
  }
  const { world, images, events } = played
  for (const row of vector.priceBook) priced(played, row, vector.hourPolicy)
  for (const row of vector.events)
    if (row['type'] === 'ImageAvailable' && !images.has(row['imageId'] ?? '')) registered(played, row)
  const recorded = (row: Row): void => {
    const { id = '', imageId = '' } = row
    const before = events.get(id)
    const image = images.get(imageId)
    if (image === undefined) throw new Error(`${imageId} is never available`)
    if (before === undefined) events.set(id, tell(image, row))
    else world.again(before)
  }
  const { seal } = vector
  const inTime = (row: Row) => seal === undefined || (row['recordedAt'] ?? '') <= seal.sealedAt
  for (const row of vector.events) if (inTime(row)) recorded(row)
  if (seal !== undefined) await world.seal(seal.period)
  for (const row of vector.events) if (!inTime(row)) recorded(row)
  return played
}

const nameOf = (names: ReadonlyMap<string, { readonly id: string } | string>, id: string | null) =>
  [...names].find(([, named]) => (typeof named === 'string' ? named : named.id) === id)?.[0] ?? null

const monthText = (instant: number) => new Date(instant).toISOString().slice(0, 7)
const fraction = (numerator: bigint, denominator: bigint) => {
  const common = gcd(numerator, denominator)
  return `${numerator / common}/${denominator / common}`
}

/** A line of the report in the words of the vectors. */
const inVectorWords = (vector: Vector, { images, prices }: Played, line: UsageLine) => {
  const priceId = nameOf(prices, line.priceId)
  const { hoursInMonth, billedHours, status, amount, gbHours, gbMonths, rate, currency } = line
  const common = {
    period: monthText(line.periodStart),
    project: nameOf(projects, line.project),
    imageId: nameOf(images, line.image),
    priceId,
    hoursInMonth,
    billedHours,
  }
  if (status === 'PENDING_SIZE') return { ...common, status, amount }
  const bytes = unitsOf(line.byteHours, 3)
  const byteHours = vector.hourPolicy === 'EXACT' ? fraction(bytes, 1_000n) : line.byteHours
  if (rate === null) return { ...common, status, byteHours, gbHours, gbMonths, rate, currency, amount }
  const unitBytes = vector.priceBook.find(({ id }) => id === priceId)?.['unitBytes'] ?? 0
  const monthly = BigInt(unitBytes) * BigInt(hoursInMonth ?? 0) * 1_000n
  return {
    ...common,
    byteHours,
    gbHours,
    gbMonthsExact: fraction(bytes, monthly),
    gbMonths,
    amountExact: fraction(bytes * unitsOf(rate, 6), monthly * 1_000_000n),
    amount,
  }
}

const adjustmentOf = ({ images, events }: Played, line: UsageLine) => ({
  billingPeriod: line.billingPeriod,
  chargePeriod: monthText(line.periodStart),
  chargeClass: 'Correction',
  imageId: nameOf(images, line.image),
  project: nameOf(projects, line.project),
  gbMonths: line.gbMonths,
  amount: line.amount,
  causedByEvent: nameOf(events, line.causedBy),
})

/** Everything that is asked for in the end, month by month as it is billed. */
const billed = async ({ world }: Played, { asOf }: Vector) => {
  const all = { from: '2020-01-01', to: '2030-01-01', asOf: asOf ?? '2030-01-01' }
  const { lines } = await world.usage(all)
  const months = [...new Set(lines.map(({ billingPeriod }) => billingPeriod as Month))].sort()
  const reports: (readonly [Month, Usage])[] = []
  for (const month of months)
    reports.push([
      month,
      await world.usage({ from: startOfMonth(month), to: endOfMonth(month), asOf: all.asOf }),
    ])
  const invoice = reports.flatMap(([period, { total }]) =>
    total.map(({ currency, amount }) => ({ period, currency, amount })),
  )
  const shares = reports.flatMap(([period, report]) =>
    report.shares.flatMap(({ project, total }) =>
      total.map(({ currency, amount }) => ({
        period,
        project: nameOf(projects, project),
        currency,
        amount,
      })),
    ),
  )
  return { lines, invoice, shares }
}

/** In one order, whichever way they came. */
const sorted = (rows: readonly object[] = []) =>
  [...rows].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))

describe.each([...vectorsOf('vectors.json'), ...vectorsOf('own-vectors.json')])('$id: $title', (vector) => {
  const { expected, seal } = vector

  test('gives exactly these lines through the projection', async () => {
    const played = await play(vector)
    const { lines } = await billed(played, vector)
    const regular = lines.filter(({ status }) => status !== 'CORRECTION')
    const isSealed = ({ periodStart }: UsageLine) => monthText(periodStart) === seal?.period
    const said = (some: readonly UsageLine[]) =>
      sorted(some.map((line) => inVectorWords(vector, played, line)))
    expect(said(regular.filter((line) => !isSealed(line)))).toStrictEqual(sorted(expected.lines))
    expect(said(regular.filter(isSealed))).toStrictEqual(sorted(expected.sealed))
    const corrections = lines.filter(({ status }) => status === 'CORRECTION')
    expect(corrections.map((line) => adjustmentOf(played, line))).toStrictEqual(expected.adjustments ?? [])
  })

  test('gives exactly this invoice through the projection', async () => {
    const { invoice, shares } = await billed(await play(vector), vector)
    expect(invoice).toStrictEqual(expected.invoice ?? [])
    if (expected.shares !== undefined) expect(sorted(shares)).toStrictEqual(sorted(expected.shares))
  })
})
