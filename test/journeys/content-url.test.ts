import { decodeJwt } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { contentPath } from '../support/client.ts'
import {
  ended,
  isDead,
  linkedDisk,
  linkedImage,
  linkOf,
  opens,
  signedPart,
  toldBy,
  urlOf,
} from '../support/content-links.ts'
import { errorsOf, refused } from '../support/errors.ts'
import { eventually } from '../support/eventually.ts'
import { available } from '../support/library.ts'
import { seededService, startSeeded, successiveServices, type TestService } from '../support/service.ts'
import { people, SECRET, signedToken, tokenForSeconds, tokens } from '../support/tokens.ts'

// Links to bytes, as they are asked for with a token and opened without one.

const { collaborator, operator, stranger } = tokens
let service: TestService

beforeAll(async () => {
  // The worst that an operator may do: one secret for all.
  const started = await startSeeded({ LINK_SECRET: SECRET })
  service = started.service
  return started.dispose
})

describe('a link', () => {
  test('fetches the bytes without a token, with all that is said of them otherwise', async () => {
    const id = await linkedImage(service)
    const url = await urlOf(service, collaborator, id)
    expect(url?.startsWith(`${service.url}${contentPath(id)}?link=`)).toBe(true)
    const link = await linkOf(service, collaborator, id)
    const whole = await service.http({ path: link })
    expect(whole.body.equals(linkedDisk)).toBe(true)
    const asCaller = await service.download(collaborator, id)
    const { 'x-request-id': _, 'x-ledger-position': __, date: ___, ...said } = asCaller.headers
    expect([whole.status, whole.headers]).toMatchObject([200, said])

    const part = await service.http({ path: link, headers: { range: 'bytes=1000-1999' } })
    expect([part.status, part.body.equals(linkedDisk.subarray(1_000, 2_000))]).toStrictEqual([206, true])
    expect((await service.http({ path: link, headers: { range: 'bytes=300000-' } })).status).toBe(416)
    const { etag = '' } = whole.headers
    expect((await service.http({ path: link, headers: { 'if-none-match': etag } })).status).toBe(304)
    const head = await service.http({ method: 'HEAD', path: link })
    expect([head.status, head.headers['content-length'], head.body.length]).toStrictEqual([200, '300000', 0])
  })

  test('decides by itself, whatever token is sent along; one that is not good is refused as anywhere', async () => {
    const id = await linkedImage(service)
    const link = await linkOf(service, collaborator, id)
    for (const token of [tokens.viewer, stranger])
      expect((await service.http({ path: link, token })).body.equals(linkedDisk)).toBe(true)
    expect((await service.http({ path: `${contentPath(id)}?link=x`, token: collaborator })).status).toBe(403)
    expect((await service.http({ path: link, token: 'x' })).status).toBe(401)
  })

  test('takes no bytes', async () => {
    const id = await linkedImage(service)
    const answer = await service.http({
      method: 'PUT',
      path: await linkOf(service, collaborator, id),
      body: linkedDisk,
    })
    expect(answer.status).toBe(401)
  })

  test('lasts an hour, or as long as is asked for', async () => {
    const id = await linkedImage(service)
    const expiryOf = async (args: string) => {
      const earliest = Math.ceil(Date.now() / 1000)
      const { exp = 0 } = decodeJwt(signedPart(await linkOf(service, await longToken(), id, args)))
      return [exp - earliest, exp - Math.ceil(Date.now() / 1000)]
    }
    for (const [args, seconds] of [
      ['', 3_600],
      ['(ttlSeconds: 60)', 60],
      ['(ttlSeconds: 604800)', 604_800],
    ] as const) {
      const [most = 0, least = 0] = await expiryOf(args)
      expect([most >= seconds, least <= seconds]).toStrictEqual([true, true])
    }
  })

  test('ends', async () => {
    const id = await linkedImage(service)
    const link = await linkOf(service, collaborator, id, '(ttlSeconds: 1)')
    await eventually('it has ended', async () => (await service.http({ path: link })).status === 403)
    await isDead(service, link)
    expect(await opens(service, await linkOf(service, collaborator, id))).toBe(true)
  })

  test('ends with the token that it was asked with', async () => {
    const id = await linkedImage(service)
    const token = await tokenForSeconds(people.collaborator, 100)
    const link = await linkOf(service, token, id)
    expect(decodeJwt(signedPart(link)).exp).toBe(decodeJwt(token).exp)
  })

  test.each([0, -1, 604_801, 2_000_000_000])('may not last %d seconds', async (seconds) => {
    const id = await linkedImage(service)
    for (const token of [collaborator, tokens.viewer]) {
      const query = `{ image(id: "${id}") { contentUrl(ttlSeconds: ${seconds}) } }`
      expect(errorsOf(await service.answer(token, query))).toStrictEqual(
        refused(`ttlSeconds must be 1 to 604800, not ${seconds}.`),
      )
    }
  })

  test('is given for each of a hundred images at once', async () => {
    const id = await linkedImage(service)
    const { images } = await service.graphql<{ images: { nodes: { id: string; contentUrl: string }[] } }>(
      collaborator,
      '{ images(first: 100) { nodes { id contentUrl } } }',
    )
    const { pathname, search } = new URL(images.nodes.find((node) => node.id === id)?.contentUrl ?? '')
    expect(await opens(service, pathname + search)).toBe(true)
  })
})

const longToken = () => tokenForSeconds(people.collaborator, 1_000_000)

describe('what is no link opens nothing, and all of it is told the same', () => {
  test('nor does a link of another image, or one that was tampered with', async () => {
    const [id, other] = [await linkedImage(service), await linkedImage(service)]
    const link = await linkOf(service, collaborator, id)
    const [path, signed = ''] = link.split('?link=')
    const [head = '', claims = '', signature = ''] = signed.split('.')
    const encoded = (of: object) => Buffer.from(JSON.stringify(of)).toString('base64url')
    const forOther = encoded({ ...decodeJwt(signed), sub: other })
    const unsigned = `${encoded({ alg: 'none', typ: 'image-ledger/content-link' })}.${claims}.`
    const flipped = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
    const missing = contentPath('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11')
    const wrong = [
      `${contentPath(other)}?link=${signed}`,
      `${contentPath(other)}?link=${head}.${forOther}.${signature}`,
      `${path}?link=${head}.${claims}.${flipped}`,
      `${path}?link=${unsigned}`,
      `${path}?link=${signed}&link=${signed}`,
      `${path}?link=`,
      `${path}?link=${signed.slice(0, -1)}`,
      `${missing}?link=${signed}`,
      `${missing}?link=x`,
    ]
    const told = await Promise.all(wrong.map(async (each) => toldBy(await service.http({ path: each }))))
    expect(new Set(told.map((each) => JSON.stringify(each))).size).toBe(1)
    expect(told[0]).toMatchObject(ended)
    expect(await opens(service, link)).toBe(true)
  })

  test('nor does a caller’s token, and a link is no token, with one secret for both', async () => {
    const id = await linkedImage(service)
    for (const token of [collaborator, operator]) await isDead(service, `${contentPath(id)}?link=${token}`)
    const forged = await signedToken({
      ...decodeJwt(signedPart(await linkOf(service, collaborator, id))),
      exp: 9_999_999_999,
    })
    await isDead(service, `${contentPath(id)}?link=${forged}`)
    const signed = signedPart(await linkOf(service, collaborator, id))
    expect((await service.download(signed, id)).status).toBe(401)
    expect((await service.answer(signed, '{ viewer { subject } }')).status).toBe(401)
  })
})

test('the secret of a directory is kept there: links outlast a restart', async () => {
  const start = await successiveServices()
  const first = await start()
  const id = await available(first, 'debian', linkedDisk)
  const link = await linkOf(first, collaborator, id)
  expect(await opens(await start(), link)).toBe(true)
  const another = await seededService({ LINK_SECRET: 'some secret or other, of 32 bytes or more' })
  expect((await another.http({ path: link })).status).toBe(403)
})

test('a link begins where clients reach the service', async () => {
  const behind = await seededService({ PUBLIC_URL: 'https://images.example/library/' })
  const id = await available(behind, 'debian', linkedDisk)
  const url = await urlOf(behind, collaborator, id)
  expect(url?.startsWith(`https://images.example/library${contentPath(id)}?link=ey`)).toBe(true)
})
