import { describe, expect, test } from 'vitest'
import { budgetSet } from '../../../src/application/use-cases/budget-set.ts'
import { left, right } from '../../../src/domain/kernel/fp.ts'
import {
  forbidden,
  type InputIssue,
  idempotencyConflict,
  invalidInput,
  notFound,
} from '../../../src/domain/kernel/refusal.ts'
import { type Application, application, callerOf, operator } from '../../support/application.ts'
import { billOf } from '../../support/bills.ts'
import { idOf, people, refusalOf, strangers } from '../../support/library-commands.ts'
import { acme, principal } from '../../support/samples.ts'

const asAdmin = callerOf(people.accountAdmin)
const plain = { amount: '100.00', currency: 'EUR' }
/** As events have it: without zeros that say nothing. */
const kept = { amount: '100', currency: 'EUR' }

const ask = ({ services }: Application, input: object, caller = asAdmin) =>
  budgetSet(services)(caller, { account: acme, ...input })()
const set = (app: Application, more: object = {}, caller = asAdmin) => ask(app, { ...plain, ...more }, caller)

const actual = (percent: number) => ({ percent, basis: 'ACTUAL' })
const forecast = (percent: number) => ({ percent, basis: 'FORECAST' })
const budget = (thresholds: readonly object[] = [actual(100), forecast(100)], money: object = kept) => ({
  type: 'BudgetSet',
  data: { ...money, thresholds },
})
const removed = { type: 'BudgetRemoved', data: {} }

describe('Setting a budget', () => {
  test('tells at 100 % of what is used and of the forecast, where nothing else is asked for', async () => {
    await using app = await application()
    const done = await set(app, { reason: 'Spend less.' })
    expect(await billOf(app)).toStrictEqual([budget()])
    const event = (await app.everything()).at(-1)
    expect(done).toStrictEqual(right({ id: 'acme', position: event?.position }))
    expect(event?.stream).toBe('billing-acme')
    expect(event?.metadata).toMatchObject({
      actor: { id: 'adam', kind: 'USER', account: 'acme' },
      reason: 'Spend less.',
    })
  })

  test('keeps its thresholds in their order and each once, of what is used unless it says otherwise', async () => {
    await using app = await application()
    const thresholds = [
      { percent: 100, basis: 'FORECAST' },
      { percent: 80 },
      { percent: 100, basis: null },
      { percent: 80, basis: 'ACTUAL' },
      { percent: 9, basis: 'FORECAST' },
    ]
    idOf(await set(app, { thresholds }))
    expect(await billOf(app)).toStrictEqual([budget([forecast(9), actual(80), actual(100), forecast(100)])])
  })

  test('takes thresholds of 1 and 1000 %, and 20 of them', async () => {
    await using app = await application()
    const twenty = [...Array.from({ length: 19 }, (_, n) => actual(n + 1)), actual(1_000)]
    idOf(await set(app, { thresholds: twenty }))
    expect(await billOf(app)).toStrictEqual([budget(twenty)])
  })

  test.each([
    ['0.000001', '0.000001'],
    ['999999999999.999999', '999999999999.999999'],
    ['1', '1'],
    ['007.50', '7.5'],
    ['200.000000', '200'],
  ])('keeps the amount %s as %s', async (amount, asKept) => {
    await using app = await application()
    idOf(await set(app, { amount, currency: 'JPY' }))
    expect(await billOf(app)).toStrictEqual([
      budget([actual(100), forecast(100)], { amount: asKept, currency: 'JPY' }),
    ])
  })

  test('anew replaces the one before, and as it is gives no event', async () => {
    await using app = await application()
    idOf(await set(app))
    for (const same of [
      {},
      { amount: '100' },
      { thresholds: null },
      { thresholds: [forecast(100), actual(100)] },
    ])
      expect(await set(app, same)).toStrictEqual(right({ id: 'acme', position: await app.log.head() }))
    idOf(await set(app, { amount: '7' }))
    idOf(await set(app, { amount: '7', currency: 'USD' }))
    idOf(await set(app, { amount: '7', currency: 'USD', thresholds: [actual(50)] }))
    expect(await billOf(app)).toStrictEqual([
      budget(),
      budget(undefined, { amount: '7', currency: 'EUR' }),
      budget(undefined, { amount: '7', currency: 'USD' }),
      budget([actual(50)], { amount: '7', currency: 'USD' }),
    ])
  })

  test('with nothing but the account removes it, and where there is none gives no event', async () => {
    await using app = await application()
    for (const none of [{}, { amount: null }, { amount: null, currency: null, thresholds: null }]) {
      idOf(await set(app))
      const before = (await billOf(app)).length
      expect(await ask(app, none)).toStrictEqual(right({ id: 'acme', position: await app.log.head() }))
      expect((await billOf(app)).slice(before)).toStrictEqual([removed])
      idOf(await ask(app, none))
      expect(await billOf(app)).toHaveLength(before + 1)
    }
  })

  test('with the same idempotencyKey is done once, with another input a conflict', async () => {
    await using app = await application()
    const once = { idempotencyKey: 'once' }
    idOf(await set(app, once))
    idOf(await ask(app, {}))
    const again = right({ id: 'acme', position: await app.log.head() })
    expect(await set(app, once)).toStrictEqual(again)
    expect(
      await budgetSet(app.node())(asAdmin, { account: acme, ...plain, ...once, thresholds: null })(),
    ).toStrictEqual(again)
    for (const other of [{ amount: '7' }, { thresholds: [actual(1)] }, { reason: 'So.' }])
      expect(refusalOf(await set(app, { ...once, ...other }))).toStrictEqual(idempotencyConflict())
    expect(refusalOf(await ask(app, once))).toStrictEqual(idempotencyConflict())
    expect(await billOf(app)).toStrictEqual([budget(), removed])
  })
})

describe('A budget is set by admins of the account and by operators', () => {
  const bad = { amount: '-1', flavour: 'vanilla' }

  test('both', async () => {
    await using app = await application()
    idOf(await set(app))
    idOf(await set(app, { amount: '7' }, callerOf(operator)))
    expect(await billOf(app)).toHaveLength(2)
  })

  test.each(['accountCollaborator', 'accountViewer', 'collaborator', 'viewer'] as const)(
    'not by %s, who is told so before the input is looked at',
    async (person) => {
      await using app = await application()
      for (const input of [bad, plain, {}])
        expect(await ask(app, input, callerOf(people[person]))).toStrictEqual(
          left(forbidden('ADMIN', 'set the budget of this account')),
        )
      expect(await billOf(app)).toStrictEqual([])
    },
  )

  test('and others do not even learn that there is such an account', async () => {
    await using app = await application()
    const noAccount = (id: string) => left(notFound('account', id))
    for (const who of [strangers.stranger, people.guest, people.nobody, principal({ hypervisor: 'node-1' })])
      expect(await ask(app, bad, callerOf(who))).toStrictEqual(noAccount('acme'))
    for (const account of ['globex', 'gone', 'Acme', '../etc', ''])
      expect(await ask(app, { ...bad, account })).toStrictEqual(noAccount(account))
  })
})

describe('A budget is refused', () => {
  const decimal: InputIssue = {
    path: ['amount'],
    message: 'must be a decimal that is not negative, of at most 12 digits and 6 decimals, such as 100.00',
  }
  const positive: InputIssue = {
    path: ['amount'],
    message: 'must be more than 0: leave it out to remove the budget',
  }
  const unit: InputIssue = {
    path: ['currency'],
    message: 'must be a currency of ISO 4217 in capitals, such as EUR',
  }
  const missing: InputIssue = { path: ['currency'], message: 'must be given with the amount' }
  const alone: InputIssue = {
    path: ['amount'],
    message: 'must be given too: with nothing but the account the budget is removed',
  }
  const percent: InputIssue = { path: ['thresholds', '0', 'percent'], message: 'must be 1 to 1000' }
  const many = Array.from({ length: 21 }, (_, n) => ({ percent: n + 1 }))

  test.each<[object, readonly InputIssue[]]>([
    [{ amount: '-1' }, [decimal]],
    [{ amount: '1.0000001' }, [decimal]],
    [{ amount: '1234567890123' }, [decimal]],
    [{ amount: '1e3' }, [decimal]],
    [{ amount: '1,5' }, [decimal]],
    [{ amount: '' }, [decimal]],
    [{ amount: '0' }, [positive]],
    [{ amount: '0.00' }, [positive]],
    [{ amount: 100 }, [{ path: ['amount'], message: 'Invalid input: expected string, received number' }]],
    [{ currency: 'EURO' }, [unit]],
    [{ currency: 'eur' }, [unit]],
    [{ currency: 'XAU' }, [unit]],
    [{ amount: null, currency: 'QQQ' }, [unit, alone]],
    [{ amount: null }, [alone]],
    [{ amount: null, currency: null, thresholds: [{ percent: 80 }] }, [alone]],
    [
      { thresholds: [] },
      [{ path: ['thresholds'], message: 'must not be empty: leave it out for 100 % of both' }],
    ],
    [{ currency: null }, [missing]],
    [{ currency: undefined }, [missing]],
    [{ thresholds: [{ percent: 0 }] }, [percent]],
    [{ thresholds: [{ percent: 1_001 }] }, [percent]],
    [{ thresholds: [{ percent: -80 }] }, [percent]],
    [
      { thresholds: [{ percent: 99.5 }] },
      [{ path: ['thresholds', '0', 'percent'], message: 'Invalid input: expected int, received number' }],
    ],
    [
      { thresholds: [{ percent: 80, basis: 'SPENT' }] },
      [
        {
          path: ['thresholds', '0', 'basis'],
          message: 'Invalid option: expected one of "ACTUAL"|"FORECAST"',
        },
      ],
    ],
    [{ thresholds: many }, [{ path: ['thresholds'], message: 'must be 20 at most' }]],
    [{ idempotencyKey: ' ' }, [{ path: ['idempotencyKey'], message: 'must be one line, and not blank' }]],
    [{ flavour: 'vanilla' }, [{ path: [], message: 'Unrecognized key: "flavour"' }]],
  ])('with %j', async (input, issues) => {
    await using app = await application()
    expect(await set(app, input)).toStrictEqual(left(invalidInput(issues)))
    expect(await billOf(app)).toStrictEqual([])
  })
})
