import { describe, expect, test } from 'vitest'
import { right } from '../../../src/domain/kernel/fp.ts'
import {
  forbidden,
  idempotencyConflict,
  imageLimitReached,
  imageProtected,
  invalidInput,
  nameTaken,
  notFound,
  revisionConflict,
} from '../../../src/domain/kernel/refusal.ts'
import { application, callerOf } from '../../support/application.ts'
import {
  create,
  historyOf,
  holdingsOf,
  idOf,
  imageNow,
  inOwner,
  refusalOf,
  remove,
  strangers,
  typesOf,
  update,
  wordFor,
} from '../../support/library-commands.ts'
import { imageId } from '../../support/samples.ts'

describe('Deleting an image', () => {
  test('without a recovery window is final, and frees its name and its place', async () => {
    await using app = await application({ imageLimit: 1 })
    const id = idOf(await create(app.services, 'debian'))
    const deleted = await remove(app.services, id)
    expect(deleted).toStrictEqual(right({ id, position: await app.log.head() }))
    expect(await typesOf(app, id)).toStrictEqual([
      'ImageRegistered',
      'ImageDeletionRequested',
      'ImageDeleted',
    ])
    expect(await holdingsOf(app)).toStrictEqual({ names: [], places: 0 })
    expect(idOf(await create(app.services, 'debian'))).not.toBe(id)
  })

  test('with a recovery window keeps name and place until it is over', async () => {
    await using app = await application({ imageLimit: 1, limits: { deleteRecoveryHours: 24 } })
    const id = idOf(await create(app.services, 'debian'))
    await remove(app.services, id)
    const [, requested, ...rest] = await historyOf(app, id)
    expect(rest).toStrictEqual([])
    expect(requested?.type).toBe('ImageDeletionRequested')
    const { occurredAt } = (await app.everything()).at(-1)?.metadata ?? {}
    expect(requested?.data['deleteAt']).toBe(String(occurredAt).replace('03-01', '03-02'))
    expect((await imageNow(app, id)).status).toBe('DELETING')
    expect(refusalOf(await create(app.services, 'debian'))).toStrictEqual(
      nameTaken('debian', 'project "web"'),
    )
    expect(refusalOf(await create(app.services, 'ubuntu'))).toStrictEqual(imageLimitReached(1, 1))
  })

  test.each([0, 24])(
    'again, with a recovery window of %i hours, changes nothing',
    async (deleteRecoveryHours) => {
      await using app = await application({ limits: { deleteRecoveryHours } })
      const id = idOf(await create(app.services, 'debian'))
      await remove(app.services, id)
      const before = await app.log.head()
      expect(wordFor(await remove(app.services, id))).toBe('DONE')
      expect(wordFor(await remove(app.services, id, { idempotencyKey: 'once' }))).toBe('DONE')
      expect(await app.log.head()).toBe(before)
    },
  )

  test('is refused while it is protected', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian', { protected: true }))
    expect(refusalOf(await remove(app.services, id))).toStrictEqual(imageProtected())
    await update(app.services, id, { protected: false })
    expect(wordFor(await remove(app.services, id))).toBe('DONE')
  })

  test('is refused to those who may not, and for what is no image', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    expect(refusalOf(await remove(app.services, id, {}, callerOf(strangers.stranger)))).toStrictEqual(
      notFound('image', id),
    )
    expect(refusalOf(await remove(app.services, id, {}, callerOf(strangers.viewer)))).toStrictEqual(
      forbidden('COLLABORATOR', 'delete or restore this image', inOwner),
    )
    expect(refusalOf(await remove(app.services, imageId(1)))).toStrictEqual(notFound('image', imageId(1)))
  })

  test('looks at input, repetition, revision and state, in this order', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian', { protected: true }))
    const once = { idempotencyKey: 'once' }
    expect(refusalOf(await remove(app.services, id, { ifRevision: -1 }))).toStrictEqual(
      invalidInput([{ path: ['ifRevision'], message: 'must not be negative' }]),
    )
    expect(refusalOf(await remove(app.services, id, { ifRevision: 7 }))).toStrictEqual(revisionConflict(7, 0))
    await update(app.services, id, { protected: false })
    expect(wordFor(await remove(app.services, id, { ifRevision: 1, ...once }))).toBe('DONE')
    expect(wordFor(await remove(app.services, id, { ifRevision: 1, ...once }))).toBe('DONE')
    expect(refusalOf(await remove(app.services, id, { ifRevision: 7, ...once }))).toStrictEqual(
      idempotencyConflict(),
    )
  })
})
