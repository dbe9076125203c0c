import { describe, expect, test } from 'vitest'
import type { Services } from '../../../src/application/services.ts'
import { left, right } from '../../../src/domain/kernel/fp.ts'
import { shareKey } from '../../../src/domain/kernel/ids.ts'
import {
  forbidden,
  idempotencyConflict,
  invalidInput,
  invalidState,
  notFound,
} from '../../../src/domain/kernel/refusal.ts'
import { type Application, application, callerOf } from '../../support/application.ts'
import {
  accept,
  create,
  eventsAfter,
  idOf,
  imageNow,
  inOwner,
  people,
  promote,
  refusalOf,
  reject,
  remove,
  setVisibility,
  share,
  strangers,
  toLab,
  unshare,
  wordFor,
} from '../../support/library-commands.ts'
import { imageId, lab } from '../../support/samples.ts'

const words = 'decide who this image is shared with'
const until = '2027-01-01T00:00:00.000Z'
const debian = async (app: Application) => idOf(await create(app.services, 'debian'))
const shared = (project: string, more: object = {}) => ({
  type: 'ImageShared',
  data: { project, message: null, expiresAt: null, ...more },
})
const revoked = (project: string) => ({ type: 'ImageShareRevoked', data: { project } })

describe('Offering an image', () => {
  test('makes a private one SHARED, and gives the share', async () => {
    await using app = await application()
    const id = await debian(app)
    const before = await app.log.head()
    const offered = await share(app.services, id, { ...toLab, message: 'Try it.', expiresAt: until })
    expect(await eventsAfter(app, before)).toStrictEqual([
      { type: 'ImageVisibilityChanged', data: { from: 'PRIVATE', visibility: 'SHARED' } },
      shared('lab', { message: 'Try it.', expiresAt: until }),
    ])
    expect(offered).toStrictEqual(right({ id: shareKey(id, lab), position: await app.log.head() }))
    const next = await app.log.head()
    await share(app.services, id, { project: 'ops' })
    expect(await eventsAfter(app, next)).toStrictEqual([shared('ops')])
  })

  test('answers the same for a project that exists and one that does not', async () => {
    await using app = await application()
    const outcomes = []
    for (const project of ['lab', 'lab-2']) {
      const id = idOf(await create(app.services, `for-${project}`))
      const plain = (outcome: unknown) =>
        JSON.parse(
          JSON.stringify(outcome, (key, value) => (key === 'position' ? 0 : value))
            .replaceAll(id, 'ID')
            .replaceAll(project, 'PROJECT'),
        )
      const before = await app.log.head()
      const answers = [
        await share(app.services, id, { project, expiresAt: '2020-01-01T00:00:00.000Z' }),
        await share(app.services, id, { project, message: 'Try it.' }),
        await share(app.services, id, { project, message: 'Try it.' }),
        await share(app.services, id, { project, message: 'Do try it.' }),
        await accept(app.services, id, { project }, callerOf(people.collaborator)),
        await unshare(app.services, id, { project }),
        await unshare(app.services, id, { project }),
      ]
      // What is past is said with the time of it.
      const { tag } = refusalOf(answers[0] ?? right({}))
      outcomes.push(plain([tag, ...answers.slice(1), await eventsAfter(app, before)]))
    }
    expect(outcomes[0]).toStrictEqual(outcomes[1])
    expect(outcomes[0][0]).toBe('InvalidInput')
  })

  test('is for collaborators of its owner, before the input is looked at', async () => {
    await using app = await application()
    const id = await debian(app)
    const bad = { project: 'No Project', message: '\0' }
    const as = (who: (typeof people)[keyof typeof people]) => share(app.services, id, bad, callerOf(who))
    for (const who of [strangers.stranger, people.recipient, people.ofOps, people.nobody])
      expect(await as(who)).toStrictEqual(left(notFound('image', id)))
    for (const who of [people.viewer, people.accountViewer])
      expect(await as(who)).toStrictEqual(left(forbidden('COLLABORATOR', words, inOwner)))
    expect(await share(app.services, imageId(1), bad)).toStrictEqual(left(notFound('image', imageId(1))))
  })

  test('is not for those who accepted it: a share is not handed on', async () => {
    await using app = await application()
    const id = await debian(app)
    await share(app.services, id, toLab)
    const refused = left(forbidden('COLLABORATOR', words, inOwner))
    const handOn = () => share(app.services, id, { project: 'more' }, callerOf(people.recipient))
    expect(await handOn()).toStrictEqual(refused)
    await accept(app.services, id, toLab)
    expect(await handOn()).toStrictEqual(refused)
  })

  test.each<[object, readonly string[], string]>([
    [{ project: 'No' }, ['project'], 'must be 1 to 63 of a-z, 0-9 and -, and not begin with -'],
    [{ message: 'x'.repeat(1_001) }, ['message'], 'must have at most 1000 characters, not 1001'],
    [{ idempotencyKey: '' }, ['idempotencyKey'], 'must be one line, and not blank'],
    [{ ifRevision: 0 }, [], 'Unrecognized key: "ifRevision"'],
    [{ project: 'web' }, ['project'], 'must be another project: this one owns the image'],
  ])('with %j is refused', async (bad, path, message) => {
    await using app = await application()
    const id = await debian(app)
    const before = await app.log.head()
    expect(await share(app.services, id, { ...toLab, ...bad })).toStrictEqual(
      left(invalidInput([{ path, message }])),
    )
    expect(await app.log.head()).toBe(before)
  })

  test('until a moment that is past is refused', async () => {
    await using app = await application()
    const id = await debian(app)
    expect(refusalOf(await share(app.services, id, { ...toLab, expiresAt: app.clock.now() }))).toMatchObject({
      tag: 'InvalidInput',
      issues: [{ path: ['expiresAt'] }],
    })
  })

  test('with an idempotencyKey is done once, also when the offer is long over', async () => {
    await using app = await application()
    const id = await debian(app)
    const once = { ...toLab, message: 'Try it.', idempotencyKey: 'once' }
    await share(app.services, id, once)
    await unshare(app.services, id, toLab)
    const before = await app.log.head()
    expect(await share(app.services, id, once)).toStrictEqual(
      right({ id: shareKey(id, lab), position: before }),
    )
    for (const other of [{ message: null }, { project: 'ops' }, { expiresAt: until }])
      expect(await share(app.services, id, { ...once, ...other })).toStrictEqual(left(idempotencyConflict()))
    expect(await app.log.head()).toBe(before)
  })

  test('again on the same terms, or without any, changes nothing; on others it is refused', async () => {
    await using app = await application()
    const id = await debian(app)
    await share(app.services, id, { ...toLab, message: 'Try it.' })
    const before = await app.log.head()
    for (const same of [{ message: 'Try it.' }, {}])
      expect(wordFor(await share(app.services, id, { ...toLab, ...same }))).toBe('DONE')
    const otherTerms = (status: string) =>
      left(invalidState(status, 'It was offered to project "lab" on other terms already: unshare it first.'))
    expect(await share(app.services, id, { ...toLab, message: 'Do!' })).toStrictEqual(otherTerms('PENDING'))
    expect(await app.log.head()).toBe(before)
    await accept(app.services, id, toLab)
    expect(await share(app.services, id, { ...toLab, message: 'Do!' })).toStrictEqual(otherTerms('ACCEPTED'))
  })

  test('anew after a rejection is refused while the old offer stands', async () => {
    await using app = await application()
    const id = await debian(app)
    await share(app.services, id, toLab)
    await reject(app.services, id, toLab)
    expect(await share(app.services, id, toLab)).toStrictEqual(
      left(
        invalidState(
          'REJECTED',
          'The offer was rejected, and may still be accepted: unshare it before you offer it anew.',
        ),
      ),
    )
    await unshare(app.services, id, toLab)
    expect(wordFor(await share(app.services, id, toLab))).toBe('DONE')
    expect((await imageNow(app, id)).shares.get(lab)?.status).toBe('PENDING')
  })

  test('that every project has, or that is deleted, is refused', async () => {
    await using app = await application()
    const id = await debian(app)
    for (const visibility of ['COMMUNITY', 'PUBLIC']) {
      await setVisibility(app.services, id, { visibility }, callerOf(people.operator))
      expect(refusalOf(await share(app.services, id, toLab))).toMatchObject({ tag: 'InvalidState' })
    }
    await remove(app.services, id)
    expect(refusalOf(await share(app.services, id, toLab))).toMatchObject({ status: 'DELETED' })
  })

  test('that was promoted may be made to any project, also to the one that it came from', async () => {
    await using app = await application()
    const id = await debian(app)
    await promote(app.services, id)
    const caller = callerOf(people.accountCollaborator)
    expect(wordFor(await share(app.services, id, { project: 'web' }, caller))).toBe('DONE')
  })
})

describe('A project with 1,000 offers to answer', () => {
  const full = (app: Application, waiting: number): Services => ({
    ...app.services,
    directory: { ...app.catalog, pendingOffersTo: (project) => (project === 'lab' ? waiting : 0) },
  })

  test('is offered nothing more, and others are', async () => {
    await using app = await application()
    const id = await debian(app)
    const before = await app.log.head()
    expect(await share(full(app, 1_000), id, toLab)).toStrictEqual(
      left(
        invalidState(
          'PENDING',
          'Project "lab" has 1000 offers to answer: offer it when it has answered some.',
        ),
      ),
    )
    expect(await app.log.head()).toBe(before)
    expect(wordFor(await share(full(app, 1_000), id, { project: 'ops' }))).toBe('DONE')
    expect(wordFor(await share(full(app, 999), id, toLab))).toBe('DONE')
  })

  test('is still asked for what it was offered already, and told what is wrong with an offer', async () => {
    await using app = await application()
    const id = await debian(app)
    await share(app.services, id, { ...toLab, idempotencyKey: 'once' })
    expect(wordFor(await share(full(app, 1_000), id, toLab))).toBe('DONE')
    expect(wordFor(await share(full(app, 1_000), id, { ...toLab, idempotencyKey: 'once' }))).toBe('DONE')
    const other = idOf(await create(app.services, 'other'))
    expect(
      refusalOf(await share(full(app, 1_000), other, { ...toLab, expiresAt: app.clock.now() })),
    ).toMatchObject({ tag: 'InvalidInput' })
  })
})

describe('Taking an offer back', () => {
  test.each(['PENDING', 'ACCEPTED', 'REJECTED'])('that is %s ends it', async (status) => {
    await using app = await application()
    const id = await debian(app)
    await share(app.services, id, toLab)
    if (status !== 'PENDING') await (status === 'ACCEPTED' ? accept : reject)(app.services, id, toLab)
    const before = await app.log.head()
    const taken = await unshare(app.services, id, { ...toLab, reason: 'Enough.' })
    expect(await eventsAfter(app, before)).toStrictEqual([revoked('lab')])
    expect(taken).toStrictEqual(right({ id: shareKey(id, lab), position: await app.log.head() }))
    expect((await app.everything()).at(-1)?.metadata['reason']).toBe('Enough.')
    expect(wordFor(await unshare(app.services, id, toLab))).toBe('DONE')
    expect(await app.log.head()).toBe(taken._tag === 'Right' ? taken.right.position : null)
  })

  test('is NotFound where it was never made, and nobody learns which projects there are', async () => {
    await using app = await application()
    const id = await debian(app)
    for (const project of ['lab', 'nowhere', 'No Project', ''])
      expect(await unshare(app.services, id, { project })).toStrictEqual(
        left(notFound('offer', `${id} to ${project}`)),
      )
  })

  test('is for collaborators of its owner, and not for those it was made to', async () => {
    await using app = await application()
    const id = await debian(app)
    await share(app.services, id, toLab)
    for (const who of [people.recipient, people.recipientViewer, people.viewer])
      expect(await unshare(app.services, id, toLab, callerOf(who))).toStrictEqual(
        left(forbidden('COLLABORATOR', words, inOwner)),
      )
    for (const who of [people.nobody, people.ofOps])
      expect(await unshare(app.services, id, toLab, callerOf(who))).toStrictEqual(left(notFound('image', id)))
  })

  test('with an idempotencyKey is done once, though it was offered again meanwhile', async () => {
    await using app = await application()
    const id = await debian(app)
    const once = { ...toLab, idempotencyKey: 'once' }
    await share(app.services, id, toLab)
    await unshare(app.services, id, once)
    await share(app.services, id, toLab)
    expect(wordFor(await unshare(app.services, id, once))).toBe('DONE')
    expect((await imageNow(app, id)).shares.get(lab)?.status).toBe('PENDING')
    expect(await unshare(app.services, id, { ...once, reason: 'Another.' })).toStrictEqual(
      left(idempotencyConflict()),
    )
  })
})
