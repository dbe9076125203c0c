import { describe, expect, test } from 'vitest'
import { accountCreate } from '../../../src/application/use-cases/account-create.ts'
import { accountSetImageLimit } from '../../../src/application/use-cases/account-set-image-limit.ts'
import { accountSetMayPublish } from '../../../src/application/use-cases/account-set-may-publish.ts'
import { accountAggregate } from '../../../src/domain/account/state.ts'
import { right } from '../../../src/domain/kernel/fp.ts'
import { isUuid } from '../../../src/domain/kernel/ids.ts'
import {
  forbidden,
  idempotencyConflict,
  imageLimitReached,
  invalidInput,
  nameTaken,
  notFound,
} from '../../../src/domain/kernel/refusal.ts'
import { type Application, application, callerOf, operator } from '../../support/application.ts'
import { create, eventsAfter, idOf, refusalOf, strangers } from '../../support/library-commands.ts'
import { acme, principal } from '../../support/samples.ts'

const asOperator = callerOf(operator)
const asAdmin = callerOf(principal({ subject: 'adam', account: acme, accountRole: 'ADMIN' }))

const open = (app: Application, input: object, caller = asOperator) =>
  accountCreate(app.services)(caller, input)()
const setLimit = (
  app: Application,
  input: { account: string; [field: string]: unknown },
  caller = asOperator,
) => accountSetImageLimit(app.services)(caller, input)()
const limitOf = async (app: Application, account: string) =>
  (await app.services.ledger.load(accountAggregate, account)).state.imageLimit

describe('Creating an account', () => {
  test('takes the id that the operator chose, or a UUID', async () => {
    await using app = await application()
    expect(await open(app, { id: 'initech', name: 'Initech', imageLimit: 3 })).toStrictEqual(
      right({ id: 'initech', position: await app.log.head() }),
    )
    expect(await limitOf(app, 'initech')).toBe(3)
    const created = await open(app, { name: 'Initech' })
    expect(created._tag === 'Right' && isUuid(created.right.id)).toBe(true)
    expect(created._tag === 'Right' && (await limitOf(app, created.right.id))).toBeNull()
  })

  test('under an id that is in use is refused', async () => {
    await using app = await application()
    expect(refusalOf(await open(app, { id: 'acme', name: 'Acme' }))).toStrictEqual(
      nameTaken('acme', 'the platform'),
    )
  })

  test('is for operators, before the input is looked at', async () => {
    await using app = await application()
    expect(refusalOf(await open(app, {}, asAdmin))).toStrictEqual(forbidden('OPERATOR', 'create accounts'))
  })

  test.each<[object, readonly string[], string]>([
    [{ name: ' ' }, ['name'], 'must be one line, and not blank'],
    [{ name: 'x'.repeat(256) }, ['name'], 'must have at most 255 characters, not 256'],
    [{ name: 'Initech', id: 'In.Itech' }, ['id'], 'must be 1 to 63 of a-z, 0-9 and -, and not begin with -'],
    [
      { name: 'Initech', imageLimit: -1 },
      ['imageLimit'],
      'must not be negative: leave it out, or null, for no limit',
    ],
  ])('of %j is refused', async (input, path, message) => {
    await using app = await application()
    expect(refusalOf(await open(app, input))).toStrictEqual(invalidInput([{ path, message }]))
  })

  test('again with the same idempotencyKey is the same account, with another input a conflict', async () => {
    await using app = await application()
    const input = { name: 'Initech', idempotencyKey: 'once' }
    const [first, again] = [await open(app, input), await open(app, input)]
    expect(again).toStrictEqual(first)
    expect(refusalOf(await open(app, { ...input, name: 'Other' }))).toStrictEqual(idempotencyConflict())
    expect(await open(app, { ...input, imageLimit: null })).toStrictEqual(first)
  })
})

describe('Setting the limit of an account', () => {
  test('sets, raises and lifts it', async () => {
    await using app = await application()
    for (const limit of [5, 0, null]) {
      await setLimit(app, { account: 'acme', limit })
      expect(await limitOf(app, 'acme')).toBe(limit)
    }
    await setLimit(app, { account: 'acme', limit: 7 })
    await setLimit(app, { account: 'acme' })
    expect(await limitOf(app, 'acme')).toBeNull()
  })

  test('to what it is gives no event', async () => {
    await using app = await application({ imageLimit: 5 })
    const before = await app.log.head()
    const created = (await app.everything()).findLast(({ stream }) => stream === 'account-acme')
    expect(await setLimit(app, { account: 'acme', limit: 5 })).toStrictEqual(
      right({ id: 'acme', position: created?.position }),
    )
    expect(await app.log.head()).toBe(before)
  })

  test('below what is in use touches no image and refuses new ones', async () => {
    await using app = await application()
    for (const name of ['debian', 'ubuntu']) idOf(await create(app.services, name))
    await setLimit(app, { account: 'acme', limit: 1, reason: 'They did not pay.' })
    expect(refusalOf(await create(app.services, 'fedora'))).toStrictEqual(imageLimitReached(1, 2))
    expect((await app.everything()).at(-1)?.metadata['reason']).toBe('They did not pay.')
  })

  test('is for operators; others are told so if they may see the account', async () => {
    await using app = await application()
    const input = { account: 'acme', limit: -1 }
    expect(refusalOf(await setLimit(app, input, asAdmin))).toStrictEqual(
      forbidden('OPERATOR', 'set the limit of images'),
    )
    expect(refusalOf(await setLimit(app, input, callerOf(strangers.stranger)))).toStrictEqual(
      notFound('account', 'acme'),
    )
    expect(refusalOf(await setLimit(app, { ...input, account: 'gone' }))).toStrictEqual(
      notFound('account', 'gone'),
    )
    expect(refusalOf(await setLimit(app, { ...input, account: '../etc' }))).toStrictEqual(
      notFound('account', '../etc'),
    )
    expect(refusalOf(await setLimit(app, input))).toMatchObject({ tag: 'InvalidInput' })
  })
})

describe('Letting an account publish', () => {
  const letPublish = (app: Application, more: object = {}, caller = asOperator) =>
    accountSetMayPublish(app.services)(caller, { account: 'acme', mayPublish: true, ...more })()
  const mayPublish = async (app: Application) =>
    (await app.services.ledger.load(accountAggregate, acme)).state.mayPublish

  test('is off until an operator says so, and off again when one says so', async () => {
    await using app = await application()
    expect(await mayPublish(app)).toBe(false)
    const before = await app.log.head()
    const done = await letPublish(app, { reason: 'They are careful.' })
    expect(await eventsAfter(app, before)).toStrictEqual([
      { type: 'AccountMayPublishSet', data: { mayPublish: true } },
    ])
    const last = (await app.everything()).at(-1)
    expect(done).toStrictEqual(right({ id: 'acme', position: last?.position }))
    expect(last?.metadata['reason']).toBe('They are careful.')
    await letPublish(app, { mayPublish: false })
    expect(await mayPublish(app)).toBe(false)
  })

  test('to what it is gives no event', async () => {
    await using app = await application()
    const before = await app.log.head()
    await letPublish(app, { mayPublish: false })
    expect(await app.log.head()).toBe(before)
  })

  test('is for operators; others are told so if they may see the account', async () => {
    await using app = await application()
    const bad = { mayPublish: 'yes' }
    expect(refusalOf(await letPublish(app, bad, asAdmin))).toStrictEqual(
      forbidden('OPERATOR', 'let an account publish'),
    )
    expect(refusalOf(await letPublish(app, bad, callerOf(strangers.stranger)))).toStrictEqual(
      notFound('account', 'acme'),
    )
    for (const account of ['gone', '../etc'])
      expect(refusalOf(await letPublish(app, { ...bad, account }))).toStrictEqual(
        notFound('account', account),
      )
    expect(refusalOf(await letPublish(app, bad))).toMatchObject({
      tag: 'InvalidInput',
      issues: [{ path: ['mayPublish'] }],
    })
    expect(await mayPublish(app)).toBe(false)
  })
})
