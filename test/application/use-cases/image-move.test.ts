import { describe, expect, test } from 'vitest'
import { left } from '../../../src/domain/kernel/fp.ts'
import {
  forbidden,
  invalidInput,
  invalidState,
  nameTaken,
  notFound,
} from '../../../src/domain/kernel/refusal.ts'
import { type Application, application, callerOf } from '../../support/application.ts'
import {
  create,
  demote,
  historyOf,
  holdingsOf,
  idOf,
  imageNow,
  inOwner,
  type Person,
  people,
  promote,
  refusalOf,
  remove,
  rename,
  update,
  wordFor,
} from '../../support/library-commands.ts'
import { overtaken } from '../../support/logs.ts'

const words = 'move this image between its project and its account'
const toOps = { project: 'ops' }
const inOps = (app: Application, name = 'debian') => create(app.services, name, toOps, callerOf(people.ofOps))

describe('Promoting an image', () => {
  test('moves its name: free in the project, taken in the account', async () => {
    await using app = await application({ imageLimit: 2 })
    const id = idOf(await create(app.services, 'debian'))
    const before = await imageNow(app, id)
    await promote(app.services, id)
    const after = await imageNow(app, id)
    expect((await historyOf(app, id)).at(-1)).toStrictEqual({
      type: 'ImagePromoted',
      data: { from: 'web', name: 'debian', claimId: after.claimId },
    })
    expect({ ...after, deadClaims: [before.claimId] }).toStrictEqual({
      ...before,
      project: null,
      claimId: after.claimId,
      deadClaims: [before.claimId],
    })
    expect(await holdingsOf(app)).toStrictEqual({ names: ['debian'], places: 1 })
    const next = idOf(await create(app.services, 'debian'))
    expect(await promote(app.services, next)).toStrictEqual(left(nameTaken('debian', 'the account')))
    expect(await holdingsOf(app)).toStrictEqual({ names: ['debian', 'debian'], places: 2 })
  })

  test('needs no place: it is done with the limit reached', async () => {
    await using app = await application({ imageLimit: 1 })
    const id = idOf(await create(app.services, 'debian'))
    for (const step of [promote, () => demote(app.services, id, toOps), promote])
      expect(wordFor(await step(app.services, id))).toBe('DONE')
    expect(await holdingsOf(app)).toStrictEqual({ names: ['debian'], places: 1 })
  })

  test('to a name that another one has there is refused, and changes nothing', async () => {
    await using app = await application()
    const first = idOf(await inOps(app))
    await promote(app.services, first)
    const second = idOf(await create(app.services, 'debian'))
    const before = await app.log.head()
    expect(await promote(app.services, second)).toStrictEqual(left(nameTaken('debian', 'the account')))
    expect(await app.log.head()).toBe(before)
    await rename(app.services, second, 'debian-2')
    expect(wordFor(await promote(app.services, second))).toBe('DONE')
  })

  test('is for collaborators of the account, and not for those of the project', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    const as = (person: Person) => promote(app.services, id, {}, callerOf(people[person]))
    for (const person of ['collaborator', 'viewer', 'accountViewer'] as const)
      expect(await as(person)).toStrictEqual(left(forbidden('COLLABORATOR', words, 'in its account')))
    for (const person of ['ofOps', 'recipient', 'nobody'] as const)
      expect(await as(person)).toStrictEqual(left(notFound('image', id)))
    expect(wordFor(await as('accountAdmin'))).toBe('DONE')
  })

  test('gives it to the account: the project that had it uses it like any other', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    await promote(app.services, id)
    for (const person of ['collaborator', 'ofOps'] as const)
      expect(await update(app.services, id, { os: 'x' }, callerOf(people[person]))).toStrictEqual(
        left(forbidden('COLLABORATOR', 'change this image', inOwner)),
      )
    const asAccount = callerOf(people.accountCollaborator)
    expect(wordFor(await update(app.services, id, { os: 'x', name: 'ubuntu' }, asAccount))).toBe('DONE')
    expect(await holdingsOf(app)).toStrictEqual({ names: ['ubuntu'], places: 1 })
    expect(wordFor(await create(app.services, 'ubuntu'))).toBe('DONE')
  })

  test('that finds it renamed meanwhile is refused, and gives the name back', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    const log = overtaken(app.log, () => rename(app.services, id, 'ubuntu'))
    expect(await promote(app.node(log), id)).toStrictEqual(
      left(
        invalidState(
          'CREATING',
          'The image was renamed or moved by somebody else meanwhile: ask for it again.',
        ),
      ),
    )
    expect(await holdingsOf(app)).toStrictEqual({ names: ['ubuntu'], places: 1 })
    expect((await imageNow(app, id)).project).toBe('web')
  })

  test('that finds it changed meanwhile, for one revision, gives the name back', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    const log = overtaken(app.log, () => update(app.services, id, { os: 'x' }))
    expect(refusalOf(await promote(app.node(log), id, { ifRevision: 0 }))).toMatchObject({
      tag: 'RevisionConflict',
    })
    expect(await holdingsOf(app)).toStrictEqual({ names: ['debian'], places: 1 })
  })

  test('and deleting it frees its name in the account', async () => {
    await using app = await application({ imageLimit: 2 })
    const [first, second] = [idOf(await create(app.services, 'debian')), idOf(await inOps(app))]
    await promote(app.services, first)
    await remove(app.services, first, {}, callerOf(people.accountCollaborator))
    expect(wordFor(await promote(app.services, second))).toBe('DONE')
    expect(await holdingsOf(app)).toStrictEqual({ names: ['debian'], places: 1 })
  })
})

describe('Demoting an image', () => {
  const promoted = async (app: Application) => {
    const id = idOf(await create(app.services, 'debian'))
    await promote(app.services, id)
    return id
  }

  test('gives it to one project of the account alone', async () => {
    await using app = await application()
    const id = await promoted(app)
    await demote(app.services, id, toOps)
    const { project, name, claimId } = await imageNow(app, id)
    expect((await historyOf(app, id)).at(-1)).toStrictEqual({
      type: 'ImageDemoted',
      data: { project: 'ops', name: 'debian', claimId },
    })
    expect([project, name]).toStrictEqual(['ops', 'debian'])
    expect(await update(app.services, id, { os: 'x' })).toStrictEqual(left(notFound('image', id)))
    expect(wordFor(await update(app.services, id, { os: 'x' }, callerOf(people.ofOps)))).toBe('DONE')
    expect(wordFor(await create(app.services, 'debian'))).toBe('DONE')
  })

  test('to a project that has an image of its name is refused, and changes nothing', async () => {
    await using app = await application()
    const id = await promoted(app)
    await inOps(app)
    const before = await app.log.head()
    expect(await demote(app.services, id, toOps)).toStrictEqual(left(nameTaken('debian', 'project "ops"')))
    expect(await app.log.head()).toBe(before)
    expect(wordFor(await demote(app.services, id, { project: 'web' }))).toBe('DONE')
  })

  test('to a project that one may not see is NotFound, and to one of another account refused', async () => {
    await using app = await application()
    const id = await promoted(app)
    for (const project of ['lab', 'nowhere', 'No Project', ''])
      expect(await demote(app.services, id, { project, reason: '\0' })).toStrictEqual(
        left(notFound('project', project)),
      )
    expect(await demote(app.services, id, { project: 'lab' }, callerOf(people.operator))).toStrictEqual(
      left(invalidInput([{ path: ['project'], message: 'must be a project of the image’s account' }])),
    )
  })

  test('of one that is in another project is refused, and in that one already changes nothing', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    const before = await app.log.head()
    expect(await demote(app.services, id, toOps)).toStrictEqual(
      left(
        invalidState(
          'CREATING',
          'The image belongs to project "web": promote it first, then demote it to another.',
        ),
      ),
    )
    expect(wordFor(await demote(app.services, id, { project: 'web' }))).toBe('DONE')
    expect(await app.log.head()).toBe(before)
  })

  test('is for collaborators of the account, and not for those of the project it goes to', async () => {
    await using app = await application()
    const id = await promoted(app)
    for (const person of ['ofOps', 'collaborator', 'viewer', 'accountViewer'] as const)
      expect(await demote(app.services, id, toOps, callerOf(people[person]))).toStrictEqual(
        left(forbidden('COLLABORATOR', words, 'in its account')),
      )
    expect(wordFor(await demote(app.services, id, toOps, callerOf(people.operator)))).toBe('DONE')
  })
})
