import { beforeAll, describe, expect, test } from 'vitest'
import { errorsOf } from '../support/errors.ts'
import { eventually } from '../support/eventually.ts'
import { rawDisk } from '../support/images.ts'
import { available, command, imageOf, register } from '../support/library.ts'
import { startSeeded, successiveServices, type TestService } from '../support/service.ts'
import { type Person, tokens } from '../support/tokens.ts'

const disk = rawDisk(5_000, 8)

let service: TestService

beforeAll(async () => {
  const started = await startSeeded({ DELETE_RECOVERY_HOURS: '1' })
  service = started.service
  return started.dispose
})

interface Explanation {
  readonly allowed: boolean
  readonly rule: string
  readonly sentence: string
  readonly event: { readonly type: string; readonly revision: number } | null
}

const explain = async (image: string, project: string, on = service): Promise<Explanation | null> => {
  const { explainAccess } = await on.graphql<{ explainAccess: Explanation | null }>(
    tokens.operator,
    `query ($image: ID!, $project: ID!) { explainAccess(image: $image, project: $project) {
      allowed rule sentence event { type revision } } }`,
    { image, project },
  )
  return explainAccess
}
const inShort = async (image: string, project: string, on = service) => {
  const { allowed, rule, event } = (await explain(image, project, on)) ?? {}
  return [allowed, rule, event?.type, event?.revision]
}

const fresh = (): string => `n${crypto.randomUUID().slice(0, 13)}`
const as = (person: Person, mutation: string, image: string, more: object = {}) =>
  command(service, tokens[person], mutation, { image, ...more })
const share = (image: string, more: object = {}) =>
  as('collaborator', 'imageShare', image, { project: 'elsewhere', ...more })
const answer = (mutation: string, image: string) => as('stranger', mutation, image, { project: 'elsewhere' })
const show = (image: string, visibility: string) =>
  as('operator', 'imageSetVisibility', image, { visibility })

describe('operators have explained why a project may use an image, or may not', () => {
  test('of its owner, of its account, and of a project that it was never offered to', async () => {
    const id = await available(service, fresh(), disk)
    expect(await explain(id, 'web')).toStrictEqual({
      allowed: true,
      rule: 'OWNER',
      sentence: 'The project owns the image.',
      event: { type: 'ImageRegistered', revision: 0 },
    })
    for (const project of ['ops', 'elsewhere'])
      expect(await explain(id, project)).toStrictEqual({
        allowed: false,
        rule: 'NOT_SHARED',
        sentence: 'The image belongs to others and was never offered to the project.',
        event: { type: 'ImageRegistered', revision: 0 },
      })
    await as('accountAdmin', 'imagePromote', id)
    for (const project of ['ops', 'web'])
      expect(await inShort(id, project)).toStrictEqual([true, 'ACCOUNT', 'ImagePromoted', 3])
    expect(await inShort(id, 'elsewhere')).toStrictEqual([false, 'NOT_SHARED', 'ImagePromoted', 3])
    await as('accountAdmin', 'imageDemote', id, { project: 'ops' })
    expect(await inShort(id, 'ops')).toStrictEqual([true, 'OWNER', 'ImageDemoted', 4])
    expect(await inShort(id, 'web')).toStrictEqual([false, 'NOT_SHARED', 'ImageDemoted', 4])
  })

  test('of a project that it was offered to, whatever came of it', async () => {
    const id = await available(service, fresh(), disk)
    const now = () => inShort(id, 'elsewhere')
    await share(id)
    expect(await now()).toStrictEqual([false, 'SHARE_PENDING', 'ImageShared', 4])
    await answer('imageShareReject', id)
    expect(await now()).toStrictEqual([false, 'SHARE_REJECTED', 'ImageShareRejected', 5])
    await answer('imageShareAccept', id)
    expect(await now()).toStrictEqual([true, 'SHARE_ACCEPTED', 'ImageShareAccepted', 6])
    await as('collaborator', 'imageUnshare', id, { project: 'elsewhere' })
    expect(await now()).toStrictEqual([false, 'SHARE_REVOKED', 'ImageShareRevoked', 7])
    await share(id)
    expect(await now()).toStrictEqual([false, 'SHARE_PENDING', 'ImageShared', 8])
    // Offered to one, not to others.
    expect((await inShort(id, 'ops')).slice(0, 2)).toStrictEqual([false, 'NOT_SHARED'])
  })

  test('of everybody, once it is community or public', async () => {
    const id = await available(service, fresh(), disk)
    for (const [revision, visibility] of [[3, 'COMMUNITY'] as const, [4, 'PUBLIC'] as const]) {
      await show(id, visibility)
      for (const project of ['ops', 'elsewhere'])
        expect(await inShort(id, project)).toStrictEqual([
          true,
          visibility,
          'ImageVisibilityChanged',
          revision,
        ])
      expect((await inShort(id, 'web'))[1]).toBe('OWNER')
    }
    await show(id, 'PRIVATE')
    expect(await inShort(id, 'ops')).toStrictEqual([false, 'NOT_SHARED', 'ImageVisibilityChanged', 5])
  })

  test('of one that has access, but there is nothing to use', async () => {
    const id = await register(service, fresh())
    expect(await inShort(id, 'web')).toStrictEqual([false, 'NOT_AVAILABLE', 'ImageRegistered', 0])
    await service.upload(tokens.collaborator, id, disk)
    await as('collaborator', 'imageDeactivate', id)
    expect(await inShort(id, 'web')).toStrictEqual([false, 'DEACTIVATED', 'ImageDeactivated', 3])
    await as('collaborator', 'imageReactivate', id)
    expect((await inShort(id, 'web'))[0]).toBe(true)
    await as('collaborator', 'imageDeprecate', id)
    expect((await inShort(id, 'web')).slice(0, 2)).toStrictEqual([true, 'OWNER'])
    await as('collaborator', 'imageDelete', id)
    expect(await inShort(id, 'web')).toStrictEqual([false, 'NOT_AVAILABLE', 'ImageDeletionRequested', 6])
    expect((await inShort(id, 'ops')).slice(0, 2)).toStrictEqual([false, 'NOT_SHARED'])
  })

  test('of one that is obsolete, expired or deleted, which the service does by itself', async () => {
    const start = await successiveServices()
    let dated = await start({ CLOCK_START: '2026-03-01T12:00:00Z' })
    const send = (person: Person, mutation: string, image: string, more: object) =>
      command(dated, tokens[person], mutation, { image, ...more })
    const [obsolete, offered] = [
      await available(dated, 'obsolete', disk),
      await available(dated, 'offered', disk),
    ]
    const soon = '2026-04-01T00:00:00Z'
    const elsewhere = { project: 'elsewhere' }
    await send('collaborator', 'imageShare', obsolete, elsewhere)
    await send('stranger', 'imageShareAccept', obsolete, elsewhere)
    await send('collaborator', 'imageDeprecate', obsolete, {
      obsoleteAt: soon,
      deleteAt: '2026-05-01T00:00:00Z',
    })
    await send('collaborator', 'imageShare', offered, { ...elsewhere, expiresAt: soon })
    dated = await start({ CLOCK_START: soon })
    const rule = async (image: string) => (await explain(image, 'elsewhere', dated))?.rule
    await eventually('the one is obsolete', async () => (await rule(obsolete)) === 'OBSOLETE')
    await eventually('the offer is over', async () => (await rule(offered)) === 'SHARE_EXPIRED')
    expect(await inShort(obsolete, 'elsewhere', dated)).toStrictEqual([
      false,
      'OBSOLETE',
      'ImageObsoleted',
      7,
    ])
    expect((await inShort(obsolete, 'web', dated)).slice(0, 2)).toStrictEqual([true, 'OWNER'])
    expect(await inShort(offered, 'elsewhere', dated)).toStrictEqual([
      false,
      'SHARE_EXPIRED',
      'ImageShareExpired',
      5,
    ])
    dated = await start({ CLOCK_START: '2026-05-01T00:00:00Z' })
    await eventually('it is deleted', async () => (await rule(obsolete)) === 'DELETED')
    for (const project of ['web', 'elsewhere'])
      expect(await inShort(obsolete, project, dated)).toStrictEqual([false, 'DELETED', 'ImageDeleted', 9])
  })

  test('and nobody else does; what there is not is null', async () => {
    const id = await available(service, fresh(), disk)
    expect(await explain(id, 'nowhere')).toBeNull()
    expect(await explain(crypto.randomUUID(), 'web')).toBeNull()
    const ask = (person: Person) =>
      service.answer<{ explainAccess: null }>(
        tokens[person],
        'query ($id: ID!) { explainAccess(image: $id, project: "web") { rule } }',
        { id },
      )
    const foreign = await ask('stranger')
    expect([foreign.data, foreign.errors]).toStrictEqual([{ explainAccess: null }, []])
    for (const person of ['accountAdmin', 'collaborator'] as const)
      expect(errorsOf(await ask(person))).toStrictEqual([
        [
          { code: 'FORBIDDEN', requiredRole: 'OPERATOR' },
          'Only operators of the platform may have access explained.',
        ],
      ])
  })
})

test('everybody is told why they see an image, each reason with the event that made it so', async () => {
  const id = await available(service, fresh(), disk)
  const why = async (person: Person) => {
    const image = await imageOf<{ visibleBecause: Record<string, unknown>[] }>(
      service,
      id,
      'visibleBecause { reason project { id } eventType event { revision } }',
      tokens[person],
    )
    return image?.visibleBecause
  }
  const because = (
    reason: string,
    eventType: string,
    revision: number | null,
    project: string | null = null,
  ) => ({
    reason,
    project: project === null ? null : { id: project },
    eventType,
    event: revision === null ? null : { revision },
  })
  const owner = because('OWNER', 'ImageRegistered', 0)
  for (const person of ['collaborator', 'viewer', 'accountViewer'] as const)
    expect(await why(person)).toStrictEqual([owner])
  expect(await why('operator')).toStrictEqual([because('OPERATOR', 'ImageRegistered', 0)])
  expect(await why('stranger')).toBeUndefined()

  await share(id)
  expect(await why('stranger')).toStrictEqual([because('SHARE_PENDING', 'ImageShared', null, 'elsewhere')])
  await answer('imageShareAccept', id)
  const accepted = because('SHARE_ACCEPTED', 'ImageShareAccepted', null, 'elsewhere')
  expect(await why('stranger')).toStrictEqual([accepted])

  await as('accountAdmin', 'imagePromote', id)
  expect(await why('accountViewer')).toStrictEqual([because('OWNER', 'ImagePromoted', 6)])
  for (const person of ['collaborator', 'otherProject'] as const)
    expect(await why(person)).toStrictEqual([because('ACCOUNT', 'ImagePromoted', null)])
  expect(await why('stranger')).toStrictEqual([accepted])

  await show(id, 'PUBLIC')
  expect(await why('stranger')).toStrictEqual([because('PUBLIC', 'ImageVisibilityChanged', null)])
  expect(await why('otherProject')).toStrictEqual([
    because('ACCOUNT', 'ImagePromoted', null),
    because('PUBLIC', 'ImageVisibilityChanged', null),
  ])
})
