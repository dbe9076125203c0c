import { isIP } from 'node:net'
import type { AddressRule } from './addresses.ts'

const MAX_LENGTH = 2048

/** The port of the scheme is empty in a URL. */
const PORTS: readonly string[] = ['', '80', '443']

export interface UrlRules {
  readonly isAllowed: AddressRule
  /** Besides 80 and 443. */
  readonly allowPorts: readonly number[]
}

/**
 * What is wrong with a URL, by itself: words that go on after "The URL". Null where nothing is. The URL parser has turned
 * addresses written as 2130706433, 0x7f.1 or 0177.0.0.1 into the usual form.
 */
export const urlFault = (text: string, { isAllowed, allowPorts }: UrlRules): string | null => {
  if (text.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`
  const url = URL.parse(text)
  if (url === null) return 'cannot be read: it must be an absolute one'
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'is neither http nor https'
  if (url.username !== '' || url.password !== '') return 'holds a user name or a password'
  if (!PORTS.includes(url.port) && !allowPorts.includes(Number(url.port)))
    return 'names a port that is not allowed'
  const literal = literalOf(url.hostname)
  return literal === null || isAllowed(literal) ? null : NOT_PUBLIC
}

export const NOT_PUBLIC = 'leads to an address that is not public'

/** The address that stands for itself as a host name; null for a name. */
export const literalOf = (hostname: string): string | null => {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1')
  return isIP(bare) === 0 ? null : bare
}
