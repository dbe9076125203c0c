import { beforeAll, expect, test } from 'vitest'
import { available, historyOf, imageOf } from '../support/library.ts'
import { startSeeded, type TestService } from '../support/service.ts'
import { signedToken } from '../support/tokens.ts'
import { askedSince } from './asking.ts'
import { policy } from './policy.ts'
import { LISTED, questions } from './questions.ts'
import { asker, bytes, done, type Kind, makeRecipients, makers, missing, offer } from './world.ts'

// A hypervisor works on the bytes of images, and for no tenant: it says how big they are, and that is all.

let service: TestService
const hypervisor = { token: await signedToken({ sub: 'hv-1', hypervisor: 'hv-1' }), home: 'web' }

beforeAll(async () => {
  const started = await startSeeded({ DELETE_RECOVERY_HOURS: '1' })
  service = started.service
  await makeRecipients(service)
  const listed = await available(service, LISTED.name, bytes)
  await done(service, 'admin', 'imageUpdate', { image: listed, family: LISTED.family })
  await offer(service, listed)
  return started.dispose
})

const report = async (image: string, more: object = {}): Promise<unknown> => {
  const { imageReportSize } = await service.graphql<{ imageReportSize: unknown }>(
    hypervisor.token,
    `mutation ($input: ImageReportSizeInput!) { imageReportSize(input: $input) { __typename
      ... on Image { id status sizeBytes description tags project { id } account { id } cost { amount } revision
        history { nodes { type } } progress { stage } statusReason shares { nodes { project { id } } }
        visibleBecause { reason } deprecation { replacement { id } } }
      ... on Error { code message } ... on InvalidInput { issues { path message } } } }`,
    { input: { image, sizeBytes: '1000', occurredAt: '2026-01-01T00:00:00Z', ...more } },
  )
  return imageReportSize
}

const metadata = {
  __typename: 'Image',
  sizeBytes: '1000',
  description: '',
  tags: [],
  project: null,
  account: null,
  cost: null,
  revision: null,
  history: null,
  progress: null,
  statusReason: null,
  shares: { nodes: [] },
  visibleBecause: [],
}

/** From when on nothing was said yet. */
const availableAt = async (image: string) => ({
  effectiveFrom: (await imageOf<{ availableAt: string }>(service, image, 'availableAt'))?.availableAt,
})

test.each([
  ['that is offered to projects', 'SHARED', { status: 'AVAILABLE', deprecation: null }],
  ['that is promoted', 'PROMOTED', { status: 'AVAILABLE', deprecation: null }],
  ['that is private and deprecated', 'PRIVATE', { status: 'AVAILABLE', deprecation: { replacement: null } }],
  ['that is being deleted', 'GONE', { status: 'DELETING', deprecation: null }],
] as const)(
  'a hypervisor that reports the size of an image %s sees its metadata alone',
  async (_, kind, shown) => {
    const id = await makers[kind](service)
    if (kind === 'PRIVATE') {
      const replacement = await makers.PRIVATE(service)
      await done(service, 'admin', 'imageDeprecate', { image: id, replacement })
    }
    expect(await report(id, await availableAt(id))).toStrictEqual({ ...metadata, id, ...shown })
  },
)

test('its owner sees that a hypervisor reported it', async () => {
  const id = await makers.PRIVATE(service)
  await report(id)
  type Image = { history: { nodes: object[] } }
  const found = await imageOf<Image>(
    service,
    id,
    'history(last: 1) { nodes { type actor { id kind account } } }',
  )
  expect(found?.history.nodes).toStrictEqual([
    { type: 'ImageSizeReported', actor: { id: 'hv-1', kind: 'AGENT', account: null } },
  ])
})

test('the same report again changes nothing', async () => {
  const id = await makers.PRIVATE(service)
  await report(id)
  const before = await service.service.log.head()
  await report(id)
  expect(await askedSince(service, before)).toStrictEqual([])
})

test('a report of an earlier time does not take the place of a later one', async () => {
  const id = await makers.PRIVATE(service)
  const { effectiveFrom } = await availableAt(id)
  await report(id, { effectiveFrom, sizeBytes: '2000' })
  expect(await report(id, { sizeBytes: '1000', occurredAt: '2025-12-31T00:00:00Z' })).toMatchObject({
    id,
    sizeBytes: '2000',
  })
})

test('a report of an image that is missing, or has no bytes yet, is refused', async () => {
  const before = await historyOf(service, await makers.CREATING(service))
  const creating = await makers.CREATING(service)
  expect(await report(missing.image)).toStrictEqual({
    __typename: 'NotFound',
    code: 'NOT_FOUND',
    message: `There is no image "${missing.image}" that you may see.`,
  })
  expect(await report(creating)).toStrictEqual({
    __typename: 'InvalidState',
    code: 'INVALID_STATE',
    message: 'The image is CREATING: it has a size once it was AVAILABLE.',
  })
  expect(await historyOf(service, creating)).toStrictEqual(before)
})

/** Images that nobody may change here. */
const kept = new Map<Kind, string>()

test.each(Object.keys(questions).filter((name) => !name.startsWith('imageReportSize') && name !== 'viewer'))(
  'to a hypervisor %s is answered as to somebody without any role, to the byte',
  async (name) => {
    const question = questions[name]
    if (question === undefined) throw new Error(`There is no question ${name}`)
    const { about } = question
    const id = typeof about !== 'string' ? about.id : (kept.get(about) ?? (await makers[about](service)))
    if (typeof about === 'string') kept.set(about, id)
    const before = await service.service.log.head()
    const reply = await question.ask(service, hypervisor, id)
    expect(reply.word).toBe(policy.get(name)?.nobody)
    expect(reply).toStrictEqual(await question.ask(service, asker('nobody'), id))
    expect(await askedSince(service, before)).toStrictEqual([])
  },
)

test('a hypervisor is shown as what it is', async () => {
  const { viewer } = await service.graphql<{ viewer: unknown }>(
    hypervisor.token,
    '{ viewer { subject operator accountRole account { id } projects { role } } }',
  )
  expect(viewer).toStrictEqual({
    subject: 'hv-1',
    operator: false,
    accountRole: null,
    account: null,
    projects: [],
  })
})

test('a hypervisor with a role in a project sees what that role sees, and no more', async () => {
  const token = await signedToken({ sub: 'both', hypervisor: 'hv-1', projects: { ops: 'admin' } })
  const ofWeb = await makers.PRIVATE(service)
  const ofAccount = await makers.PROMOTED(service)
  const seen = (id: string) => imageOf(service, id, 'id project { id } cost { amount }', token)
  expect(await seen(ofWeb)).toBe(null)
  expect(await seen(ofAccount)).toStrictEqual({ id: ofAccount, project: null, cost: null })
  expect(await seen(missing.image)).toBe(null)
})
