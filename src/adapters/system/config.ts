import { isIP } from 'node:net'
import { z } from 'zod'
import { MAX_BYTES } from '../../domain/kernel/bytes.ts'
import { type Either, left, right } from '../../domain/kernel/fp.ts'
import { parseInstant } from '../../domain/kernel/instant.ts'
import { checkConnection } from '../eventstoredb/connection.ts'
import { isCidr } from '../http-source/addresses.ts'
import type { S3Options } from '../minio/client.ts'

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

const secret = z.string().refine((text) => Buffer.byteLength(text) >= 32, 'must have at least 32 bytes')

const PATIENCE_RULE = 'must be a number of seconds, greater than 0 and at most 86400'

const connection = z.string().superRefine((url, context) => {
  const checked = checkConnection(url)
  if (checked._tag === 'Left') context.addIssue({ code: 'custom', message: checked.left })
})

const listed = (text: string): readonly string[] => text.split(',').map((item) => item.trim())

const cidrs = z
  .string()
  .transform(listed)
  .refine((networks) => networks.every(isCidr), 'must be networks such as 10.20.0.0/16, fd00:20::/64')

const PORTS_RULE = 'must be ports such as 8080, 8443'

const ports = z
  .string()
  .regex(/^[\d, ]+$/, PORTS_RULE)
  .transform((text) => listed(text).map(Number))
  .refine((given) => given.every((port) => port > 0 && port <= 65_535), PORTS_RULE)

/** Where events and bytes are kept: all that a migration asks for. */
const stores = z.object({
  DATA_DIR: z.string().min(1).default('./data'),
  EVENTSTORE_URL: connection.optional(),
  S3_ENDPOINT: httpUrl.optional(),
  S3_BUCKET: z.string().min(3, 'must be the name of a bucket').optional(),
  S3_ACCESS_KEY: z.string().optional(),
  S3_SECRET_KEY: z.string().optional(),
  S3_LINK_SECONDS: numeric(/^\d{1,6}$/, 'must be a whole number of seconds, 0 to 604800')
    .refine((seconds) => seconds <= 604_800, 'must be a whole number of seconds, 0 to 604800')
    .default(0),
})

const environment = stores.extend({
  NODE_ENV: z.string().optional(),
  PORT: numeric(/^\d+$/, 'must be a port, 0 to 65535')
    .refine((port) => port <= 65_535, 'must be a port, 0 to 65535')
    .default(4000),
  HOST: z.string().min(1).default('127.0.0.1'),
  AUTH_SECRET: secret.optional(),
  AUTH_JWKS_URL: httpUrl.optional(),
  AUTH_ISSUER: z.string().min(1).optional(),
  AUTH_AUDIENCE: z.string().min(1).optional(),
  LINK_SECRET: secret.optional(),
  PUBLIC_URL: httpUrl.optional(),
  UPLOAD_MIN_BYTES_PER_SECOND: numeric(/^\d{1,9}$/, 'must be a whole number of bytes').default(1_024),
  UPLOAD_PATIENCE_SECONDS: numeric(/^\d+(\.\d+)?$/, PATIENCE_RULE)
    .refine((seconds) => seconds > 0 && seconds <= 86_400, PATIENCE_RULE)
    .default(30),
  READ_MODEL_COPY_MINUTES: numeric(/^\d+(\.\d+)?$/, 'must be a number of minutes')
    .refine((minutes) => minutes > 0, 'must be greater than 0')
    .default(10),
  STOP_GRACE_SECONDS: numeric(/^\d+(\.\d+)?$/, 'must be a number of seconds, 0 to 86400')
    .refine((seconds) => seconds <= 86_400, 'must be a number of seconds, 0 to 86400')
    .default(3),
  METRICS_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{16,}$/, 'must have at least 16 characters, of ASCII and without spaces')
    .optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional(),
  OTEL_TRACES_SAMPLER_ARG: numeric(/^\d+(\.\d+)?$/, 'must be a share, 0 to 1')
    .refine((share) => share <= 1, 'must be a share, 0 to 1')
    .default(1),
  OTEL_SERVICE_NAME: z.string().min(1).default('image-ledger'),
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
  UPLOAD_EXPIRY_HOURS: numeric(/^\d+(\.\d+)?$/, 'must be a number of hours')
    .refine((hours) => hours > 0, 'must be greater than 0')
    .refine((hours) => hours <= 8_760, 'must be at most 8760, a year')
    .default(24),
  IMPORT_ALLOW_CIDRS: cidrs.default([]),
  IMPORT_ALLOW_PORTS: ports.default([]),
  IMPORT_TIMEOUT_SECONDS: numeric(/^[1-9]\d{0,5}$/, 'must be a whole number of seconds, 1 to 604800')
    .refine((seconds) => seconds <= 604_800, 'must be a whole number of seconds, 1 to 604800')
    .default(86_400),
  IMPORT_MIN_BYTES_PER_SECOND: numeric(
    /^[1-9]\d{0,8}$/,
    'must be a whole number of bytes, 1 to 999999999',
  ).default(1024),
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

export type Config = Omit<z.output<typeof environment>, 'NODE_ENV' | `AUTH_${string}` | `S3_${string}`> & {
  readonly production: boolean
  readonly auth: AuthConfig
  /** Where bytes are kept; null: in DATA_DIR. */
  readonly s3: S3Options | null
}

type Environment = Readonly<Record<string, string | undefined>>

/** Reads the configuration. Left: one line that says which value is wrong and why. An empty value is one not given. */
export const readConfig = (env: Environment): Either<string, Config> => {
  const parsed = parsedAs(environment, env)
  if (parsed._tag === 'Left') return parsed
  const { NODE_ENV, AUTH_SECRET, AUTH_JWKS_URL, AUTH_ISSUER, AUTH_AUDIENCE, ...others } = parsed.right
  const { S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY, S3_SECRET_KEY, S3_LINK_SECONDS: _, ...rest } = others
  const s3 = readStores(parsed.right, env)
  if (s3._tag === 'Left') return s3
  const production = NODE_ENV === 'production'
  if (production && rest.CLOCK_START !== undefined) return left('CLOCK_START: is not for production')
  const auth = readAuth(parsed.right, rest.HOST, production)
  if (auth._tag === 'Left') return auth
  if (rest.EVENTSTORE_URL !== undefined && rest.LINK_SECRET === undefined)
    return left('LINK_SECRET: is required with EVENTSTORE_URL: a link from one node must open at the others')
  return right({ ...rest, production, auth: auth.right, s3: s3.right })
}

/** From where a migration reads, and to where it writes. */
export interface MigrationConfig {
  readonly DATA_DIR: string
  readonly EVENTSTORE_URL: string
  readonly s3: S3Options
}

/** Reads what a migration takes of the service's configuration. Left: as of readConfig. */
export const readMigrationConfig = (env: Environment): Either<string, MigrationConfig> => {
  const parsed = parsedAs(stores, env)
  if (parsed._tag === 'Left') return parsed
  const s3 = readStores(parsed.right, env)
  if (s3._tag === 'Left') return s3
  const { DATA_DIR, EVENTSTORE_URL } = parsed.right
  // With an event store there is an object store: see readStores.
  if (EVENTSTORE_URL === undefined || s3.right === null)
    return left('EVENTSTORE_URL: is required: events are moved there, and bytes to S3_ENDPOINT')
  return right({ DATA_DIR, EVENTSTORE_URL, s3: s3.right })
}

const parsedAs = <Schema extends z.ZodType>(
  schema: Schema,
  env: Environment,
): Either<string, z.output<Schema>> => {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = schema.safeParse(given)
  if (parsed.success) return right(parsed.data)
  const [issue] = parsed.error.issues
  return left(`${issue?.path.join('.')}: ${issue?.message}`)
}

/** What stores there are together; of S3, which may be none. */
const readStores = (given: z.output<typeof stores>, env: Environment): Either<string, S3Options | null> => {
  const s3 = readS3(given)
  if (s3._tag === 'Left') return s3
  if (given.EVENTSTORE_URL !== undefined && s3.right === null)
    return left(
      'S3_ENDPOINT: is required with EVENTSTORE_URL: nodes share their bytes as they share their events',
    )
  if (given.EVENTSTORE_URL?.includes('@') && /\besdb\b/.test(env['DEBUG'] ?? ''))
    return left('DEBUG: the client of EventStoreDB would print the password: leave esdb out')
  return s3
}

/** All four or none. */
const readS3 = (
  env: Pick<
    z.output<typeof stores>,
    'S3_ENDPOINT' | 'S3_BUCKET' | 'S3_ACCESS_KEY' | 'S3_SECRET_KEY' | 'S3_LINK_SECONDS'
  >,
): Either<string, S3Options | null> => {
  const { S3_ENDPOINT: endpoint, S3_BUCKET: bucket, S3_ACCESS_KEY: accessKey, S3_SECRET_KEY: secretKey } = env
  const { S3_LINK_SECONDS: linkSeconds } = env
  const given = Object.values({ endpoint, bucket, accessKey, secretKey }).filter(
    (value) => value !== undefined,
  )
  if (given.length === 0) return right(null)
  if (endpoint === undefined) return left('S3_ENDPOINT: is required with the other S3_ variables')
  if (bucket === undefined) return left('S3_BUCKET: is required with S3_ENDPOINT')
  if (accessKey === undefined) return left('S3_ACCESS_KEY: is required with S3_ENDPOINT')
  if (secretKey === undefined) return left('S3_SECRET_KEY: is required with S3_ENDPOINT')
  return right({ endpoint, bucket, accessKey, secretKey, linkSeconds })
}

const readAuth = (
  env: Pick<
    z.output<typeof environment>,
    | 'AUTH_SECRET'
    | 'AUTH_JWKS_URL'
    | 'AUTH_ISSUER'
    | 'AUTH_AUDIENCE'
    | 'PUBLIC_URL'
    | 'EVENTSTORE_URL'
    | 'S3_ENDPOINT'
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
  if (issuer !== undefined) return left('AUTH_ISSUER: goes with AUTH_SECRET or AUTH_JWKS_URL')
  if (audience !== undefined) return left('AUTH_AUDIENCE: goes with AUTH_SECRET or AUTH_JWKS_URL')
  const forDevOnly = 'without AUTH_SECRET or AUTH_JWKS_URL the service runs in dev mode, which is '
  if (production) return left(`AUTH_SECRET: ${forDevOnly}not for production`)
  if (env.PUBLIC_URL !== undefined) return left(`AUTH_SECRET: ${forDevOnly}not for a PUBLIC_URL`)
  if (env.EVENTSTORE_URL !== undefined) return left(`AUTH_SECRET: ${forDevOnly}not for an EVENTSTORE_URL`)
  if (env.S3_ENDPOINT !== undefined) return left(`AUTH_SECRET: ${forDevOnly}not for S3_ENDPOINT`)
  if (!isLoopback(host)) return left(`AUTH_SECRET: ${forDevOnly}for a loopback HOST only, not ${host}`)
  return right({ kind: 'DEV' })
}

/** True for the names and addresses by which a machine reaches itself. */
export const isLoopback = (host: string): boolean => {
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'))
}
