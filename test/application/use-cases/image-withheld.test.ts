import { describe, expect, test } from 'vitest'
import { carryOutDates } from '../../../src/application/reactions/reactions.ts'
import { imageDownload } from '../../../src/application/use-cases/image-download.ts'
import { left } from '../../../src/domain/kernel/fp.ts'
import { forbidden, invalidState } from '../../../src/domain/kernel/refusal.ts'
import { type Application, application, callerOf } from '../../support/application.ts'
import {
  accept,
  available,
  create,
  deactivate,
  deprecate,
  idOf,
  imageNow,
  type Person,
  people,
  reactivate,
  setVisibility,
  share,
  shared,
  toLab,
  typesOf,
  undeprecate,
  update,
  wordFor,
} from '../../support/library-commands.ts'

const download = (app: Application, id: string, person: Person) =>
  imageDownload(app.services)(callerOf(people[person]), id)()
const caller = (person: Person) => callerOf(people[person])

/** Everybody who may download what was shared with lab. */
const users = ['collaborator', 'accountAdmin', 'recipient'] as const

describe('A deactivated image', () => {
  const withheld = left(
    invalidState('AVAILABLE', 'The image is deactivated: its bytes are withheld until it is reactivated.'),
  )

  test.each(['collaborator', 'operator'] as const)(
    'by %s gives its bytes to operators alone, until it is reactivated',
    async (person) => {
      await using app = await application()
      const id = await shared(app, 'debian')
      await deactivate(app.services, id, {}, caller(person))
      for (const user of users) expect(await download(app, id, user)).toStrictEqual(withheld)
      expect((await download(app, id, 'operator'))._tag).toBe('Right')
      await reactivate(app.services, id, {}, caller(person))
      for (const user of users) expect((await download(app, id, user))._tag).toBe('Right')
    },
  )

  test('by an operator is reactivated by operators alone', async () => {
    await using app = await application()
    const id = await available(app, 'debian')
    await deactivate(app.services, id, {}, caller('operator'))
    for (const person of ['collaborator', 'accountAdmin'] as const)
      expect(await reactivate(app.services, id, {}, caller(person))).toStrictEqual(
        left(forbidden('OPERATOR', 'reactivate what an operator deactivated')),
      )
    expect((await imageNow(app, id)).deactivatedBy).toBe('OPERATOR')
    expect(wordFor(await reactivate(app.services, id, {}, caller('operator')))).toBe('DONE')
  })

  test('by its owner is reactivated by operators too', async () => {
    await using app = await application()
    const id = await available(app, 'debian')
    await deactivate(app.services, id)
    expect(wordFor(await reactivate(app.services, id, {}, caller('operator')))).toBe('DONE')
  })

  test('by its owner first is an operator’s once one deactivates it too, and not the other way round', async () => {
    await using app = await application()
    const id = await available(app, 'debian')
    await deactivate(app.services, id)
    await deactivate(app.services, id, {}, caller('operator'))
    await deactivate(app.services, id)
    expect((await typesOf(app, id)).slice(3)).toStrictEqual(['ImageDeactivated', 'ImageDeactivated'])
    expect(wordFor(await reactivate(app.services, id))).toBe('Forbidden')
  })

  test('is still described, offered and accepted', async () => {
    await using app = await application()
    const id = await available(app, 'debian')
    await deactivate(app.services, id)
    expect(wordFor(await update(app.services, id, { os: 'debian' }))).toBe('DONE')
    expect(wordFor(await share(app.services, id, toLab))).toBe('DONE')
    expect(wordFor(await accept(app.services, id, toLab))).toBe('DONE')
    expect(await download(app, id, 'recipient')).toStrictEqual(withheld)
  })

  test('is one that has no bytes yet, too', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    expect(wordFor(await deactivate(app.services, id))).toBe('DONE')
    expect((await imageNow(app, id)).deactivatedBy).toBe('OWNER')
  })
})

describe('The bytes of an image', () => {
  const soon = '2026-03-02T00:00:00.000Z'
  const becomeObsolete = async (app: Application, id: string) => {
    await deprecate(app.services, id, { obsoleteAt: soon })
    app.clock.advance(24 * 3_600_000)
    await app.settled()
    await carryOutDates(app.node(), app.toDo).run()
  }

  test('are given out while it is deprecated, to all who may use it', async () => {
    await using app = await application()
    const id = await shared(app, 'debian')
    await deprecate(app.services, id)
    for (const user of users) expect((await download(app, id, user))._tag).toBe('Right')
  })

  test('are given out to its owner and to operators alone once it is OBSOLETE, until that is taken back', async () => {
    await using app = await application()
    const id = await shared(app, 'debian')
    await becomeObsolete(app, id)
    expect(await download(app, id, 'recipient')).toStrictEqual(
      left(invalidState('OBSOLETE', 'The image is OBSOLETE: for no new use.')),
    )
    for (const user of ['collaborator', 'accountAdmin', 'operator'] as const)
      expect((await download(app, id, user))._tag).toBe('Right')
    await undeprecate(app.services, id)
    expect((await download(app, id, 'recipient'))._tag).toBe('Right')
  })

  test('are withheld from its date on, though the service has not come to carry it out', async () => {
    await using app = await application()
    const id = await shared(app, 'debian')
    await deprecate(app.services, id, { obsoleteAt: soon, replacement: null })
    expect((await download(app, id, 'recipient'))._tag).toBe('Right')
    app.clock.advance(24 * 3_600_000)
    expect((await imageNow(app, id)).deprecation?.stage).toBe('DEPRECATED')
    expect(await download(app, id, 'recipient')).toMatchObject({ left: { status: 'OBSOLETE' } })
    expect((await download(app, id, 'collaborator'))._tag).toBe('Right')
  })

  test('of an OBSOLETE public image are given to nobody else', async () => {
    await using app = await application()
    const id = await available(app, 'debian')
    await setVisibility(app.services, id, { visibility: 'PUBLIC' }, caller('operator'))
    await becomeObsolete(app, id)
    for (const user of ['recipient', 'ofOps'] as const)
      expect(await download(app, id, user)).toMatchObject({ left: { status: 'OBSOLETE' } })
  })
})
