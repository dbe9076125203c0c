import { describe, expect, test } from 'vitest'
import { addressRule, isCidr } from '../../../src/adapters/http-source/addresses.ts'

const isPublic = addressRule([])

describe('Without anything allowed', () => {
  test.each([
    '8.8.8.8',
    '1.1.1.1',
    '192.0.1.1',
    '198.20.0.1',
    '223.255.255.254',
    '2606:4700:4700::1111',
    '2a00:1450:4001::200e',
    '::ffff:8.8.8.8',
    '::ffff:808:808',
  ])('%s is public', (address) => {
    expect(isPublic(address)).toBe(true)
  })

  test.each([
    // This network, private, shared, loopback, link-local.
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '100.64.0.1',
    '100.100.100.200',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    // Protocols, documentation, benchmarks, relays, multicast, reserved, broadcast.
    '192.0.0.1',
    '192.0.0.192',
    '192.0.2.1',
    '192.88.99.1',
    '198.18.0.1',
    '198.19.255.255',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    // The host of a virtual machine in Azure.
    '168.63.129.16',
    '::',
    '::1',
    // IPv4 within IPv6: compatible, mapped, translated, NAT64, 6to4, Teredo.
    '::127.0.0.1',
    '::7f00:1',
    '::8.8.8.8',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:10.0.0.1',
    '::ffff:168.63.129.16',
    '::ffff:0:127.0.0.1',
    '64:ff9b::127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b::808:808',
    '64:ff9b:1::7f00:1',
    '64:ff9b:1:abcd::1',
    '2002:7f00:1::1',
    '2002:808:808::1',
    '2001::1',
    '2001:0:1234::1',
    // Discard, dummy, protocols, benchmarks, ORCHID, documentation, SRv6, unique local, link-local, site-local, multicast.
    '100::1',
    '100:0:0:1::1',
    '2001:1::1',
    '2001:2::1',
    '2001:10::1',
    '2001:20::1',
    '2001:db8::1',
    '3fff::1',
    '5f00::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%lo',
    'fec0::1',
    'ff02::1',
    // What nobody has given out.
    '1::1',
    '4000::1',
    '8000::1',
    // No address, and addresses as no resolver writes them.
    '',
    'localhost',
    '127.1',
    '2130706433',
    '0x7f000001',
    '8.8.8.010',
  ])('%s is not public', (address) => {
    expect(isPublic(address)).toBe(false)
  })
})

describe('What is allowed', () => {
  const isAllowed = addressRule(['10.20.0.0/16', 'fd00:20::/64', '64:ff9b::/96'])

  test.each(['10.20.0.0', '10.20.255.255', '::ffff:10.20.0.1', 'fd00:20::1', '64:ff9b::808:808', '8.8.8.8'])(
    'may be reached besides: %s',
    (address) => {
      expect(isAllowed(address)).toBe(true)
    },
  )

  test.each(['10.19.255.255', '10.21.0.0', '::10.20.0.1', 'fd00:20:0:1::1', '127.0.0.1', '64:ff9b:1::1'])(
    'opens nothing else: %s',
    (address) => {
      expect(isAllowed(address)).toBe(false)
    },
  )
})

describe('A network', () => {
  test.each(['10.0.0.0/8', '127.0.0.2/32', '0.0.0.0/0', '::/0', 'fd00::/8', '::1/128', '::/96'])(
    'is %s',
    (text) => {
      expect(isCidr(text)).toBe(true)
    },
  )

  test.each([
    '',
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.1/8',
    '10.0.0/8',
    '012.0.0.0/8',
    '0x0a.0.0.0/8',
    'fd00::/129',
    'fd00::1/64',
    'fe80::%lo/64',
    '[fd00::]/64',
    '::ffff:10.0.0.0/104',
    'localhost/8',
    ' 10.0.0.0/8',
  ])('is not %j', (text) => {
    expect(isCidr(text)).toBe(false)
  })
})
