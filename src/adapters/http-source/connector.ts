import type { LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import { SourceRefused } from '../../application/ports/source.ts'
import type { AddressRule } from './addresses.ts'
import { literalOf, NOT_PUBLIC } from './url.ts'

/** All addresses of a host name. */
export type Resolve = (hostname: string) => Promise<readonly string[]>

export interface ConnectorOptions {
  readonly isAllowed: AddressRule
  readonly resolve: Resolve
  readonly connectMs: number
  /** Certificates to trust instead of the usual ones; undefined for those. */
  readonly ca: string | undefined
}

/**
 * Connects to addresses that were looked at, and to no others: a name is resolved once, all of its addresses must be
 * allowed, and the socket gets these and does not ask again. Refused by SourceRefused before anything is sent.
 */
export const guardedConnector = (options: ConnectorOptions): buildConnector.connector => {
  const { isAllowed, connectMs, ca } = options
  return (target, callback) => {
    const connect = (addresses: readonly string[]): void =>
      buildConnector({
        timeout: connectMs,
        autoSelectFamily: true,
        lookup: answering(addresses),
        rejectUnauthorized: true,
        ...(ca === undefined ? {} : { ca }),
      })(target, (...[error, socket]) => {
        if (error !== null) return callback(error, null)
        // The last word: whatever was reached must be allowed.
        if (isAllowed(socket.remoteAddress ?? '')) return callback(null, socket)
        socket.destroy()
        callback(forbidden(), null)
      })
    // Two handlers, not a chain: an error of the callback is not the resolver's.
    checked(target.hostname, options).then(connect, (error) => callback(error, null))
  }
}

const checked = async (
  hostname: string,
  { isAllowed, resolve }: ConnectorOptions,
): Promise<readonly string[]> => {
  const literal = literalOf(hostname)
  const addresses = literal === null ? await resolve(hostname) : [literal]
  if (addresses.length === 0) throw Object.assign(new Error('No addresses'), { code: 'ENOTFOUND' })
  if (addresses.every(isAllowed)) return addresses
  throw forbidden()
}

const forbidden = (): SourceRefused =>
  new SourceRefused({ code: 'URL_FORBIDDEN', message: `The host of the source ${NOT_PUBLIC}.` })

/** What net.connect asks for a name; for a literal address it does not. */
const answering =
  (addresses: readonly string[]): LookupFunction =>
  (_hostname, _options, done) =>
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )
