import { describe, expect, test } from 'vitest'
import { type ListScope, nothing } from '../../../src/domain/access/lists.ts'
import type { ImageEvent } from '../../../src/domain/image/events.ts'
import type { LedgerEvent } from '../../../src/domain/ledger-events.ts'
import { projects } from '../../support/image-lists.ts'
import {
  acme,
  claimId,
  globex,
  imageId,
  imageName,
  instant,
  lab,
  ops,
  registration,
  web,
} from '../../support/samples.ts'
import { sources } from './audiences.ts'
import { newCatalog } from './catalogs.ts'

const stream = `image-${imageId(1)}`
const named = { name: imageName('debian'), claimId: claimId(2) }

const visible = (visibility: 'PRIVATE' | 'SHARED' | 'COMMUNITY' | 'PUBLIC'): ImageEvent => ({
  type: 'ImageVisibilityChanged',
  data: { from: 'PRIVATE', visibility },
})
const shared: ImageEvent = {
  type: 'ImageShared',
  data: { project: lab, message: null, expiresAt: null },
}
const accepted: ImageEvent = { type: 'ImageShareAccepted', data: { project: lab } }
const rejected: ImageEvent = { type: 'ImageShareRejected', data: { project: lab } }
const revoked: ImageEvent = { type: 'ImageShareRevoked', data: { project: lab } }
const promoted: ImageEvent = { type: 'ImagePromoted', data: { from: web, ...named } }
const demoted: ImageEvent = { type: 'ImageDemoted', data: { project: ops, ...named } }
const deprecated: ImageEvent = {
  type: 'ImageDeprecated',
  data: { replacement: null, reason: null, obsoleteAt: null, deleteAt: null },
}
const undeprecated: ImageEvent = { type: 'ImageUndeprecated', data: {} }
const requested: ImageEvent = {
  type: 'ImageDeletionRequested',
  data: { deleteAt: instant('2026-04-01T00:00:00.000Z'), scheduled: false },
}
const deleted: ImageEvent = { type: 'ImageDeleted', data: {} }

/** Short names of the audiences that an image of web may come to have. */
const audiences: Readonly<Record<string, ListScope | undefined>> = Object.fromEntries(
  (
    [
      ['acme', sources(web, acme)['the images of an account']],
      ['acme’s own', sources(web, acme)['the images that were promoted to an account, for its owners']],
      ['web', sources(web, acme)['the images of a project']],
      ['ops', sources(ops, acme)['the images of a project']],
      [
        'projects of acme',
        sources(web, acme)['the images that were promoted to an account, for its projects'],
      ],
      ['lab by share', sources(lab, globex)['what a project accepted']],
      ['globex by share', sources(lab, globex)['what the projects of an account accepted']],
      ['everybody', sources(lab, globex)['community and public images']],
      ['lab', sources(lab, globex)['the images of a project']],
      ['globex', sources(lab, globex)['the images of an account']],
    ] as const
  ).map(([name, scope]) => [name, scope]),
)

const projectsThere: readonly (readonly [string, LedgerEvent])[] = projects.map(({ id, account }) => [
  `project-${id}`,
  { type: 'ProjectCreated', data: { account, name: id } },
])
const registered: readonly [string, LedgerEvent] = [stream, { type: 'ImageRegistered', data: registration() }]

/** Who finds the image by a search, and who lists it, after these events. */
const audiencesAfter = (events: readonly (readonly [string, LedgerEvent])[], status?: readonly string[]) => {
  const { catalog, tell } = newCatalog()
  for (const [of, event] of events) tell(of, event)
  const holds = (search?: string) =>
    Object.entries(audiences).flatMap(([name, scope]) =>
      scope !== undefined && catalog.imageCount(scope, { search, status }) > 0 ? [name] : [],
    )
  return { found: holds('deb*'), listed: holds() }
}

const owners = ['acme', 'web']

describe('An image is found by a search of those who list it', () => {
  test.each<[string, readonly ImageEvent[], readonly string[]]>([
    ['as it is registered', [], owners],
    ['when it is offered, not before it is accepted', [visible('SHARED'), shared], owners],
    [
      'when it is accepted',
      [visible('SHARED'), shared, accepted],
      [...owners, 'lab by share', 'globex by share'],
    ],
    ['not when it is given back', [visible('SHARED'), shared, accepted, rejected], owners],
    [
      'when it is taken again',
      [visible('SHARED'), shared, accepted, rejected, accepted],
      [...owners, 'lab by share', 'globex by share'],
    ],
    ['not when it is no longer shared', [visible('SHARED'), shared, accepted, revoked], owners],
    ['when it is offered anew, not before', [visible('SHARED'), shared, accepted, revoked, shared], owners],
    ['when it is a community image', [visible('COMMUNITY')], [...owners, 'everybody']],
    ['when it is public', [visible('PUBLIC')], [...owners, 'everybody']],
    ['not when it is private again', [visible('PUBLIC'), visible('PRIVATE')], owners],
    ['when it is promoted', [promoted], ['acme', 'acme’s own', 'projects of acme']],
    ['when it is demoted', [promoted, demoted], ['acme', 'ops']],
    ['when it is deprecated, by owners alone', [visible('PUBLIC'), deprecated], owners],
    ['when it is deprecated and promoted, by owners alone', [promoted, deprecated], ['acme', 'acme’s own']],
    [
      'when it is deprecated and shared, by owners alone',
      [visible('SHARED'), shared, accepted, deprecated],
      owners,
    ],
    [
      'when it is accepted while it is deprecated, by owners alone',
      [visible('SHARED'), shared, deprecated, accepted],
      owners,
    ],
    [
      'when it is deprecated no longer',
      [visible('SHARED'), shared, accepted, deprecated, undeprecated],
      [...owners, 'lab by share', 'globex by share'],
    ],
    ['while it is being deleted', [visible('PUBLIC'), requested], [...owners, 'everybody']],
    ['not when it is deleted', [visible('PUBLIC'), requested, deleted], []],
  ])('%s', (_, events, expected) => {
    const after = audiencesAfter([
      ...projectsThere,
      registered,
      ...events.map((event) => [stream, event] as const),
    ])
    expect(after.listed).toStrictEqual(expected)
    expect(after.found).toStrictEqual(expected)
  })

  test('as a deleted one by owners alone, who ask for such', () => {
    const events = [visible('SHARED'), shared, accepted, requested, deleted]
    const after = audiencesAfter(
      [...projectsThere, registered, ...events.map((event) => [stream, event] as const)],
      ['DELETED'],
    )
    expect(after.listed).toStrictEqual(owners)
    expect(after.found).toStrictEqual(owners)
  })

  test('also where it was accepted, as others were, for a project that was created after that', () => {
    const { catalog, tell } = newCatalog()
    for (const n of [1, 2, 3])
      for (const event of [{ type: 'ImageRegistered', data: registration() } as const, shared, accepted])
        tell(`image-${imageId(n)}`, event)
    for (const happening of projectsThere) tell(...happening)
    const scopes = ['lab by share', 'globex by share'].map((name) => audiences[name] ?? nothing)
    const count = (search?: string) => scopes.map((scope) => catalog.imageCount(scope, { search }))
    expect(count()).toStrictEqual([3, 3])
    expect(count('deb*')).toStrictEqual([3, 3])
  })
})
