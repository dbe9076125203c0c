import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** Whether the service may connect to an IP address, as text. */
export type AddressRule = (address: string) => boolean

/** The addresses that anybody may reach, and those within `allowCidrs`; each must be one by isCidr. */
export const addressRule = (allowCidrs: readonly string[]): AddressRule => {
  const allowed = allowCidrs.map((cidr) => ipaddr.parseCIDR(cidr))
  return (text) => {
    const address = addressOf(text)
    if (address === null) return false
    return isPublic(address) || allowed.some((cidr) => isWithin(address, cidr))
  }
}

/**
 * Whether this is a network such as 10.20.0.0/16, with nothing set behind the prefix. An IPv4-mapped one is none: those
 * addresses are looked at as the IPv4 addresses that they lead to.
 */
export const isCidr = (text: string): boolean => {
  const [, address = '', prefix = ''] = /^([^/%]+)\/(\d{1,3})$/.exec(text) ?? []
  const family = isIP(address)
  if (family === 0 || Number(prefix) > (family === 4 ? 32 : 128)) return false
  const first = addressOf(address)
  const network = family === 4 ? ipaddr.IPv4 : ipaddr.IPv6
  return first?.toString() === network.networkAddressFromCIDR(text).toString()
}

/** IPv4-mapped addresses as IPv4. Null for what is no address, and for those of one interface only (fe80::1%eth0). */
const addressOf = (text: string): Address | null => {
  const family = isIP(text)
  if (family === 4) return ipaddr.IPv4.parse(text)
  if (family !== 6 || text.includes('%')) return null
  // In hexadecimal first: ipaddr.js takes the dotted ::10.0.0.1 for ::ffff:10.0.0.1.
  return ipaddr.process(new URL(`http://[${text}]`).hostname.slice(1, -1))
}

const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3')

/** A public address that leads to the host of a virtual machine in Azure, and tells its secrets. */
const AZURE_HOST = '168.63.129.16'

/**
 * IPv6 has one block for the world, and what is cut out of it is known: 6to4, Teredo, documentation. NAT64 is outside, and
 * so are the compatible addresses such as ::127.0.0.1: what they lead to cannot hide in them.
 */
const isPublic = (address: Address): boolean => {
  if (address.range() !== 'unicast') return false
  return isWithin(address, globalUnicast) || (address.kind() === 'ipv4' && address.toString() !== AZURE_HOST)
}

const isWithin = (address: Address, [network, prefix]: [Address, number]): boolean =>
  address.kind() === network.kind() && address.match(network, prefix)
