import { describe, expect, test } from 'vitest'
import { StoreUnavailable } from '../../../src/application/ports/event-log.ts'
import { repairClaims } from '../../../src/application/reactions/reactions.ts'
import { idempotencyConflict } from '../../../src/domain/kernel/refusal.ts'
import {
  type Application,
  application,
  callerOf,
  collaborator,
  repairAll,
} from '../../support/application.ts'
import { auditClaims } from '../../support/claims-oracle.ts'
import { create, holdingsOf, idOf, refusalOf, remove, typesOf } from '../../support/library-commands.ts'
import { faultyLog, wrapLog } from '../../support/logs.ts'

const once = { idempotencyKey: 'once' }
const registrations = async (app: Application): Promise<number> =>
  (await app.everything()).filter(({ type }) => type === 'ImageRegistered').length

describe('A create with an idempotencyKey', () => {
  test('that came before is the same image', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian', once))
    expect(idOf(await create(app.services, 'debian', { ...once, os: null }))).toBe(id)
    expect(idOf(await create(app.node(), 'debian', once))).toBe(id)
    expect(await registrations(app)).toBe(1)
  })

  test('that came before with another input is refused, before name, limit and location are looked at', async () => {
    await using app = await application({ imageLimit: 1 })
    await create(app.services, 'debian', once)
    for (const input of [{ name: 'ubuntu' }, { location: 'nowhere' }, { os: 'debian' }, { tags: [] }])
      expect(refusalOf(await create(app.services, 'debian', { ...once, ...input }))).toStrictEqual(
        idempotencyConflict(),
      )
    expect(await holdingsOf(app)).toStrictEqual({ names: ['debian'], places: 1 })
  })

  test('that came before is the same image still when it is deleted', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian', once))
    await remove(app.services, id)
    expect(idOf(await create(app.services, 'debian', once))).toBe(id)
    expect(await typesOf(app, id)).toStrictEqual([
      'ImageRegistered',
      'ImageDeletionRequested',
      'ImageDeleted',
    ])
  })

  test('is not that of another user with the same key', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian', once))
    const other = callerOf({ ...collaborator, subject: 'conrad' })
    expect(idOf(await create(app.services, 'ubuntu', once, other))).not.toBe(id)
  })

  test('that was refused may come again with another input', async () => {
    await using app = await application()
    await create(app.services, 'debian')
    refusalOf(await create(app.services, 'debian', once))
    expect(idOf(await create(app.services, 'ubuntu', once))).toBeTruthy()
  })

  test('that came at once with another name to two nodes is one image, and no name is held for the other', async () => {
    await using app = await application()
    const outcomes = await Promise.all([
      create(app.node(), 'debian', once),
      create(app.node(), 'ubuntu', once),
    ])
    expect(outcomes.map(({ _tag }) => _tag).sort()).toStrictEqual(['Left', 'Right'])
    expect(outcomes.flatMap((outcome) => (outcome._tag === 'Left' ? [outcome.left] : []))).toStrictEqual([
      idempotencyConflict(),
    ])
    expect(await holdingsOf(app)).toMatchObject({ places: 1, names: [expect.any(String)] })
    expect(auditClaims(await app.everything(), { limit: null, final: true })).toStrictEqual([])
  })
})

/** A create that dies between its claim and its registration. */
const cutOff = async (app: Application): Promise<void> => {
  const node = app.node(faultyLog(app.log, { nth: 2, when: 'BEFORE' }))
  await expect(create(node, 'debian', once)).rejects.toThrow(StoreUnavailable)
  expect(await holdingsOf(app)).toStrictEqual({ names: ['debian'], places: 1 })
}

describe('A create that was cut off after its claim', () => {
  test('takes its claim up again when it is repeated', async () => {
    await using app = await application({ imageLimit: 1 })
    await cutOff(app)
    const id = idOf(await create(app.node(), 'debian', once))
    expect(await typesOf(app, id)).toStrictEqual(['ImageRegistered'])
    expect(await holdingsOf(app)).toStrictEqual({ names: ['debian'], places: 1 })
  })

  test('and was repaired begins anew when it is repeated, under another id', async () => {
    await using app = await application({ imageLimit: 1 })
    await cutOff(app)
    await repairAll(app)
    expect(await holdingsOf(app)).toStrictEqual({ names: [], places: 0 })
    const id = idOf(await create(app.node(), 'debian', once))
    expect(idOf(await create(app.node(), 'debian', once))).toBe(id)
    const given = (await app.everything()).find(({ type }) => type === 'ImageRegistrationAbandoned')
    expect(given?.stream).not.toBe(`image-${id}`)
    expect(await registrations(app)).toBe(1)
  })

  test('does not stand in its own way where repair takes its claim while it is repeated', async () => {
    await using app = await application({ imageLimit: 1 })
    await cutOff(app)
    let repaired = false
    const log = wrapLog(app.log, {
      readStream: async (stream, options) => {
        if (stream === 'account-acme' && !repaired) {
          repaired = true
          await app.settled()
          await repairClaims(app.node(), app.toDo, 0).run()
        }
        return app.log.readStream(stream, options)
      },
    })
    idOf(await create(app.node(log), 'debian', once))
    expect(auditClaims(await app.everything(), { limit: 1, final: true })).toStrictEqual([])
  })

  test('is done once though the acknowledgement of its registration was lost', async () => {
    await using app = await application()
    const node = app.node(faultyLog(app.log, { nth: 2, when: 'AFTER' }))
    await expect(create(node, 'debian', once)).rejects.toThrow(StoreUnavailable)
    idOf(await create(app.node(), 'debian', once))
    expect(await registrations(app)).toBe(1)
    expect(auditClaims(await app.everything(), { limit: null, final: true })).toStrictEqual([])
  })
})
