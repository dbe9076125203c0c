import { createServer } from 'node:http'
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { type Client, problemOf } from '../support/client.ts'
import { emptyService } from '../support/service.ts'
import { people } from '../support/tokens.ts'

const ISSUER = 'https://id.example.com'
const AUDIENCE = 'images'

interface Pair {
  readonly kid: string
  readonly alg: string
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}

const pair = async (kid: string, alg: string): Promise<Pair> => ({
  kid,
  alg,
  ...(await generateKeyPair(alg, { extractable: true })),
})

let rsa: Pair
let ec: Pair
let ed: Pair
let pss: Pair
let stranger: Pair

beforeAll(async () => {
  rsa = await pair('rsa', 'RS256')
  ec = await pair('ec', 'ES256')
  ed = await pair('ed', 'EdDSA')
  pss = await pair('pss', 'PS256')
  stranger = await pair('stranger', 'ES256')
})

/** Serves what it is given as a key set. */
const serve = async (status: number, body: object): Promise<string> => {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  onTestFinished(() => void server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('It does not listen')
  return `http://127.0.0.1:${address.port}/jwks.json`
}

const keySet = async (...pairs: readonly Pair[]) => ({
  keys: await Promise.all(
    pairs.map(async ({ kid, alg, publicKey }) => ({ ...(await exportJWK(publicKey)), kid, alg, use: 'sig' })),
  ),
})

const serviceWith = (url: string) =>
  emptyService({ AUTH_SECRET: '', AUTH_JWKS_URL: url, AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: AUDIENCE })

const signed = ({ kid, alg, privateKey }: Pair, payload: JWTPayload = {}) =>
  new SignJWT({ ...people.operator, iss: ISSUER, aud: AUDIENCE, ...payload })
    .setProtectedHeader({ alg, kid })
    .setExpirationTime('1h')
    .sign(privateKey)

const asks = async (client: Client, token: string) => {
  const path = `/graphql?query=${encodeURIComponent('{ viewer { subject operator } }')}`
  const answer = await client.http({ path, token })
  return answer.status === 200 ? JSON.parse(answer.body.toString()).data : problemOf(answer)
}

const welcome = { viewer: { subject: 'operator', operator: true } }
const invalid = [401, 'UNAUTHENTICATED', 'The token is not valid here.']

test('tokens signed by a key of the set are accepted, be it RSA, an elliptic curve or Edwards', async () => {
  const service = await serviceWith(await serve(200, await keySet(rsa, ec, ed)))
  for (const key of [rsa, ec, ed]) expect(await asks(service, await signed(key))).toStrictEqual(welcome)
})

test('tokens of a key that is not in the set, or of an algorithm that is not accepted, are refused', async () => {
  const service = await serviceWith(await serve(200, await keySet(rsa, ec, ed, pss)))
  expect(await asks(service, await signed(stranger))).toStrictEqual(invalid)
  expect(await asks(service, await signed({ ...stranger, kid: 'ec' }))).toStrictEqual(invalid)
  expect(await asks(service, await signed(pss))).toStrictEqual(invalid)
})

test('a public key is no secret: what is signed with it as one is refused', async () => {
  const service = await serviceWith(await serve(200, await keySet(rsa)))
  const token = await new SignJWT({ ...people.operator, iss: ISSUER, aud: AUDIENCE })
    .setProtectedHeader({ alg: 'HS256', kid: 'rsa' })
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(await exportSPKI(rsa.publicKey)))
  expect(await asks(service, token)).toStrictEqual(invalid)
})

test('tokens of another issuer or for another audience are refused', async () => {
  const service = await serviceWith(await serve(200, await keySet(ec)))
  const refused = (claim: string) => [
    401,
    'UNAUTHENTICATED',
    `The token's claim ${claim} is not accepted here.`,
  ]
  expect(await asks(service, await signed(ec, { iss: 'https://id.example.org' }))).toStrictEqual(
    refused('iss'),
  )
  expect(await asks(service, await signed(ec, { aud: 'servers' }))).toStrictEqual(refused('aud'))
})

test('where the keys cannot be had or read, that is no fault of the token', async () => {
  for (const url of [
    'http://127.0.0.1:1/jwks.json',
    await serve(503, {}),
    await serve(200, { message: 'Down for maintenance.' }),
  ]) {
    const service = await serviceWith(url)
    const [status, code] = await asks(service, await signed(ec))
    expect([status, code]).toStrictEqual([503, 'KEYS_UNAVAILABLE'])
  }
})
