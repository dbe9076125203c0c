import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { checkConnection, redacted } from '../../../src/adapters/eventstoredb/connection.ts'
import { openEventStoreDB } from '../../../src/adapters/eventstoredb/event-log.ts'
import { StoreUnavailable } from '../../../src/application/ports/event-log.ts'
import { left, right } from '../../../src/domain/kernel/fp.ts'
import { impatient, startedServer } from '../../support/eventstoredb/opened.ts'
import { recordingLogger } from '../../support/projections.ts'

const oneAt = 'must have one @, after user:password: percent-encode @, / and ? elsewhere, as %40, %2F and %3F'
const encoded = 'must have user:password before the @, percent-encoded: a colon as %3A, a percent sign as %25'
const noIPv6 = 'must name hosts by name or IPv4: the client knows no IPv6'
const smallLetters = 'must say tls=true or tls=false, in small letters'
const unknownOption = 'must have no other options than this service knows: see docs/operations.md'

describe('the connection string', () => {
  test.each([
    'esdb://localhost:2113?tls=false',
    'esdb://localhost',
    'esdb://127.0.0.1:2113/?tls=false',
    'esdb://admin:p%40ss%3Aw%2Frd%25@db.example:2113?tls=true',
    'esdb://admin:changeit@a:2111,b:2112,c:2113?nodePreference=leader&keepAliveInterval=20000',
    `esdb+discover://admin:changeit@cluster.example?tls_ca_file=${encodeURIComponent(import.meta.filename)}`,
  ])('%s is taken', (url) => {
    expect(checkConnection(url)).toEqual(right(url))
  })

  test.each([
    ['a password with @', 'esdb://admin:s3cr@t@db:2113', oneAt],
    ['a password with a slash', 'esdb://admin:s3c/ret@db:2113', oneAt],
    ['a password with a question mark', 'esdb://admin:s3c?ret@db:2113', oneAt],
    ['a password with a colon', 'esdb://admin:s3c:ret@db:2113', encoded],
    ['a password with a percent sign', 'esdb://admin:s3c%ret@db:2113', encoded],
    ['no password', 'esdb://admin@db:2113', encoded],
    ['an @ in an option', 'esdb://db:2113?connectionName=s3c@ret', oneAt],
    ['an IPv6 address', 'esdb://admin:s3cret@[::1]:2113', noIPv6],
    ['an IPv6 address without brackets', 'esdb://admin:s3cret@::1', noIPv6],
    ['a port that is none', 'esdb://admin:s3cret@db:s3cret', 'must name hosts as host or host:port'],
    ['tls=False', 'esdb://db:2113?tls=False', smallLetters],
    ['TLS=False', 'esdb://db:2113?TLS=False', smallLetters],
    ['tls=0', 'esdb://db:2113?tls=0', smallLetters],
    [
      'a file that is not there',
      'esdb://db:2113?tlsCAFile=%2Fno%2Fsuch.pem',
      'must have a file for tlscafile that can be read',
    ],
    [
      'a time that is none',
      'esdb://db:2113?keepAliveInterval=abc',
      'must have a whole number for keepaliveinterval',
    ],
    ['a time before now', 'esdb://db:2113?gossipTimeout=-3', 'must have a whole number for gossiptimeout'],
    [
      'a preference that is none',
      'esdb://db:2113?nodePreference=xx',
      'must have one of follower, leader, random, read_only_replica for nodePreference',
    ],
    ['no value', 'esdb://db:2113?tls=', 'must have a value for tls, percent-encoded'],
    [
      'a password that would not be sent',
      'esdb://admin:s3cret@db:2113?tls=false',
      'must not have a password with tls=false: it would not be sent',
    ],
    [
      'a password that would not be sent, spelt otherwise',
      'esdb://admin:s3cret@db:2113?connectionName=a&T_LS=false',
      'must not have a password with tls=false: it would not be sent',
    ],
    ['an option that the client does not know', 'esdb://admin:s3cret@db:2113?tsl=true', unknownOption],
    ['an option without effect', 'esdb://admin:s3cret@db:2113?tlsVerifyCert=false', unknownOption],
    ['an option that breaks appends', 'esdb://db:2113?throwOnAppendFailure=false', unknownOption],
    ['another scheme', 'kurrentdb://admin:s3cret@db:2113', 'must begin with esdb:// or esdb+discover://'],
    ['no scheme', 'db:2113', 'must be a connection string such as esdb://user:password@host:2113?tls=true'],
  ])('with %s is refused', (_, url, reason) => {
    expect(checkConnection(url)).toEqual(left(reason))
  })

  test.each([
    ['esdb://admin:s3cret@db:2113?tls=true', 'esdb://***@db:2113?tls=true'],
    ['esdb://admin:s3c/r@et@db:2113', 'esdb://***@db:2113'],
    ['esdb://db:2113?tls=false', 'esdb://db:2113?tls=false'],
  ])('%s is shown as %s', (url, shown) => {
    expect(redacted(url)).toBe(shown)
  })
})

/** What reaches the terminal while a test runs. */
const printed = (): string[] => {
  const lines: string[] = []
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    const spy = vi.spyOn(console, method).mockImplementation((...values) => void lines.push(values.join(' ')))
    onTestFinished(() => spy.mockRestore())
  }
  return lines
}

/** Everything that an error says, to whoever prints it with all that belongs to it. */
const told = (error: unknown): string =>
  error instanceof Error
    ? JSON.stringify([error.name, error.message, error.stack, { ...error }, told(error.cause)])
    : String(error)

test.each([
  'esdb://admin:s3cret@127.0.0.1:1?tls=true',
  'esdb://admin:s3cret@127.0.0.1:1,127.0.0.1:2?maxDiscoverAttempts=1',
  'esdb://admin:s3cret@127.0.0.1:1?tlsCAFile=%2Fnowhere%2Fs3cret',
  'esdb://admin:s3cret@127.0.0.1:1?keepAliveInterval=soon',
  'esdb://admin:s3cret@127.0.0.1:1?tlsVerifyCert=false',
  'esdb://admin:s3cret@127.0.0.1:1?surprise=s3cret',
  'esdb://admin:s3cret@[::1]:2113',
  'esdb://admin:s3cret@db:port',
  'esdb://admin:s3c@ret@db:2113',
])('the password of %s is in no error and no line', async (url) => {
  const lines = printed()
  const logger = recordingLogger()
  const error = await openEventStoreDB({ url, prefixes: ['t'], logger, ...impatient }).catch(
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(Error)
  expect(
    [told(error), ...lines, JSON.stringify(logger.lines)].filter((text) => /s3c@?ret/.test(text)),
  ).toEqual([])
})

test.each(['frozen', 'notReady'] as const)('a log is not opened while the server is %s', async (fault) => {
  const server = await startedServer({ [fault]: true })
  const opening = openEventStoreDB({
    url: server.url,
    prefixes: ['t'],
    logger: recordingLogger(),
    ...impatient,
  })
  await expect(opening).rejects.toThrow(StoreUnavailable)
})
