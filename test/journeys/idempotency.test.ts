import { getNamedType, isInputObjectType } from 'graphql'
import { beforeAll, describe, expect, test } from 'vitest'
import { schema } from '../../src/graphql/schema.ts'
import { available, command, type Outcome, register } from '../support/library.ts'
import { startSeeded, type TestService } from '../support/service.ts'
import { type Person, PROJECT, tokens } from '../support/tokens.ts'
import { disk } from '../support/uploads.ts'

let service: TestService

beforeAll(async () => {
  // Nothing is deleted for good: the service would write of its own accord that bytes are gone.
  const started = await startSeeded({ DELETE_RECOVERY_HOURS: '1' })
  service = started.service
  return started.dispose
})

const head = () => service.service.log.head()
const fresh = (): string => `n${crypto.randomUUID().slice(0, 13)}`

const things = ['Account', 'Project', 'Image', 'Share', 'StorageRate', 'Budget']
/** Which thing an outcome is: a share is that of an image to a project. */
const identity = ({ __typename, id, image, project }: Outcome): string =>
  JSON.stringify([__typename, id, image, project])

/** An image in ERROR. */
const failed = async (): Promise<string> => {
  const id = await register(service, fresh(), { format: 'ISO' })
  await service.upload(tokens.collaborator, id, disk)
  return id
}

/** An image after these commands. */
const after = async (...commands: readonly (readonly [Person, string, object?])[]) => {
  const image = await register(service, fresh())
  for (const [person, mutation, more] of commands) {
    const { __typename } = await command(service, tokens[person], mutation, { image, ...more })
    if (!things.includes(__typename)) throw new Error(`${mutation}: ${__typename}`)
  }
  return { image }
}

const conflict = {
  __typename: 'IdempotencyConflict',
  code: 'IDEMPOTENCY_CONFLICT',
  message: 'This idempotencyKey came before with other content: take a new key for a new command.',
}

let count = 30
/** A number that was not used before. */
const next = (): number => count++

const elsewhere = { project: 'elsewhere' }
const offered = ['collaborator', 'imageShare', elsewhere] as const
const another = { reason: 'Another one.' }

/** Every mutation with an idempotencyKey: who may, an input that changes something, and how another one differs. */
const keyed: readonly (readonly [string, Person, () => Promise<object>, object])[] = [
  ['accountCreate', 'operator', async () => ({ name: 'Initech', imageLimit: 5 }), { imageLimit: 6 }],
  ['projectCreate', 'accountAdmin', async () => ({ account: 'acme', name: 'Lab' }), { name: 'Laboratory' }],
  [
    'imageCreate',
    'collaborator',
    async () => ({ project: PROJECT, name: fresh(), source: { upload: {} }, tags: ['a'] }),
    { tags: ['b'] },
  ],
  [
    'imageUpdate',
    'collaborator',
    async () => ({ image: await register(service, fresh()), name: fresh(), os: 'debian' }),
    { os: 'fedora' },
  ],
  ['imageRetry', 'collaborator', async () => ({ image: await failed() }), another],
  ['imageDelete', 'collaborator', () => after(), another],
  ['imageRestore', 'collaborator', () => after(['collaborator', 'imageDelete']), another],
  [
    'imageSetVisibility',
    'collaborator',
    async () => ({ ...(await after()), visibility: 'SHARED' }),
    { visibility: 'PRIVATE' },
  ],
  [
    'imageShare',
    'collaborator',
    async () => ({ ...(await after()), ...elsewhere, message: 'Try it.' }),
    { message: 'Do try it.' },
  ],
  ['imageUnshare', 'collaborator', async () => ({ ...(await after(offered)), ...elsewhere }), another],
  ['imageShareAccept', 'stranger', async () => ({ ...(await after(offered)), ...elsewhere }), another],
  ['imageShareReject', 'stranger', async () => ({ ...(await after(offered)), ...elsewhere }), another],
  ['imagePromote', 'accountAdmin', () => after(), another],
  [
    'imageDemote',
    'accountAdmin',
    async () => ({ ...(await after(['accountAdmin', 'imagePromote'])), project: 'ops' }),
    { project: 'web' },
  ],
  [
    'imageDeprecate',
    'collaborator',
    async () => ({
      ...(await after()),
      replacement: await available(service, fresh(), disk.subarray(0, 1_000)),
      deleteAt: '2099-01-01T00:00:00Z',
    }),
    { deleteAt: '2099-01-01T00:00:01Z' },
  ],
  ['imageUndeprecate', 'collaborator', () => after(['collaborator', 'imageDeprecate']), another],
  ['imageDeactivate', 'collaborator', () => after(), another],
  [
    'imageReportSize',
    'operator',
    async () => ({
      image: await available(service, fresh(), disk.subarray(0, 1_000)),
      sizeBytes: '2000',
      occurredAt: '2026-01-01T00:00:00Z',
    }),
    { sizeBytes: '3000' },
  ],
  [
    'storageRateSet',
    'operator',
    async () => ({ currency: 'EUR', ratePerGbMonth: '0.05', effectiveFrom: `20${next()}-01-01T00:00:00Z` }),
    { ratePerGbMonth: '0.06' },
  ],
  [
    'budgetSet',
    'accountAdmin',
    async () => ({ account: 'acme', amount: String(next()), currency: 'EUR' }),
    { amount: '1' },
  ],
  ['imageReactivate', 'collaborator', () => after(['collaborator', 'imageDeactivate']), another],
]

test('these are all the mutations that take an idempotencyKey', () => {
  const fields = Object.values(schema.getMutationType()?.getFields() ?? {})
  const names = fields
    .filter(({ args }) => {
      const input = args[0] && getNamedType(args[0].type)
      return isInputObjectType(input) && 'idempotencyKey' in input.getFields()
    })
    .map(({ name }) => name)
  // A month that can be closed takes a month that is over: test/application/use-cases/billing-period-close.test.ts.
  const here = [...keyed.map(([mutation]) => mutation), 'billingPeriodClose']
  expect(here.sort()).toStrictEqual(names.sort())
})

describe.each(keyed)('with an idempotencyKey, %s', (mutation, person, makeInput, difference) => {
  const send = (input: object) => command(service, tokens[person], mutation, input)

  test('sent again answers with the thing and changes nothing', async () => {
    const input = { ...(await makeInput()), idempotencyKey: crypto.randomUUID() }
    const first = await send(input)
    expect(things).toContain(first.__typename)
    const before = await head()
    expect(await send(input)).toStrictEqual(first)
    // Neither the order of the fields nor a null where nothing was given makes another content.
    const reordered = Object.fromEntries(Object.entries(input).reverse())
    expect(await send(reordered)).toStrictEqual(first)
    expect(await head()).toBe(before)
  })

  test('with other content is refused and changes nothing', async () => {
    const input = { ...(await makeInput()), idempotencyKey: crypto.randomUUID() }
    await send(input)
    const before = await head()
    expect(await send({ ...input, ...difference })).toStrictEqual(conflict)
    expect(await head()).toBe(before)
  })

  test('sent twice at once is carried out once', async () => {
    const input = { ...(await makeInput()), idempotencyKey: crypto.randomUUID() }
    const outcomes = await Promise.all([send(input), send(input), send(input)])
    expect(new Set(outcomes.map(identity)).size).toBe(1)
    expect(things).toContain(outcomes[0]?.__typename)
  })
})
