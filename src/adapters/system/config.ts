import { isIP } from 'node:net'
import { z } from 'zod'
import { MAX_BYTES } from '../../domain/kernel/bytes.ts'
import { type Either, left, right } from '../../domain/kernel/fp.ts'
import { parseInstant } from '../../domain/kernel/instant.ts'

// The one place that reads the environment (DESIGN, configuration).

const bytes = (fallback: bigint) =>
  z
    .string()
    .regex(/^[1-9]\d{0,18}$/, 'must be a whole number of bytes, greater than 0')
    .transform(BigInt)
    .refine((value) => value <= MAX_BYTES, `must be at most ${MAX_BYTES}`)
    .default(fallback)

// Not coerced: to Number() a blank is 0, and 0x50 is 80.
const numeric = (form: RegExp, message: string) => z.string().regex(form, message).transform(Number)

const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' })

const environment = z.object({
  NODE_ENV: z.string().optional(),
  PORT: numeric(/^\d+$/, 'must be a port, 0 to 65535')
    .refine((port) => port <= 65_535, 'must be a port, 0 to 65535')
    .default(4000),
  HOST: z.string().min(1).default('127.0.0.1'),
  DATA_DIR: z.string().min(1).default('./data'),
  AUTH_SECRET: z
    .string()
    .refine((secret) => Buffer.byteLength(secret) >= 32, 'must have at least 32 bytes')
    .optional(),
  AUTH_JWKS_URL: httpUrl.optional(),
  AUTH_ISSUER: z.string().min(1).optional(),
  AUTH_AUDIENCE: z.string().min(1).optional(),
  PUBLIC_URL: httpUrl.optional(),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      error: 'must be fatal, error, warn, info, debug, trace or silent',
    })
    .default('info'),
  PROVIDER_NAME: z.string().min(1).max(120, 'must have at most 120 characters').default('image-ledger'),
  MAX_IMAGE_BYTES: bytes(2n ** 40n),
  MAX_VIRTUAL_BYTES: bytes(2n ** 44n),
  DELETE_RECOVERY_HOURS: numeric(/^-?\d+(\.\d+)?$/, 'must be a number of hours')
    .refine((hours) => hours >= 0, 'must not be negative')
    .refine((hours) => hours <= 87_600, 'must be at most 87600, ten years')
    .default(0),
  CLOCK_START: z
    .string()
    .transform((text, context) => {
      const instant = parseInstant(text)
      if (instant !== null) return instant
      context.addIssue({ code: 'custom', message: 'must be an instant such as 2026-03-01T00:00:00Z' })
      return z.NEVER
    })
    .optional(),
})

/** How callers prove who they are. */
export type AuthConfig =
  | { readonly kind: 'JWKS'; readonly url: string; readonly issuer: string; readonly audience: string }
  | { readonly kind: 'SECRET'; readonly secret: string; readonly issuer?: string; readonly audience?: string }
  /** A random secret of this data directory, loopback only. */
  | { readonly kind: 'DEV' }

export type Config = Omit<
  z.output<typeof environment>,
  'NODE_ENV' | 'AUTH_SECRET' | 'AUTH_JWKS_URL' | 'AUTH_ISSUER' | 'AUTH_AUDIENCE'
> & {
  readonly production: boolean
  readonly auth: AuthConfig
}

/** Reads the configuration. Left: one line that says which value is wrong and why. An empty value is one not given. */
export const readConfig = (env: Readonly<Record<string, string | undefined>>): Either<string, Config> => {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = environment.safeParse(given)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return left(`${issue?.path.join('.')}: ${issue?.message}`)
  }
  const { NODE_ENV, AUTH_SECRET, AUTH_JWKS_URL, AUTH_ISSUER, AUTH_AUDIENCE, ...rest } = parsed.data
  const elsewhere = Object.keys(given).find((name) => name === 'EVENTSTORE_URL' || name.startsWith('S3_'))
  if (elsewhere !== undefined)
    return left(`${elsewhere}: this version keeps events and bytes in DATA_DIR only: leave it out`)
  const production = NODE_ENV === 'production'
  if (production && rest.CLOCK_START !== undefined) return left('CLOCK_START: is not for production')
  const auth = readAuth(parsed.data, rest.HOST, production)
  return auth._tag === 'Left' ? auth : right({ ...rest, production, auth: auth.right })
}

const readAuth = (
  env: Pick<
    z.output<typeof environment>,
    'AUTH_SECRET' | 'AUTH_JWKS_URL' | 'AUTH_ISSUER' | 'AUTH_AUDIENCE' | 'PUBLIC_URL'
  >,
  host: string,
  production: boolean,
): Either<string, AuthConfig> => {
  const { AUTH_SECRET: secret, AUTH_JWKS_URL: url, AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience } = env
  if (url !== undefined) {
    if (secret !== undefined) return left('AUTH_SECRET: give either a secret or AUTH_JWKS_URL, not both')
    if (issuer === undefined) return left('AUTH_ISSUER: is required with AUTH_JWKS_URL')
    if (audience === undefined) return left('AUTH_AUDIENCE: is required with AUTH_JWKS_URL')
    return right({ kind: 'JWKS', url, issuer, audience })
  }
  if (secret !== undefined)
    return right({
      kind: 'SECRET',
      secret,
      ...(issuer === undefined ? {} : { issuer }),
      ...(audience === undefined ? {} : { audience }),
    })
  const forDevOnly = 'without AUTH_SECRET or AUTH_JWKS_URL the service runs in dev mode, which is '
  if (production) return left(`AUTH_SECRET: ${forDevOnly}not for production`)
  if (env.PUBLIC_URL !== undefined) return left(`AUTH_SECRET: ${forDevOnly}not for a PUBLIC_URL`)
  if (!isLoopback(host)) return left(`AUTH_SECRET: ${forDevOnly}for a loopback HOST only, not ${host}`)
  return right({ kind: 'DEV' })
}

/** True for the names and addresses by which a machine reaches itself. */
export const isLoopback = (host: string): boolean => {
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'))
}
