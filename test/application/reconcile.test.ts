import { describe, expect, test } from 'vitest'
import { systemCommand } from '../../src/application/command.ts'
import { reconcile } from '../../src/application/reconcile.ts'
import { imageReportSize } from '../../src/application/use-cases/image-report-size.ts'
import { imageAggregate } from '../../src/domain/image/state.ts'
import { right } from '../../src/domain/kernel/fp.ts'
import type { ImageId } from '../../src/domain/kernel/ids.ts'
import { START } from '../../src/domain/kernel/recorded.ts'
import { ledgerEvents } from '../../src/domain/ledger-events.ts'
import { billingProjection } from '../../src/projections/billing/apply.ts'
import { billsOf } from '../../src/projections/billing/bills.ts'
import { startProjections } from '../../src/projections/runner.ts'
import {
  type Application,
  application,
  callerOf,
  memoryReadModels,
  operator,
} from '../support/application.ts'
import {
  available,
  create,
  deactivate,
  demote,
  idOf,
  people,
  promote,
  remove,
  restore,
} from '../support/library-commands.ts'
import { recordingLogger } from '../support/projections.ts'
import { acme, globex } from '../support/samples.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** An application with a reading of the ledger of its own, which tests may make wrong. */
const reading = async (options: Parameters<typeof application>[0] = {}) => {
  const app = await application(options)
  const runner = await startProjections({
    log: app.log,
    readModels: memoryReadModels(),
    definitions: ledgerEvents,
    projections: [billingProjection],
    logger: recordingLogger(),
  })
  const database = () => runner.database(billingProjection.name)
  const caughtUp = async () => runner.waitFor(billingProjection.name, await app.log.head(), 30_000)
  const { blobs, clock, ledger } = app.services
  const bills = billsOf({ database, position: () => START, blobs, provider: 'Cloud', caughtUp })
  return {
    ...app,
    bills,
    caughtUp,
    /** Writes into the read model, behind the back of the ledger. */
    spoil: async (sql: string, ...values: string[]) => {
      await caughtUp()
      const { changes } = database()
        .prepare(sql)
        .run(...values) as { readonly changes: number | bigint }
      expect(Number(changes)).toBeGreaterThan(0)
    },
    reconcile: async (account = acme) => {
      await caughtUp()
      return reconcile({ ledger, bills, clock }, account)
    },
    [Symbol.asyncDispose]: async () => {
      await runner.stop()
      await app[Symbol.asyncDispose]()
    },
  }
}

const notAccruing = (image: ImageId) => ({
  kind: 'NOT_ACCRUING',
  image,
  message: 'It is AVAILABLE in the ledger, and nothing accrues.',
})
const stillAccruing = (image: ImageId, status: string) => ({
  kind: 'STILL_ACCRUING',
  image,
  message: `It is ${status} in the ledger, and accrues.`,
})
const otherOwner = (image: ImageId, owner: string, billed: string) => ({
  kind: 'OTHER_OWNER',
  image,
  message: `It is of ${owner} in the ledger, and ${billed} is billed.`,
})
const sizePending = (image: ImageId, since: string) => ({
  kind: 'SIZE_PENDING',
  image,
  message: `Nobody has said its size since ${since}.`,
})

/** An image that became available, and nobody knows how big it is. */
const withoutSize = async (app: Application, name: string) => {
  const image = idOf(await create(app.services, name))
  const since = app.clock.now()
  const command = systemCommand('hypervisor', image, since)
  await app.services.ledger.change(imageAggregate, image, command, () =>
    right([{ type: 'ImageBecameAvailable', data: {} }]),
  )
  return { image, since }
}

test('A healthy account has no findings, whatever became of its images', async () => {
  await using app = await reading({ limits: { deleteRecoveryHours: 24 } })
  const { services } = app
  await available(app, 'available')
  idOf(await create(services, 'creating'))
  idOf(await remove(services, await available(app, 'deleting')))
  const restored = await available(app, 'restored')
  idOf(await remove(services, restored))
  idOf(await restore(services, restored))
  const [promoted, moved] = [await available(app, 'promoted'), await available(app, 'moved')]
  for (const image of [promoted, moved]) idOf(await promote(services, image))
  idOf(await demote(services, moved, { project: 'ops' }))
  idOf(await deactivate(services, await available(app, 'deactivated')))
  await available(app, 'stock', { official: true }, callerOf(operator))
  idOf(await remove(services, idOf(await create(services, 'never-there'))))
  app.clock.advance(10 * DAY)
  expect(await app.reconcile()).toStrictEqual({ checked: 9, findings: [] })
  expect(await app.reconcile(globex)).toStrictEqual({ checked: 0, findings: [] })
})

describe('It is found', () => {
  test('that an image is available, and nothing accrues', async () => {
    await using app = await reading()
    const [ended, gone, unknown] = [
      await available(app, 'ended'),
      await available(app, 'gone'),
      await available(app, 'unknown'),
    ]
    await available(app, 'healthy')
    await app.spoil('UPDATE segments SET until = since + 1 WHERE image = ?', ended)
    await app.spoil('DELETE FROM segments WHERE image = ?', gone)
    await app.spoil('DELETE FROM segments WHERE image = ?', unknown)
    await app.spoil('DELETE FROM lives WHERE image = ?', unknown)
    const { checked, findings } = await app.reconcile()
    expect(checked).toBe(4)
    expect(inOrder(findings)).toStrictEqual(inOrder([ended, gone, unknown].map(notAccruing)))
  })

  test('that an image is not available, and accrues', async () => {
    await using app = await reading({ limits: { deleteRecoveryHours: 24 } })
    const [deleting, creating] = [
      await available(app, 'deleting'),
      idOf(await create(app.services, 'creating')),
    ]
    idOf(await remove(app.services, deleting))
    await app.spoil('UPDATE segments SET until = NULL WHERE image = ?', deleting)
    await app.spoil(
      `INSERT INTO segments (account, image, place, location, name, start, since, opened_by)
        VALUES ('acme', ?, 0, 'ams', 'creating', 0, 0, 'nothing')`,
      creating,
    )
    const { checked, findings } = await app.reconcile()
    expect(checked).toBe(2)
    expect(inOrder(findings)).toStrictEqual(
      inOrder([stillAccruing(deleting, 'DELETING'), stillAccruing(creating, 'CREATING')]),
    )
  })

  test('that an image is gone for good, and accrues, though its name is free', async () => {
    await using app = await reading()
    const deleted = await available(app, 'deleted')
    idOf(await remove(app.services, deleted))
    await app.spoil('UPDATE segments SET until = NULL WHERE image = ?', deleted)
    expect(await app.reconcile()).toStrictEqual({
      checked: 1,
      findings: [stillAccruing(deleted, 'DELETED')],
    })
  })

  test('that another is billed than the owner', async () => {
    await using app = await reading()
    const [ofWeb, ofAccount, ofNobody] = [
      await available(app, 'of-web'),
      await available(app, 'of-account'),
      await available(app, 'of-nobody'),
    ]
    idOf(await promote(app.services, ofAccount))
    await app.spoil("UPDATE segments SET project = 'ops' WHERE image = ?", ofWeb)
    await app.spoil("UPDATE segments SET project = 'web' WHERE image = ? AND until IS NULL", ofAccount)
    await app.spoil('UPDATE segments SET project = NULL WHERE image = ?', ofNobody)
    const { findings } = await app.reconcile()
    expect(inOrder(findings)).toStrictEqual(
      inOrder([
        otherOwner(ofWeb, 'web', 'ops'),
        otherOwner(ofAccount, 'the account', 'web'),
        otherOwner(ofNobody, 'web', 'the account'),
      ]),
    )
  })

  test('that nobody has said a size for more than a day, until somebody does', async () => {
    await using app = await reading()
    const { image, since } = await withoutSize(app, 'pending')
    app.clock.advance(DAY - 1_000)
    expect(await app.reconcile()).toStrictEqual({ checked: 1, findings: [] })
    app.clock.advance(1_000)
    expect(await app.reconcile()).toStrictEqual({ checked: 1, findings: [sizePending(image, since)] })
    const report = { image, sizeBytes: 1_000n, occurredAt: app.clock.now() }
    idOf(await imageReportSize(app.services)(callerOf(operator), report)())
    expect(await app.reconcile()).toStrictEqual({ checked: 1, findings: [] })
  })

  test('that nobody has said a size since an image became available, though it was promoted meanwhile', async () => {
    await using app = await reading()
    const { image, since } = await withoutSize(app, 'pending')
    app.clock.advance(2 * DAY)
    idOf(await promote(app.services, image))
    app.clock.advance(HOUR)
    expect(await app.reconcile()).toStrictEqual({ checked: 1, findings: [sizePending(image, since)] })
  })
})

test('What billing has only not heard of yet is looked at again, and is no finding', async () => {
  await using app = await reading()
  const { ledger, clock } = app.services
  const before = app.bills.accruals(acme, null)
  const fresh = await available(app, 'fresh')
  let waits = 0
  const bills = {
    ...app.bills,
    accruals: (account: typeof acme, image: ImageId | null) =>
      waits === 0 ? before : app.bills.accruals(account, image),
    caughtUp: () => {
      waits += 1
      return app.caughtUp()
    },
  }
  expect(await reconcile({ ledger, bills, clock }, acme)).toStrictEqual({ checked: 1, findings: [] })
  expect([waits, app.bills.accruals(acme, fresh).size]).toStrictEqual([1, 1])
})

test('The images of another account are not looked at', async () => {
  await using app = await reading()
  const theirs = await available(app, 'theirs', { project: 'lab' }, callerOf(people.recipient))
  await app.spoil('DELETE FROM segments WHERE image = ?', theirs)
  expect(await app.reconcile(acme)).toStrictEqual({ checked: 0, findings: [] })
  expect(await app.reconcile(globex)).toStrictEqual({ checked: 1, findings: [notAccruing(theirs)] })
})

const inOrder = <Finding extends { readonly image: string }>(findings: readonly Finding[]) =>
  [...findings].sort((a, b) => (a.image < b.image ? -1 : 1))
