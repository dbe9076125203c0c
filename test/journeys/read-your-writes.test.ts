import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { eventually } from '../support/eventually.ts'
import { rawDisk } from '../support/images.ts'
import { register } from '../support/library.ts'
import { seed, type TestService } from '../support/service.ts'
import { ACCOUNT, PROJECT, tokens } from '../support/tokens.ts'

// Whoever was answered by one node is shown at least that by any other, or is told that it cannot be.

let cluster: Cluster
let one: TestService
let other: TestService

beforeAll(async () => {
  cluster = await startCluster()
  one = await cluster.node()
  await seed(one)
  other = await cluster.node()
})

afterAll(() => cluster[Symbol.asyncDispose]())

const rename =
  'mutation ($id: ID!, $name: String!) { imageUpdate(input: { image: $id, name: $name }) { __typename } }'
const named = 'query ($id: ID!) { image(id: $id) { name } }'
/** As far as no log has come. */
const FAR = String(2n ** 63n)

describe('The position of an answer', () => {
  test('given to another node shows what the first one was told, each time', async () => {
    const id = await register(one, 'to-be-renamed')
    for (let turn = 0; turn < 30; turn += 1) {
      const name = `renamed-${turn}`
      const told = await one.answer(tokens.collaborator, rename, { id, name })
      const position = told.extensions.position ?? ''
      expect(told.headers.get('x-ledger-position')).toBe(position)
      const shown = await other.answer(tokens.collaborator, named, { id }, { minPosition: position })
      expect(shown.data).toEqual({ image: { name } })
      expect(BigInt(shown.extensions.position ?? '')).toBeGreaterThanOrEqual(BigInt(position))
    }
  })

  test('of an upload is in the header, and downloads ask for it in theirs', async () => {
    const disk = rawDisk(100_000, 3)
    const id = await register(one, 'with-bytes')
    const { headers } = await one.upload(tokens.collaborator, id, disk)
    const position = String(headers['x-ledger-position'])
    const download = await other.download(tokens.collaborator, id, { 'x-ledger-min-position': position })
    expect(download.body.equals(disk)).toBe(true)
    const month = new Date().toISOString().slice(0, 7)
    const exported = await other.http({
      path: `/billing/usage.csv?account=${ACCOUNT}&month=${month}`,
      token: tokens.accountAdmin,
      headers: { 'x-ledger-min-position': position },
    })
    expect(exported.status).toBe(200)
    expect(exported.body.toString()).toContain('with-bytes')
  })

  test('that no node has come to is waited for, and then STALE_READ', async () => {
    const asked = await one.answer(tokens.collaborator, '{ __typename }', {}, { minPosition: FAR })
    expect(asked.errors).toMatchObject([{ extensions: { code: 'STALE_READ' } }])
    expect(asked.data ?? null).toBeNull()
    const id = await register(one, 'stale')
    const download = await one.download(tokens.collaborator, id, { 'x-ledger-min-position': FAR })
    expect(download.status).toBe(503)
    expect(JSON.parse(download.body.toString())).toMatchObject({ code: 'STALE_READ' })
    const { projections } = JSON.parse((await one.http({ path: '/readyz' })).body.toString())
    for (const { position, head } of projections) expect(head).toBe(position)
  })

  test.each(['', '-1', '1e3', '18446744073709551616', 'abc'])('is never %j', async (minPosition) => {
    const asked = await one.answer(tokens.collaborator, '{ __typename }', {}, { minPosition })
    expect(asked.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    const headers = { 'x-ledger-min-position': minPosition }
    const download = await one.http({ path: '/images/x/content', token: tokens.collaborator, headers })
    expect(download.status).toBe(400)
    expect(JSON.parse(download.body.toString())).toMatchObject({ code: 'INVALID_INPUT' })
  })

  test('is nothing for strangers', async () => {
    const { headers, extensions } = await one.answer(null, '{ __typename }')
    expect(headers.has('x-ledger-position')).toBe(false)
    expect(extensions).toEqual({})
    expect((await one.http({ path: '/healthz' })).headers).not.toHaveProperty('x-ledger-position')
  })
})

describe('Without the event store', () => {
  test('reads are served and say since when they may be stale, writes are refused, and all is well when it is back', async () => {
    const id = await register(one, 'before-the-outage')
    const before = await one.answer(tokens.collaborator, named, { id })
    expect(before.extensions).not.toHaveProperty('staleSince')
    expect(before.headers.has('x-ledger-stale-since')).toBe(false)
    const gone = Date.now()
    cluster.takeServerAway()
    const read = () => one.answer<{ image: { name: string } }>(tokens.collaborator, named, { id })
    await eventually('the answer says that it may be stale', async () => {
      const { data, extensions, headers } = await read()
      expect(data?.image.name).toBe('before-the-outage')
      expect(headers.get('x-ledger-stale-since')).toBe(extensions.staleSince ?? null)
      return extensions.staleSince !== undefined && Date.parse(extensions.staleSince) >= gone
    })
    const refused = await one.answer(tokens.collaborator, rename, { id, name: 'meanwhile' })
    expect(refused.errors).toMatchObject([{ extensions: { code: 'STORE_UNAVAILABLE' } }])
    const { status, body } = await one.http({ path: '/readyz' })
    expect(status).toBe(200)
    expect(JSON.parse(body.toString())).toHaveProperty('staleSince')
    await cluster.bringServerBack()
    await eventually('it is fresh again', async () => (await read()).extensions.staleSince === undefined)
    await eventually('writes are taken again', async () => {
      const { data } = await one.answer(tokens.collaborator, rename, { id, name: 'after-the-outage' })
      return data !== null && data !== undefined
    })
    expect((await read()).data?.image.name).toBe('after-the-outage')
    const listed = 'query ($project: ID!) { images(project: $project) { nodes { name } } }'
    await eventually('the other node shows it', async () => {
      const { data } = await other.answer<{ images: { nodes: { name: string }[] } }>(
        tokens.collaborator,
        listed,
        {
          project: PROJECT,
        },
      )
      return data?.images.nodes.some(({ name }) => name === 'after-the-outage') ?? false
    })
  })
})
