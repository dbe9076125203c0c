import { describe, expect, test } from 'vitest'
import { billingPeriodClose } from '../../../src/application/use-cases/billing-period-close.ts'
import { left, right } from '../../../src/domain/kernel/fp.ts'
import { instantFromMillis, millisOf } from '../../../src/domain/kernel/instant.ts'
import {
  forbidden,
  idempotencyConflict,
  invalidInput,
  invalidState,
  notFound,
} from '../../../src/domain/kernel/refusal.ts'
import { type Application, application, callerOf, operator } from '../../support/application.ts'
import { billOf, DAY, GRACE, seal, sealDue, useInMarch } from '../../support/bills.ts'
import { available, eventsAfter, idOf, people, refusalOf, strangers } from '../../support/library-commands.ts'
import { acme, globex, instant, principal } from '../../support/samples.ts'

const asOperator = callerOf(operator)

const close = ({ services }: Application, month: unknown, more: object = {}, caller = asOperator) =>
  billingPeriodClose(services)(caller, { account: acme, month, ...more })()

/** It is April, and something was used in March. */
const inApril = async () => {
  const app = await application()
  await useInMarch(app)
  return app
}
const untilJune = ({ clock }: Application) => clock.advance(61 * DAY)

const typesIn = async (app: Application) => (await billOf(app)).map(({ type, data }) => [type, data['month']])

describe('Closing a month', () => {
  test('begins its grace of 72 hours, and records who wanted it and why', async () => {
    await using app = await inApril()
    const before = await app.log.head()
    const done = await close(app, '2026-03', { reason: 'It is over.' })
    const event = (await app.everything()).at(-1)
    const occurredAt = instant(String(event?.metadata['occurredAt']))
    const sealAt = instantFromMillis(millisOf(occurredAt) + GRACE)
    expect(await eventsAfter(app, before)).toStrictEqual([
      { type: 'BillingPeriodClosingBegan', data: { month: '2026-03', sealAt } },
    ])
    expect(done).toStrictEqual(right({ id: 'acme/2026-03', position: event?.position }))
    expect(event?.stream).toBe('billing-acme')
    expect(event?.metadata).toMatchObject({
      actor: { id: 'olivia', kind: 'OPERATOR' },
      reason: 'It is over.',
    })
  })

  test('leads to its seal once the grace is over, and not before', async () => {
    await using app = await inApril()
    idOf(await close(app, '2026-03'))
    app.clock.advance(GRACE - 60_000)
    await sealDue(app)
    expect(await typesIn(app)).toStrictEqual([['BillingPeriodClosingBegan', '2026-03']])
    app.clock.advance(60_000)
    await sealDue(app)
    expect(await typesIn(app)).toStrictEqual([
      ['BillingPeriodClosingBegan', '2026-03'],
      ['BillingPeriodSealed', '2026-03'],
    ])
  })

  test('again changes nothing, neither in its grace nor once it is sealed', async () => {
    await using app = await inApril()
    idOf(await close(app, '2026-03'))
    const done = async () => right({ id: 'acme/2026-03', position: await app.log.head() })
    const before = await app.log.head()
    expect(await close(app, '2026-03')).toStrictEqual(await done())
    expect(await app.log.head()).toBe(before)
    app.clock.advance(GRACE)
    await sealDue(app)
    const sealed = await app.log.head()
    expect(await close(app, '2026-03')).toStrictEqual(await done())
    expect(await app.log.head()).toBe(sealed)
  })

  test('again with the same idempotencyKey is done once, with another month a conflict', async () => {
    await using app = await inApril()
    const once = { idempotencyKey: 'once' }
    idOf(await close(app, '2026-03', once))
    const before = await app.log.head()
    const again = right({ id: 'acme/2026-03', position: before })
    expect(await close(app, '2026-03', once)).toStrictEqual(again)
    expect(
      await billingPeriodClose(app.node())(asOperator, { account: acme, month: '2026-03', ...once })(),
    ).toStrictEqual(again)
    // Before its state is looked at: April is not over yet.
    expect(refusalOf(await close(app, '2026-04', once))).toStrictEqual(idempotencyConflict())
    expect(refusalOf(await close(app, '2026-03', { ...once, reason: 'Now.' }))).toStrictEqual(
      idempotencyConflict(),
    )
    expect(await app.log.head()).toBe(before)
  })
})

describe('A month is closed by operators alone', () => {
  const bad = { month: 'next', reason: '\0' }

  test.each(['accountAdmin', 'accountViewer', 'collaborator', 'viewer'] as const)(
    'not by %s of the account, before its input is looked at',
    async (person) => {
      await using app = await application()
      expect(await close(app, '2026-02', bad, callerOf(people[person]))).toStrictEqual(
        left(forbidden('OPERATOR', 'close a month of an account')),
      )
      expect(await billOf(app)).toStrictEqual([])
    },
  )

  test('and others do not even learn that there is such an account', async () => {
    await using app = await application()
    const noAccount = (id: string) => left(notFound('account', id))
    for (const who of [
      strangers.stranger,
      people.recipient,
      people.nobody,
      principal({ hypervisor: 'node-1' }),
    ])
      expect(await close(app, '2026-02', bad, callerOf(who))).toStrictEqual(noAccount('acme'))
    for (const account of ['gone', 'Acme', '../etc', ''])
      expect(await close(app, '2026-02', { ...bad, account })).toStrictEqual(noAccount(account))
  })
})

describe('A month is refused', () => {
  test.each(['2026-13', '2026-00', '2026-2', '2026', '2026-02-01', '', 7, null, undefined])(
    'that is %j',
    async (month) => {
      await using app = await application()
      expect(await close(app, month)).toStrictEqual(
        left(invalidInput([{ path: ['month'], message: 'must be a month such as 2026-03' }])),
      )
    },
  )

  test('with what no closing has', async () => {
    await using app = await application()
    expect(await close(app, '2026-02', { flavour: 'vanilla' })).toStrictEqual(
      left(invalidInput([{ path: [], message: 'Unrecognized key: "flavour"' }])),
    )
  })

  test('that is not over, until it is', async () => {
    await using app = await inApril()
    idOf(await close(app, '2026-03'))
    const notOver = left(
      invalidInput([
        { path: ['month'], message: 'is not over before 2026-05-01T00:00:00.000Z: close it from then on' },
      ]),
    )
    expect(await close(app, '2026-04')).toStrictEqual(notOver)
    app.clock.advance(30 * DAY - 1_000)
    expect(await close(app, '2026-04')).toStrictEqual(notOver)
    app.clock.advance(1_000)
    idOf(await close(app, '2026-04'))
  })

  const beforeAnyUse = (more = '') =>
    left(invalidInput([{ path: ['month'], message: `was before anything was used${more}` }]))
  const closeFirst = (month: string) =>
    left(invalidState('OPEN', `Months are closed one after the other: close ${month} first.`))

  test('in which the account used nothing yet, whatever others used', async () => {
    await using app = await application()
    await available(app, 'debian')
    app.clock.advance(31 * DAY)
    await app.settled()
    expect(await close(app, '2026-02')).toStrictEqual(beforeAnyUse(': the month to close is 2026-03'))
    for (const month of ['2026-03', '2026-02', '1970-01'])
      expect(await close(app, month, { account: globex })).toStrictEqual(beforeAnyUse())
    idOf(await close(app, '2026-03'))
    expect(await billOf(app, globex)).toStrictEqual([])
  })

  test('before the first one in which the account used anything, and before those that follow', async () => {
    await using app = await inApril()
    untilJune(app)
    expect(await close(app, '2026-04')).toStrictEqual(closeFirst('2026-03'))
    idOf(await close(app, '2026-03'))
    expect(await close(app, '2026-05')).toStrictEqual(closeFirst('2026-04'))
    idOf(await close(app, '2026-04'))
    expect(await typesIn(app)).toStrictEqual([
      ['BillingPeriodClosingBegan', '2026-03'],
      ['BillingPeriodClosingBegan', '2026-04'],
    ])
  })

  test('before those after the sealed one', async () => {
    await using app = await inApril()
    await seal(app, '2026-03')
    untilJune(app)
    expect(await close(app, '2026-05')).toStrictEqual(closeFirst('2026-04'))
    expect(await close(app, '2026-02')).toStrictEqual(beforeAnyUse(': the month to close is 2026-04'))
    idOf(await close(app, '2026-04'))
  })
})

test('Each account closes its own months', async () => {
  await using app = await inApril()
  idOf(await close(app, '2026-03', { account: globex }))
  expect((await app.everything()).at(-1)?.stream).toBe('billing-globex')
  expect(await billOf(app)).toStrictEqual([])
})
