import { type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { problemOf } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { register } from '../support/library.ts'
import { emptyService, startSeeded, type TestService } from '../support/service.ts'
import { people, SECRET, signedToken, tokens } from '../support/tokens.ts'

const secret = new TextEncoder().encode(SECRET)
const inAnHour = Math.floor(Date.now() / 1000) + 3600
const claims: JWTPayload = { ...people.collaborator, exp: inAnHour }
const signed = (payload: JWTPayload, alg = 'HS256', key = secret) =>
  new SignJWT(payload).setProtectedHeader({ alg }).sign(key)

let service: TestService
let image: string

beforeAll(async () => {
  const started = await startSeeded()
  service = started.service
  image = await register(service, 'debian')
  return started.dispose
})

const viewer = 'query { viewer { subject } }'

/** The same token at every door: what each of them answers. */
const everywhere = async (authorization: string) => {
  const headers = { authorization, 'content-type': 'application/json' }
  const path = `/images/${image}/content`
  return Promise.all([
    service.http({ method: 'POST', path: '/graphql', headers, body: JSON.stringify({ query: viewer }) }),
    service.http({ method: 'GET', path: `/graphql?query=${encodeURIComponent(viewer)}`, headers }),
    service.http({ method: 'PUT', path, headers, body: 'bytes' }),
    service.http({ method: 'GET', path, headers }),
  ])
}

const expectRefused = async (authorization: string, sentence: string) => {
  for (const answer of await everywhere(authorization)) {
    expect(problemOf(answer)).toStrictEqual([401, 'UNAUTHENTICATED', sentence])
    expect(answer.headers['www-authenticate']).toBe('Bearer error="invalid_token"')
  }
}

describe('without a token', () => {
  const sentence = 'This needs a token: send it as "Authorization: Bearer <token>".'

  test('GraphQL answers UNAUTHENTICATED', async () => {
    const { status, data, errors } = await service.answer(null, viewer)
    expect([status, data]).toStrictEqual([200, null])
    expect(errors.map(({ message, extensions }) => [message, extensions.code])).toStrictEqual([
      [sentence, 'UNAUTHENTICATED'],
    ])
  })

  test.each(['PUT', 'GET'])('%s of the bytes is refused and told how to ask', async (method) => {
    const answer = await service.http({ method, path: `/images/${image}/content` })
    expect(problemOf(answer)).toStrictEqual([401, 'UNAUTHENTICATED', sentence])
    expect(answer.headers['www-authenticate']).toBe('Bearer')
  })

  test('whether the service lives is no secret', async () => {
    expect((await service.http({ path: '/healthz' })).status).toBe(200)
    expect((await service.http({ path: '/readyz' })).status).toBe(200)
  })
})

describe('a token is refused that', () => {
  const invalid = 'The token is not valid here.'
  const parts = tokens.collaborator.split('.')
  const forged = Buffer.from(JSON.stringify({ ...claims, operator: true })).toString('base64url')

  test.each([
    [
      'has expired',
      () => signed({ ...claims, exp: inAnHour - 7200 }),
      'The token has expired: get a new one.',
    ],
    [
      'is not good yet',
      () => signed({ ...claims, nbf: inAnHour }),
      "The token's claim nbf is not accepted here.",
    ],
    ['never expires', () => signed({ ...people.operator }), "The token's claim exp is not accepted here."],
    ['is of nobody', () => signed({ exp: inAnHour }), "The token's claim sub is not accepted here."],
    ['was signed with another secret', () => signedToken(claims, `${SECRET}!`), invalid],
    ['was changed after it was signed', async () => [parts[0], forged, parts[2]].join('.'), invalid],
    ['has lost its signature', async () => `${parts[0]}.${parts[1]}.`, invalid],
    ['is not signed at all', async () => new UnsecuredJWT(claims).encode(), invalid],
    ['is signed by another algorithm', () => signed(claims, 'HS512'), invalid],
    ['is none', async () => 'token', invalid],
  ])('%s', async (_, token, sentence) => {
    await expectRefused(`Bearer ${await token()}`, sentence)
  })

  test.each([
    ['no subject', { sub: '' }, 'sub', 'must not be empty'],
    [
      'an account that cannot be',
      { account: 'Acme Inc' },
      'account',
      'must be 1 to 63 of a-z, 0-9 and -, and not begin with -',
    ],
    [
      'a role that there is not',
      { account_role: 'owner' },
      'account_role',
      'Invalid option: expected one of "viewer"|"collaborator"|"admin"',
    ],
    [
      'projects in a list',
      { projects: ['web'] },
      'projects',
      'Invalid input: expected record, received array',
    ],
    [
      'a role in a project that there is not',
      { projects: { web: 'root' } },
      'projects.web',
      'Invalid option: expected one of "viewer"|"collaborator"|"admin"',
    ],
    [
      'a word for whether it is an operator',
      { operator: 'true' },
      'operator',
      'Invalid input: expected boolean, received string',
    ],
  ])('says %s', async (_, wrong, claim, message) => {
    const token = await signed({ ...claims, ...wrong } as JWTPayload)
    await expectRefused(`Bearer ${token}`, `The token's claim ${claim} does not fit: ${message}.`)
  })

  test.each([['Basic dXNlcjpwYXNz'], ['Bearer'], ['Bearer '], ['Bearer a b'], [tokens.collaborator]])(
    'does not come as a bearer token: %s',
    (authorization) => expectRefused(authorization, 'Authorization: must be "Bearer <token>".'),
  )
})

test('an accepted token is refused as soon as it has expired', async () => {
  const token = await signed({ ...people.collaborator, exp: Math.ceil(Date.now() / 1000) + 2 })
  expect((await service.answer(token, viewer)).data).toStrictEqual({ viewer: { subject: 'collaborator' } })
  await eventually(
    'the token has expired',
    async () =>
      (await service.http({ path: `/graphql?query=${encodeURIComponent(viewer)}`, token })).status === 401,
  )
})

test('the viewer is who the token says, as far as the ledger knows', async () => {
  const who = async (token: string) =>
    (
      await service.graphql<{ viewer: unknown }>(
        token,
        'query { viewer { subject operator account { id } accountRole projects { project { id } role } } }',
      )
    ).viewer
  const project = (id: string, role: string) => ({ project: { id }, role })
  const account = { id: 'acme' }
  const plain = { operator: false, account: null, accountRole: null, projects: [] }
  expect(await who(tokens.nobody)).toStrictEqual({ ...plain, subject: 'nobody' })
  expect(await who(tokens.operator)).toStrictEqual({ ...plain, subject: 'operator', operator: true })
  expect(await who(tokens.viewer)).toStrictEqual({
    ...plain,
    subject: 'viewer',
    account,
    projects: [project('web', 'VIEWER')],
  })
  expect(await who(tokens.accountAdmin)).toStrictEqual({
    subject: 'account-admin',
    operator: false,
    account,
    accountRole: 'ADMIN',
    projects: [project('ops', 'ADMIN'), project('web', 'ADMIN')],
  })
  const dreamer = { sub: 'dreamer', account: 'nowhere', projects: { web: 'collaborator', dream: 'admin' } }
  expect(await who(await signedToken(dreamer))).toStrictEqual({
    ...plain,
    subject: 'dreamer',
    projects: [project('web', 'COLLABORATOR')],
  })
})

test('with an issuer and an audience, tokens of others are refused', async () => {
  const strict = await emptyService({ AUTH_ISSUER: 'https://id.example.com', AUTH_AUDIENCE: 'images' })
  const ask = async (payload: JWTPayload) => {
    const answer = await strict.http({
      path: `/graphql?query=${encodeURIComponent(viewer)}`,
      token: await signed({ ...claims, ...payload }),
    })
    return answer.status === 200 ? 200 : problemOf(answer)
  }
  const refused = (claim: string) => [
    401,
    'UNAUTHENTICATED',
    `The token's claim ${claim} is not accepted here.`,
  ]
  expect(await ask({ iss: 'https://id.example.com', aud: 'images' })).toBe(200)
  expect(await ask({ iss: 'https://id.example.com', aud: ['servers', 'images'] })).toBe(200)
  expect(await ask({ iss: 'https://id.example.org', aud: 'images' })).toStrictEqual(refused('iss'))
  expect(await ask({ iss: 'https://id.example.com', aud: 'servers' })).toStrictEqual(refused('aud'))
  expect(await ask({ aud: 'images' })).toStrictEqual(refused('iss'))
  expect(await ask({ iss: 'https://id.example.com' })).toStrictEqual(refused('aud'))
})
