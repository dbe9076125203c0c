import { describe, expect, test } from 'vitest'
import {
  carryOutDates,
  completeDeletions,
  repairClaims,
} from '../../../src/application/reactions/reactions.ts'
import type { ImageId } from '../../../src/domain/kernel/ids.ts'
import { invalidState } from '../../../src/domain/kernel/refusal.ts'
import { type Application, application } from '../../support/application.ts'
import {
  available,
  create,
  deprecate,
  historyOf,
  holdingsOf,
  idOf,
  imageNow,
  refusalOf,
  remove,
  restore,
  typesOf,
  undeprecate,
  update,
  wordFor,
} from '../../support/library-commands.ts'
import { faultyLog, stoppingLog } from '../../support/logs.ts'
import { nodeAt, run } from './running.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const before = '2026-03-01T23:59:59.999Z'
const obsoleteAt = '2026-03-02T00:00:00.000Z'
const deleteAt = '2026-03-03T00:00:00.000Z'
const limits = { deleteRecoveryHours: 24 }

/** An image without bytes that is deprecated, with these dates. */
const retired = async (app: Application, notice: object, more: object = {}): Promise<ImageId> => {
  const id = idOf(await create(app.services, 'debian', more))
  idOf(await deprecate(app.services, id, notice))
  return id
}
/** What happened to it since then. */
const since = async (app: Application, id: string) => (await historyOf(app, id)).slice(2)
const namesSince = async (app: Application, id: string) => (await typesOf(app, id)).slice(2)
const obsoleted = { type: 'ImageObsoleted', data: {} }
const requested = (at: string) => ({
  type: 'ImageDeletionRequested',
  data: { deleteAt: at, scheduled: true },
})
const deleted = { type: 'ImageDeleted', data: {} }

describe('The date of obsolescence', () => {
  test('is carried out at that very moment, and not before, by the service', async () => {
    await using app = await application()
    const id = await retired(app, { obsoleteAt })
    await run(app, carryOutDates, nodeAt(app, before))
    expect(await since(app, id)).toStrictEqual([])
    await run(app, carryOutDates, nodeAt(app, obsoleteAt))
    expect(await since(app, id)).toStrictEqual([obsoleted])
    const { actor, occurredAt } = (await app.everything()).at(-1)?.metadata ?? {}
    expect([actor, occurredAt]).toStrictEqual([{ id: 'dates', kind: 'SYSTEM' }, obsoleteAt])
    expect((await imageNow(app, id)).deprecation?.stage).toBe('OBSOLETE')
  })

  test('is carried out once, on several nodes at once and again, with a list that is behind', async () => {
    await using app = await application()
    const id = await retired(app, { obsoleteAt })
    app.clock.advance(DAY)
    const behind = { ...app.toDo, dueDates: () => [id] }
    await Promise.all(Array.from({ length: 3 }, () => carryOutDates(app.node(), behind).run()))
    await carryOutDates(app.services, behind).run()
    expect(await since(app, id)).toStrictEqual([obsoleted])
  })

  test('is carried out after a restart, and not again after the next', async () => {
    await using app = await application()
    const id = await retired(app, { obsoleteAt })
    app.clock.advance(DAY)
    await carryOutDates(app.node(), await app.toDoAfterRestart()).run()
    await carryOutDates(app.node(), await app.toDoAfterRestart()).run()
    expect(await since(app, id)).toStrictEqual([obsoleted])
    expect((await app.toDoAfterRestart()).dueDates(app.clock.now(), 10)).toStrictEqual([])
  })

  test('is not carried out where it was put off or taken back, also by a list that is behind', async () => {
    await using app = await application()
    const id = await retired(app, { obsoleteAt })
    const behind = { ...app.toDo, dueDates: () => [id] }
    await deprecate(app.services, id, { obsoleteAt: deleteAt })
    app.clock.advance(DAY)
    await run(app, carryOutDates)
    await carryOutDates(app.node(), behind).run()
    await undeprecate(app.services, id)
    app.clock.advance(DAY)
    await run(app, carryOutDates)
    await carryOutDates(app.node(), behind).run()
    expect(await namesSince(app, id)).toStrictEqual(['ImageDeprecated', 'ImageUndeprecated'])
  })

  test('of one image is carried out though that of another fails', async () => {
    await using app = await application()
    const [stuck, free] = [await retired(app, { obsoleteAt }), await available(app, 'free')]
    await deprecate(app.services, free, { obsoleteAt })
    app.clock.advance(DAY)
    const inThisOrder = { ...app.toDo, dueDates: () => [stuck, free] }
    const cut = app.node(faultyLog(app.log, { nth: 1, when: 'BEFORE' }))
    await expect(carryOutDates(cut, inThisOrder).run()).rejects.toThrow('The line was cut.')
    expect((await imageNow(app, free)).deprecation?.stage).toBe('OBSOLETE')
    await run(app, carryOutDates)
    expect(await since(app, stuck)).toStrictEqual([obsoleted])
  })
})

describe('The date of deletion', () => {
  test('deletes at that very moment, and frees name and place', async () => {
    await using app = await application({ imageLimit: 1 })
    const id = await retired(app, { deleteAt })
    await run(app, carryOutDates, nodeAt(app, '2026-03-02T23:59:59.999Z'))
    expect(await holdingsOf(app)).toStrictEqual({ names: ['debian'], places: 1 })
    await run(app, carryOutDates, nodeAt(app, deleteAt))
    expect(await since(app, id)).toStrictEqual([requested(deleteAt), deleted])
    expect(await holdingsOf(app)).toStrictEqual({ names: [], places: 0 })
    expect(wordFor(await create(app.services, 'debian'))).toBe('DONE')
  })

  test('comes with that of obsolescence where the service was away for both', async () => {
    await using app = await application()
    const id = await retired(app, { obsoleteAt, deleteAt })
    await run(app, carryOutDates, nodeAt(app, deleteAt))
    expect(await since(app, id)).toStrictEqual([obsoleted, requested(deleteAt), deleted])
  })

  test('is carried out once, on several nodes at once and after a restart', async () => {
    await using app = await application()
    const id = await retired(app, { deleteAt })
    app.clock.advance(2 * DAY)
    const behind = { ...app.toDo, dueDates: () => [id] }
    await Promise.all(Array.from({ length: 3 }, () => carryOutDates(app.node(), behind).run()))
    await carryOutDates(app.services, behind).run()
    await carryOutDates(app.node(), await app.toDoAfterRestart()).run()
    expect(await namesSince(app, id)).toStrictEqual(['ImageDeletionRequested', 'ImageDeleted'])
    expect(await holdingsOf(app)).toStrictEqual({ names: [], places: 0 })
  })

  test('that was cut off before the name was free is finished by repair', async () => {
    await using app = await application({ imageLimit: 1 })
    await retired(app, { deleteAt })
    app.clock.advance(2 * DAY)
    await app.settled()
    const log = stoppingLog(app.log, 2)
    await Promise.race([carryOutDates(app.node(log), app.toDo).run(), log.stopped])
    expect(await holdingsOf(app)).toStrictEqual({ names: ['debian'], places: 1 })
    app.clock.advance(2 * 60_000)
    await run(app, repairClaims)
    expect(await holdingsOf(app)).toStrictEqual({ names: [], places: 0 })
  })

  test('leaves an image that was deleted before alone', async () => {
    await using app = await application()
    const id = await retired(app, { obsoleteAt, deleteAt })
    await remove(app.services, id)
    app.clock.advance(2 * DAY)
    await run(app, carryOutDates)
    await carryOutDates(app.node(), { ...app.toDo, dueDates: () => [id] }).run()
    expect(await namesSince(app, id)).toStrictEqual(['ImageDeletionRequested', 'ImageDeleted'])
  })
})

describe('The date of deletion of a protected image', () => {
  const prevented = { type: 'ImageDeletionPrevented', data: {} }

  test('is spent: that it came is recorded once, and nothing deletes it later', async () => {
    await using app = await application()
    const id = await retired(app, { obsoleteAt, deleteAt }, { protected: true })
    await run(app, carryOutDates, nodeAt(app, deleteAt))
    const behind = { ...app.toDo, dueDates: () => [id] }
    app.clock.advance(3 * DAY)
    for (const node of [app.node(), app.services]) await carryOutDates(node, behind).run()
    await run(app, carryOutDates)
    expect(await since(app, id)).toStrictEqual([obsoleted, prevented])
    expect(app.toDo.dueDates(app.clock.now(), 10)).toStrictEqual([])
    await update(app.services, id, { protected: false })
    await run(app, carryOutDates)
    await carryOutDates(app.node(), behind).run()
    await carryOutDates(app.node(), await app.toDoAfterRestart()).run()
    expect((await imageNow(app, id)).status).toBe('CREATING')
    expect(await holdingsOf(app)).toStrictEqual({ names: ['debian'], places: 1 })
  })

  test('may be set anew, and is carried out then', async () => {
    await using app = await application()
    const id = await retired(app, { deleteAt }, { protected: true })
    await run(app, carryOutDates, nodeAt(app, deleteAt))
    app.clock.advance(2 * DAY)
    await update(app.services, id, { protected: false })
    await deprecate(app.services, id, { deleteAt: '2026-03-04T00:00:00.000Z' })
    await run(app, carryOutDates, nodeAt(app, '2026-03-04T00:00:00.000Z'))
    expect((await imageNow(app, id)).status).toBe('DELETED')
  })
})

describe('A scheduled deletion with a recovery window', () => {
  const final = '2026-03-04T00:00:00.000Z'

  test('begins at its date, holds name and place, and is final when the window is over', async () => {
    await using app = await application({ imageLimit: 1, limits })
    const id = await retired(app, { deleteAt })
    await run(app, carryOutDates, nodeAt(app, deleteAt))
    await run(app, completeDeletions, nodeAt(app, '2026-03-03T23:59:59.999Z'))
    expect(await since(app, id)).toStrictEqual([requested(final)])
    expect(refusalOf(await create(app.services, 'debian'))).toMatchObject({ tag: 'NameTaken' })
    await run(app, completeDeletions, nodeAt(app, final))
    expect(await since(app, id)).toStrictEqual([requested(final), deleted])
    expect(await holdingsOf(app)).toStrictEqual({ names: [], places: 0 })
  })

  test('is taken back by a restore, and does not come again', async () => {
    await using app = await application({ limits })
    const id = await retired(app, { obsoleteAt, deleteAt })
    await run(app, carryOutDates, nodeAt(app, deleteAt))
    app.clock.advance(2 * DAY + HOUR)
    const behind = { ...app.toDo, dueDates: () => [id] }
    expect(wordFor(await restore(app.services, id))).toBe('DONE')
    app.clock.advance(10 * DAY)
    for (const reaction of [carryOutDates, completeDeletions]) await run(app, reaction)
    await carryOutDates(app.node(), behind).run()
    const rebuilt = await app.toDoAfterRestart()
    for (const toDo of [app.toDo, rebuilt]) {
      expect(toDo.dueDates(app.clock.now(), 10)).toStrictEqual([])
      expect(toDo.dueDeletions(app.clock.now(), 10)).toStrictEqual([])
    }
    for (const reaction of [carryOutDates, completeDeletions]) await reaction(app.node(), rebuilt).run()
    expect(await namesSince(app, id)).toStrictEqual([
      'ImageObsoleted',
      'ImageDeletionRequested',
      'ImageRestored',
    ])
    const { deprecation } = await imageNow(app, id)
    expect(deprecation).toMatchObject({ stage: 'OBSOLETE', deleteAt: null })
  })

  test('still comes after a deletion that somebody asked for was taken back before its date', async () => {
    await using app = await application({ limits })
    const id = await retired(app, { deleteAt })
    await remove(app.services, id)
    app.clock.advance(HOUR)
    await restore(app.services, id)
    await run(app, carryOutDates, nodeAt(app, deleteAt))
    expect(await namesSince(app, id)).toStrictEqual([
      'ImageDeletionRequested',
      'ImageRestored',
      'ImageDeletionRequested',
    ])
    expect((await imageNow(app, id)).deletion?.scheduled).toBe(true)
  })

  test('whose date comes while somebody’s own deletion runs begins when that one is taken back', async () => {
    await using app = await application({ limits: { deleteRecoveryHours: 72 } })
    const id = await retired(app, { deleteAt })
    await remove(app.services, id)
    app.clock.advance(2 * DAY)
    await run(app, carryOutDates)
    expect(await namesSince(app, id)).toStrictEqual(['ImageDeletionRequested'])
    await restore(app.services, id)
    await run(app, carryOutDates)
    expect(await namesSince(app, id)).toHaveLength(3)
    expect(refusalOf(await update(app.services, id, { os: 'x' }))).toStrictEqual(
      invalidState('DELETING', 'The image is DELETING: only an image that stays can be changed.'),
    )
  })
})
