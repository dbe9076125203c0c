import { beforeAll, describe, expect, test } from 'vitest'
import { schema } from '../../src/graphql/schema.ts'
import type { OpenRequest } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { imageOf } from '../support/library.ts'
import { startSeeded, type TestService } from '../support/service.ts'
import { PROJECT } from '../support/tokens.ts'
import { halfway } from '../support/uploads.ts'
import { billingReaders } from './billing-fields.ts'
import { billingCommand, someRate } from './billing-questions.ts'
import { fieldsOf, foundBy, readers, saidBy } from './fields.ts'
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
  await billingCommand(service, 'operator', 'storageRateSet', someRate)
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
    BlobVerification: [
      `mutation { blobVerify(input: { image: "${golden}" }) { ... on BlobVerification { * } } }`,
    ],
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

test('the tables have every field of every type', () => {
  const entries = Object.entries({ ...readers, ...billingReaders }).flatMap(([type, rows]) =>
    rows.flatMap(([fields]) => fields.split(' ').map((field) => `${type}.${field}`)),
  )
  expect(entries.sort()).toStrictEqual(fieldsOf(schema))
  expect(Object.keys(ways()).sort()).toStrictEqual(Object.keys(readers).sort())
})

describe.each(Object.entries(readers))('%s', (type, rows) => {
  test('each field is for those, and null for all others', async () => {
    expect(await foundBy(service, schema, type, ways()[type] ?? [])).toStrictEqual(saidBy(rows))
  })
})

test('what is its owner’s of a promoted image is for those with a role in the account', async () => {
  const id = await makers.PROMOTED(service)
  const fields = 'project { id } account { id } history { nodes { type } } revision cost { amount }'
  const found: Record<string, unknown> = {}
  for (const person of persons) {
    const image = await imageOf<object>(service, id, fields, asker(person).token ?? '')
    found[person] = image && Object.entries(image).flatMap(([field, value]) => (value === null ? [] : field))
  }
  const [nothing, toOwners]: readonly string[][] = [[], ['account', 'history', 'revision', 'cost']]
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
