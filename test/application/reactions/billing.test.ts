import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { streamOf } from '../../../src/application/ledger.ts'
import { sealPeriods } from '../../../src/application/reactions/billing.ts'
import { billingPeriodClose } from '../../../src/application/use-cases/billing-period-close.ts'
import { imageReportSize } from '../../../src/application/use-cases/image-report-size.ts'
import { storageRateSet } from '../../../src/application/use-cases/storage-rate-set.ts'
import { billingAggregate } from '../../../src/domain/billing/state.ts'
import type { AccountId, BlobKey, ImageId } from '../../../src/domain/kernel/ids.ts'
import type { Month } from '../../../src/domain/kernel/month.ts'
import type { UsageLine } from '../../../src/projections/billing/report.ts'
import { type Application, application, callerOf, operator } from '../../support/application.ts'
import { available, idOf, people } from '../../support/library-commands.ts'
import { faultyLog, overtaken } from '../../support/logs.ts'
import { acme, globex, lab } from '../../support/samples.ts'
import { stores } from '../../support/stores.ts'
import { nodeAt, run } from './running.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const GB = 10n ** 9n
const asOperator = () => callerOf(operator)

const reportSize = async (app: Application, image: ImageId, sizeBytes: bigint, occurredAt: string) =>
  idOf(
    await imageReportSize(app.services)(asOperator(), {
      image,
      sizeBytes,
      occurredAt,
      effectiveFrom: occurredAt,
    })(),
  )

const setPrice = async (app: Application, ratePerGbMonth: string, whom: object = {}) =>
  idOf(
    await storageRateSet(app.services)(asOperator(), {
      currency: 'EUR',
      ratePerGbMonth,
      effectiveFrom: '2026-01-01T00:00:00.000Z',
      ...whom,
    })(),
  )

/** An image of 100 GB that was available all of March but for its first moments, at 0.05 EUR, and it is April now. Another is of globex. */
const inApril = async (): Promise<Application & { readonly image: ImageId }> => {
  const app = await application()
  await setPrice(app, '0.05')
  const image = await available(app, 'debian')
  await reportSize(app, image, 100n * GB, '2026-03-01T00:00:00.000Z')
  await available(app, 'lonely', { project: lab }, callerOf(people.recipient))
  app.clock.advance(31 * DAY)
  await app.settled()
  return { ...app, image }
}

const close = async (app: Application, month: string, account: AccountId = acme) => {
  await app.settled()
  idOf(await billingPeriodClose(app.services)(asOperator(), { account, month })())
}

/** The same, and the grace of March is over. */
const marchIsDue = async () => {
  const app = await inApril()
  await close(app, '2026-03')
  app.clock.advance(72 * HOUR)
  return app
}

const eventsOf = async (app: Application, account: AccountId = acme) => {
  const stream = streamOf(billingAggregate, account)
  const events = await app.log.readStream(stream, { direction: 'forwards', limit: 1_000 })
  return events.map(({ type, data }) => ({ type, data }))
}
const sealsOf = async (app: Application, account: AccountId = acme) =>
  (await eventsOf(app, account)).filter(({ type }) => type === 'BillingPeriodSealed')

/** The list as it is now, for a node that hears of nothing new. */
const behind = async (app: Application) => {
  await app.settled()
  const due = app.toDo.duePeriods(app.clock.now(), 10)
  expect(due).toStrictEqual([{ account: acme, month: '2026-03' }])
  return { ...app.toDo, duePeriods: () => due }
}

const statementOf = async (app: Application, sha256: unknown): Promise<Buffer> => {
  const bytes = await app.services.blobs.read(sha256 as BlobKey)
  if (bytes === null) throw new Error(`There is no statement ${sha256}`)
  return buffer(bytes)
}

const linesOf = async (app: Application, from: string, to: string): Promise<readonly UsageLine[]> => {
  await app.settled()
  const { lines } = await app.billing.usage({
    account: acme,
    projects: null,
    images: null,
    from: Date.parse(from),
    to: Date.parse(to),
    asOf: Date.parse(to),
    granularity: 'MONTH',
    groupBy: ['IMAGE'],
    mostLines: 100,
  })
  return lines
}
const inShort = (lines: readonly UsageLine[]) => lines.map(({ status, amount }) => [status, amount])
const marchOf = async (app: Application) =>
  inShort(await linesOf(app, '2026-03-01T00:00:00Z', '2026-04-01T00:00:00Z'))
const aprilOf = async (app: Application) =>
  inShort(await linesOf(app, '2026-04-01T00:00:00Z', '2026-05-01T00:00:00Z'))

describe('A month whose grace is over', () => {
  test('is sealed at that very moment, and not before, by the service', async () => {
    await using app = await inApril()
    await close(app, '2026-03')
    const closing = (await eventsOf(app)).at(-1)
    const sealAt = String(closing?.data['sealAt'])
    const justBefore = new Date(Date.parse(sealAt) - 1).toISOString()
    await run(app, sealPeriods, nodeAt(app, justBefore))
    expect(await eventsOf(app)).toStrictEqual([closing])
    const position = await app.log.head()
    await run(app, sealPeriods, nodeAt(app, sealAt))
    const sealed = (await app.everything()).at(-1)
    expect([sealed?.type, sealed?.metadata['actor'], sealed?.metadata['occurredAt']]).toStrictEqual([
      'BillingPeriodSealed',
      { id: 'billing', kind: 'SYSTEM' },
      sealAt,
    ])
    const sha256 = String(sealed?.data['sha256'])
    expect(sealed?.data).toStrictEqual({
      month: '2026-03',
      position: String(position),
      sha256,
      lines: 1,
      pendingSize: 0,
      unpriced: 0,
      totals: [{ amount: '5.00', currency: 'EUR' }],
    })
    const statement = await statementOf(app, sha256)
    expect(createHash('sha256').update(statement).digest('hex')).toBe(sha256)
    expect(app.toDo.duePeriods(app.clock.now(), 10)).toStrictEqual([])
    expect(await marchOf(app)).toStrictEqual([['SEALED', '5.000000000000000000']])
  })

  test('is sealed once, though the reaction runs again, on every node and after a restart', async () => {
    await using app = await marchIsDue()
    const stale = await behind(app)
    await run(app, sealPeriods)
    const seals = await sealsOf(app)
    expect(seals).toHaveLength(1)
    await run(app, sealPeriods)
    for (const node of [app.services, app.node()]) await sealPeriods(node, stale).run()
    await sealPeriods(app.node(), await app.toDoAfterRestart()).run()
    expect(await sealsOf(app)).toStrictEqual(seals)
  })

  test('is sealed once by two nodes at once', async () => {
    await using app = await marchIsDue()
    const stale = await behind(app)
    // The store takes one writer of a key at a time: whoever came second tries again.
    await Promise.allSettled([app.node(), app.node()].map((node) => sealPeriods(node, stale).run()))
    for (const node of [app.node(), app.node()]) await sealPeriods(node, stale).run()
    const [seal, ...more] = await sealsOf(app)
    expect(more).toStrictEqual([])
    const statement = await statementOf(app, seal?.data['sha256'])
    expect(createHash('sha256').update(statement).digest('hex')).toBe(seal?.data['sha256'])
    expect(await marchOf(app)).toStrictEqual([['SEALED', '5.000000000000000000']])
  })

  test('is sealed with one of two statements where a node that knows more is faster', async () => {
    await using app = await marchIsDue()
    const stale = await behind(app)
    const slow = overtaken(app.log, async () => {
      await reportSize(app, app.image, 200n * GB, '2026-03-01T00:00:00.000Z')
      await sealPeriods(app.node(), stale).run()
    })
    await sealPeriods(app.node(slow), stale).run()
    expect(await sealsOf(app)).toHaveLength(1)
    expect(await marchOf(app)).toStrictEqual([['SEALED', '10.000000000000000000']])
  })

  test('is sealed after a crash between its statement and the event, with that statement', async () => {
    await using app = await marchIsDue()
    const cut = app.node(faultyLog(app.log, { nth: 1, when: 'BEFORE' }))
    const before = await stores.blobFiles(app.directory)
    await expect(run(app, sealPeriods, cut)).rejects.toThrow('The line was cut.')
    expect(await sealsOf(app)).toStrictEqual([])
    const kept = (await stores.blobFiles(app.directory)).filter((file) => !before.includes(file))
    expect(kept).toHaveLength(1)
    await run(app, sealPeriods)
    const [seal] = await sealsOf(app)
    expect(kept[0]).toContain(String(seal?.data['sha256']))
    expect(await marchOf(app)).toStrictEqual([['SEALED', '5.000000000000000000']])
  })

  test('is sealed anew with what came after such a crash', async () => {
    await using app = await marchIsDue()
    const cut = app.node(faultyLog(app.log, { nth: 1, when: 'BEFORE' }))
    await expect(run(app, sealPeriods, cut)).rejects.toThrow('The line was cut.')
    await reportSize(app, app.image, 200n * GB, '2026-03-01T00:00:00.000Z')
    await run(app, sealPeriods)
    expect(await marchOf(app)).toStrictEqual([['SEALED', '10.000000000000000000']])
    expect((await aprilOf(app)).filter(([status]) => status === 'CORRECTION')).toStrictEqual([])
  })

  test('is sealed once where only the acknowledgement was lost', async () => {
    await using app = await marchIsDue()
    const cut = app.node(faultyLog(app.log, { nth: 1, when: 'AFTER' }))
    await expect(run(app, sealPeriods, cut)).rejects.toThrow('The line was cut.')
    await run(app, sealPeriods, cut)
    expect(await sealsOf(app)).toHaveLength(1)
  })

  test('is sealed without what comes between its statement and the event: that is corrected in the next', async () => {
    await using app = await marchIsDue()
    const late = overtaken(app.log, () => reportSize(app, app.image, 200n * GB, '2026-03-01T00:00:00.000Z'))
    await run(app, sealPeriods, app.node(late))
    expect(await marchOf(app)).toStrictEqual([['SEALED', '5.000000000000000000']])
    // 200 GB for April, and 100 more for March.
    expect(await aprilOf(app)).toStrictEqual([
      ['CORRECTION', '5.000000000000000000'],
      ['ACCRUING', '10.000000000000000000'],
    ])
  })

  test('is sealed at the prices of its statement: one that comes before the event is corrected for in the next', async () => {
    await using app = await marchIsDue()
    const late = overtaken(app.log, () => setPrice(app, '0.10', { project: 'web' }))
    await run(app, sealPeriods, app.node(late))
    expect(await marchOf(app)).toStrictEqual([['SEALED', '5.000000000000000000']])
    expect([...(await aprilOf(app))].sort()).toStrictEqual([
      ['ACCRUING', '10.000000000000000000'],
      ['CORRECTION', '-5.000000000000000000'],
      ['CORRECTION', '10.000000000000000000'],
    ])
  })

  test('leaves what comes between its statement and the event to the month after it, for sealed months before it too', async () => {
    await using app = await marchIsDue()
    await run(app, sealPeriods)
    app.clock.advance(28 * DAY)
    await close(app, '2026-04')
    app.clock.advance(72 * HOUR)
    const late = overtaken(app.log, () => reportSize(app, app.image, 200n * GB, '2026-03-01T00:00:00.000Z'))
    await run(app, sealPeriods, app.node(late))
    for (const month of [await marchOf(app), await aprilOf(app)])
      expect(month).toStrictEqual([['SEALED', '5.000000000000000000']])
    const may = await linesOf(app, '2026-05-01T00:00:00Z', '2026-06-01T00:00:00Z')
    expect(
      may.map(({ status, periodStart, amount }) => [status, new Date(periodStart).toISOString(), amount]),
    ).toStrictEqual([
      ['CORRECTION', '2026-03-01T00:00:00.000Z', '5.000000000000000000'],
      ['CORRECTION', '2026-04-01T00:00:00.000Z', '5.000000000000000000'],
      ['ACCRUING', '2026-05-01T00:00:00.000Z', '10.000000000000000000'],
    ])
  })

  test('waits for those before it, whatever the order of the list', async () => {
    await using app = await inApril()
    await close(app, '2026-03')
    app.clock.advance(31 * DAY)
    await close(app, '2026-04')
    app.clock.advance(72 * HOUR)
    const months = ['2026-04', '2026-03'] as Month[]
    const backwards = { ...app.toDo, duePeriods: () => months.map((month) => ({ account: acme, month })) }
    const sealed = async () => (await sealsOf(app)).map(({ data }) => data['month'])
    await sealPeriods(app.node(), backwards).run()
    expect(await sealed()).toStrictEqual(['2026-03'])
    await sealPeriods(app.node(), backwards).run()
    expect(await sealed()).toStrictEqual(['2026-03', '2026-04'])
    expect((await marchOf(app)).concat(await aprilOf(app))).toStrictEqual([
      ['SEALED', '5.000000000000000000'],
      ['SEALED', '5.000000000000000000'],
    ])
  })

  test('is sealed though that of another account cannot be right now', async () => {
    await using app = await marchIsDue()
    await close(app, '2026-03', globex)
    app.clock.advance(72 * HOUR)
    await app.settled()
    expect(app.toDo.duePeriods(app.clock.now(), 10).map(({ account }) => account)).toStrictEqual([
      acme,
      globex,
    ])
    const cut = app.node(faultyLog(app.log, { nth: 1, when: 'BEFORE' }))
    await expect(run(app, sealPeriods, cut)).rejects.toThrow('The line was cut.')
    expect(await sealsOf(app)).toStrictEqual([])
    expect((await sealsOf(app, globex)).map(({ data }) => [data['lines'], data['totals']])).toStrictEqual([
      [1, [{ amount: '0.00', currency: 'EUR' }]],
    ])
  })
})
