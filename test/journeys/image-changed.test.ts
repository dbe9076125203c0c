import { beforeAll, describe, expect, test } from 'vitest'
import { makeRecipients, missing } from '../graphql/world.ts'
import { eventually } from '../support/eventually.ts'
import { command, register } from '../support/library.ts'
import { type Listening, listen } from '../support/listening.ts'
import { growth, metricsOf } from '../support/metrics.ts'
import { startSeeded, type TestService } from '../support/service.ts'
import { ACCOUNT, people, STRANGE_PROJECT, signedToken, tokenForSeconds, tokens } from '../support/tokens.ts'

let service: TestService

beforeAll(async () => {
  const started = await startSeeded()
  service = started.service
  await makeRecipients(service)
  return started.dispose
})

type Shown = Readonly<Record<string, unknown>>

const documentOf = (fields: string) => `subscription ($id: ID!) { imageChanged(image: $id) { ${fields} } }`

const listenTo = (id: string, fields = 'name', token: string | null = tokens.collaborator) =>
  listen<{ imageChanged: Shown }>(service, token, documentOf(fields), { id })

type Listener = Awaited<ReturnType<typeof listenTo>>

const nextOf = async (listening: Listener) => (await listening.next())?.data?.imageChanged

/** The first value of a revision or a later one. */
const untilRevision = async (listening: Listener, revision: number): Promise<Shown | undefined> => {
  const shown = await nextOf(listening)
  return shown && Number(shown['revision']) < revision ? untilRevision(listening, revision) : shown
}

/** The codes of all errors until the end. */
const codesOf = async (listening: Listening<unknown>) =>
  (await listening.rest()).flatMap(({ errors = [] }) => errors.map(({ extensions }) => extensions.code))

/** Carries out a mutation that must go well. */
const done = async (mutation: string, input: object, token: string = tokens.accountAdmin) =>
  expect((await command(service, token, mutation, input)).code).toBe(undefined)

const rename = (image: string, name: string) => done('imageUpdate', { image, name })

const noneIsOpen = () =>
  eventually('no subscription is open', async () => {
    return (await metricsOf(service)).get('subscriptions_open') === 0
  })

describe('Who listens to an image', () => {
  test('is told it as it is, then each change in its order, and nothing of what was read before', async () => {
    const id = await register(service, 'told')
    const fields = 'name status revision account { imageLimit } shares { nodes { status } }'
    const listening = await listenTo(id, fields, tokens.accountAdmin)
    const account = { imageLimit: null }
    const before = { name: 'told', status: 'CREATING', revision: 0, account, shares: { nodes: [] } }
    const first = await listening.next()
    expect(first?.data?.imageChanged).toStrictEqual(before)
    expect(first?.extensions?.position).toMatch(/^\d+$/)

    await done('accountSetImageLimit', { account: ACCOUNT, limit: 777 }, tokens.operator)
    await rename(id, 'told-again')
    const after = { ...before, name: 'told-again', account: { imageLimit: 777 } }
    expect(await nextOf(listening)).toStrictEqual({ ...after, revision: 1 })
    await done('imageShare', { image: id, project: 'pending' })
    const offered = { ...after, shares: { nodes: [{ status: 'PENDING' }] } }
    // Offered, and with that SHARED: two events, which may come together or one by one.
    expect(await untilRevision(listening, 3)).toStrictEqual({ ...offered, revision: 3 })
    await done('imageShareAccept', { image: id, project: 'pending' }, tokens.pending)
    expect(await nextOf(listening)).toMatchObject({
      revision: 4,
      shares: { nodes: [{ status: 'ACCEPTED' }] },
    })
    await done('imageDelete', { image: id })
    await eventually('its end is told', async () => (await nextOf(listening))?.['status'] === 'DELETED')
    listening.leave()
    await noneIsOpen()
  })

  test('and is not of its owner, is told what it sees, and by nothing that there is something else', async () => {
    const id = await register(service, 'offered')
    await done('imageShare', { image: id, project: 'pending' })
    const fields = 'name revision updatedAt shares { nodes { status project { id } } }'
    const listening = await listenTo(id, fields, tokens.pending)
    const mine = (status: string) => ({ shares: { nodes: [{ status, project: { id: 'pending' } }] } })
    expect(await nextOf(listening)).toMatchObject({ name: 'offered', revision: null, ...mine('PENDING') })
    // Hidden: offers to others, and what they make of them.
    const strangers = await signedToken(people.stranger)
    for (const project of [STRANGE_PROJECT, 'accepted']) await done('imageShare', { image: id, project })
    await done('imageShareAccept', { image: id, project: STRANGE_PROJECT }, strangers)
    await done('imageShareReject', { image: id, project: 'accepted' }, tokens.accepted)
    await done('imageShareAccept', { image: id, project: 'pending' }, tokens.pending)
    expect(await nextOf(listening)).toMatchObject({ name: 'offered', ...mine('ACCEPTED') })
    await done('imageUnshare', { image: id, project: STRANGE_PROJECT })
    await rename(id, 'offered-again')
    expect(await nextOf(listening)).toMatchObject({ name: 'offered-again', ...mine('ACCEPTED') })
  })

  test('and may not see it any more, is told what is told of an image that never was', async () => {
    const id = await register(service, 'taken-back')
    await done('imageShare', { image: id, project: 'pending' })
    const listening = await listenTo(id, 'name', tokens.pending)
    expect(await nextOf(listening)).toStrictEqual({ name: 'taken-back' })
    await done('imageUnshare', { image: id, project: 'pending' })
    const ends = await Promise.all(
      [listening, await listenTo(id, 'name', tokens.pending), await listenTo(missing.image)].map((each) =>
        each.rest(),
      ),
    )
    const texts = ends.map((end) =>
      JSON.stringify(end)
        .replace(/"(requestId|position)":"[^"]+"/g, '')
        .replaceAll(id, missing.image),
    )
    expect(ends[0]?.[0]).toMatchObject({ data: null, errors: [{ extensions: { code: 'NOT_FOUND' } }] })
    expect(texts).toStrictEqual(Array(3).fill(texts[0]))
    await noneIsOpen()
  })

  test('and does not read, is told the latest state and not all that lay between', async () => {
    const id = await register(service, 'slow')
    await done('imageUpdate', { image: id, description: 'x'.repeat(4_000) })
    const copies = Array.from({ length: 300 }, (_, n) => `d${n}: description`).join(' ')
    const listening = await listenTo(id, `revision ${copies}`)
    expect((await nextOf(listening))?.['revision']).toBe(1)
    // More than lines and buffers hold.
    const changes = 60
    for (let n = 0; n < changes; n += 1) await rename(id, `slow-${n}`)
    const revisions: number[] = []
    while (revisions.at(-1) !== 1 + changes) revisions.push(Number((await nextOf(listening))?.['revision']))
    expect(revisions.length).toBeLessThan(changes)
    expect(revisions).toStrictEqual(revisions.toSorted((a, b) => a - b))
  })
})

describe('A subscription ends', () => {
  test('when the token does', async () => {
    const id = await register(service, 'for-seconds')
    const token = await tokenForSeconds(people.viewer, 2)
    const listening = await listenTo(id, 'name', token)
    expect(await nextOf(listening)).toStrictEqual({ name: 'for-seconds' })
    expect(await codesOf(listening)).toStrictEqual(['UNAUTHENTICATED'])
    await noneIsOpen()
  })

  test('before it begins without a token, and where it asks for too much or for what is none', async () => {
    const id = await register(service, 'asked-wrongly')
    expect(await codesOf(await listenTo(id, 'name', null))).toStrictEqual(['UNAUTHENTICATED'])
    const deep = 'shares(first: 100) { nodes { image { shares(first: 100) { nodes { image { name } } } } } }'
    expect(await codesOf(await listenTo(id, deep))).toStrictEqual(['QUERY_TOO_COMPLEX'])
    const variables = { id: { no: 'id' } }
    const wrong = await listen(service, tokens.collaborator, documentOf('name'), variables)
    expect(await codesOf(wrong)).toStrictEqual(['BAD_USER_INPUT'])
    const extensions = { minPosition: 'soon' }
    const never = await listen(service, tokens.collaborator, documentOf('name'), { id }, extensions)
    expect(await codesOf(never)).toStrictEqual(['BAD_USER_INPUT'])
    await noneIsOpen()
  })

  test('when the client goes, and holds nothing where it cannot be answered so', async () => {
    const id = await register(service, 'left')
    const listeners = await Promise.all([listenTo(id), listenTo(id), listenTo(id)])
    for (const listening of listeners) await nextOf(listening)
    expect((await metricsOf(service)).get('subscriptions_open')).toBe(3)
    for (const listening of listeners) listening.leave()
    await noneIsOpen()
    const { status } = await service.http({
      method: 'POST',
      path: '/graphql',
      token: tokens.collaborator,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ query: documentOf('name'), variables: { id } }),
    })
    expect(status).toBe(406)
    expect((await metricsOf(service)).get('subscriptions_open')).toBe(0)
  })

  test('at once where one holds too many, and not for others', async () => {
    const id = await register(service, 'crowded')
    const held: Listener[] = []
    for (let n = 0; n < 50; n += 1) {
      const listening = await listenTo(id)
      expect(await nextOf(listening)).toStrictEqual({ name: 'crowded' })
      held.push(listening)
    }
    expect(await codesOf(await listenTo(id))).toStrictEqual(['BUSY'])
    expect(await nextOf(await listenTo(id, 'name', tokens.admin))).toStrictEqual({ name: 'crowded' })
    held[0]?.leave()
    await eventually('there is room again', async () => {
      const again = await listenTo(id)
      return (await nextOf(again)) !== undefined
    })
  })
})

test('each value of a subscription is counted as what it is', async () => {
  const before = await metricsOf(service)
  await codesOf(await listenTo(missing.image))
  const id = await register(service, 'counted')
  await nextOf(await listenTo(id))
  const grown = growth(before, await metricsOf(service), [
    'graphql_fields_total',
    'graphql_duration_seconds_count',
  ])
  const counted = Object.entries(grown).filter(([sample]) => sample.includes('subscription'))
  expect(Object.fromEntries(counted)).toStrictEqual({
    'graphql_fields_total{type="subscription",field="imageChanged",outcome="NOT_FOUND"}': 1,
    'graphql_fields_total{type="subscription",field="imageChanged",outcome="ok"}': 1,
  })
})
