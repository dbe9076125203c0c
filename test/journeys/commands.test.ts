import { beforeAll, describe, expect, test } from 'vitest'
import {
  command,
  create,
  historyOf,
  imageOf,
  mutationText,
  type Outcome,
  register,
} from '../support/library.ts'
import { startSeeded, type TestService } from '../support/service.ts'
import { PROJECT, tokens } from '../support/tokens.ts'
import { disk } from '../support/uploads.ts'

let service: TestService

beforeAll(async () => {
  const started = await startSeeded()
  service = started.service
  return started.dispose
})

/** Nothing here has bytes and is deleted: the service would write of its own accord that they are gone. */
const head = () => service.service.log.head()
const fresh = (): string => `n${crypto.randomUUID().slice(0, 13)}`

/** An image in ERROR. */
const failed = async (): Promise<string> => {
  const id = await register(service, fresh(), { format: 'ISO' })
  await service.upload(tokens.collaborator, id, disk)
  return id
}

const conflict = {
  __typename: 'IdempotencyConflict',
  code: 'IDEMPOTENCY_CONFLICT',
  message: 'This idempotencyKey came before with other content: take a new key for a new command.',
}

test('the same key of another caller is another command', async () => {
  const input = () => ({ name: fresh(), idempotencyKey: 'first' })
  const mine = await create(service, input())
  const theirs = await create(service, input(), tokens.admin)
  expect([mine.__typename, theirs.__typename]).toStrictEqual(['Image', 'Image'])
  expect(mine.id).not.toBe(theirs.id)
})

test('a command that changed nothing leaves its key free', async () => {
  const image = await register(service, fresh())
  const update = (input: object) =>
    command(service, tokens.collaborator, 'imageUpdate', { image, idempotencyKey: 'free', ...input })
  expect(await update({ cloudInit: false })).toMatchObject({ __typename: 'Image', revision: 0 })
  expect(await update({ cloudInit: true })).toMatchObject({ __typename: 'Image', revision: 1 })
  expect(await update({ cloudInit: false })).toStrictEqual(conflict)
})

describe('with an ifRevision', () => {
  const changes: readonly (readonly [string, () => Promise<string>, object])[] = [
    ['imageUpdate', () => register(service, fresh()), { os: 'debian' }],
    ['imageUpdate', () => register(service, fresh()), { name: fresh() }],
    ['imageRetry', failed, {}],
    ['imageDelete', () => register(service, fresh()), {}],
    ['imageSetVisibility', () => register(service, fresh()), { visibility: 'SHARED' }],
    ['imageDeprecate', () => register(service, fresh()), { reason: 'Too old.' }],
    ['imageDeactivate', () => register(service, fresh()), {}],
  ]
  test.each(changes)('%s is carried out at that revision and no other', async (mutation, make, input) => {
    const image = await make()
    const current = (await imageOf<{ revision: number }>(service, image, 'revision'))?.revision ?? -1
    const send = (ifRevision: number) =>
      command(service, tokens.collaborator, mutation, { image, ifRevision, ...input })
    const before = await head()
    for (const wrong of [current + 1, current + 100, ...(current > 0 ? [current - 1] : [])])
      expect(await send(wrong)).toStrictEqual({
        __typename: 'RevisionConflict',
        code: 'REVISION_CONFLICT',
        message: `It is at revision ${current}, not ${wrong}: somebody changed it first. Read it again and decide anew.`,
        currentRevision: current,
      })
    expect(await head()).toBe(before)
    expect((await send(current)).__typename).toBe('Image')
  })

  test('a repetition is known as one, though the revision has moved on', async () => {
    const image = await register(service, fresh())
    const input = { image, name: fresh(), ifRevision: 0, idempotencyKey: crypto.randomUUID() }
    const first = await command(service, tokens.collaborator, 'imageUpdate', input)
    expect(first.revision).toBe(1)
    expect(await command(service, tokens.collaborator, 'imageUpdate', input)).toStrictEqual(first)
  })

  test('of several who change the same revision one wins', async () => {
    const image = await register(service, fresh())
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        command(service, tokens.collaborator, 'imageUpdate', { image, ifRevision: 0, os: `os${n}` }),
      ),
    )
    expect(outcomes.filter(({ __typename }) => __typename === 'Image')).toHaveLength(1)
    expect(outcomes.filter(({ __typename }) => __typename === 'RevisionConflict')).toHaveLength(19)
    expect(await historyOf(service, image)).toStrictEqual(['ImageRegistered', 'ImageDescribed'])
  })
})

test('asking for what is already so changes nothing', async () => {
  const name = fresh()
  const { id } = await create(service, { name, os: 'debian', tags: ['b', 'a'], protected: true })
  const before = await head()
  const outcome = await command(service, tokens.collaborator, 'imageUpdate', {
    image: id,
    name,
    os: 'debian',
    addTags: ['a'],
    removeTags: ['c'],
    protected: true,
  })
  expect(outcome).toStrictEqual({ __typename: 'Image', id, name, status: 'CREATING', revision: 0 })
  expect(await head()).toBe(before)
})

test('two changes of one image in one request answer each with the image as it left it', async () => {
  const image = await register(service, fresh())
  const [first, second] = [fresh(), fresh()]
  const state = '... on Image { name os revision tags history { nodes { type } } }'
  const answer = await service.graphql(
    tokens.collaborator,
    `mutation ($one: ImageUpdateInput!, $two: ImageUpdateInput!, $three: ImageCommandInput!) {
      one: imageUpdate(input: $one) { ${state} }
      two: imageUpdate(input: $two) { ${state} }
      three: imageDelete(input: $three) { ... on Image { name status revision } }
    }`,
    {
      one: { image, name: first, addTags: ['a'] },
      two: { image, name: second, os: 'debian', removeTags: ['a'] },
      three: { image },
    },
  )
  const types = (...names: string[]) => ({ nodes: names.map((type) => ({ type })) })
  const events = ['ImageRegistered', 'ImageRenamed', 'ImageTagsChanged']
  expect(answer).toStrictEqual({
    one: { name: first, os: null, revision: 2, tags: ['a'], history: types(...events) },
    two: {
      name: second,
      os: 'debian',
      revision: 5,
      tags: [],
      history: types(...events, 'ImageRenamed', 'ImageDescribed', 'ImageTagsChanged'),
    },
    three: { name: second, status: 'DELETED', revision: 7 },
  })
})

test('every event carries the request id that the client was given', async () => {
  const input = { project: PROJECT, name: fresh(), source: { upload: {} } }
  const answer = await service.answer<{ imageCreate: Outcome }>(
    tokens.collaborator,
    mutationText('imageCreate'),
    { input },
  )
  const image = answer.data?.imageCreate.id ?? ''
  expect(
    await imageOf(service, image, 'history { nodes { correlationId actor { id kind account } } }'),
  ).toStrictEqual({
    history: {
      nodes: [
        {
          correlationId: answer.headers.get('x-request-id'),
          actor: { id: 'collaborator', kind: 'USER', account: 'acme' },
        },
      ],
    },
  })
})

test('a history is read in pages, from either end', async () => {
  const image = await register(service, fresh())
  for (const os of ['a', 'b', 'c', 'd'])
    await command(service, tokens.collaborator, 'imageUpdate', { image, os, reason: `It is ${os}.` })
  const page = async (args: string) => {
    const found = await imageOf<{
      history: { nodes: { revision: number }[]; pageInfo: Record<string, unknown> }
    }>(
      service,
      image,
      `history(${args}) { nodes { revision } pageInfo { hasPreviousPage hasNextPage startCursor endCursor } }`,
    )
    if (found === null) throw new Error('There is no image')
    const { hasPreviousPage, hasNextPage } = found.history.pageInfo
    return [found.history.nodes.map(({ revision }) => revision), hasPreviousPage, hasNextPage]
  }
  expect(await page('first: 2')).toStrictEqual([[0, 1], false, true])
  expect(await page('first: 2, after: "1"')).toStrictEqual([[2, 3], true, true])
  expect(await page('first: 2, after: "3"')).toStrictEqual([[4], true, false])
  expect(await page('first: 2, after: "4"')).toStrictEqual([[], true, false])
  expect(await page('last: 2')).toStrictEqual([[3, 4], true, false])
  expect(await page('last: 2, before: "3"')).toStrictEqual([[1, 2], true, true])
  expect(await page('last: 2, before: "1"')).toStrictEqual([[0], false, true])
  expect(await page('last: 2, before: "0"')).toStrictEqual([[], false, true])
  expect(await page('last: 9, after: "2"')).toStrictEqual([[3, 4], true, false])
  expect(await page('first: 9, after: "0", before: "3"')).toStrictEqual([[1, 2], true, true])
  const reasons = await imageOf(service, image, 'history(last: 1) { nodes { reason data } }')
  expect(reasons).toStrictEqual({
    history: { nodes: [{ reason: 'It is d.', data: { changes: { os: 'd' } } }] },
  })
})
