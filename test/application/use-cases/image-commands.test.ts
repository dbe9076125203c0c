import { describe, expect, test } from 'vitest'
import { imageAggregate } from '../../../src/domain/image/state.ts'
import { left, right } from '../../../src/domain/kernel/fp.ts'
import {
  forbidden,
  idempotencyConflict,
  invalidInput,
  notFound,
  revisionConflict,
} from '../../../src/domain/kernel/refusal.ts'
import { type Application, application, callerOf } from '../../support/application.ts'
import * as the from '../../support/library-commands.ts'
import {
  available,
  create,
  eventsAfter,
  idOf,
  inOwner,
  type Person,
  people,
  refusalOf,
  remove,
  strangers,
  update,
  wordFor,
} from '../../support/library-commands.ts'
import { imageId } from '../../support/samples.ts'

// What all commands on one image have in common. What is special to each is in a file of its own.

const later = '2027-01-01T00:00:00.000Z'
const inAccount = 'in its account'

interface Command {
  readonly send: typeof the.deprecate
  readonly person: Person
  /** An image that the command changes. */
  readonly make: (app: Application) => Promise<string>
  readonly input?: object
  /** What it does to such an image. */
  readonly events: readonly object[]
  readonly words: string
  readonly where: string
  /** What a command under the same idempotencyKey differs in. */
  readonly other?: object
}

const there = (app: Application) => available(app, 'debian')
const after =
  (command: typeof the.deprecate, more: object = {}, person: Person = 'collaborator') =>
  async (app: Application) => {
    const id = await there(app)
    idOf(await command(app.services, id, more, callerOf(people[person])))
    return id
  }
const event = (type: string, data: object = {}) => ({ type, data })
const claim = { claimId: expect.any(String) }
const claimed = (scope: object) =>
  event('ImageNameClaimed', { ...claim, imageId: expect.any(String), scope, name: 'debian' })
const released = (scope: object) =>
  event('ImageNameReleased', { ...claim, imageId: expect.any(String), scope, name: 'debian' })
const [inWeb, inOps, amongAll] = [
  { kind: 'PROJECT', project: 'web' },
  { kind: 'PROJECT', project: 'ops' },
  { kind: 'ACCOUNT' },
]

const notice = { replacement: null, reason: 'Because.', obsoleteAt: later, deleteAt: null }
const sharing = { words: 'decide who this image is shared with', where: inOwner }
const retiring = { words: 'deprecate this image', where: inOwner }
const withholding = { words: 'deactivate or reactivate this image', where: inOwner }
const moving = { words: 'move this image between its project and its account', where: inAccount }

const commands: Readonly<Record<string, Command>> = {
  imageSetVisibility: {
    send: the.setVisibility,
    person: 'collaborator',
    make: there,
    input: { visibility: 'SHARED' },
    events: [event('ImageVisibilityChanged', { from: 'PRIVATE', visibility: 'SHARED' })],
    ...sharing,
    other: { visibility: 'PRIVATE' },
  },
  imageDeprecate: {
    send: the.deprecate,
    person: 'collaborator',
    make: there,
    input: { obsoleteAt: later },
    events: [event('ImageDeprecated', notice)],
    ...retiring,
    other: { obsoleteAt: null },
  },
  imageUndeprecate: {
    send: the.undeprecate,
    person: 'collaborator',
    make: after(the.deprecate, { deleteAt: later }),
    events: [event('ImageUndeprecated')],
    ...retiring,
  },
  imageDeactivate: {
    send: the.deactivate,
    person: 'collaborator',
    make: there,
    events: [event('ImageDeactivated', { by: 'OWNER' })],
    ...withholding,
  },
  imageReactivate: {
    send: the.reactivate,
    person: 'collaborator',
    make: after(the.deactivate),
    events: [event('ImageReactivated')],
    ...withholding,
  },
  imageRestore: {
    send: the.restore,
    person: 'collaborator',
    make: after(the.remove),
    events: [event('ImageRestored')],
    words: 'delete or restore this image',
    where: inOwner,
  },
  imagePromote: {
    send: the.promote,
    person: 'accountCollaborator',
    make: there,
    events: [
      claimed(amongAll),
      event('ImagePromoted', { from: 'web', name: 'debian', ...claim }),
      released(inWeb),
    ],
    ...moving,
  },
  imageDemote: {
    send: the.demote,
    person: 'accountCollaborator',
    make: after(the.promote, {}, 'accountCollaborator'),
    input: { project: 'ops' },
    events: [
      claimed(inOps),
      event('ImageDemoted', { project: 'ops', name: 'debian', ...claim }),
      released(amongAll),
    ],
    ...moving,
    other: { project: 'web' },
  },
}

/** With a recovery window, so that there is something to restore. */
const begin = () => application({ limits: { deleteRecoveryHours: 24 } })

describe.each(Object.entries(commands))('%s', (mutation, it) => {
  const { send, make, input = {}, other = { reason: 'Another.' } } = it
  const asked = { ...input, reason: 'Because.' }
  const caller = callerOf(people[it.person])
  const once = { ...asked, idempotencyKey: 'once' }

  test('does exactly what it says, and records who wanted it and why', async () => {
    await using app = await begin()
    const id = await make(app)
    const before = await app.log.head()
    const done = await send(app.services, id, asked, caller)
    expect(await eventsAfter(app, before)).toStrictEqual(it.events)
    const image = (await app.everything()).findLast(({ stream }) => stream === `image-${id}`)
    expect(image?.metadata).toMatchObject({
      actor: { id: people[it.person].subject, kind: 'USER', account: 'acme' },
      reason: 'Because.',
    })
    expect(done).toStrictEqual(right({ id, position: image?.position }))
  })

  test('changes nothing where it is so already', async () => {
    await using app = await begin()
    const id = await make(app)
    await send(app.services, id, asked, caller)
    const before = await app.log.head()
    const image = (await app.everything()).findLast(({ stream }) => stream === `image-${id}`)
    expect(await send(app.services, id, asked, caller)).toStrictEqual(
      right({ id, position: image?.position }),
    )
    expect(wordFor(await send(app.services, id, { ...asked, idempotencyKey: 'new' }, caller))).toBe('DONE')
    expect(await app.log.head()).toBe(before)
  })

  test('is refused to those who may not, before its input is looked at', async () => {
    await using app = await begin()
    const id = await make(app)
    const before = await app.log.head()
    const bad = { ...input, reason: '\0', ifRevision: -1, flavour: 'vanilla' }
    const refused = (who: (typeof people)[Person]) => send(app.services, id, bad, callerOf(who))
    for (const who of [strangers.stranger, people.nobody, people.recipient])
      expect(await refused(who)).toStrictEqual(left(notFound('image', id)))
    expect(await refused(people.accountViewer)).toStrictEqual(
      left(forbidden('COLLABORATOR', it.words, it.where)),
    )
    for (const nothing of [imageId(1), 'debian', ''])
      expect(await send(app.services, nothing, bad, caller)).toStrictEqual(left(notFound('image', nothing)))
    expect(await app.log.head()).toBe(before)
  })

  test('says of an input what is wrong with it, and does nothing', async () => {
    await using app = await begin()
    const id = await make(app)
    const before = await app.log.head()
    const refused = async (bad: object, path: readonly string[], message: string) =>
      expect(await send(app.services, id, { ...asked, ...bad }, caller)).toStrictEqual(
        left(invalidInput([{ path, message }])),
      )
    const text = 'must be well-formed text without control characters'
    await refused({ reason: '\0' }, ['reason'], text)
    await refused({ ifRevision: -1 }, ['ifRevision'], 'must not be negative')
    await refused({ idempotencyKey: ' ' }, ['idempotencyKey'], 'must be one line, and not blank')
    await refused({ flavour: 'vanilla' }, [], 'Unrecognized key: "flavour"')
    expect(await app.log.head()).toBe(before)
  })

  test('with an idempotencyKey is done once, whatever came after it', async () => {
    await using app = await begin()
    const id = await make(app)
    expect(wordFor(await send(app.services, id, once, caller))).toBe('DONE')
    await update(app.services, id, { os: 'debian' }, callerOf(people.operator))
    await remove(app.services, id, {}, callerOf(people.operator))
    const before = await app.log.head()
    const again = right({ id, position: before })
    expect(await send(app.services, id, once, caller)).toStrictEqual(again)
    expect(await send(app.node(), id, { ...once, ifRevision: null }, caller)).toStrictEqual(again)
    expect(await app.log.head()).toBe(before)
  })

  test('with an idempotencyKey that came with another input is refused before anything else is looked at', async () => {
    await using app = await begin()
    const id = await make(app)
    await send(app.services, id, once, caller)
    const before = await app.log.head()
    for (const node of [app.services, app.node()])
      expect(await send(node, id, { ...once, ...other, ifRevision: 99 }, caller)).toStrictEqual(
        left(idempotencyConflict()),
      )
    expect(await app.log.head()).toBe(before)
  })

  test('is refused at another revision than it is for, before its state is looked at', async () => {
    await using app = await begin()
    const id = await make(app)
    const { revision } = await app.services.ledger.load(imageAggregate, id)
    const current = Number(revision)
    const before = await app.log.head()
    for (const ifRevision of [current - 1, current + 1])
      expect(await send(app.services, id, { ...asked, ifRevision }, caller)).toStrictEqual(
        left(revisionConflict(ifRevision, current)),
      )
    expect(await app.log.head()).toBe(before)
    expect(wordFor(await send(app.services, id, { ...asked, ifRevision: current }, caller))).toBe('DONE')
    // Now it is so already, and still this is not the revision that was asked for.
    expect(refusalOf(await send(app.services, id, { ...asked, ifRevision: current }, caller))).toMatchObject({
      tag: 'RevisionConflict',
    })
  })

  test('of an image that is deleted for good is refused, and claims nothing', async () => {
    await using app = await application()
    const id = idOf(await create(app.services, 'debian'))
    await remove(app.services, id)
    const before = await app.log.head()
    expect(refusalOf(await send(app.services, id, asked, caller))).toMatchObject({
      tag: 'InvalidState',
      status: 'DELETED',
    })
    expect(await app.log.head()).toBe(before)
  })

  test('is of its own mutation: the same key under another is another command', async () => {
    await using app = await begin()
    const id = await make(app)
    const others = Object.entries(commands).filter(([name]) => name !== mutation)
    await send(app.services, id, once, caller)
    for (const [, another] of others) {
      const outcome = await another.send(app.services, id, { ...another.input, idempotencyKey: 'once' })
      expect(wordFor(outcome)).not.toBe('IdempotencyConflict')
    }
  })
})
