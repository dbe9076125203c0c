import { describe, expect, test } from 'vitest'
import { expireOffers } from '../../../src/application/reactions/reactions.ts'
import type { ImageId } from '../../../src/domain/kernel/ids.ts'
import { invalidState } from '../../../src/domain/kernel/refusal.ts'
import { type Application, application } from '../../support/application.ts'
import {
  accept,
  create,
  historyOf,
  idOf,
  imageNow,
  refusalOf,
  reject,
  remove,
  share,
  toLab,
  typesOf,
  unshare,
  wordFor,
} from '../../support/library-commands.ts'
import { faultyLog } from '../../support/logs.ts'
import { lab, ops } from '../../support/samples.ts'
import { nodeAt, run } from './running.ts'

const DAY = 24 * 3_600_000
const expiresAt = '2026-03-02T00:00:00.000Z'
const before = '2026-03-01T23:59:59.999Z'

const offered = async (app: Application, name = 'debian'): Promise<ImageId> => {
  const id = idOf(await create(app.services, name))
  idOf(await share(app.services, id, { ...toLab, expiresAt }))
  return id
}
/** What happened since it was offered. */
const since = async (app: Application, id: string) => (await typesOf(app, id)).slice(3)
const behindWith = (app: Application, imageId: ImageId) => ({
  ...app.toDo,
  expiredOffers: () => [{ imageId, project: lab }],
})

describe('An offer that nobody took up', () => {
  test.each(['PENDING', 'REJECTED'])('ends at its very moment, and not before: %s', async (status) => {
    await using app = await application()
    const id = await offered(app)
    if (status === 'REJECTED') await reject(app.services, id, toLab)
    await run(app, expireOffers, nodeAt(app, before))
    expect((await imageNow(app, id)).shares.get(lab)?.status).toBe(status)
    await run(app, expireOffers, nodeAt(app, expiresAt))
    expect((await historyOf(app, id)).at(-1)).toStrictEqual({
      type: 'ImageShareExpired',
      data: { project: 'lab' },
    })
    const { actor, occurredAt } = (await app.everything()).at(-1)?.metadata ?? {}
    expect([actor, occurredAt]).toStrictEqual([{ id: 'offers', kind: 'SYSTEM' }, expiresAt])
    expect(app.toDo.expiredOffers(app.clock.now(), 10)).toStrictEqual([])
  })

  test('ends once, on several nodes at once, and after a restart', async () => {
    await using app = await application()
    const id = await offered(app)
    app.clock.advance(DAY)
    const behind = behindWith(app, id)
    await Promise.all(Array.from({ length: 3 }, () => expireOffers(app.node(), behind).run()))
    await expireOffers(app.services, behind).run()
    await expireOffers(app.node(), await app.toDoAfterRestart()).run()
    expect(await since(app, id)).toStrictEqual(['ImageShareExpired'])
  })

  test('ends after a restart where its moment came meanwhile', async () => {
    await using app = await application()
    const id = await offered(app)
    app.clock.advance(DAY)
    await expireOffers(app.node(), await app.toDoAfterRestart()).run()
    expect(await since(app, id)).toStrictEqual(['ImageShareExpired'])
    expect((await app.toDoAfterRestart()).expiredOffers(app.clock.now(), 10)).toStrictEqual([])
  })

  test('can no longer be accepted or rejected, and may be made anew', async () => {
    await using app = await application()
    const id = await offered(app)
    app.clock.advance(DAY)
    await run(app, expireOffers)
    for (const answer of [accept, reject])
      expect(refusalOf(await answer(app.services, id, toLab))).toStrictEqual(
        invalidState('EXPIRED', `The offer ended at ${expiresAt}: ask its owner to offer it again.`),
      )
    expect(wordFor(await share(app.services, id, toLab))).toBe('DONE')
    // A list that is behind does not end the new one.
    await expireOffers(app.node(), behindWith(app, id)).run()
    await run(app, expireOffers)
    expect(wordFor(await accept(app.services, id, toLab))).toBe('DONE')
    expect(await since(app, id)).toStrictEqual(['ImageShareExpired', 'ImageShared', 'ImageShareAccepted'])
  })

  test('ends though another one cannot be ended right now', async () => {
    await using app = await application()
    const [stuck, free] = [await offered(app, 'stuck'), await offered(app, 'free')]
    app.clock.advance(DAY)
    const inThisOrder = {
      ...app.toDo,
      expiredOffers: () => [stuck, free].map((imageId) => ({ imageId, project: lab })),
    }
    const cut = app.node(faultyLog(app.log, { nth: 1, when: 'BEFORE' }))
    await expect(expireOffers(cut, inThisOrder).run()).rejects.toThrow('The line was cut.')
    expect(await since(app, free)).toStrictEqual(['ImageShareExpired'])
    await run(app, expireOffers)
    expect(await since(app, stuck)).toStrictEqual(['ImageShareExpired'])
  })
})

describe('Nothing ends by itself', () => {
  const nothingExpires = async (app: Application, id: ImageId) => {
    const count = (await typesOf(app, id)).length
    app.clock.advance(10 * DAY)
    await run(app, expireOffers)
    await expireOffers(app.node(), behindWith(app, id)).run()
    await expireOffers(app.node(), await app.toDoAfterRestart()).run()
    expect(await typesOf(app, id)).toHaveLength(count)
  }

  test('of what was accepted, nor of what was given back after that', async () => {
    await using app = await application()
    const [kept, back] = [await offered(app, 'kept'), await offered(app, 'back')]
    for (const id of [kept, back]) await accept(app.services, id, toLab)
    await reject(app.services, back, toLab)
    for (const id of [kept, back]) await nothingExpires(app, id)
    expect(wordFor(await accept(app.services, back, toLab))).toBe('DONE')
    expect((await imageNow(app, kept)).shares.get(lab)?.status).toBe('ACCEPTED')
  })

  test('of what was accepted after it had been rejected', async () => {
    await using app = await application()
    const id = await offered(app)
    await reject(app.services, id, toLab)
    await accept(app.services, id, toLab)
    await nothingExpires(app, id)
  })

  test('of an offer without an end', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    await share(app.services, id, toLab)
    await nothingExpires(app, id)
    expect(wordFor(await accept(app.services, id, toLab))).toBe('DONE')
  })

  test('of an offer that was taken back, and of one made anew without an end', async () => {
    await using app = await application()
    const id = await offered(app)
    await unshare(app.services, id, toLab)
    await nothingExpires(app, id)
    await share(app.services, id, toLab)
    await nothingExpires(app, id)
  })

  test('of an image that is deleted', async () => {
    await using app = await application()
    const id = await offered(app)
    await remove(app.services, id)
    app.clock.advance(DAY)
    await run(app, expireOffers)
    expect(app.toDo.expiredOffers(app.clock.now(), 10)).toStrictEqual([])
    expect(await since(app, id)).toStrictEqual(['ImageDeletionRequested', 'ImageDeleted'])
  })

  test('of an offer to one project when that to another ends', async () => {
    await using app = await application()
    const id = await offered(app)
    await share(app.services, id, { project: ops, expiresAt: '2026-03-05T00:00:00.000Z' })
    await run(app, expireOffers, nodeAt(app, expiresAt))
    const { shares } = await imageNow(app, id)
    expect([shares.get(lab)?.status, shares.get(ops)?.status]).toStrictEqual(['EXPIRED', 'PENDING'])
  })
})

test('An answer and the end of an offer that come at once leave one of the two', async () => {
  await using app = await application()
  const id = await offered(app)
  const nodes = { early: nodeAt(app, before), late: nodeAt(app, expiresAt) }
  const [answered] = await Promise.all([
    accept(nodes.early, id, toLab),
    expireOffers(nodes.late, behindWith(app, id)).run(),
  ])
  const accepted = answered._tag === 'Right'
  expect(await since(app, id)).toStrictEqual([accepted ? 'ImageShareAccepted' : 'ImageShareExpired'])
})
