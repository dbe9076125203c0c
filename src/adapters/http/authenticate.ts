import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { KeysUnavailable } from '../../application/outages.ts'
import type { Principal } from '../../domain/access/principal.ts'
import { type Either, left, right } from '../../domain/kernel/fp.ts'
import { accountIdSchema, type ProjectId, projectIdSchema } from '../../domain/kernel/ids.ts'

/** Somebody, for as long as the token holds. */
export interface Authenticated {
  readonly principal: Principal
  /** In milliseconds since 1970. */
  readonly expiresAt: number
}

/** Finds out who sends a token. Left: why it is not accepted, in a sentence that tells nothing of keys. */
export type Authenticate = (token: string) => Promise<Either<string, Authenticated>>

/** How tokens are verified; the dev mode's secret is a secret too. */
export type TokenKeys =
  | { readonly kind: 'JWKS'; readonly url: string; readonly issuer: string; readonly audience: string }
  | { readonly kind: 'SECRET'; readonly secret: string; readonly issuer?: string; readonly audience?: string }

const role = z.enum(['viewer', 'collaborator', 'admin']).transform((name) => {
  const roles = { viewer: 'VIEWER', collaborator: 'COLLABORATOR', admin: 'ADMIN' } as const
  return roles[name]
})

/** The claims of DESIGN, tenancy and access. */
const claims = z.object({
  sub: z.string().min(1, 'must not be empty').max(255),
  iss: z.string().default(''),
  exp: z.number(),
  account: accountIdSchema.optional(),
  account_role: role.optional(),
  projects: z.record(projectIdSchema, role).default({}),
  operator: z.boolean().default(false),
  hypervisor: z.string().min(1).max(255).optional(),
})

/** How long an accepted token is not looked into again, so that a key taken out of a JWKS ends soon. */
const REMEMBERED_MS = 60_000

export const authenticateWith = (keys: TokenKeys): Authenticate => {
  const verify = verifierOf(keys)
  const accepted = new LRUCache<string, Authenticated>({
    max: 10_000,
    ttl: REMEMBERED_MS,
  })
  return async (token) => {
    const known = accepted.get(token)
    if (known !== undefined && known.expiresAt > Date.now()) return right(known)
    const verified = await verify(token)
    if (verified._tag === 'Left') return verified
    const parsed = claims.safeParse(verified.right)
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      return left(`The token's claim ${issue?.path.join('.')} does not fit: ${issue?.message}.`)
    }
    const authenticated = { principal: principalOf(parsed.data), expiresAt: parsed.data.exp * 1000 }
    accepted.set(token, authenticated)
    return right(authenticated)
  }
}

const principalOf = (claim: z.output<typeof claims>): Principal => ({
  subject: claim.sub,
  issuer: claim.iss,
  operator: claim.operator,
  hypervisor: claim.hypervisor ?? null,
  account: claim.account ?? null,
  accountRole: claim.account_role ?? null,
  projects: new Map(Object.entries(claim.projects) as [ProjectId, (typeof claim.projects)[ProjectId]][]),
})

/** Where the key set cannot be had or read, the token may be as good as any. */
const isOfKeySet = (error: errors.JOSEError): boolean =>
  error instanceof errors.JWKSTimeout ||
  error instanceof errors.JWKSInvalid ||
  // What was answered is not 200, or no JSON.
  error.code === errors.JOSEError.code

const verifierOf = (keys: TokenKeys): ((token: string) => Promise<Either<string, JWTPayload>>) => {
  const expected: JWTVerifyOptions = {
    requiredClaims: ['sub', 'exp'],
    algorithms: keys.kind === 'JWKS' ? ['RS256', 'ES256', 'EdDSA'] : ['HS256'],
    ...(keys.issuer === undefined ? {} : { issuer: keys.issuer }),
    ...(keys.audience === undefined ? {} : { audience: keys.audience }),
  }
  const secret = keys.kind === 'SECRET' ? new TextEncoder().encode(keys.secret) : null
  const keySet = keys.kind === 'JWKS' ? createRemoteJWKSet(new URL(keys.url)) : null
  return async (token) => {
    try {
      if (secret !== null) return right((await jwtVerify(token, secret, expected)).payload)
      if (keySet !== null) return right((await jwtVerify(token, keySet, expected)).payload)
      return left('No key is configured.')
    } catch (error) {
      if (error instanceof errors.JWTExpired) return left('The token has expired: get a new one.')
      if (error instanceof errors.JWTClaimValidationFailed)
        return left(`The token's claim ${error.claim} is not accepted here.`)
      if (error instanceof errors.JOSEError && !isOfKeySet(error)) return left('The token is not valid here.')
      throw new KeysUnavailable('The keys of AUTH_JWKS_URL cannot be had.', { cause: error })
    }
  }
}
