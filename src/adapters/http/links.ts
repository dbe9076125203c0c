import { createSecretKey, hkdfSync } from 'node:crypto'
import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import type { ContentLink, Links } from '../../application/ports/links.ts'
import type { Holder } from '../../domain/access/holder.ts'
import { accountIdSchema, imageIdSchema, projectIdSchema } from '../../domain/kernel/ids.ts'

const PURPOSE = 'image-ledger/content-link'

const expected: JWTVerifyOptions = {
  algorithms: ['HS256'],
  audience: PURPOSE,
  typ: PURPOSE,
  requiredClaims: ['exp'],
}

const claims = z.object({
  sub: imageIdSchema,
  sha256: z.string(),
  for: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('project'), id: projectIdSchema }),
    z.object({ kind: z.literal('account'), id: accountIdSchema }),
  ]) satisfies z.ZodType<Holder>,
})

/**
 * Links as JWTs of a key that is derived from the secret for them alone: whatever else is signed with that secret is no link,
 * and a link is no caller's token.
 */
export const linksSignedWith = (secret: string): Links => {
  const key = createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', PURPOSE, 32)))
  return {
    sign: ({ image, sha256, holder }, expiresAt) =>
      new SignJWT({ sha256, for: holder })
        .setProtectedHeader({ alg: 'HS256', typ: PURPOSE })
        .setAudience(PURPOSE)
        .setSubject(image)
        .setExpirationTime(Math.floor(expiresAt / 1000))
        .sign(key),
    read: async (signed) => {
      try {
        return linkOf((await jwtVerify(signed, key, expected)).payload)
      } catch (error) {
        if (error instanceof errors.JOSEError) return null
        throw error
      }
    },
  }
}

const linkOf = (payload: JWTPayload): ContentLink | null => {
  const parsed = claims.safeParse(payload)
  if (!parsed.success) return null
  const { sub, sha256, for: holder } = parsed.data
  return { image: sub, sha256, holder }
}
