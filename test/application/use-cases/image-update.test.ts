import { describe, expect, test } from 'vitest'
import { StoreUnavailable } from '../../../src/application/ports/event-log.ts'
import { right } from '../../../src/domain/kernel/fp.ts'
import {
  forbidden,
  idempotencyConflict,
  invalidInput,
  invalidState,
  nameTaken,
  notFound,
  revisionConflict,
} from '../../../src/domain/kernel/refusal.ts'
import { type Application, application, callerOf, repairAll } from '../../support/application.ts'
import { auditClaims } from '../../support/claims-oracle.ts'
import {
  create,
  historyOf,
  holdingsOf,
  idOf,
  imageNow,
  inOwner,
  refusalOf,
  remove,
  rename,
  strangers,
  typesOf,
  update,
  wordFor,
} from '../../support/library-commands.ts'
import { faultyLog, overtaken, wrapLog } from '../../support/logs.ts'
import { imageId, plainDetails } from '../../support/samples.ts'

const once = { idempotencyKey: 'once' }

describe('Changing an image', () => {
  test('changes what is given and leaves the rest', async () => {
    await using app = await application()
    const id = idOf(
      await create(app.services, 'debian', { os: 'debian', version: '12', tags: ['old'], arch: 'x86_64' }),
    )
    await update(app.services, id, {
      description: 'Trixie',
      version: '13',
      cloudInit: true,
      protected: true,
      minDiskBytes: 2n ** 60n,
      setProperties: [{ name: 'a', value: '1' }],
      addTags: ['new'],
      removeTags: ['old'],
    })
    const { details, properties, tags, name, ...image } = await imageNow(app, id)
    expect({ details, properties, tags, name, protected: image.protected }).toStrictEqual({
      details: {
        ...plainDetails,
        os: 'debian',
        arch: 'x86_64',
        description: 'Trixie',
        version: '13',
        cloudInit: true,
        minDiskBytes: 2n ** 60n,
      },
      properties: [{ name: 'a', value: '1' }],
      tags: ['new'],
      name: 'debian',
      protected: true,
    })
  })

  test('clears with null what can be without a value, and takes null for what is left out elsewhere', async () => {
    await using app = await application()
    const given = { os: 'debian', osFamily: 'LINUX', version: '13', arch: 'x86_64', family: 'debian-13' }
    const kept = { description: 'Trixie', cloudInit: true, compatibilityMode: true, minRamBytes: 7n }
    const id = idOf(await create(app.services, 'debian', { ...given, ...kept, tags: ['a'] }))
    const everyNull = Object.fromEntries(
      [
        ...Object.keys({ ...given, ...kept }),
        ...['name', 'protected', 'minDiskBytes', 'reason', 'ifRevision', 'idempotencyKey'],
        ...['setProperties', 'removeProperties', 'addTags', 'removeTags'],
      ].map((field) => [field, null]),
    )
    await update(app.services, id, everyNull)
    const { details, tags, name } = await imageNow(app, id)
    expect({ details, tags, name }).toStrictEqual({
      details: { ...plainDetails, ...kept },
      tags: ['a'],
      name: 'debian',
    })
  })

  test('to what it is already gives no event', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian', { os: 'debian' }))
    const before = await app.log.head()
    expect(await update(app.services, id, { name: 'debian', os: 'debian', removeTags: ['x'] })).toStrictEqual(
      right({ id, position: before }),
    )
    expect(await app.log.head()).toBe(before)
  })

  test('is refused to those who may not, before the input is looked at', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    const bad = { name: 'X' }
    expect(refusalOf(await update(app.services, id, bad, callerOf(strangers.stranger)))).toStrictEqual(
      notFound('image', id),
    )
    expect(refusalOf(await update(app.services, id, bad, callerOf(strangers.viewer)))).toStrictEqual(
      forbidden('COLLABORATOR', 'change this image', inOwner),
    )
    expect(refusalOf(await update(app.services, id, { description: '\u0000' }))).toStrictEqual(
      invalidInput([
        { path: ['description'], message: 'must be well-formed text without control characters' },
      ]),
    )
  })

  test.each([imageId(1), 'debian', ''])('is refused for what is no image: %j', async (id) => {
    await using app = await application()
    expect(refusalOf(await update(app.services, id, {}))).toStrictEqual(notFound('image', id))
  })

  test('of a deleted image is refused', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    await remove(app.services, id)
    for (const changes of [{ os: 'x' }, { name: 'other' }])
      expect(refusalOf(await update(app.services, id, changes))).toStrictEqual(
        invalidState('DELETED', 'The image is DELETED: only an image that stays can be changed.'),
      )
    expect(await holdingsOf(app)).toStrictEqual({ names: [], places: 0 })
  })

  test('for another revision than it is at is refused', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    await update(app.services, id, { os: 'a', ifRevision: 0 })
    for (const changes of [{ os: 'b' }, { name: 'other' }, { os: 'a' }])
      expect(refusalOf(await update(app.services, id, { ...changes, ifRevision: 0 }))).toStrictEqual(
        revisionConflict(0, 1),
      )
    expect(await holdingsOf(app)).toStrictEqual({ names: ['debian'], places: 1 })
    expect(wordFor(await rename(app.services, id, 'other', { ifRevision: 1 }))).toBe('DONE')
  })

  test('records the reason', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    await update(app.services, id, { os: 'a', reason: 'It was wrong.' })
    expect((await app.everything()).at(-1)?.metadata['reason']).toBe('It was wrong.')
  })
})

describe('A change with an idempotencyKey', () => {
  test('that came before changes nothing more', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    const change = { name: 'ubuntu', os: 'ubuntu', ifRevision: 0, ...once }
    await update(app.services, id, change)
    await update(app.services, id, { name: 'fedora', os: 'fedora' })
    expect(wordFor(await update(app.services, id, change))).toBe('DONE')
    expect(await imageNow(app, id)).toMatchObject({ name: 'fedora', details: { os: 'fedora' } })
    expect(await holdingsOf(app)).toStrictEqual({ names: ['fedora'], places: 1 })
  })

  test.each<[string, object]>([
    ['another value', { os: 'other' }],
    ['another name', { os: 'ubuntu', name: 'other' }],
    ['a value that it clears', { os: 'ubuntu', version: null }],
    ['a value that it clears instead', { os: null }],
  ])('that came before with %s is refused', async (_, other) => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian', { version: '13' }))
    await update(app.services, id, { os: 'ubuntu', ...once })
    expect(refusalOf(await update(app.services, id, { ...other, ...once }))).toStrictEqual(
      idempotencyConflict(),
    )
  })

  test('that came before is known though a field that null does not clear is null now', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    await update(app.services, id, { os: 'ubuntu', ...once })
    expect(
      wordFor(await update(app.services, id, { os: 'ubuntu', name: null, addTags: null, ...once })),
    ).toBe('DONE')
  })
})

describe('A rename with an idempotencyKey that was cut off after its claim', () => {
  const cutOff = async (app: Application, id: string): Promise<void> => {
    const node = app.node(faultyLog(app.log, { nth: 2, when: 'BEFORE' }))
    await expect(rename(node, id, 'ubuntu', once)).rejects.toThrow(StoreUnavailable)
    expect(await holdingsOf(app)).toStrictEqual({ names: ['debian', 'ubuntu'], places: 1 })
  }

  test('is done when it is repeated', async () => {
    await using app = await application({ imageLimit: 1 })
    const id = idOf(await create(app.services, 'debian'))
    await cutOff(app, id)
    expect(wordFor(await rename(app.node(), id, 'ubuntu', once))).toBe('DONE')
    expect(await holdingsOf(app)).toStrictEqual({ names: ['ubuntu'], places: 1 })
  })

  test('is done when it is repeated after repair, by a claim of its own', async () => {
    await using app = await application({ imageLimit: 1 })
    const id = idOf(await create(app.services, 'debian'))
    await cutOff(app, id)
    await repairAll(app)
    expect(await holdingsOf(app)).toStrictEqual({ names: ['debian'], places: 1 })
    expect(wordFor(await rename(app.node(), id, 'ubuntu', once))).toBe('DONE')
    expect(await holdingsOf(app)).toStrictEqual({ names: ['ubuntu'], places: 1 })
  })
})

describe('Renaming an image', () => {
  test('moves its claim: the new name is held, the old one free', async () => {
    await using app = await application({ imageLimit: 1 })
    const id = idOf(await create(app.services, 'debian'))
    const before = await imageNow(app, id)
    await rename(app.services, id, 'ubuntu')
    const after = await imageNow(app, id)
    expect(await historyOf(app, id)).toStrictEqual([
      expect.objectContaining({ type: 'ImageRegistered' }),
      { type: 'ImageRenamed', data: { from: 'debian', name: 'ubuntu', claimId: after.claimId } },
    ])
    expect(after.deadClaims).toStrictEqual([before.claimId])
    expect(await holdingsOf(app)).toStrictEqual({ names: ['ubuntu'], places: 1 })
  })

  test('needs no place: it is done with the limit reached, and lowered below', async () => {
    await using app = await application({ imageLimit: 1 })
    const id = idOf(await create(app.services, 'debian'))
    for (const name of ['ubuntu', 'fedora', 'debian', 'ubuntu'])
      expect(wordFor(await rename(app.services, id, name))).toBe('DONE')
    expect(await holdingsOf(app)).toStrictEqual({ names: ['ubuntu'], places: 1 })
  })

  test('to a name that another image has is refused and changes nothing else either', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    await create(app.services, 'ubuntu')
    const before = await app.log.head()
    expect(refusalOf(await update(app.services, id, { name: 'ubuntu', os: 'x' }))).toStrictEqual(
      nameTaken('ubuntu', 'project "web"'),
    )
    expect(await app.log.head()).toBe(before)
  })

  test('goes with the other changes, in one append', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    await update(app.services, id, { name: 'ubuntu', os: 'ubuntu', ifRevision: 0 })
    expect(await typesOf(app, id)).toStrictEqual(['ImageRegistered', 'ImageRenamed', 'ImageDescribed'])
  })

  test('is done though another rename of it came in between', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    let looks = 0
    const log = wrapLog(app.log, {
      readStream: async (stream, options) => {
        if (stream === `image-${id}`) looks += 1
        if (looks === 2) {
          looks += 1
          await rename(app.services, id, 'ubuntu')
        }
        return app.log.readStream(stream, options)
      },
    })
    expect(wordFor(await rename(app.node(log), id, 'fedora'))).toBe('DONE')
    expect(await holdingsOf(app)).toStrictEqual({ names: ['fedora'], places: 1 })
    expect(auditClaims(await app.everything(), { limit: null, final: true })).toStrictEqual([])
  })

  test('many times at once leaves the image with one name, and the others free', async () => {
    await using app = await application({ imageLimit: 1 })
    const id = idOf(await create(app.services, 'debian'))
    const nodes = [app.services, app.node()]
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        rename(nodes[index % 2] ?? app.services, id, `name-${index % 7}`),
      ),
    )
    expect(new Set(outcomes.map(wordFor))).toContain('DONE')
    expect(auditClaims(await app.everything(), { limit: 1, final: true })).toStrictEqual([])
    const { name } = await imageNow(app, id)
    expect(await holdingsOf(app)).toStrictEqual({ names: [name], places: 1 })
  })

  test('that finds the image changed meanwhile, for one revision, gives the new name back', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    const log = overtaken(app.log, () => update(app.services, id, { os: 'x' }))
    expect(refusalOf(await rename(app.node(log), id, 'ubuntu', { ifRevision: 0 }))).toMatchObject({
      tag: 'RevisionConflict',
    })
    expect(await holdingsOf(app)).toStrictEqual({ names: ['debian'], places: 1 })
  })
})
