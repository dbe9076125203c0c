import { describe, expect, test } from 'vitest'
import { removeContents } from '../../../src/application/reactions/bytes.ts'
import { completeDeletions, repairClaims } from '../../../src/application/reactions/reactions.ts'
import type { Services } from '../../../src/application/services.ts'
import type { BlobKey, ImageId } from '../../../src/domain/kernel/ids.ts'
import { type Application, application } from '../../support/application.ts'
import {
  available,
  create,
  historyOf,
  holdingsOf,
  idOf,
  imageNow,
  remove,
  typesOf,
} from '../../support/library-commands.ts'
import { faultyLog, stoppingLog } from '../../support/logs.ts'
import { run } from './running.ts'

const HOUR = 3_600_000

const uploaded = async (app: Application, name: string): Promise<{ id: ImageId; blob: BlobKey }> => {
  const id = await available(app, name)
  const { content } = await imageNow(app, id)
  if (content === null) throw new Error('There should be bytes')
  return { id, blob: content.blob }
}

describe('A deletion with a recovery window', () => {
  const limits = { deleteRecoveryHours: 24 }

  test('is completed when the window is over, and not before', async () => {
    await using app = await application({ imageLimit: 1, limits })
    const id = idOf(await create(app.services, 'debian'))
    await remove(app.services, id)
    app.clock.advance(24 * HOUR - 1_000)
    await run(app, completeDeletions)
    expect((await imageNow(app, id)).status).toBe('DELETING')
    app.clock.advance(1_000)
    await run(app, completeDeletions)
    expect((await imageNow(app, id)).status).toBe('DELETED')
    expect(await holdingsOf(app)).toStrictEqual({ names: [], places: 0 })
    expect(app.toDo.dueDeletions(app.clock.now(), 10)).toStrictEqual([])
  })

  test('is recorded as done by the service', async () => {
    await using app = await application({ limits })
    await remove(app.services, idOf(await create(app.services, 'debian')))
    app.clock.advance(25 * HOUR)
    await run(app, completeDeletions)
    const deleted = (await app.everything()).find(({ type }) => type === 'ImageDeleted')
    expect(deleted?.metadata['actor']).toStrictEqual({ id: 'deletions', kind: 'SYSTEM' })
  })

  test('is completed once, though the reaction runs again on every node', async () => {
    await using app = await application({ limits })
    const id = idOf(await create(app.services, 'debian'))
    await remove(app.services, id)
    app.clock.advance(25 * HOUR)
    await app.settled()
    const due = app.toDo.dueDeletions(app.clock.now(), 10)
    const stale = { ...app.toDo, dueDeletions: () => due }
    await Promise.all(Array.from({ length: 3 }, () => completeDeletions(app.node(), stale).run()))
    await completeDeletions(app.services, stale).run()
    expect(await typesOf(app, id)).toStrictEqual([
      'ImageRegistered',
      'ImageDeletionRequested',
      'ImageDeleted',
    ])
  })

  test('that was cut off before the name was free is finished by repair', async () => {
    await using app = await application({ imageLimit: 1, limits })
    await remove(app.services, idOf(await create(app.services, 'debian')))
    app.clock.advance(25 * HOUR)
    await app.settled()
    const log = stoppingLog(app.log, 2)
    await Promise.race([completeDeletions(app.node(log), app.toDo).run(), log.stopped])
    expect(await holdingsOf(app)).toStrictEqual({ names: ['debian'], places: 1 })
    app.clock.advance(2 * 60_000)
    await run(app, repairClaims)
    expect(await holdingsOf(app)).toStrictEqual({ names: [], places: 0 })
  })
})

describe('The bytes of a deleted image', () => {
  test('are removed, and then that is recorded', async () => {
    await using app = await application()
    const { id, blob } = await uploaded(app, 'debian')
    await run(app, removeContents)
    expect(await app.services.blobs.size(blob)).toBe(4_096n)
    await remove(app.services, id)
    await run(app, removeContents)
    expect(await app.services.blobs.size(blob)).toBeNull()
    expect((await historyOf(app, id)).at(-1)).toStrictEqual({ type: 'ImageContentRemoved', data: { blob } })
    expect(app.toDo.removableContents(10)).toStrictEqual([])
  })

  test('stay while the deletion may still be taken back', async () => {
    await using app = await application({ limits: { deleteRecoveryHours: 24 } })
    const { id, blob } = await uploaded(app, 'debian')
    await remove(app.services, id)
    await run(app, removeContents)
    expect(await app.services.blobs.size(blob)).toBe(4_096n)
  })

  test('are removed after a restart where the removal was not recorded', async () => {
    await using app = await application()
    const { id, blob } = await uploaded(app, 'debian')
    await remove(app.services, id)
    const cut = app.node(faultyLog(app.log, { nth: 2, when: 'BEFORE' }))
    await expect(run(app, removeContents, cut)).rejects.toThrow('The line was cut.')
    expect(await app.services.blobs.size(blob)).toBeNull()
    expect(app.toDo.removableContents(10)).toStrictEqual([{ imageId: id, blob }])
    await run(app, removeContents)
    expect((await typesOf(app, id)).filter((type) => type === 'ImageContentRemoved')).toHaveLength(1)
  })

  test('are removed though those of another image cannot be', async () => {
    await using app = await application()
    const [stuck, free] = [await uploaded(app, 'stuck'), await uploaded(app, 'free')]
    for (const { id } of [stuck, free]) await remove(app.services, id)
    const { blobs } = app.services
    const services: Services = {
      ...app.node(),
      blobs: {
        ...blobs,
        remove: (key) =>
          key === stuck.blob ? Promise.reject(new Error('The file is stuck')) : blobs.remove(key),
      },
    }
    await app.settled()
    const entries = [stuck, free].map(({ id, blob }) => ({ imageId: id, blob }))
    const inThisOrder = { ...app.toDo, removableContents: () => entries }
    await expect(removeContents(services, inThisOrder).run()).rejects.toThrow('The file is stuck')
    expect(await blobs.size(free.blob)).toBeNull()
    await app.settled()
    expect(app.toDo.removableContents(10)).toStrictEqual([{ imageId: stuck.id, blob: stuck.blob }])
  })

  test('are recorded as removed once, though the reaction runs again', async () => {
    await using app = await application()
    const { id, blob } = await uploaded(app, 'debian')
    await remove(app.services, id)
    await app.settled()
    const stale = { ...app.toDo, removableContents: () => [{ imageId: id, blob }] }
    for (const services of [app.node(), app.node(), app.services]) await removeContents(services, stale).run()
    expect((await typesOf(app, id)).filter((type) => type === 'ImageContentRemoved')).toHaveLength(1)
  })
})

describe('Repair', () => {
  test('leaves a command a minute to use what it claimed', async () => {
    await using app = await application()
    const log = stoppingLog(app.log, 2)
    void create(app.node(log), 'debian')
    await log.stopped
    app.clock.advance(59_000)
    await run(app, repairClaims)
    expect(await holdingsOf(app)).toStrictEqual({ names: ['debian'], places: 1 })
    app.clock.advance(2_000)
    await run(app, repairClaims)
    expect(await holdingsOf(app)).toStrictEqual({ names: [], places: 0 })
    expect(app.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
  })

  test('waits for no command from before the start of the only process there is', async () => {
    await using app = await application()
    const log = stoppingLog(app.log, 2)
    void create(app.node(log), 'debian')
    await log.stopped
    const startedAt = app.clock.now()
    const later = stoppingLog(app.log, 2)
    void create(app.node(later), 'ubuntu')
    await later.stopped
    await app.settled()
    await repairClaims(app.services, app.toDo, undefined, startedAt).run()
    await app.settled()
    expect(await holdingsOf(app)).toStrictEqual({ names: ['ubuntu'], places: 1 })
  })

  test('has nothing to do where nothing went wrong', async () => {
    await using app = await application()
    await remove(app.services, idOf(await create(app.services, 'debian')))
    await create(app.services, 'ubuntu')
    app.clock.advance(HOUR)
    const before = await app.log.head()
    await run(app, repairClaims)
    expect(await app.log.head()).toBe(before)
    expect(app.lines.filter(({ level }) => level === 'warn')).toStrictEqual([])
  })
})
