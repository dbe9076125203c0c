import { type Either, left, right } from '../../domain/kernel/fp.ts'

const form =
  /^(?<scheme>esdb|esdb\+discover|kurrentdb|kurrentdb\+discover):\/\/(?:(?<user>[^@]*)@)?(?<hosts>[^/?@]+)\/?(?:\?(?<options>.*))?$/

/**
 * Looks at a connection string before the client does, which takes some mistakes for something else: an IPv6 address is cut,
 * `tls=False` means true, and credentials are dropped without a word where tls is off. Left: what is wrong, without secrets.
 */
export const checkConnection = (url: string): Either<string, string> => {
  const parts = form.exec(url)?.groups
  if (parts === undefined) {
    const many = url.split('@').length > 2
    return left(
      many
        ? 'must have one @: percent-encode those of the password, as %40'
        : 'must be a connection string such as esdb://user:password@host:2113?tls=true',
    )
  }
  const { user, hosts = '', options = '' } = parts
  if (hosts.includes('[') || hosts.split(',').some((host) => host.split(':').length > 2))
    return left('must name hosts by name or IPv4: the client knows no IPv6')
  const tls = new URLSearchParams(options).get('tls')
  if (tls !== null && tls !== 'true' && tls !== 'false')
    return left(`must say tls=true or tls=false, not ${tls}`)
  if (user !== undefined && !/^[^:@]+:[^:@]+$/.test(user))
    return left('must have user:password before the @, percent-encoded')
  if (user !== undefined && tls === 'false')
    return left('must not have a password with tls=false: it would not be sent')
  return right(url)
}

/** The same to be shown: without user and password. */
export const redacted = (url: string): string => url.replace(/\/\/[^@/]*@/, '//***@')
