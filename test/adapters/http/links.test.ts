import { SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { linksSignedWith } from '../../../src/adapters/http/links.ts'
import type { ContentLink } from '../../../src/application/ports/links.ts'
import { acme, imageId, web } from '../../support/samples.ts'

const secret = 'a secret of at least 32 bytes, here it is'
const links = linksSignedWith(secret)
const link: ContentLink = { image: imageId(1), sha256: 'ab'.repeat(32), holder: { kind: 'project', id: web } }
const later = Date.now() + 3_600_000

describe('A link', () => {
  test.each([link, { ...link, holder: { kind: 'account', id: acme } } as const])(
    'is read as it was signed: %j',
    async (each) => {
      expect(await links.read(await links.sign(each, later))).toStrictEqual(each)
    },
  )

  test('is read by whoever has the secret, and by nobody else', async () => {
    const signed = await links.sign(link, later)
    expect(await linksSignedWith(secret).read(signed)).toStrictEqual(link)
    expect(await linksSignedWith(`${secret}.`).read(signed)).toBe(null)
  })

  test('is none once it has expired', async () => {
    expect(await links.read(await links.sign(link, Date.now() - 1_000))).toBe(null)
  })

  test('is none where the secret signed something else', async () => {
    const claims = { sub: link.image, sha256: link.sha256, for: link.holder }
    const purpose = 'image-ledger/content-link'
    const signed = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', typ: purpose })
      .setAudience(purpose)
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(secret))
    for (const text of [signed, '', 'x', 'a.b.c']) expect(await links.read(text)).toBe(null)
  })
})
