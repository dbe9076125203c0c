import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import { openSqliteEventLog } from '../src/adapters/sqlite/event-log.ts'
import { systemClock } from '../src/adapters/system/clock.ts'
import { type Command, createdId } from '../src/application/command.ts'
import { halfEven } from '../src/domain/kernel/decimal.ts'
import { instantFromMillis } from '../src/domain/kernel/instant.ts'
import type { StreamName } from '../src/domain/kernel/recorded.ts'
import type { LedgerEvent } from '../src/domain/ledger-events.ts'
import { billingProjection } from '../src/projections/billing/apply.ts'
import type { Segment } from '../src/projections/billing/life.ts'
import { amountOf, charges, HOUR, months } from '../src/projections/billing/meter.ts'
import { type Price, pricesFor } from '../src/projections/billing/prices.ts'
import { type Figure, medianOf, seconds } from './measure.ts'
import { replayFigures } from './replay.ts'
import { BENCH, history, imageId, seedImages, seedWorld, stored, T0 } from './seed.ts'
import { ask, type BenchService, latency, startBenchService } from './service.ts'

// What an account with 100,000 images asks of its bill, one month sealed and the next one open.

const IMAGES = 100_000
const PROJECTS = 20
/** Of all projects, so many have a price of their own. */
const PRICED = 5
/** The images begin in its first two days; the month after is used whole, and open. */
const SEALED_FROM = T0
const OPEN_FROM = months.endOf(T0)
const OPEN_TO = months.endOf(OPEN_FROM)

const projectOf = (n: number): string =>
  n % PROJECTS === 0 ? BENCH.project : `${BENCH.project}-${n % PROJECTS}`

const seed = async (directory: string): Promise<void> => {
  const log = openSqliteEventLog({ file: join(directory, 'events.sqlite'), clock: systemClock() })
  const write = async (stream: string, ...events: unknown[]) => {
    const written = stored(events as LedgerEvent[], stream, T0)
    const appended = await log.append(stream as StreamName, 'NO_STREAM', written)()
    if (appended._tag === 'Left') throw new Error(`${stream} is not empty`)
  }
  const setPrice = (project: string | null, ratePerGbMonth: string) => {
    const priceId = createdId({ id: imageId(0) } as unknown as Command, `price ${project}`)
    const scope = { project, account: null, location: null }
    const from = { effectiveFrom: instantFromMillis(T0), hoursBasis: 'CALENDAR', hourPolicy: 'STARTED_HOUR' }
    const terms = { currency: 'USD', ratePerGbMonth, unit: 'GB', ...from }
    return write(`pricing-${priceId}`, { type: 'StorageRateSet', data: { priceId, scope, terms } })
  }
  await seedWorld(log, [BENCH])
  for (let n = 1; n < PROJECTS; n += 1)
    await write(`project-${projectOf(n)}`, {
      type: 'ProjectCreated',
      data: { account: BENCH.account, name: projectOf(n) },
    })
  await setPrice(null, '0.05')
  for (let n = 1; n <= PRICED; n += 1) await setPrice(projectOf(n), `0.04${n}`)
  await seedImages(log, IMAGES, (n) => history(n, { account: BENCH.account, project: projectOf(n) }))
  // Its grace is over: the service seals it when it starts.
  const closing = { month: '2026-01', sealAt: instantFromMillis(OPEN_FROM) }
  await write(`billing-${BENCH.account}`, { type: 'BillingPeriodClosingBegan', data: closing })
  await log.close()
}

/** `directory` is empty. */
export const billingFigures = async (directory: string, port: number): Promise<Figure[]> => {
  await seed(directory)
  const replayed = await replayFigures(directory, billingProjection, 'lives', 2)
  const building = await startBenchService(directory, port)
  await untilSealed(building)
  await building.stop()
  const service = await startBenchService(directory, port)
  try {
    const reports = await reportFigures(service, directory)
    const asked = [...reports, ...(await pageFigures(service)), ...(await exportFigures(service))]
    return [...(await ratingFigures()), ...replayed, ...asked]
  } finally {
    await service.stop()
  }
}

const untilSealed = async (service: BenchService): Promise<void> => {
  const query = 'query ($account: ID!) { billingPeriods(account: $account) { status } }'
  for (;;) {
    const { billingPeriods } = await ask(service, query, { account: BENCH.account })
    if (JSON.stringify(billingPeriods).includes('SEALED')) return
    await sleep(250)
  }
}

const REPORT = `query ($input: UsageReportInput!) { usageReport(input: $input) {
  sections { lines { project { id } periodStart billedHours gbMonths rate currency amount }
    total { amount currency } shares { project { id } total { amount currency } } }
} }`
const HOURLY = `query ($input: UsageReportInput!) { usageReport(input: $input) {
  sections { lines { periodStart billedHours gbMonths rate currency amount } total { amount currency } }
} }`
const RUNS = 15

const inputOf = (from: number, more: object) => ({
  input: {
    account: BENCH.account,
    from: instantFromMillis(from),
    to: instantFromMillis(months.endOf(from)),
    ...more,
  },
})

const reportFigures = async (service: BenchService, directory: string): Promise<Figure[]> => {
  const bare = await spread(async () => readSegments(directory))
  const figures: Figure[] = []
  for (const [kind, from, aim] of [
    ['an open', OPEN_FROM, 'under 300 ms'],
    ['a sealed', SEALED_FROM, ''],
  ] as const)
    for (const groupBy of ['SECTION', 'PROJECT']) {
      const variables = inputOf(from, { groupBy: [groupBy] })
      const measured = await spread(() => ask(service, REPORT, variables))
      const what = `usageReport of ${kind} month of ${IMAGES.toLocaleString('en')} images by ${groupBy}`
      figures.push(...pair(what, measured, bare, 'reading the segments with SQL alone', aim))
    }
  const trivial = await often(service, '{ viewer { subject } }')
  const hourly = inputOf(OPEN_FROM, { granularity: 'HOUR', images: [imageId(IMAGES / 2)] })
  const measured = await often(service, HOURLY, hourly)
  const what = `usageReport by HOUR of a month of one image, ${(OPEN_TO - OPEN_FROM) / HOUR} lines`
  return [...figures, ...pair(what, measured, trivial, 'trivial query', 'under 5 ms')]
}

const pageFigures = async (service: BenchService): Promise<Figure[]> => {
  const page = (fields: string) =>
    often(
      service,
      `query ($project: ID!) { images(project: $project, first: 100) { nodes { ${fields} } } }`,
      {
        project: BENCH.project,
      },
    )
  const without = await page('id name sizeBytes')
  const measured = await page('id name sizeBytes cost { amount currency }')
  return pair('Image.cost of a page of 100 images', measured, without, 'the same page without it', '')
}

const pair = (what: string, measured: Spread, limit: Spread, named: string, aim: string): Figure[] => [
  {
    what: `${what}, median`,
    measured: measured.median,
    unit: 'ms',
    limit: limitOf(limit.median, named),
    aim,
  },
  { what: `… ${measured.last}`, measured: measured.high, unit: 'ms', limit: limitOf(limit.high, named), aim },
]

const limitOf = (value: number, what: string) => ({ what, value })

/** Of the times that something takes, in milliseconds. */
interface Spread {
  readonly median: number
  readonly high: number
  /** What `high` is. */
  readonly last: string
}

/** Of some runs, after two that warm up. */
const spread = async (work: () => Promise<unknown>): Promise<Spread> => {
  const times: number[] = []
  for (let n = 0; n < RUNS + 2; n += 1) {
    const time = 1000 * (await seconds(work))
    if (n >= 2) times.push(time)
  }
  times.sort((a, b) => a - b)
  const [median = Number.NaN, high = Number.NaN] = [times[Math.floor(RUNS / 2)], times.at(-1)]
  return { median, high, last: `the worst of ${RUNS}` }
}

const often = async (service: BenchService, query: string, variables: object = {}): Promise<Spread> => {
  const { p50, p99 } = await latency(service, { query, variables })
  return { median: p50, high: p99, last: 'its p99' }
}

/** The rows that the open month is made from, with everything that is in them, and nothing done with them. */
const readSegments = (directory: string): void => {
  const db = new DatabaseSync(join(directory, 'read-models', 'billing.sqlite'), { readOnly: true })
  const rows = db
    .prepare(
      `SELECT * FROM segments
        WHERE account = ? AND since < ? AND (until IS NULL OR until > ?) ORDER BY image, place`,
    )
    .all(BENCH.account, OPEN_TO, OPEN_FROM)
  db.close()
  if (rows.length !== IMAGES) throw new Error(`${rows.length} segments, not ${IMAGES}`)
}

/** The file of a month as it arrives, against writing the same cells as CSV, nothing else. */
const exportFigures = async (service: BenchService): Promise<Figure[]> => {
  const url = `${service.url}/billing/usage.csv?account=${BENCH.account}&month=2026-02`
  let file = ''
  const fetched = await medianOf(3, () =>
    seconds(async () => {
      const response = await fetch(url, { headers: { authorization: `Bearer ${service.token}` } })
      file = await response.text()
      if (!response.ok) throw new Error(file)
    }),
  )
  const rows: string[][] = parse(file)
  if (rows.length !== IMAGES + 1) throw new Error(`${rows.length} lines, not ${IMAGES + 1}`)
  const written = await medianOf(3, () =>
    seconds(async () => stringify(rows, { record_delimiter: 'windows' })),
  )
  const figure = (what: string, amount: number, unit: string): Figure => {
    const limit = limitOf(amount / written, 'the same cells through csv-stringify')
    return { what, measured: amount / fetched, unit, limit, aim: '' }
  }
  return [
    figure(`usage.csv of a month of ${IMAGES.toLocaleString('en')} images`, file.length / 1e6, 'MB/s'),
    figure('… its lines', rows.length, 'lines/s'),
  ]
}

const SEGMENTS = 1_000_000
const price: Price = {
  id: 'price',
  project: null,
  account: null,
  location: null,
  effectiveFrom: T0,
  currency: 'USD',
  rate: 50_000n,
  unitBytes: 10n ** 9n,
  hoursBasis: 'CALENDAR',
  hourPolicy: 'STARTED_HOUR',
}

/** charges() alone, one core: images that lived the month through, and such whose size changed three times. */
const ratingFigures = async (): Promise<Figure[]> => {
  const figures: Figure[] = []
  for (const each of [1, 4]) {
    const images = Array.from({ length: SEGMENTS / each }, (_, n) => segmentsOf(n, each))
    if (rate(images) !== rateBare(images)) throw new Error('They do not come to the same')
    const speedOf = (work: typeof rate) =>
      medianOf(5, async () => SEGMENTS / (await seconds(async () => work(images))))
    figures.push({
      what: `charges() for images of ${each} segment${each === 1 ? '' : 's'}, one core`,
      measured: await speedOf(rate),
      unit: 'segments/s',
      limit: limitOf(await speedOf(rateBare), 'bare bigint arithmetic'),
      aim: '1,000,000/s',
    })
  }
  return figures
}

/** The n-th image's stretches, which fill the open month. */
const segmentsOf = (n: number, count: number): readonly Segment[] => {
  const start = OPEN_FROM - 1000 * ((n % 86_400) + 1)
  const cut = (place: number) =>
    place === 0 ? start : OPEN_FROM + ((OPEN_TO - OPEN_FROM) / count) * place + 1000 * (n % 3_600)
  return Array.from({ length: count }, (_, place) => ({
    start,
    from: cut(place),
    to: place === count - 1 ? null : cut(place + 1),
    project: BENCH.project,
    sizeBytes: 1_000_000_000n + BigInt(n + place),
    openedBy: 'one',
    closedBy: place === count - 1 ? null : 'another',
  }))
}

/** What all of them come to. */
const rate = (images: readonly (readonly Segment[])[]): bigint => {
  const timeline = pricesFor([price], { ...BENCH })
  const window = { from: OPEN_FROM, to: OPEN_TO, asOf: OPEN_TO, buckets: months }
  let total = 0n
  for (const segments of images)
    for (const charge of charges(segments, () => timeline, window)) total += amountOf(charge) ?? 0n
  return total
}

/** The same sum by the arithmetic of BILLING.md, 4 to 8, alone: hours, byte-hours, the rounded whole so far, the amount. */
const rateBare = (images: readonly (readonly Segment[])[]): bigint => {
  const denominator = BigInt(OPEN_TO - OPEN_FROM) * price.unitBytes
  let total = 0n
  for (const segments of images) {
    let numerator = 0n
    let before = 0n
    for (const { start, from, to, sizeBytes } of segments) {
      const hoursTo = Math.ceil(((to ?? OPEN_TO) - start) / HOUR)
      const hours = hoursTo - Math.ceil((Math.max(from, OPEN_FROM) - start) / HOUR)
      numerator += (sizeBytes ?? 0n) * BigInt(hours * HOUR)
      const now = halfEven(numerator * 1_000_000_000_000n, denominator)
      total += (now - before) * price.rate
      before = now
    }
  }
  return total
}
