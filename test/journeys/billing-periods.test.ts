import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { BlobKey } from '../../src/domain/kernel/ids.ts'
import {
  askPrice,
  closeMonth,
  everythingOf,
  linesOf,
  named,
  periodsOf,
  placed,
  reportSize,
  sectionOf,
  setPrice,
  statusesOf,
  whenSealed,
} from '../support/billing-journey.ts'
import { readBlob } from '../support/blobs.ts'
import { eventually } from '../support/eventually.ts'
import { command } from '../support/library.ts'
import { seed, startOn, successiveServices, type TestService } from '../support/service.ts'
import { tempDirectory } from '../support/temp.ts'
import { tokens } from '../support/tokens.ts'

const GB = 10n ** 9n
const open = {
  status: 'OPEN',
  sealAt: null,
  sealedAt: null,
  position: null,
  contentHash: null,
  lines: null,
  pendingSize: null,
  unpriced: null,
  total: null,
}
const closing = (sealAt: RegExp) => ({ ...open, status: 'CLOSING', sealAt: expect.stringMatching(sealAt) })

/** An image of 100 GB from the 10th of February on, at 0.05 EUR. February 2026 has 672 hours. */
const world = async (at: (clock: string) => Promise<TestService>) => {
  const service = await at('2026-02-10T00:00:00Z')
  const price = await setPrice(service, '0.05', '2026-01-01T00:00:00Z')
  const image = await placed(service, 'debian')
  await reportSize(service, image, 100n * GB, '2026-02-10T00:00:00Z', '2026-02-10T00:00:00Z')
  return { service, image, price }
}

const successive = async () => {
  const start = await successiveServices()
  return (clock: string) => start({ CLOCK_START: clock })
}

test('months go from OPEN over CLOSING to SEALED, one after the other, and closing one twice is no error', async () => {
  const at = await successive()
  const { service: first } = await world(at)
  expect(await periodsOf(first)).toStrictEqual([{ month: '2026-02', ...open }])

  let service = await at('2026-04-02T00:00:00Z')
  expect(await periodsOf(service)).toStrictEqual(
    ['2026-02', '2026-03', '2026-04'].map((month) => ({ month, ...open })),
  )
  expect(await closeMonth(service, '2026-03')).toStrictEqual({
    __typename: 'InvalidState',
    code: 'INVALID_STATE',
    message: 'Months are closed one after the other: close 2026-02 first.',
  })
  const issue = {
    path: ['month'],
    message: 'is not over before 2026-05-01T00:00:00.000Z: close it from then on',
  }
  expect(await closeMonth(service, '2026-04')).toMatchObject({
    __typename: 'InvalidInput',
    issues: [issue],
  })
  const closed = await closeMonth(service, '2026-02')
  expect(closed).toStrictEqual({
    __typename: 'BillingPeriod',
    month: '2026-02',
    status: 'CLOSING',
    sealAt: expect.stringMatching(/^2026-04-05T00:/),
  })
  const before = await service.service.log.head()
  expect(await closeMonth(service, '2026-02')).toStrictEqual(closed)
  expect(await service.service.log.head()).toBe(before)

  service = await at('2026-04-03T12:00:00Z')
  expect(await closeMonth(service, '2026-03')).toMatchObject({ status: 'CLOSING' })
  expect(await periodsOf(service)).toStrictEqual([
    { month: '2026-02', ...closing(/^2026-04-05T00:/) },
    { month: '2026-03', ...closing(/^2026-04-06T12:/) },
    { month: '2026-04', ...open },
  ])

  service = await at('2026-04-05T01:00:00Z')
  await whenSealed(service, '2026-02')
  expect(await statusesOf(service)).toStrictEqual({
    '2026-02': 'SEALED',
    '2026-03': 'CLOSING',
    '2026-04': 'OPEN',
  })
  service = await at('2026-04-06T13:00:00Z')
  await whenSealed(service, '2026-03')
  const [february, march] = await periodsOf(service)
  const sealed = { status: 'SEALED', lines: 1, pendingSize: 0, unpriced: 0 }
  // 456 hours: 45600 ÷ 672 = 67.857142857143 GB-months, × 0.05 = 3.39285714285715. And 744 of 744: 100 × 0.05.
  expect(february).toMatchObject({ ...sealed, total: [{ amount: '3.39', currency: 'EUR' }] })
  expect(march).toMatchObject({ ...sealed, total: [{ amount: '5.00', currency: 'EUR' }] })
  expect([february?.sealedAt?.slice(0, 13), march?.sealedAt?.slice(0, 13)]).toStrictEqual([
    '2026-04-05T01',
    '2026-04-06T13',
  ])
  expect(await closeMonth(service, '2026-02')).toMatchObject({ month: '2026-02', status: 'SEALED' })
})

test('what arrives while a month is being closed counts in it', async () => {
  const at = await successive()
  const { image, price } = await world(at)
  let service = await at('2026-03-02T00:00:00Z')
  await closeMonth(service, '2026-02')
  service = await at('2026-03-04T00:00:00Z')
  await reportSize(service, image, 200n * GB, '2026-02-20T00:00:00Z')
  const ofWeb = await setPrice(service, '0.10', '2026-02-24T00:00:00Z', { project: 'web' })
  service = await at('2026-03-05T01:00:00Z')
  await whenSealed(service, '2026-02')
  // 240 hours of 100 GB and 96 of 200: 43200 ÷ 672 = 64.285714285714|3, × 0.05 = 3.2142857142857.
  // 120 hours of 200 GB: 67200 ÷ 672 = 100, less 64.285714285714 = 35.714285714286, × 0.10.
  expect(named(await linesOf(service, '2026-02'), { price, ofWeb })).toStrictEqual({
    'debian price web': ['336', '43200', '64.285714285714', '3.214285714285700000'],
    'debian ofWeb web': ['120', '24000', '35.714285714286', '3.571428571428600000'],
  })
  expect((await linesOf(service, '2026-03')).filter(({ status }) => status === 'CORRECTION')).toStrictEqual(
    [],
  )
  const [february] = await periodsOf(service)
  expect(february).toMatchObject({ lines: 2, total: [{ amount: '6.79', currency: 'EUR' }] })
})

test('a price inside a sealed month of those whom it is for is refused, and one from its end on is not', async () => {
  const at = await successive()
  await world(at)
  let service = await at('2026-03-02T00:00:00Z')
  await closeMonth(service, '2026-02')
  service = await at('2026-03-05T01:00:00Z')
  await whenSealed(service, '2026-02')
  const before = await everythingOf(service, '2026-02')
  const refused = {
    __typename: 'InvalidInput',
    issues: [
      {
        path: ['effectiveFrom'],
        message: 'must not be inside a month that is sealed: 2026-03-01T00:00:00.000Z is the earliest',
      },
    ],
  }
  const inside = { ratePerGbMonth: '0.01', effectiveFrom: '2026-02-28T23:59:59.999Z' }
  for (const whom of [{}, { location: 'ams' }, { account: 'acme' }, { project: 'web' }, { project: 'ops' }])
    expect(await askPrice(service, { ...inside, ...whom })).toMatchObject(refused)
  for (const whom of [{ account: 'globex' }, { project: 'elsewhere' }])
    expect(await askPrice(service, { ...inside, ...whom })).toMatchObject({ __typename: 'StorageRate' })
  await setPrice(service, '0.01', '2026-03-01T00:00:00Z', { account: 'acme' })
  expect(await everythingOf(service, '2026-02')).toStrictEqual(before)
  // What was set before the seal is asked for again: it is there already.
  expect(
    await askPrice(service, { ratePerGbMonth: '0.05', effectiveFrom: '2026-01-01T00:00:00Z' }),
  ).toMatchObject({ __typename: 'StorageRate' })
})

test('a sealed month is kept under the hash of its statement, and read models that are deleted change nothing of it', async () => {
  const directory = await tempDirectory()
  let running: TestService | null = null
  onTestFinished(async () => void (await running?.stop()))
  const at = async (clock: string) => {
    const first = running === null
    await running?.stop()
    await rm(join(directory, 'read-models'), { recursive: true, force: true })
    const service = await startOn(directory, { CLOCK_START: clock })
    running = service
    if (first) await seed(service)
    for (const { name } of service.service.projections.status())
      await service.service.projections.waitFor(name, await service.service.log.head(), 30_000)
    await eventually('it is ready', async () => (await service.http({ path: '/readyz' })).status === 200)
    return service
  }
  const { image } = await world(at)
  let service = await at('2026-03-02T00:00:00Z')
  await closeMonth(service, '2026-02')
  service = await at('2026-03-05T01:00:00Z')
  await whenSealed(service, '2026-02')
  const before = await everythingOf(service, '2026-02')
  const periods = await periodsOf(service)
  const contentHash = periods[0]?.contentHash ?? ''
  const statement = () => readBlob(service.service.services.blobs, contentHash as BlobKey)
  const bytes = (await statement()) ?? Buffer.alloc(0)
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(contentHash)
  expect(BigInt(periods[0]?.position ?? '')).toBeLessThan(await service.service.log.head())

  await command(service, tokens.collaborator, 'imageUpdate', { image, name: 'renamed' })
  await reportSize(service, image, 300n * GB, '2026-02-20T00:00:00Z')
  const march = async () => {
    const { lines, ...section } = await sectionOf(service, '2026-03')
    return { ...section, lines: lines.filter(({ status }) => status === 'CORRECTION') }
  }
  service = await at('2026-03-06T12:30:00Z')
  const [corrections, open] = [await march(), await everythingOf(service, '2026-03')]
  // 200 GB more for 216 hours: (24000 + 64800) ÷ 672 = 132.142857142857|1, less 67.857142857143, × 0.05.
  expect(
    corrections.lines.map(({ imageName, gbHours, amount }) => [imageName, gbHours, amount]),
  ).toStrictEqual([['renamed', '43200', '3.214285714285700000']])
  service = await at('2026-03-06T12:30:00Z')
  expect(await everythingOf(service, '2026-02')).toStrictEqual(before)
  expect(await everythingOf(service, '2026-03')).toStrictEqual(open)
  expect(await march()).toStrictEqual(corrections)
  expect(await periodsOf(service)).toStrictEqual(periods)
  expect(await statement()).toStrictEqual(bytes)
})
