import { beforeAll, describe, expect, test } from 'vitest'
import { schema } from '../../src/graphql/schema.ts'
import type { OpenRequest } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { imageOf } from '../support/library.ts'
import { startSeeded, type TestService } from '../support/service.ts'
import { PROJECT } from '../support/tokens.ts'
import { halfway } from '../support/uploads.ts'
import { fieldsOf, readers, selectionOf } from './fields.ts'
import { asker, done, makeRecipients, makers, persons, soon } from './world.ts'

let service: TestService
/** Images of `web` that between them have a value in every field: offered to the four projects, or public. */
const images: string[] = []

const described = {
  description: 'A disk.',
  os: 'debian',
  osFamily: 'LINUX',
  version: '12',
  arch: 'x86_64',
  family: 'debian-12',
  protected: true,
  setProperties: [{ name: 'bus', value: 'virtio' }],
  addTags: ['stock'],
  reason: 'So that it is found.',
}

const publish = (image: string) =>
  done(service, 'operator', 'imageSetVisibility', { image, visibility: 'PUBLIC' })

/** One that is described and retired: it is OBSOLETE, and protected from the date of its deletion. */
const retired = async (kind: 'SHARED' | 'PUBLIC', replacement: string): Promise<string> => {
  const image = await makers[kind](service)
  await done(service, 'admin', 'imageUpdate', { image, ...described })
  const notice = { image, replacement, reason: 'Old.', obsoleteAt: soon(), deleteAt: soon(1_001) }
  await done(service, 'admin', 'imageDeprecate', notice)
  return image
}

beforeAll(async () => {
  const started = await startSeeded()
  service = started.service
  await makeRecipients(service)
  await done(service, 'operator', 'accountSetImageLimit', { account: 'acme', limit: 500 })
  const golden = await makers.PUBLIC(service)
  images.push(golden, await retired('SHARED', golden), await retired('PUBLIC', golden))
  const failed = [await makers.ERROR(service), await makers.ERROR(service)]
  await publish(failed[1] ?? '')
  const uploading = [await makers.CREATING(service), await makers.CREATING(service)]
  await publish(uploading[1] ?? '')
  const uploads: OpenRequest[] = []
  for (const id of uploading) uploads.push(await halfway(service, id))
  images.push(...failed, ...uploading, await makers.GONE(service))
  for (const id of images.slice(1, 3))
    await eventually('its dates are carried out', async () => {
      const image = await imageOf<{ deprecation: { deletionPreventedAt: string | null } }>(
        service,
        id,
        'deprecation { deletionPreventedAt }',
      )
      return typeof image?.deprecation.deletionPreventedAt === 'string'
    })
  return async () => {
    for (const upload of uploads) upload.destroy()
    await started.dispose()
  }
})

/** How people come by the objects of each type: documents in which `*` stands for the fields. */
const ways = (): Readonly<Record<string, readonly string[]>> => {
  const of = (ids: readonly string[]) => (inside: string) =>
    ids.map((id) => `{ image(id: "${id}") { ${inside} } }`)
  const [golden = '', ...others] = images
  const each = of(others)
  const eachRetired = of(others.slice(0, 2))
  const onImpact = (inside: string) => [
    `{ imageDeleteImpact(image: "${golden}") { ${inside} } }`,
    `{ imageDeprecateImpact(image: "${others[0]}") { ${inside} } }`,
  ]
  const inbox = (inside: string) =>
    ['pending', 'accepted', 'rejected', 'revoked', PROJECT].map(
      (id) => `{ sharedWithMe(project: "${id}", first: 5) { ${inside} } }`,
    )
  const explained = (inside: string) => [
    `{ explainAccess(image: "${golden}", project: "${PROJECT}") { ${inside} } }`,
  ]
  return {
    Image: [
      ...each('*'),
      '{ images(first: 5, filter: { status: [AVAILABLE, DELETED] }) { nodes { * } } }',
      ...eachRetired('deprecation { replacement { * } }'),
      ...eachRetired('shares(first: 4) { nodes { image { * } } }'),
      ...inbox('nodes { image { * } }'),
      ...onImpact('image { * }'),
    ],
    ImageProperty: eachRetired('properties { * }'),
    Digest: eachRetired('digests { * }'),
    Location: eachRetired('location { * }'),
    Deprecation: eachRetired('deprecation { * }'),
    VisibleBecause: eachRetired('visibleBecause { * }'),
    Progress: each('progress { * }'),
    EventConnection: eachRetired('history { * }'),
    EventEdge: eachRetired('history { edges { * } }'),
    Event: [
      ...eachRetired('history { nodes { * } }'),
      ...eachRetired('visibleBecause { event { * } }'),
      ...explained('event { * }'),
    ],
    Actor: eachRetired('history { nodes { actor { * } } }'),
    Share: [...eachRetired('shares { nodes { * } }'), ...inbox('nodes { * }')],
    ShareConnection: [...eachRetired('shares { * }'), ...inbox('*')],
    ShareEdge: [...eachRetired('shares { edges { * } }'), ...inbox('edges { * }')],
    ImageConnection: ['{ images { * } }', ...onImpact('replacementOf { * }')],
    ImageEdge: ['{ images { edges { * } } }'],
    PageInfo: ['{ images { pageInfo { * } } }'],
    ImageImpact: onImpact('*'),
    AccessExplanation: explained('*'),
    Account: [
      '{ account(id: "acme") { * } }',
      `{ project(id: "${PROJECT}") { account { * } } }`,
      ...each('account { * } project { account { * } }'),
    ],
    Project: [`{ project(id: "${PROJECT}") { * } }`, ...each('project { * }')],
    Viewer: ['{ viewer { * } }'],
    ViewerProject: ['{ viewer { projects { * } } }'],
  }
}

const isEmpty = (value: unknown): boolean =>
  value === null ||
  (Array.isArray(value) && value.length === 0) ||
  (typeof value === 'object' && 'nodes' in value && Array.isArray(value.nodes) && value.nodes.length === 0)

/** The fields that have a value in one of the objects that an answer leads to. */
const filledIn = (answer: unknown, found = new Set<string>()): ReadonlySet<string> => {
  if (typeof answer !== 'object' || answer === null) return found
  for (const [name, value] of Object.entries(answer)) {
    if (!name.startsWith('f_')) filledIn(value, found)
    else if (!isEmpty(value)) found.add(name.slice(2))
  }
  return found
}

test('the table has every field of every type', () => {
  const entries = Object.entries(readers).flatMap(([type, rows]) =>
    rows.flatMap(([fields]) => fields.split(' ').map((field) => `${type}.${field}`)),
  )
  expect(entries.sort()).toStrictEqual(fieldsOf(schema))
  expect(Object.keys(ways()).sort()).toStrictEqual(Object.keys(readers).sort())
})

describe.each(Object.entries(readers))('%s', (type, rows) => {
  test('each field is for those, and null for all others', async () => {
    const expected = new Map(rows.flatMap(([fields, who]) => fields.split(' ').map((field) => [field, who])))
    const found = new Map([...expected.keys()].map((field) => [field, [] as string[]]))
    for (const person of persons) {
      const filled = new Set<string>()
      for (const way of ways()[type] ?? []) {
        const document = way.replaceAll('*', selectionOf(schema, type))
        // Those who may not ask are refused: they get nothing.
        const { data, errors } = await service.answer(asker(person).token, document)
        expect(errors.filter(({ extensions: { code } }) => code !== 'FORBIDDEN')).toStrictEqual([])
        for (const field of filledIn(data)) filled.add(field)
      }
      for (const field of filled) found.get(field)?.push(person)
    }
    const inOrder = (who: readonly string[]) => persons.filter((person) => who.includes(person))
    expect(Object.fromEntries([...found].map(([field, who]) => [field, inOrder(who)]))).toStrictEqual(
      Object.fromEntries([...expected].map(([field, who]) => [field, inOrder(who as readonly string[])])),
    )
  })
})

test('what is its owner’s of a promoted image is for those with a role in the account', async () => {
  const id = await makers.PROMOTED(service)
  const fields = 'project { id } account { id } history { nodes { type } } revision'
  const found: Record<string, unknown> = {}
  for (const person of persons) {
    const image = await imageOf<object>(service, id, fields, asker(person).token ?? '')
    found[person] = image && Object.entries(image).flatMap(([field, value]) => (value === null ? [] : field))
  }
  const [nothing, toOwners]: readonly string[][] = [[], ['account', 'history', 'revision']]
  expect(found).toStrictEqual({
    nobody: null,
    stranger: null,
    otherProject: nothing,
    viewer: nothing,
    collaborator: nothing,
    admin: nothing,
    accountViewer: toOwners,
    accountCollaborator: toOwners,
    accountAdmin: toOwners,
    pending: nothing,
    accepted: nothing,
    acceptedViewer: nothing,
    rejected: null,
    revoked: null,
    operator: toOwners,
  })
})
