import { accessSync, constants } from 'node:fs'
import { type Either, left, right } from '../../domain/kernel/fp.ts'

const form = /^(?<scheme>[a-z+]+):\/\/(?:(?<user>[^@/?]*)@)?(?<hosts>[^/?@]+)\/?(?:\?(?<options>[^@]*))?$/
const schemes: readonly string[] = ['esdb', 'esdb+discover']
const host = /^[A-Za-z0-9._-]+(?::\d{1,5})?$/

/** Every other one the client takes for a mistake and shows with the whole string, or it has no effect, or harms. */
const known: readonly string[] = [
  'tls',
  'tlscafile',
  'usercertfile',
  'userkeyfile',
  'connectionname',
  'nodepreference',
  'maxdiscoverattempts',
  'discoveryinterval',
  'gossiptimeout',
  'keepaliveinterval',
  'keepalivetimeout',
]

const numbers: readonly string[] = [
  'maxdiscoverattempts',
  'discoveryinterval',
  'gossiptimeout',
  'keepaliveinterval',
  'keepalivetimeout',
]
const files: readonly string[] = ['tlscafile', 'usercertfile', 'userkeyfile']
const preferences: readonly string[] = ['follower', 'leader', 'random', 'read_only_replica']

/**
 * Looks at a connection string before the client does, which takes some mistakes for something else, drops credentials
 * without a word where tls is off, and shows the password in what it throws and prints. Left: what is wrong, without secrets.
 * With DEBUG=esdb:* in the environment the client prints the string all the same.
 */
export const checkConnection = (url: string): Either<string, string> => {
  const parts = form.exec(url)?.groups
  if (parts === undefined)
    return left(
      url.includes('@')
        ? 'must have one @, after user:password: percent-encode @, / and ? elsewhere, as %40, %2F and %3F'
        : 'must be a connection string such as esdb://user:password@host:2113?tls=true',
    )
  const { scheme = '', user, hosts = '', options } = parts
  if (!schemes.includes(scheme)) return left('must begin with esdb:// or esdb+discover://')
  if (hosts.includes('[') || hosts.split(',').some((each) => each.split(':').length > 2))
    return left('must name hosts by name or IPv4: the client knows no IPv6')
  if (!hosts.split(',').every((each) => host.test(each))) return left('must name hosts as host or host:port')
  const wrongOption = options === undefined ? null : wrongIn(optionsIn(options))
  if (wrongOption !== null) return left(wrongOption)
  if (user === undefined) return right(url)
  if (!/^[^:]+:[^:]+$/.test(user) || !isEncoded(user))
    return left(
      'must have user:password before the @, percent-encoded: a colon as %3A, a percent sign as %25',
    )
  if (tlsIn(options) === 'false') return left('must not have a password with tls=false: it would not be sent')
  return right(url)
}

type Options = readonly (readonly [string, string])[]

/** The client does not mind how the name of an option is spelt: TLS, tls_ca_file, tlsCaFile. */
const optionsIn = (options: string): Options =>
  options.split('&').map((option) => {
    const [name = '', ...value] = option.split('=')
    return [name.trim().toLowerCase().replace(/[_-]/g, ''), value.join('=')]
  })

const tlsIn = (options = ''): string | undefined =>
  optionsIn(options).findLast(([name]) => name === 'tls')?.[1]

const wrongIn = (options: Options): string | null => {
  for (const [name, value] of options) {
    if (!known.includes(name))
      return 'must have no other options than this service knows: see docs/operations.md'
    if (value === '' || !isEncoded(value)) return `must have a value for ${name}, percent-encoded`
    if (name === 'tls' && value !== 'true' && value !== 'false')
      return 'must say tls=true or tls=false, in small letters'
    if (numbers.includes(name) && !/^\d{1,9}$/.test(value)) return `must have a whole number for ${name}`
    if (files.includes(name) && !isReadable(decodeURIComponent(value)))
      return `must have a file for ${name} that can be read`
    if (name === 'nodepreference' && !preferences.includes(value))
      return `must have one of ${preferences.join(', ')} for nodePreference`
  }
  return null
}

const isReadable = (file: string): boolean => {
  try {
    accessSync(file, constants.R_OK)
    return true
  } catch {
    return false
  }
}

const isEncoded = (text: string): boolean => {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

/** The same to be shown: without user and password. Up to the last @, for a password may have one by mistake. */
export const redacted = (url: string): string => url.replace(/\/\/.*@/s, '//***@')
