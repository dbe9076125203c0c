import { expect, test } from 'vitest'
import { systemCommand } from '../../../src/application/command.ts'
import { sealPeriods } from '../../../src/application/reactions/billing.ts'
import { billingPeriodClose } from '../../../src/application/use-cases/billing-period-close.ts'
import { imageReportSize } from '../../../src/application/use-cases/image-report-size.ts'
import { storageRateSet } from '../../../src/application/use-cases/storage-rate-set.ts'
import { imageAggregate } from '../../../src/domain/image/state.ts'
import { right } from '../../../src/domain/kernel/fp.ts'
import { exportOf } from '../../../src/projections/billing/exports/export.ts'
import type { UsageLine } from '../../../src/projections/billing/report.ts'
import { type Application, application, callerOf, operator } from '../../support/application.ts'
import { available, create, idOf } from '../../support/library-commands.ts'
import { acme } from '../../support/samples.ts'
import { run } from './running.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const [march, april, may] = ['2026-03', '2026-04', '2026-05'].map((month) => Date.parse(`${month}-01`)) as [
  number,
  number,
  number,
]

/** An image that became available, and nobody knows how big it is. */
const withoutSize = async (app: Application, name: string) => {
  const image = idOf(await create(app.services, name))
  await app.services.ledger.change(
    imageAggregate,
    image,
    systemCommand('hypervisor', image, app.clock.now()),
    () => right([{ type: 'ImageBecameAvailable', data: {} }]),
  )
  return image
}

const setPrice = async (app: Application, project: string) =>
  idOf(
    await storageRateSet(app.services)(callerOf(operator), {
      currency: 'EUR',
      ratePerGbMonth: '0.05',
      effectiveFrom: '2026-01-01T00:00:00.000Z',
      project,
    })(),
  )

const linesOf = async (app: Application, from: number, to: number): Promise<readonly UsageLine[]> => {
  await app.settled()
  const { lines } = await app.billing.usage({
    account: acme,
    projects: null,
    images: null,
    from,
    to,
    asOf: to,
    granularity: 'MONTH',
    groupBy: ['IMAGE'],
    mostLines: 100,
  })
  return lines
}
const inShort = (lines: readonly UsageLine[]) =>
  lines.map(({ imageName, status, billedHours, gbMonths, amount }) => [
    imageName,
    status,
    billedHours,
    gbMonths,
    amount,
  ])

const seal = async (app: Application) => {
  const { clock, services } = app
  clock.advance(31 * DAY)
  await app.settled()
  idOf(await billingPeriodClose(services)(callerOf(operator), { account: acme, month: '2026-03' })())
  clock.advance(72 * HOUR)
  await run(app, sealPeriods)
}

/** The rows of a file that are no heading. */
const rowCount = async (app: Application, format: 'USAGE' | '1.4') => {
  const request = { format, account: acme, projects: null, month: '2026-03', asOf: april } as const
  const pieces = await exportOf(app.billing, request as Parameters<typeof exportOf>[1])
  const text: string[] = []
  for await (const piece of pieces) text.push(piece)
  return text.join('').trimEnd().split('\r\n').length - 1
}

test('A month is sealed with the hours of what has no size or no price, and without an amount for them', async () => {
  await using app = await application()
  await setPrice(app, 'web')
  const unsized = await withoutSize(app, 'unsized')
  await available(app, 'unpriced', { project: 'ops' }, callerOf(operator))
  await seal(app)
  const sealed = [
    ['unpriced', 'UNPRICED', '744', '0.000000000000', null],
    ['unsized', 'PENDING_SIZE', '744', '0.000000000000', null],
  ]
  expect(inShort(await linesOf(app, march, april))).toStrictEqual(sealed)
  expect(app.billing.periods(acme, april)[0]).toMatchObject({
    status: 'SEALED',
    lines: 2,
    pendingSize: 1,
    unpriced: 1,
    totals: [],
  })
  expect([await rowCount(app, 'USAGE'), await rowCount(app, '1.4')]).toStrictEqual([2, 0])

  // The first size that anybody says counts from the beginning: 100 GB × 744 ÷ 744.
  const occurredAt = app.clock.now()
  const report = { image: unsized, sizeBytes: 100_000_000_000n, occurredAt }
  idOf(await imageReportSize(app.services)(callerOf(operator), report)())
  expect(inShort(await linesOf(app, march, april))).toStrictEqual(sealed)
  expect(inShort(await linesOf(app, april, may))).toStrictEqual([
    ['unsized', 'CORRECTION', '0', '100.000000000000', '5.000000000000000000'],
    ['unpriced', 'UNPRICED', '720', '0.000000000000', null],
    ['unsized', 'ACCRUING', '720', '100.000000000000', '5.000000000000000000'],
  ])
})

test('What has no size or no price is explained without an amount', async () => {
  await using app = await application()
  await setPrice(app, 'web')
  await withoutSize(app, 'unsized')
  await available(app, 'unpriced', { project: 'ops' }, callerOf(operator))
  const lines = await linesOf(app, march, april)
  const explained = await Promise.all(lines.map(({ id }) => app.billing.explain(id, () => true, april - 1)))
  expect(explained.map((each) => [each?.line.status, each?.formula, each?.price?.project])).toStrictEqual([
    ['UNPRICED', '3047424 byte-hours, and no price applies: no amount.', undefined],
    ['PENDING_SIZE', 'The hours count; nobody has said how many bytes: no amount yet.', 'web'],
  ])
  expect(explained[0]?.priceReason).toBe(
    'No price is in force for this project, account or location, nor for everybody.',
  )
  for (const [place, line] of lines.entries()) expect(explained[place]?.line).toStrictEqual(line)
})
