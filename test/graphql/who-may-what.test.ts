import Fastify from 'fastify'
import type { GraphQLSchema } from 'graphql'
import { beforeAll, describe, expect, test } from 'vitest'
import { billingRoutes } from '../../src/adapters/http/billing-routes.ts'
import { contentRoutes } from '../../src/adapters/http/content-routes.ts'
import { metricsRoute } from '../../src/adapters/http/metrics-route.ts'
import type { HttpTelemetry } from '../../src/adapters/http/telemetry.ts'
import { uploadRoutes } from '../../src/adapters/http/upload-routes.ts'
import type { Api } from '../../src/graphql/context.ts'
import { schema } from '../../src/graphql/schema.ts'
import { available, command } from '../support/library.ts'
import type { TestService } from '../support/service.ts'
import { ACCOUNT, type Person, RECIPIENT_ACCOUNT, signedToken, tokens } from '../support/tokens.ts'
import { askedSince, type Reply } from './asking.ts'
import { startPhases } from './phases.ts'
import { policy } from './policy.ts'
import { fieldOf, isHttp, LISTED, type Question, questions } from './questions.ts'
import { asker, bytes, done, type Kind, makeRecipients, makers, offer, persons, unknown } from './world.ts'

let service: TestService

beforeAll(async () => {
  const { at, dispose } = await startPhases({ DELETE_RECOVERY_HOURS: '1' })
  // Something was used in a month that is over, and may be closed.
  service = await at('2026-01-31T12:00:00Z')
  await makeRecipients(service)
  const listed = await available(service, LISTED.name, bytes)
  await done(service, 'admin', 'imageUpdate', { image: listed, family: LISTED.family })
  await offer(service, listed)
  service = await at(new Date().toISOString())
  return dispose
})

/** Images that nobody has changed since they were made. */
const kept = new Map<Kind, string>()

const subjectOf = async ({ about }: Question): Promise<string> => {
  if (typeof about !== 'string') return about.id
  const id = kept.get(about) ?? (await makers[about](service))
  kept.set(about, id)
  return id
}

const put = async (question: Question, person: Person): Promise<Reply> => {
  const reply = await question.ask(service, asker(person), await subjectOf(question))
  if (question.changes && reply.word === 'yes' && typeof question.about === 'string')
    kept.delete(question.about)
  return reply
}

const whileMayPublish = async <Value>(
  { mayPublish }: Question,
  work: () => Promise<Value>,
): Promise<Value> => {
  const set = (to: boolean) =>
    command(service, tokens.operator, 'accountSetMayPublish', { account: ACCOUNT, mayPublish: to })
  if (mayPublish) await set(true)
  try {
    return await work()
  } finally {
    if (mayPublish) await set(false)
  }
}

/** What may be asked of the service: each field of the roots of a schema, and each method of the routes beside GraphQL. */
const askable = async (of: GraphQLSchema): Promise<readonly string[]> => {
  const roots = [of.getQueryType(), of.getMutationType(), of.getSubscriptionType()]
  const methods: string[] = []
  const app = Fastify()
  app.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) methods.push(url === '/images/:id/content' ? each : `${each} ${url}`)
  })
  contentRoutes(app, {} as Api, () => null, { bytesPerSecond: 0, windowMs: 1 })
  uploadRoutes(app, {} as Api, () => null, { bytesPerSecond: 0, windowMs: 1 })
  billingRoutes(app, {} as Api, () => null)
  metricsRoute(app, {} as HttpTelemetry, () => false)
  await app.ready()
  // What is offered is no secret: test/journeys/resumable-uploads.test.ts.
  const asked = methods.filter((method) => !method.startsWith('OPTIONS '))
  return [...roots.flatMap((root) => Object.keys(root?.getFields() ?? {})), ...asked]
}

test('every query, mutation and subscription and every route beside GraphQL has a row', async () => {
  const rows = new Set([...policy.keys()].map(fieldOf))
  expect([...rows].sort()).toStrictEqual([...(await askable(schema))].sort())
  expect(Object.keys(questions).sort()).toStrictEqual([...policy.keys()].sort())
})

describe.each(Object.entries(questions))('%s', (name, question) => {
  const expected = policy.get(name)

  test('is for those, and no others', async () => {
    const found: Record<string, string> = {}
    await whileMayPublish(question, async () => {
      for (const person of persons) found[person] = (await put(question, person)).word
    })
    expect(found).toStrictEqual(expected)
  })

  test('is for nobody without a token, nor with one that has expired', async () => {
    const id = await subjectOf(question)
    const before = await service.service.log.head()
    const { word } = await question.ask(service, unknown.withoutToken, id)
    expect(word).toBe(isHttp(name) ? '401' : 'UNAUTHENTICATED')
    expect((await question.ask(service, unknown.expired, id)).word).toBe('401')
    expect(await askedSince(service, before)).toStrictEqual([])
  })

  test('of what is foreign is answered as that of what is missing, to the byte', async () => {
    const id = await subjectOf(question)
    const before = await service.service.log.head()
    for (const person of persons) {
      if (expected?.[person] !== '-') continue
      const foreign = await question.ask(service, asker(person), id)
      const absent = await question.ask(service, asker(person), question.missing)
      expect(foreign.text.replaceAll(id, '<id>')).toBe(absent.text.replaceAll(question.missing, '<id>'))
    }
    expect(await askedSince(service, before)).toStrictEqual([])
  })
})

test.each([
  [
    'collaborator',
    { image: 'yes', GET: 'yes', sharedWithMe: 'yes', imageShareAccept: 'yes', imageUpdate: 'coll' },
  ],
  ['viewer', { image: 'yes', GET: 'no', sharedWithMe: 'yes', imageShareAccept: 'coll', imageUpdate: 'coll' }],
])('a role of %s in the account of recipients holds in each of their projects', async (role, expected) => {
  const claims = { sub: 'hooli', account: RECIPIENT_ACCOUNT, account_role: role }
  const who = { token: await signedToken(claims), home: 'pending' }
  const found: Record<string, string | undefined> = {}
  for (const name of Object.keys(expected)) {
    const question = questions[name]
    const id = typeof question?.about === 'string' ? await makers.SHARED(service) : 'pending'
    found[name] = (await question?.ask(service, who, id))?.word
  }
  expect(found).toStrictEqual(expected)
})

test('a role in a project that there is not is none', async () => {
  const who = {
    token: await signedToken({ sub: 'nowhere', projects: { gnidnep: 'admin' } }),
    home: 'gnidnep',
  }
  const ids = { image: await makers.PUBLIC(service), GET: await makers.PUBLIC(service), project: 'gnidnep' }
  const offered = await makers.SHARED(service)
  await done(service, 'admin', 'imageShare', { image: offered, project: 'gnidnep' })
  for (const [name, id] of [...Object.entries(ids), ['image', offered], ['sharedWithMe', 'gnidnep']] as const)
    expect([name, (await questions[name]?.ask(service, who, id))?.word]).toStrictEqual([name, '-'])
})
