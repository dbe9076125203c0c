import { describe, expect, test } from 'vitest'
import { streamOf } from '../../../src/application/ledger.ts'
import { raiseBudgets } from '../../../src/application/reactions/billing.ts'
import type { Services } from '../../../src/application/services.ts'
import { budgetSet } from '../../../src/application/use-cases/budget-set.ts'
import { imageReportSize } from '../../../src/application/use-cases/image-report-size.ts'
import { storageRateSet } from '../../../src/application/use-cases/storage-rate-set.ts'
import { billingAggregate } from '../../../src/domain/billing/state.ts'
import type { AccountId, ImageId } from '../../../src/domain/kernel/ids.ts'
import { type Application, application, callerOf, operator } from '../../support/application.ts'
import { available, idOf, people, remove, restore } from '../../support/library-commands.ts'
import { faultyLog, overtaken } from '../../support/logs.ts'
import { acme, globex } from '../../support/samples.ts'
import { nodeAt, run } from './running.ts'

const GB = 10n ** 9n
const MINUTE = 60_000
const HUNDRED = '100.000000000000000000'

const setBudget = async (app: Application, input: object, account: AccountId = acme) =>
  idOf(await budgetSet(app.services)(callerOf(operator), { account, currency: 'EUR', ...input })())

/** 1000 GB of account acme from the first of March on, at 0.10 EUR: 100 EUR a month. Its deletion can be taken back for a week. */
const spending = async (): Promise<Application & { readonly image: ImageId }> => {
  const app = await application({ limits: { deleteRecoveryHours: 24 * 7 } })
  const effectiveFrom = '2026-01-01T00:00:00.000Z'
  const price = { currency: 'EUR', ratePerGbMonth: '0.10', effectiveFrom }
  idOf(await storageRateSet(app.services)(callerOf(operator), price)())
  const image = await available(app, 'archive')
  const occurredAt = '2026-03-01T00:00:00.000Z'
  const size = { image, sizeBytes: 1_000n * GB, occurredAt, effectiveFrom: occurredAt }
  idOf(await imageReportSize(app.services)(callerOf(operator), size)())
  return { ...app, image }
}

const forecastOf = (percent: number) => ({ percent, basis: 'FORECAST' })
const actualOf = (percent: number) => ({ percent, basis: 'ACTUAL' })

/** What was raised for an account, in words. */
const raisedOf = async (app: Application, account: AccountId = acme): Promise<readonly string[]> => {
  const stream = streamOf(billingAggregate, account)
  const events = await app.log.readStream(stream, { direction: 'forwards', limit: 1_000 })
  return events
    .filter(({ type }) => type === 'BudgetThresholdReached')
    .map(({ data }) => `${data['month']} ${data['basis']} ${data['percent']} % ${data['amount']}`)
}

/** A node that counts how often it asks what was spent. */
const counting = (app: Application): Services & { readonly asked: () => number } => {
  const node = app.node()
  let asked = 0
  const bills: Services['bills'] = {
    ...node.bills,
    spending: (...args) => {
      asked += 1
      return node.bills.spending(...args)
    },
  }
  return { ...node, bills, asked: () => asked }
}

describe('A threshold of a budget', () => {
  test('is raised when it is reached, and not before, by the service', async () => {
    await using app = await spending()
    await setBudget(app, { amount: '100', thresholds: [actualOf(50), forecastOf(101)] })
    // 371 hours have begun, and 372 are the half of March.
    await run(app, raiseBudgets, nodeAt(app, '2026-03-16T11:00:00.000Z'))
    expect(await raisedOf(app)).toStrictEqual([])
    const half = '2026-03-16T11:30:00.000Z'
    await run(app, raiseBudgets, nodeAt(app, half))
    expect(await raisedOf(app)).toStrictEqual(['2026-03 ACTUAL 50 % 50.000000000000000000'])
    const { actor, occurredAt } = (await app.everything()).at(-1)?.metadata ?? {}
    expect([actor, occurredAt]).toStrictEqual([{ id: 'budgets', kind: 'SYSTEM' }, half])
  })

  test('is raised once by several nodes at once, and not again after a restart', async () => {
    await using app = await spending()
    await setBudget(app, { amount: '80', thresholds: [forecastOf(100), forecastOf(125), forecastOf(126)] })
    await app.settled()
    await Promise.all(Array.from({ length: 3 }, () => raiseBudgets(app.node(), app.toDo).run()))
    const raised = [`2026-03 FORECAST 100 % ${HUNDRED}`, `2026-03 FORECAST 125 % ${HUNDRED}`]
    expect(await raisedOf(app)).toStrictEqual(raised)
    await run(app, raiseBudgets)
    await raiseBudgets(app.node(), await app.toDoAfterRestart()).run()
    expect(await raisedOf(app)).toStrictEqual(raised)
  })

  test('is raised once by nodes whose clocks are in different months', async () => {
    await using app = await spending()
    await setBudget(app, { amount: '80', thresholds: [forecastOf(100)] })
    await run(app, raiseBudgets, nodeAt(app, '2026-04-01T00:30:00.000Z'))
    await run(app, raiseBudgets, nodeAt(app, '2026-03-31T23:59:59.000Z'))
    expect(await raisedOf(app)).toStrictEqual([`2026-04 FORECAST 100 % ${HUNDRED}`])
  })

  test('is raised once a month though what is forecast falls below it and comes back', async () => {
    await using app = await spending()
    await setBudget(app, { amount: '80', thresholds: [forecastOf(100)] })
    await run(app, raiseBudgets)
    idOf(await remove(app.services, app.image))
    app.clock.advance(2 * MINUTE)
    await run(app, raiseBudgets)
    idOf(await restore(app.services, app.image))
    app.clock.advance(2 * MINUTE)
    await run(app, raiseBudgets)
    expect(await raisedOf(app)).toStrictEqual([`2026-03 FORECAST 100 % ${HUNDRED}`])
    await run(app, raiseBudgets, nodeAt(app, '2026-04-01T00:30:00.000Z'))
    expect(await raisedOf(app)).toStrictEqual(
      ['2026-03', '2026-04'].map((month) => `${month} FORECAST 100 % ${HUNDRED}`),
    )
  })

  test('is raised by the next round where it could not be recorded', async () => {
    await using app = await spending()
    await setBudget(app, { amount: '80', thresholds: [forecastOf(100)] })
    const reaction = raiseBudgets(app.node(faultyLog(app.log, { nth: 1, when: 'BEFORE' })), app.toDo)
    await app.settled()
    await expect(reaction.run()).rejects.toThrow('The line was cut.')
    expect(await raisedOf(app)).toStrictEqual([])
    await reaction.run()
    expect(await raisedOf(app)).toStrictEqual([`2026-03 FORECAST 100 % ${HUNDRED}`])
  })

  test('is not raised by what was measured against a budget that was changed meanwhile', async () => {
    await using app = await spending()
    await setBudget(app, { amount: '80', thresholds: [forecastOf(100)] })
    const log = overtaken(app.log, () => setBudget(app, { amount: '200', thresholds: [forecastOf(100)] }))
    await run(app, raiseBudgets, app.node(log))
    await run(app, raiseBudgets)
    expect(await raisedOf(app)).toStrictEqual([])
    await setBudget(app, { amount: '50', thresholds: [forecastOf(100)] })
    const removed = overtaken(app.log, () => setBudget(app, { amount: null, currency: null }))
    await run(app, raiseBudgets, app.node(removed))
    expect(await raisedOf(app)).toStrictEqual([])
    expect(app.toDo.budgetedAccounts()).toStrictEqual([])
  })

  test('is raised however much is spent', async () => {
    await using app = await spending()
    const effectiveFrom = '2026-03-01T00:00:00.000Z'
    const price = { currency: 'EUR', ratePerGbMonth: '2000000000', effectiveFrom, account: acme }
    idOf(await storageRateSet(app.services)(callerOf(operator), price)())
    await setBudget(app, { amount: '1000', thresholds: [forecastOf(100)] })
    await run(app, raiseBudgets)
    expect(await raisedOf(app)).toStrictEqual(['2026-03 FORECAST 100 % 2000000000000.000000000000000000'])
  })

  test('of one account is raised though that of another cannot be', async () => {
    await using app = await spending()
    const thresholds = [forecastOf(100)]
    await setBudget(app, { amount: '80', thresholds })
    await available(app, 'small', { project: 'lab' }, callerOf(people.recipient))
    await setBudget(app, { amount: '0.000001', thresholds: [forecastOf(1)] }, globex)
    await app.settled()
    const cut = app.node(faultyLog(app.log, { nth: 1, when: 'BEFORE' }))
    await expect(raiseBudgets(cut, app.toDo).run()).rejects.toThrow('The line was cut.')
    expect(await raisedOf(app)).toStrictEqual([])
    // 4096 bytes: 0.000004096 GB-months × 0.10.
    expect(await raisedOf(app, globex)).toStrictEqual(['2026-03 FORECAST 1 % 0.000000409600000000'])
  })
})

test('Spending is looked at once a minute, and at once where the budget is another', async () => {
  await using app = await spending()
  await setBudget(app, { amount: '200', thresholds: [forecastOf(100)] })
  await app.settled()
  const node = counting(app)
  const reaction = raiseBudgets(node, app.toDo)
  for (let round = 0; round < 3; round += 1) await reaction.run()
  expect(node.asked()).toBe(1)
  app.clock.advance(MINUTE)
  for (let round = 0; round < 3; round += 1) await reaction.run()
  expect(node.asked()).toBe(2)
  await setBudget(app, { amount: '80', thresholds: [forecastOf(100)] })
  for (let round = 0; round < 3; round += 1) await reaction.run()
  expect(node.asked()).toBe(3)
  expect(await raisedOf(app)).toStrictEqual([`2026-03 FORECAST 100 % ${HUNDRED}`])
})

test('A budget that is changed while spending is looked at is looked at as well, at once', async () => {
  await using app = await spending()
  await setBudget(app, { amount: '200', thresholds: [forecastOf(100)] })
  await app.settled()
  const node = app.node()
  let asked = 0
  const bills: Services['bills'] = {
    ...node.bills,
    spending: async (...args) => {
      asked += 1
      if (asked === 1) await setBudget(app, { amount: '80', thresholds: [forecastOf(100)] })
      return node.bills.spending(...args)
    },
  }
  const reaction = raiseBudgets({ ...node, bills }, app.toDo)
  for (let round = 0; round < 2; round += 1) await reaction.run()
  expect(await raisedOf(app)).toStrictEqual([`2026-03 FORECAST 100 % ${HUNDRED}`])
})
