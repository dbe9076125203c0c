import { describe, expect, test } from 'vitest'
import { completeDeletions } from '../../../src/application/reactions/reactions.ts'
import { imageDownload } from '../../../src/application/use-cases/image-download.ts'
import { left, right } from '../../../src/domain/kernel/fp.ts'
import { invalidState } from '../../../src/domain/kernel/refusal.ts'
import { type Application, application, callerOf } from '../../support/application.ts'
import {
  available,
  create,
  holdingsOf,
  idOf,
  imageNow,
  people,
  refusalOf,
  remove,
  restore,
  shared,
  update,
  wordFor,
} from '../../support/library-commands.ts'

const HOUR = 3_600_000
const limits = { deleteRecoveryHours: 24 }
const completed = async (app: Application) => {
  await app.settled()
  await completeDeletions(app.node(), app.toDo).run()
}
const download = (app: Application, id: string) =>
  imageDownload(app.services)(callerOf(people.recipient), id)()

describe('Restoring an image', () => {
  test('makes it what it was, for all who used it', async () => {
    await using app = await application({ limits })
    const id = await shared(app, 'debian')
    const before = await imageNow(app, id)
    await remove(app.services, id)
    expect(refusalOf(await download(app, id))).toMatchObject({ tag: 'InvalidState', status: 'DELETING' })
    await restore(app.services, id)
    expect(await imageNow(app, id)).toStrictEqual(before)
    expect((await download(app, id))._tag).toBe('Right')
  })

  test('is done up to the moment at which the deletion is final, and no longer', async () => {
    await using app = await application({ limits })
    const [early, late] = [await available(app, 'early'), await available(app, 'late')]
    await remove(app.services, early)
    await remove(app.services, late)
    const deleteAt = (await imageNow(app, late)).deletion?.deleteAt
    app.clock.advance(24 * HOUR - 1_000)
    expect(wordFor(await restore(app.services, early))).toBe('DONE')
    app.clock.advance(1_000)
    expect(await restore(app.services, late)).toStrictEqual(
      left(invalidState('DELETING', `The time to restore the image ended at ${deleteAt}.`)),
    )
    await completed(app)
    expect(await restore(app.services, late)).toStrictEqual(
      left(invalidState('DELETED', 'The image is DELETED: what is deleted for good stays so.')),
    )
    expect(await holdingsOf(app)).toStrictEqual({ names: ['early'], places: 1 })
    expect((await imageNow(app, early)).status).toBe('AVAILABLE')
  })

  test('cancels the deletion: nothing completes it, and another one begins anew', async () => {
    await using app = await application({ limits })
    const id = await available(app, 'debian')
    await remove(app.services, id)
    await restore(app.services, id)
    app.clock.advance(48 * HOUR)
    await completed(app)
    expect((await imageNow(app, id)).status).toBe('AVAILABLE')
    await remove(app.services, id)
    app.clock.advance(23 * HOUR)
    await completed(app)
    expect((await imageNow(app, id)).status).toBe('DELETING')
    app.clock.advance(HOUR)
    await completed(app)
    expect((await imageNow(app, id)).status).toBe('DELETED')
  })

  test('stands, though a node that has not heard of it yet would complete the deletion', async () => {
    await using app = await application({ limits })
    const id = await available(app, 'debian')
    await remove(app.services, id)
    app.clock.advance(24 * HOUR - 1_000)
    await restore(app.services, id)
    app.clock.advance(1_000)
    const behind = { ...app.toDo, dueDeletions: () => [id] }
    await completeDeletions(app.node(), behind).run()
    expect((await imageNow(app, id)).status).toBe('AVAILABLE')
  })

  test('is possible again after the next deletion, though a node has heard of the one before only', async () => {
    await using app = await application({ limits })
    const id = await available(app, 'debian')
    await remove(app.services, id)
    app.clock.advance(24 * HOUR - 1_000)
    await restore(app.services, id)
    await remove(app.services, id)
    app.clock.advance(1_000)
    const behind = { ...app.toDo, dueDeletions: () => [id] }
    await completeDeletions(app.node(), behind).run()
    expect((await imageNow(app, id)).status).toBe('DELETING')
    expect(wordFor(await restore(app.services, id))).toBe('DONE')
  })

  test('of an image that is not being deleted changes nothing', async () => {
    await using app = await application({ limits })
    const id = idOf(await create(app.services, 'debian'))
    const before = await app.log.head()
    expect(await restore(app.services, id)).toStrictEqual(right({ id, position: before }))
  })

  test('leads back to CREATING what was CREATING', async () => {
    await using app = await application({ limits })
    const id = idOf(await create(app.services, 'debian'))
    await remove(app.services, id)
    await restore(app.services, id)
    expect((await imageNow(app, id)).status).toBe('CREATING')
    expect(wordFor(await update(app.services, id, { os: 'debian' }))).toBe('DONE')
  })

  test('without a recovery window is refused', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    await remove(app.services, id)
    expect(refusalOf(await restore(app.services, id))).toMatchObject({ status: 'DELETED' })
  })
})
