import { describe, expect, test } from 'vitest'
import type { Services } from '../../../src/application/services.ts'
import { accountSetMayPublish } from '../../../src/application/use-cases/account-set-may-publish.ts'
import { imageDownload } from '../../../src/application/use-cases/image-download.ts'
import { left } from '../../../src/domain/kernel/fp.ts'
import { forbidden, invalidInput, notFound } from '../../../src/domain/kernel/refusal.ts'
import { application, callerOf } from '../../support/application.ts'
import {
  accept,
  available,
  create,
  eventsAfter,
  historyOf,
  idOf,
  imageNow,
  inOwner,
  type Person,
  people,
  promote,
  refusalOf,
  reject,
  setVisibility,
  share,
  toLab,
  wordFor,
} from '../../support/library-commands.ts'
import { ops } from '../../support/samples.ts'

const everybodys = ['COMMUNITY', 'PUBLIC'] as const
const words = 'make this image public or community'

const letPublish = (services: Services, mayPublish = true) =>
  accountSetMayPublish(services)(callerOf(people.operator), { account: 'acme', mayPublish })()
const show = (services: Services, id: string, visibility: string, person: Person = 'collaborator') =>
  setVisibility(services, id, { visibility }, callerOf(people[person]))
const download = (services: Services, id: string, person: Person) =>
  imageDownload(services)(callerOf(people[person]), id)()

describe('An image', () => {
  test('is shared and made private again by the collaborators of its owner', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    for (const visibility of ['SHARED', 'PRIVATE'] as const) {
      expect(wordFor(await show(app.services, id, visibility))).toBe('DONE')
      expect((await imageNow(app, id)).visibility).toBe(visibility)
    }
  })

  test.each(everybodys)(
    'is made %s by operators alone, unless its account may publish',
    async (visibility) => {
      await using app = await application()
      const id = idOf(await create(app.services, 'debian'))
      const before = await app.log.head()
      for (const person of ['collaborator', 'accountCollaborator', 'accountAdmin', 'viewer'] as const)
        expect(await show(app.services, id, visibility, person)).toStrictEqual(
          left(forbidden('OPERATOR', words)),
        )
      for (const person of ['recipient', 'nobody', 'ofOps'] as const)
        expect(await show(app.services, id, visibility, person)).toStrictEqual(left(notFound('image', id)))
      expect(await app.log.head()).toBe(before)
      expect(wordFor(await show(app.services, id, visibility, 'operator'))).toBe('DONE')
      expect((await imageNow(app, id)).visibility).toBe(visibility)
    },
  )

  test.each(everybodys)(
    'is made %s by admins of an account that may publish, and no lesser ones',
    async (visibility) => {
      await using app = await application()
      const id = idOf(await create(app.services, 'debian'))
      await letPublish(app.services)
      for (const person of ['collaborator', 'accountCollaborator', 'accountViewer', 'viewer'] as const)
        expect(await show(app.services, id, visibility, person)).toStrictEqual(
          left(forbidden('ADMIN', words, 'in its account')),
        )
      expect(wordFor(await show(app.services, id, visibility, 'accountAdmin'))).toBe('DONE')
      await letPublish(app.services, false)
      // What is public stays so, and may be taken back by those who decide who it is shared with.
      expect((await imageNow(app, id)).visibility).toBe(visibility)
      expect(wordFor(await show(app.services, id, 'PRIVATE'))).toBe('DONE')
      expect(refusalOf(await show(app.services, id, visibility, 'accountAdmin'))).toMatchObject({
        requiredRole: 'OPERATOR',
      })
    },
  )

  test('of another account is not made public by an admin whose account may publish', async () => {
    await using app = await application()
    const caller = callerOf(people.operator)
    await accountSetMayPublish(app.services)(caller, { account: 'globex', mayPublish: true })()
    const id = idOf(await create(app.services, 'debian', { visibility: 'COMMUNITY' }, caller))
    const adminElsewhere = callerOf({ ...people.recipient, accountRole: 'ADMIN' })
    expect(await setVisibility(app.services, id, { visibility: 'PUBLIC' }, adminElsewhere)).toStrictEqual(
      left(forbidden('OPERATOR', words)),
    )
  })

  test.each(['SECRET', null, 7])('is not made %j, which is no visibility', async (visibility) => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    expect(await setVisibility(app.services, id, { visibility })).toStrictEqual(
      left(
        invalidInput([
          {
            path: ['visibility'],
            message: 'Invalid option: expected one of "PRIVATE"|"SHARED"|"COMMUNITY"|"PUBLIC"',
          },
        ]),
      ),
    )
  })

  test('that leaves SHARED is shared with nobody, and nothing comes back when it is SHARED again', async () => {
    await using app = await application()
    const id = await available(app, 'debian')
    for (const project of ['lab', 'ops', 'nowhere']) idOf(await share(app.services, id, { project }))
    idOf(await accept(app.services, id, toLab))
    idOf(await reject(app.services, id, { project: ops }, callerOf(people.ofOps)))
    const before = await app.log.head()
    await show(app.services, id, 'PRIVATE')
    expect(await eventsAfter(app, before)).toStrictEqual([
      { type: 'ImageVisibilityChanged', data: { from: 'SHARED', visibility: 'PRIVATE' } },
      ...['lab', 'ops', 'nowhere'].map((project) => ({ type: 'ImageShareRevoked', data: { project } })),
    ])
    await show(app.services, id, 'SHARED')
    expect(await download(app.services, id, 'recipient')).toStrictEqual(left(notFound('image', id)))
    expect(await accept(app.services, id, toLab)).toStrictEqual(left(notFound('offer', `${id} to lab`)))
  })

  test.each(everybodys)(
    'that is %s is downloaded by collaborators of any project, and by no others',
    async (visibility) => {
      await using app = await application()
      const id = await available(app, 'debian')
      for (const person of ['recipient', 'ofOps'] as const)
        expect(await download(app.services, id, person)).toStrictEqual(left(notFound('image', id)))
      await show(app.services, id, visibility, 'operator')
      for (const person of ['recipient', 'ofOps'] as const)
        expect((await download(app.services, id, person))._tag).toBe('Right')
      expect(await download(app.services, id, 'recipientViewer')).toStrictEqual(
        left(forbidden('COLLABORATOR', 'download this image', 'in a project that may use it')),
      )
      expect(await download(app.services, id, 'nobody')).toStrictEqual(left(notFound('image', id)))
      await show(app.services, id, 'PRIVATE')
      expect(await download(app.services, id, 'recipient')).toStrictEqual(left(notFound('image', id)))
    },
  )

  test('that was promoted is shared by collaborators of its account, and no more by those of its project', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    idOf(await promote(app.services, id))
    expect(await show(app.services, id, 'SHARED')).toStrictEqual(
      left(forbidden('COLLABORATOR', 'decide who this image is shared with', inOwner)),
    )
    expect(wordFor(await show(app.services, id, 'SHARED', 'accountCollaborator'))).toBe('DONE')
  })
})

describe('A new image', () => {
  const made = (services: Services, visibility: string, person: Person) =>
    create(services, 'debian', { visibility }, callerOf(people[person]))

  test('is PRIVATE, or SHARED where that is asked for, in one append', async () => {
    await using app = await application()
    const id = idOf(await made(app.services, 'SHARED', 'collaborator'))
    expect((await historyOf(app, id)).slice(1)).toStrictEqual([
      { type: 'ImageVisibilityChanged', data: { from: 'PRIVATE', visibility: 'SHARED' } },
    ])
    expect(idOf(await create(app.services, 'ubuntu'))).toSatisfy((other) => other !== id)
  })

  test.each(everybodys)('is %s where an operator says so', async (visibility) => {
    await using app = await application()
    const before = await app.log.head()
    for (const person of ['collaborator', 'accountAdmin'] as const)
      expect(await made(app.services, visibility, person)).toStrictEqual(
        left(forbidden('OPERATOR', 'create images that are public or community')),
      )
    expect(await app.log.head()).toBe(before)
    const id = idOf(await made(app.services, visibility, 'operator'))
    expect((await imageNow(app, id)).visibility).toBe(visibility)
  })

  test.each(everybodys)('is %s where an admin of an account that may publish says so', async (visibility) => {
    await using app = await application()
    await letPublish(app.services)
    for (const person of ['collaborator', 'accountCollaborator', 'guest'] as const)
      expect(await made(app.services, visibility, person)).toStrictEqual(
        left(forbidden('ADMIN', 'create images that are public or community', 'in the account')),
      )
    const id = idOf(await made(app.services, visibility, 'accountAdmin'))
    expect((await imageNow(app, id)).visibility).toBe(visibility)
  })

  test('of a project that one may not know of is NotFound, whatever its visibility is to be', async () => {
    await using app = await application()
    for (const visibility of [...everybodys, 'SECRET'])
      expect(await made(app.services, visibility, 'recipient')).toStrictEqual(
        left(notFound('project', 'web')),
      )
  })
})
