import { describe, expect, test } from 'vitest'
import { imageDownload } from '../../../src/application/use-cases/image-download.ts'
import { projectCreate } from '../../../src/application/use-cases/project-create.ts'
import type { Principal } from '../../../src/domain/access/principal.ts'
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
  available,
  eventsAfter,
  idOf,
  imageNow,
  people,
  promote,
  refusalOf,
  reject,
  remove,
  share,
  strangers,
  toLab,
  unshare,
  wordFor,
} from '../../support/library-commands.ts'
import { acme, imageId, instant, lab, principal, web } from '../../support/samples.ts'

const words = 'accept or reject an offer for the project that it was made to'

/** An image that was offered to project lab. */
const offered = async (app: Application, more: object = {}) => {
  const id = await available(app, 'debian')
  idOf(await share(app.services, id, { ...toLab, ...more }))
  return id
}
const statusOf = async (app: Application, id: string) => (await imageNow(app, id)).shares.get(lab)?.status
const download = (app: Application, id: string, who: Principal = people.recipient) =>
  imageDownload(app.services)(callerOf(who), id)()

describe.each([
  ['Accepting', accept, 'ImageShareAccepted', 'ACCEPTED'],
  ['Rejecting', reject, 'ImageShareRejected', 'REJECTED'],
] as const)('%s an offer', (_, answer, type, status) => {
  test('is one event, with who did it and why', async () => {
    await using app = await application()
    const id = await offered(app)
    const before = await app.log.head()
    const answered = await answer(app.services, id, { ...toLab, reason: 'Because.' })
    expect(await eventsAfter(app, before)).toStrictEqual([{ type, data: { project: 'lab' } }])
    const last = (await app.everything()).at(-1)
    expect(answered).toStrictEqual(right({ id: shareKey(id, lab), position: last?.position }))
    expect(last?.metadata).toMatchObject({ actor: { id: 'lara', account: 'globex' }, reason: 'Because.' })
    expect(await statusOf(app, id)).toBe(status)
  })

  test('again changes nothing', async () => {
    await using app = await application()
    const id = await offered(app)
    await answer(app.services, id, toLab)
    const before = await app.log.head()
    expect(wordFor(await answer(app.services, id, toLab))).toBe('DONE')
    expect(await app.log.head()).toBe(before)
  })

  test('is for collaborators of the project that it was made to, or of its account, and for operators', async () => {
    await using app = await application()
    const id = await offered(app)
    const bad = { ...toLab, reason: '\0' }
    for (const who of [people.recipientViewer, principal({ projects: new Map([[lab, 'VIEWER']]) })])
      expect(await answer(app.services, id, bad, callerOf(who))).toStrictEqual(
        left(forbidden('COLLABORATOR', words)),
      )
    expect(await answer(app.services, id, bad)).toStrictEqual(
      left(
        invalidInput([{ path: ['reason'], message: 'must be well-formed text without control characters' }]),
      ),
    )
    for (const who of [strangers.stranger, people.operator, people.recipient])
      expect(wordFor(await answer(app.services, id, toLab, callerOf(who)))).toBe('DONE')
  })

  test('is never done by the owner of the image for it', async () => {
    await using app = await application()
    const id = await offered(app)
    for (const who of [people.collaborator, people.viewer, people.accountAdmin])
      expect(await answer(app.services, id, toLab, callerOf(who))).toStrictEqual(
        left(forbidden('COLLABORATOR', words)),
      )
    expect(await statusOf(app, id)).toBe('PENDING')
  })

  test('is done by somebody who is on both sides', async () => {
    await using app = await application()
    const id = await offered(app)
    const both = principal({
      account: acme,
      projects: new Map([
        [web, 'COLLABORATOR'],
        [lab, 'COLLABORATOR'],
      ]),
    })
    expect(wordFor(await answer(app.services, id, toLab, callerOf(both)))).toBe('DONE')
  })

  test('is NotFound in the same words for whatever is missing of image, project and offer', async () => {
    await using app = await application()
    const id = await offered(app)
    const plain = await available(app, 'plain')
    await share(app.services, plain, toLab)
    await unshare(app.services, plain, toLab)
    const gone = await available(app, 'gone')
    await share(app.services, gone, toLab)
    await remove(app.services, gone)
    const bad = { reason: '\0' }
    for (const [image, project, who] of [
      [plain, 'lab', people.recipient],
      [gone, 'lab', people.recipient],
      [gone, 'lab', people.collaborator],
      [imageId(1), 'lab', people.recipient],
      ['debian', 'lab', people.recipient],
      [id, 'ops', people.ofOps],
      [id, 'nowhere', people.recipient],
      [id, 'No Project', people.recipient],
      [id, 'lab', people.ofOps],
      [id, 'lab', people.nobody],
    ] as const)
      expect(await answer(app.services, image, { project, ...bad }, callerOf(who))).toStrictEqual(
        left(notFound('offer', `${image} to ${project}`)),
      )
  })

  test('is not done by somebody whose token names a project that there is not', async () => {
    await using app = await application()
    const id = await offered(app, { project: 'future' })
    const early = principal({ subject: 'lara', projects: new Map([['future' as typeof lab, 'ADMIN']]) })
    const answerEarly = () => answer(app.services, id, { project: 'future' }, callerOf(early))
    expect(await answerEarly()).toStrictEqual(left(notFound('offer', `${id} to future`)))
    await projectCreate(app.services)(callerOf(people.operator), {
      id: 'future',
      account: 'globex',
      name: 'Future',
    })()
    await app.settled()
    expect(wordFor(await answerEarly())).toBe('DONE')
  })

  test('with an idempotencyKey is done once, though the answer was changed meanwhile', async () => {
    await using app = await application()
    const id = await offered(app)
    const once = { ...toLab, idempotencyKey: 'once' }
    await answer(app.services, id, once)
    await (answer === accept ? reject : accept)(app.services, id, toLab)
    const before = await app.log.head()
    expect(await answer(app.services, id, once)).toStrictEqual(
      right({ id: shareKey(id, lab), position: before }),
    )
    expect(await app.log.head()).toBe(before)
    expect(await answer(app.services, id, { ...once, reason: 'Another.' })).toStrictEqual(
      left(idempotencyConflict()),
    )
  })

  test('that is over is refused, from the moment on that it ends, though nobody has recorded that yet', async () => {
    await using app = await application()
    const expiresAt = instant('2026-03-02T00:00:00.000Z')
    const id = await offered(app, { expiresAt })
    app.clock.advance(24 * 3_600_000)
    expect(await answer(app.services, id, toLab)).toStrictEqual(
      left(invalidState('EXPIRED', `The offer ended at ${expiresAt}: ask its owner to offer it again.`)),
    )
    expect(await statusOf(app, id)).toBe('PENDING')
  })
})

describe('An offer', () => {
  test('lets the project see the image, and download it only once it has accepted', async () => {
    await using app = await application()
    const id = await offered(app)
    const notYet = left(forbidden('COLLABORATOR', 'download this image', 'in a project that may use it'))
    expect(await download(app, id)).toStrictEqual(notYet)
    await accept(app.services, id, toLab)
    expect((await download(app, id))._tag).toBe('Right')
    expect(await download(app, id, people.recipientViewer)).toStrictEqual(notYet)
    await reject(app.services, id, toLab)
    expect(await download(app, id)).toStrictEqual(left(notFound('image', id)))
    await accept(app.services, id, toLab)
    expect((await download(app, id))._tag).toBe('Right')
    await unshare(app.services, id, toLab)
    expect(await download(app, id)).toStrictEqual(left(notFound('image', id)))
  })

  test('that was rejected may be accepted until it ends', async () => {
    await using app = await application()
    const id = await offered(app, { expiresAt: '2026-03-02T00:00:00.000Z' })
    await reject(app.services, id, toLab)
    expect(wordFor(await accept(app.services, id, toLab))).toBe('DONE')
    app.clock.advance(48 * 3_600_000)
    expect((await download(app, id))._tag).toBe('Right')
    // What was accepted once does not end by itself any more, though it is given back.
    await reject(app.services, id, toLab)
    expect(wordFor(await accept(app.services, id, toLab))).toBe('DONE')
  })

  test('stays through a promotion of the image, and is the account’s then', async () => {
    await using app = await application()
    const id = await offered(app)
    await promote(app.services, id)
    expect(wordFor(await accept(app.services, id, toLab))).toBe('DONE')
    const byProject = await unshare(app.services, id, toLab)
    expect(refusalOf(byProject)).toMatchObject({ tag: 'Forbidden' })
    const byAccount = await unshare(app.services, id, toLab, callerOf(people.accountCollaborator))
    expect(wordFor(byAccount)).toBe('DONE')
  })

  test('to a project of the same account is for its collaborators, and for those of the account', async () => {
    await using app = await application()
    const id = await offered(app)
    await share(app.services, id, { project: 'ops' })
    const answer = (who: Principal) => accept(app.services, id, { project: 'ops' }, callerOf(who))
    expect(refusalOf(await answer(people.collaborator))).toMatchObject({ tag: 'Forbidden' })
    expect(wordFor(await answer(people.ofOps))).toBe('DONE')
    expect(wordFor(await answer(people.accountCollaborator))).toBe('DONE')
  })
})
