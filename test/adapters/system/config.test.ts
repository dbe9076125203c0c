import { describe, expect, test } from 'vitest'
import { isLoopback, readConfig, readMigrationConfig } from '../../../src/adapters/system/config.ts'
import { left, right } from '../../../src/domain/kernel/fp.ts'

const secret = 'a secret of at least 32 bytes, here it is'
const jwks = {
  AUTH_JWKS_URL: 'https://id.example/jwks',
  AUTH_ISSUER: 'https://id.example',
  AUTH_AUDIENCE: 'images',
}

const METRICS_TOKEN_RULE = 'METRICS_TOKEN: must have at least 16 characters, of ASCII and without spaces'

const PATIENCE_RULE = 'UPLOAD_PATIENCE_SECONDS: must be a number of seconds, greater than 0 and at most 86400'

const defaults = {
  PORT: 4000,
  HOST: '127.0.0.1',
  DATA_DIR: './data',
  OTEL_SERVICE_NAME: 'image-ledger',
  UPLOAD_MIN_BYTES_PER_SECOND: 1024,
  UPLOAD_PATIENCE_SECONDS: 30,
  READ_MODEL_COPY_MINUTES: 10,
  STOP_GRACE_SECONDS: 3,
  OTEL_TRACES_SAMPLER_ARG: 1,
  LOG_LEVEL: 'info',
  PROVIDER_NAME: 'image-ledger',
  MAX_IMAGE_BYTES: 1_099_511_627_776n,
  MAX_VIRTUAL_BYTES: 17_592_186_044_416n,
  DELETE_RECOVERY_HOURS: 0,
  UPLOAD_EXPIRY_HOURS: 24,
  IMPORT_ALLOW_CIDRS: [],
  IMPORT_ALLOW_PORTS: [],
  IMPORT_TIMEOUT_SECONDS: 86_400,
  IMPORT_MIN_BYTES_PER_SECOND: 1024,
  production: false,
  auth: { kind: 'DEV' },
  s3: null,
}

const s3 = {
  S3_ENDPOINT: 'http://localhost:9000',
  S3_BUCKET: 'images',
  S3_ACCESS_KEY: 'key',
  S3_SECRET_KEY: 'hush',
}

describe('The configuration', () => {
  test('may keep events in EventStoreDB and bytes in S3', () => {
    const EVENTSTORE_URL = 'esdb://localhost:2113?tls=false'
    const given = { AUTH_SECRET: secret, LINK_SECRET: secret, EVENTSTORE_URL, ...s3 }
    expect(readConfig(given)).toStrictEqual(
      right({
        ...defaults,
        auth: { kind: 'SECRET', secret },
        LINK_SECRET: secret,
        EVENTSTORE_URL,
        s3: {
          endpoint: 'http://localhost:9000',
          bucket: 'images',
          accessKey: 'key',
          secretKey: 'hush',
          linkSeconds: 0,
        },
      }),
    )
  })

  test('has a default for everything', () => {
    expect(readConfig({})).toStrictEqual(right(defaults))
  })

  test('takes an empty value for one that is not given, and passes over what is not its own', () => {
    expect(readConfig({ PORT: '', HOST: '', AUTH_SECRET: '', PATH: '/bin', S3_ENDPOINT: '' })).toStrictEqual(
      right(defaults),
    )
  })

  test('takes what is given', () => {
    expect(
      readConfig({
        NODE_ENV: 'production',
        PORT: '0',
        HOST: '0.0.0.0',
        DATA_DIR: '/var/lib/image-ledger',
        AUTH_SECRET: secret,
        AUTH_ISSUER: 'me',
        AUTH_AUDIENCE: 'you',
        LINK_SECRET: `${secret}, for links`,
        PUBLIC_URL: 'https://images.example',
        UPLOAD_MIN_BYTES_PER_SECOND: '0',
        UPLOAD_PATIENCE_SECONDS: '2.5',
        METRICS_TOKEN: 'for-the-scraper!',
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
        OTEL_SERVICE_NAME: 'images',
        READ_MODEL_COPY_MINUTES: '2.5',
        STOP_GRACE_SECONDS: '60',
        OTEL_TRACES_SAMPLER_ARG: '0.01',
        LOG_LEVEL: 'warn',
        PROVIDER_NAME: 'Cloud',
        MAX_IMAGE_BYTES: '9223372036854775807',
        MAX_VIRTUAL_BYTES: '1',
        DELETE_RECOVERY_HOURS: '0.5',
        UPLOAD_EXPIRY_HOURS: '1.5',
        IMPORT_ALLOW_CIDRS: '10.20.0.0/16, fd00:20::/64,192.0.2.7/32',
        IMPORT_ALLOW_PORTS: '8080, 65535',
        IMPORT_TIMEOUT_SECONDS: '604800',
        IMPORT_MIN_BYTES_PER_SECOND: '1',
      }),
    ).toStrictEqual(
      right({
        PORT: 0,
        HOST: '0.0.0.0',
        DATA_DIR: '/var/lib/image-ledger',
        LINK_SECRET: `${secret}, for links`,
        PUBLIC_URL: 'https://images.example',
        UPLOAD_MIN_BYTES_PER_SECOND: 0,
        UPLOAD_PATIENCE_SECONDS: 2.5,
        METRICS_TOKEN: 'for-the-scraper!',
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
        OTEL_SERVICE_NAME: 'images',
        READ_MODEL_COPY_MINUTES: 2.5,
        STOP_GRACE_SECONDS: 60,
        OTEL_TRACES_SAMPLER_ARG: 0.01,
        LOG_LEVEL: 'warn',
        PROVIDER_NAME: 'Cloud',
        MAX_IMAGE_BYTES: 9_223_372_036_854_775_807n,
        MAX_VIRTUAL_BYTES: 1n,
        DELETE_RECOVERY_HOURS: 0.5,
        UPLOAD_EXPIRY_HOURS: 1.5,
        IMPORT_ALLOW_CIDRS: ['10.20.0.0/16', 'fd00:20::/64', '192.0.2.7/32'],
        IMPORT_ALLOW_PORTS: [8080, 65_535],
        IMPORT_TIMEOUT_SECONDS: 604_800,
        IMPORT_MIN_BYTES_PER_SECOND: 1,
        production: true,
        auth: { kind: 'SECRET', secret, issuer: 'me', audience: 'you' },
        s3: null,
      }),
    )
  })

  test('knows callers by a secret, without issuer and audience too', () => {
    expect(readConfig({ AUTH_SECRET: secret })).toStrictEqual(
      right({ ...defaults, auth: { kind: 'SECRET', secret } }),
    )
  })

  test('knows callers by a set of keys', () => {
    expect(readConfig(jwks)).toStrictEqual(
      right({
        ...defaults,
        auth: {
          kind: 'JWKS',
          url: 'https://id.example/jwks',
          issuer: 'https://id.example',
          audience: 'images',
        },
      }),
    )
  })

  test('may begin its clock at any moment', () => {
    expect(readConfig({ CLOCK_START: '2026-03-01T01:00:00+01:00' })).toStrictEqual(
      right({ ...defaults, CLOCK_START: '2026-03-01T00:00:00.000Z' }),
    )
  })
})

describe('The configuration of a migration', () => {
  const given = { EVENTSTORE_URL: 'esdb://localhost:2113?tls=false', ...s3 }

  test('is where to read and where to write, and nothing of callers', () => {
    expect(readMigrationConfig({ ...given, DATA_DIR: '/srv', AUTH_SECRET: 'short' })).toStrictEqual(
      right({
        DATA_DIR: '/srv',
        EVENTSTORE_URL: given.EVENTSTORE_URL,
        s3: {
          endpoint: 'http://localhost:9000',
          bucket: 'images',
          accessKey: 'key',
          secretKey: 'hush',
          linkSeconds: 0,
        },
      }),
    )
    expect(readMigrationConfig(given)).toMatchObject(right({ DATA_DIR: './data' }))
  })

  const required = 'EVENTSTORE_URL: is required: events are moved there, and bytes to S3_ENDPOINT'
  test.each<[Readonly<Record<string, string>>, string]>([
    [{}, required],
    [s3, required],
    [
      { ...given, EVENTSTORE_URL: 'http://localhost' },
      'EVENTSTORE_URL: must begin with esdb:// or esdb+discover://',
    ],
    [
      { EVENTSTORE_URL: given.EVENTSTORE_URL },
      'S3_ENDPOINT: is required with EVENTSTORE_URL: nodes share their bytes as they share their events',
    ],
    [{ ...given, S3_BUCKET: '' }, 'S3_BUCKET: is required with S3_ENDPOINT'],
    [
      { ...given, EVENTSTORE_URL: 'esdb://me:secret@store:2113', DEBUG: 'esdb:*' },
      'DEBUG: the client of EventStoreDB would print the password: leave esdb out',
    ],
  ])('is refused with %j', (env, line) => {
    expect(readMigrationConfig(env)).toStrictEqual(left(line))
  })
})

describe('A wrong value', () => {
  test.each<[Readonly<Record<string, string>>, string]>([
    [{ PORT: 'http' }, 'PORT: must be a port, 0 to 65535'],
    [{ PORT: '65536' }, 'PORT: must be a port, 0 to 65535'],
    [{ PORT: '-1' }, 'PORT: must be a port, 0 to 65535'],
    [{ PORT: '40.5' }, 'PORT: must be a port, 0 to 65535'],
    [{ PORT: ' ' }, 'PORT: must be a port, 0 to 65535'],
    [{ PORT: '0x50' }, 'PORT: must be a port, 0 to 65535'],
    [{ PORT: '4e3' }, 'PORT: must be a port, 0 to 65535'],
    [{ AUTH_SECRET: 'short' }, 'AUTH_SECRET: must have at least 32 bytes'],
    [{ ...jwks, AUTH_JWKS_URL: 'id.example' }, 'AUTH_JWKS_URL: must be an http or https URL'],
    [{ ...jwks, AUTH_JWKS_URL: 'file:///jwks' }, 'AUTH_JWKS_URL: must be an http or https URL'],
    [{ AUTH_JWKS_URL: jwks.AUTH_JWKS_URL }, 'AUTH_ISSUER: is required with AUTH_JWKS_URL'],
    [
      { AUTH_JWKS_URL: jwks.AUTH_JWKS_URL, AUTH_ISSUER: 'me' },
      'AUTH_AUDIENCE: is required with AUTH_JWKS_URL',
    ],
    [{ ...jwks, AUTH_SECRET: secret }, 'AUTH_SECRET: give either a secret or AUTH_JWKS_URL, not both'],
    [{ AUTH_SECRET: secret, PUBLIC_URL: 'images.example' }, 'PUBLIC_URL: must be an http or https URL'],
    [{ LINK_SECRET: 'short' }, 'LINK_SECRET: must have at least 32 bytes'],
    [
      { AUTH_SECRET: secret, EVENTSTORE_URL: 'esdb://localhost', ...s3 },
      'LINK_SECRET: is required with EVENTSTORE_URL: a link from one node must open at the others',
    ],
    [{ UPLOAD_MIN_BYTES_PER_SECOND: '1k' }, 'UPLOAD_MIN_BYTES_PER_SECOND: must be a whole number of bytes'],
    [{ UPLOAD_PATIENCE_SECONDS: '0' }, PATIENCE_RULE],
    [{ UPLOAD_PATIENCE_SECONDS: '86401' }, PATIENCE_RULE],
    [{ AUTH_ISSUER: 'me' }, 'AUTH_ISSUER: goes with AUTH_SECRET or AUTH_JWKS_URL'],
    [{ AUTH_AUDIENCE: 'you' }, 'AUTH_AUDIENCE: goes with AUTH_SECRET or AUTH_JWKS_URL'],
    [{ STOP_GRACE_SECONDS: '-2' }, 'STOP_GRACE_SECONDS: must be a number of seconds, 0 to 86400'],
    [{ STOP_GRACE_SECONDS: '86401' }, 'STOP_GRACE_SECONDS: must be a number of seconds, 0 to 86400'],
    [{ READ_MODEL_COPY_MINUTES: '0' }, 'READ_MODEL_COPY_MINUTES: must be greater than 0'],
    [{ S3_LINK_SECONDS: '604801' }, 'S3_LINK_SECONDS: must be a whole number of seconds, 0 to 604800'],
    [{ METRICS_TOKEN: 'fifteen-letters' }, METRICS_TOKEN_RULE],
    [{ METRICS_TOKEN: 'sixteen or more, with spaces' }, METRICS_TOKEN_RULE],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' },
      'OTEL_EXPORTER_OTLP_ENDPOINT: must be an http or https URL',
    ],
    [{ OTEL_TRACES_SAMPLER_ARG: '1.1' }, 'OTEL_TRACES_SAMPLER_ARG: must be a share, 0 to 1'],
    [{ OTEL_TRACES_SAMPLER_ARG: '.5' }, 'OTEL_TRACES_SAMPLER_ARG: must be a share, 0 to 1'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL: must be fatal, error, warn, info, debug, trace or silent'],
    [{ MAX_IMAGE_BYTES: '1GB' }, 'MAX_IMAGE_BYTES: must be a whole number of bytes, greater than 0'],
    [{ MAX_IMAGE_BYTES: '0' }, 'MAX_IMAGE_BYTES: must be a whole number of bytes, greater than 0'],
    [{ MAX_VIRTUAL_BYTES: '9223372036854775808' }, 'MAX_VIRTUAL_BYTES: must be at most 9223372036854775807'],
    [{ DELETE_RECOVERY_HOURS: 'a day' }, 'DELETE_RECOVERY_HOURS: must be a number of hours'],
    [{ DELETE_RECOVERY_HOURS: ' ' }, 'DELETE_RECOVERY_HOURS: must be a number of hours'],
    [{ DELETE_RECOVERY_HOURS: '-1' }, 'DELETE_RECOVERY_HOURS: must not be negative'],
    [{ UPLOAD_EXPIRY_HOURS: '0' }, 'UPLOAD_EXPIRY_HOURS: must be greater than 0'],
    [{ UPLOAD_EXPIRY_HOURS: '8761' }, 'UPLOAD_EXPIRY_HOURS: must be at most 8760, a year'],
    [{ DELETE_RECOVERY_HOURS: '87601' }, 'DELETE_RECOVERY_HOURS: must be at most 87600, ten years'],
    [{ CLOCK_START: 'yesterday' }, 'CLOCK_START: must be an instant such as 2026-03-01T00:00:00Z'],
    [
      { NODE_ENV: 'production', AUTH_SECRET: secret, CLOCK_START: '2026-03-01T00:00:00Z' },
      'CLOCK_START: is not for production',
    ],
    [
      { EVENTSTORE_URL: 'http://localhost:2113', ...s3 },
      'EVENTSTORE_URL: must begin with esdb:// or esdb+discover://',
    ],
    [
      { EVENTSTORE_URL: 'esdb://localhost' },
      'S3_ENDPOINT: is required with EVENTSTORE_URL: nodes share their bytes as they share their events',
    ],
    [
      { EVENTSTORE_URL: 'esdb://me:secret@store:2113', ...s3, AUTH_SECRET: secret, DEBUG: 'esdb:*' },
      'DEBUG: the client of EventStoreDB would print the password: leave esdb out',
    ],
    [{ S3_BUCKET: 'images' }, 'S3_ENDPOINT: is required with the other S3_ variables'],
    [{ ...s3, S3_BUCKET: '' }, 'S3_BUCKET: is required with S3_ENDPOINT'],
    [{ ...s3, S3_ACCESS_KEY: '' }, 'S3_ACCESS_KEY: is required with S3_ENDPOINT'],
    [{ ...s3, S3_SECRET_KEY: '' }, 'S3_SECRET_KEY: is required with S3_ENDPOINT'],
  ])('of %j stops the start with one line that says which and why', (env, line) => {
    expect(readConfig(env)).toStrictEqual(left(line))
    expect(line).not.toContain('\n')
  })
})

describe('The dev mode, without a secret and without keys', () => {
  const mode = 'AUTH_SECRET: without AUTH_SECRET or AUTH_JWKS_URL the service runs in dev mode, which is '

  test.each<[Readonly<Record<string, string>>, string]>([
    [{ NODE_ENV: 'production' }, `${mode}not for production`],
    [{ PUBLIC_URL: 'https://images.example' }, `${mode}not for a PUBLIC_URL`],
    [{ HOST: '0.0.0.0' }, `${mode}for a loopback HOST only, not 0.0.0.0`],
    [{ HOST: 'images.example' }, `${mode}for a loopback HOST only, not images.example`],
    [{ EVENTSTORE_URL: 'esdb://localhost', ...s3 }, `${mode}not for an EVENTSTORE_URL`],
    [s3, `${mode}not for S3_ENDPOINT`],
  ])('is refused with %j', (env, line) => {
    expect(readConfig(env)).toStrictEqual(left(line))
  })

  test.each(['localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]'])('is bound to loopback: %s', (HOST) => {
    expect(isLoopback(HOST)).toBe(true)
    expect(readConfig({ HOST })).toStrictEqual(right({ ...defaults, HOST }))
  })

  test.each(['0.0.0.0', '::', '10.0.0.1', '128.0.0.1', '127.0.0.1.example.com', 'localhost.example', '1'])(
    'is bound to nothing else: %s',
    (host) => {
      expect(isLoopback(host)).toBe(false)
    },
  )
})
