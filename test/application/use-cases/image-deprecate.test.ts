import { describe, expect, test } from 'vitest'
import { left, right } from '../../../src/domain/kernel/fp.ts'
import { forbidden, invalidInput, notFound, revisionConflict } from '../../../src/domain/kernel/refusal.ts'
import { type Application, application, callerOf } from '../../support/application.ts'
import {
  accept,
  available,
  create,
  deactivate,
  demote,
  deprecate,
  eventsAfter,
  idOf,
  imageNow,
  inOwner,
  type Person,
  people,
  promote,
  reject,
  remove,
  setVisibility,
  share,
  shared,
  toLab,
  undeprecate,
  update,
  wordFor,
} from '../../support/library-commands.ts'
import { imageId } from '../../support/samples.ts'

const soon = '2026-04-01T00:00:00.000Z'
const late = '2026-05-01T00:00:00.000Z'

describe('Deprecating an image', () => {
  test('says all anew that is to hold', async () => {
    await using app = await application()
    const [old, next] = [await available(app, 'old'), await available(app, 'next')]
    const full = { replacement: next, reason: 'Too old.', obsoleteAt: soon, deleteAt: late }
    const before = await app.log.head()
    const done = await deprecate(app.services, old, full)
    expect(await eventsAfter(app, before)).toStrictEqual([{ type: 'ImageDeprecated', data: full }])
    expect(done).toStrictEqual(right({ id: old, position: await app.log.head() }))
    expect((await app.everything()).at(-1)?.metadata['reason']).toBe('Too old.')
    const then = await app.log.head()
    await deprecate(app.services, old, { replacement: null, deleteAt: soon })
    expect(await eventsAfter(app, then)).toStrictEqual([
      {
        type: 'ImageDeprecated',
        data: { replacement: null, reason: null, obsoleteAt: null, deleteAt: soon },
      },
    ])
  })

  test('with dates that are past or out of order is refused', async () => {
    await using app = await application()
    const id = await available(app, 'debian')
    const refused = async (dates: object, path: string, message: unknown) =>
      expect(await deprecate(app.services, id, dates)).toStrictEqual(
        left({ ...invalidInput([]), message: expect.any(String), issues: [{ path: [path], message }] }),
      )
    const past = '2026-02-28T23:59:59.999Z'
    const inFuture = expect.stringMatching(/^must be in the future: it is 2026-03-01T/)
    await refused({ obsoleteAt: past }, 'obsoleteAt', inFuture)
    await refused({ deleteAt: past }, 'deleteAt', inFuture)
    await refused({ obsoleteAt: late, deleteAt: soon }, 'obsoleteAt', `must not be after deleteAt, ${soon}`)
    expect((await imageNow(app, id)).deprecation).toBeNull()
    expect(wordFor(await deprecate(app.services, id, { obsoleteAt: soon, deleteAt: soon }))).toBe('DONE')
  })

  test.each(['2026-04-01', 'tomorrow', 7])('at %j, which is no instant, is refused', async (deleteAt) => {
    await using app = await application()
    const id = await available(app, 'debian')
    const outcome = await deprecate(app.services, id, { deleteAt })
    expect(outcome).toMatchObject({ left: { tag: 'InvalidInput', issues: [{ path: ['deleteAt'] }] } })
  })

  test('is not for those who merely use it', async () => {
    await using app = await application()
    const id = await shared(app, 'debian')
    for (const command of [deprecate, undeprecate])
      expect(await command(app.services, id, {}, callerOf(people.recipient))).toStrictEqual(
        left(forbidden('COLLABORATOR', 'deprecate this image', inOwner)),
      )
  })

  test('leaves it to its users, but for what a newer one can do', async () => {
    await using app = await application()
    const id = await available(app, 'debian')
    await deprecate(app.services, id, {})
    expect(wordFor(await update(app.services, id, { os: 'debian' }))).toBe('DONE')
    expect(wordFor(await share(app.services, id, toLab))).toBe('DONE')
    await undeprecate(app.services, id)
    expect((await imageNow(app, id)).deprecation).toBeNull()
  })
})

/** What is said of a replacement that will not do. */
const unfit = (message: string) => left(invalidInput([{ path: ['replacement'], message }]))
const missing = (id: string) => unfit(`must be an image that you may see: there is no image "${id}"`)
const cannot = (who: string) => unfit(`must be usable by everyone who uses this image: ${who} cannot use it`)

const publish = (app: Application, id: string, visibility = 'PUBLIC') =>
  setVisibility(app.services, id, { visibility }, callerOf(people.operator))

const replace = (app: Application, id: string, replacement: string, person: Person = 'collaborator') =>
  deprecate(app.services, id, { replacement }, callerOf(people[person]))

describe('A replacement', () => {
  const both = async (app: Application) =>
    [await available(app, 'old'), await available(app, 'next')] as const

  test('is not the image itself', async () => {
    await using app = await application()
    const id = await available(app, 'debian')
    expect(await replace(app, id, id)).toStrictEqual(
      unfit('must be another image: this is the one that is deprecated'),
    )
  })

  test('is missing in the same words where it is foreign', async () => {
    await using app = await application()
    const id = await available(app, 'debian')
    const ofOps = await available(app, 'next', { project: 'ops' }, callerOf(people.ofOps))
    const ofLab = await available(app, 'next', { project: 'lab' }, callerOf(people.recipient))
    for (const replacement of [ofOps, ofLab, imageId(1), 'next', '']) {
      expect(await replace(app, id, replacement)).toStrictEqual(missing(replacement))
      expect(await replace(app, replacement, id)).toStrictEqual(left(notFound('image', replacement)))
    }
  })

  test('has its bytes, here and now', async () => {
    await using app = await application({ limits: { deleteRecoveryHours: 1 } })
    const [old, next] = await both(app)
    const creating = idOf(await create(app.services, 'creating'))
    expect(await replace(app, old, creating)).toStrictEqual(
      unfit(`must be AVAILABLE: image ${creating} is CREATING`),
    )
    await deactivate(app.services, next)
    expect(await replace(app, old, next)).toStrictEqual(
      unfit(`must have its bytes: image ${next} is deactivated`),
    )
    await remove(app.services, next)
    expect(await replace(app, old, next)).toStrictEqual(unfit(`must be AVAILABLE: image ${next} is DELETING`))
  })

  test('is not deleted', async () => {
    await using app = await application()
    const [old, next] = await both(app)
    await remove(app.services, next)
    expect(await replace(app, old, next)).toStrictEqual(unfit(`must be AVAILABLE: image ${next} is DELETED`))
  })

  test('is not retired itself', async () => {
    await using app = await application()
    const [old, next] = await both(app)
    await deprecate(app.services, next)
    expect(await replace(app, old, next)).toStrictEqual(
      unfit(`must not be retired itself: image ${next} is DEPRECATED`),
    )
    await undeprecate(app.services, next)
    expect(wordFor(await replace(app, old, next))).toBe('DONE')
  })

  test('can be used by every project that accepted the image, and by those alone', async () => {
    await using app = await application()
    const old = await shared(app, 'old')
    const next = await available(app, 'next')
    await share(app.services, old, { project: 'ops' })
    expect(await replace(app, old, next)).toStrictEqual(cannot('project "lab"'))
    await share(app.services, next, toLab)
    expect(await replace(app, old, next)).toStrictEqual(cannot('project "lab"'))
    await reject(app.services, next, toLab)
    expect(await replace(app, old, next)).toStrictEqual(cannot('project "lab"'))
    await accept(app.services, next, toLab)
    expect(wordFor(await replace(app, old, next))).toBe('DONE')
  })

  test('of others is refused alike, whoever else they share it with', async () => {
    await using app = await application()
    const asLab = callerOf(people.recipient)
    const old = await available(app, 'old', { project: 'lab' }, asLab)
    await share(app.services, old, { project: 'ops' }, asLab)
    await accept(app.services, old, { project: 'ops' }, callerOf(people.ofOps))
    const next = await shared(app, 'next')
    expect(await replace(app, old, next, 'recipient')).toStrictEqual(cannot('project "ops"'))
    await share(app.services, next, { project: 'ops' })
    expect(wordFor(await accept(app.services, next, { project: 'ops' }, callerOf(people.ofOps)))).toBe('DONE')
    expect(await replace(app, old, next, 'recipient')).toStrictEqual(cannot('project "ops"'))
  })

  test('can be used by the project that owns the image', async () => {
    await using app = await application()
    const old = await available(app, 'old')
    const next = await available(app, 'next', { project: 'ops' }, callerOf(people.ofOps))
    expect(await replace(app, old, next, 'accountCollaborator')).toStrictEqual(cannot('project "web"'))
    await promote(app.services, next)
    expect(wordFor(await replace(app, old, next, 'accountCollaborator'))).toBe('DONE')
  })

  test('of what everybody uses is used by everybody', async () => {
    await using app = await application()
    const [old, next] = await both(app)
    for (const visibility of ['COMMUNITY', 'PUBLIC']) {
      await publish(app, old, visibility)
      expect(await replace(app, old, next)).toStrictEqual(cannot(`this image is ${visibility}, and others`))
    }
    await publish(app, next, 'COMMUNITY')
    expect(wordFor(await replace(app, old, next))).toBe('DONE')
  })

  test('of what an account uses is of that account, or everybody’s', async () => {
    await using app = await application()
    const [old, next] = await both(app)
    await promote(app.services, old)
    const asAccount = () => replace(app, old, next, 'accountCollaborator')
    expect(await asAccount()).toStrictEqual(cannot('the account'))
    await promote(app.services, next)
    expect(wordFor(await asAccount())).toBe('DONE')
    await demote(app.services, next, { project: 'ops' })
    await undeprecate(app.services, old, {}, callerOf(people.accountCollaborator))
    expect(await asAccount()).toStrictEqual(cannot('the account'))
    await publish(app, next)
    expect(wordFor(await asAccount())).toBe('DONE')
  })

  test('of another account may take the place of an image, where it is public', async () => {
    await using app = await application()
    const old = await available(app, 'old')
    const next = await available(app, 'next', { project: 'lab' }, callerOf(people.recipient))
    await publish(app, next)
    expect(wordFor(await replace(app, old, next))).toBe('DONE')
    expect((await imageNow(app, old)).deprecation?.replacement).toBe(next)
  })

  test('is asked for once: named again as it is, it changes nothing, whatever became of it', async () => {
    await using app = await application()
    const [old, next] = await both(app)
    await replace(app, old, next)
    await remove(app.services, next)
    const before = await app.log.head()
    expect(wordFor(await replace(app, old, next))).toBe('DONE')
    expect(await app.log.head()).toBe(before)
  })

  test('that will not do is told after a wrong revision', async () => {
    await using app = await application()
    const [old] = await both(app)
    expect(await deprecate(app.services, old, { replacement: old, ifRevision: 9 })).toStrictEqual(
      left(revisionConflict(9, 2)),
    )
  })
})
