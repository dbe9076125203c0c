import { describe, expect, test } from 'vitest'
import { readConfig } from '../../../src/adapters/system/config.ts'
import { left } from '../../../src/domain/kernel/fp.ts'

const NETWORKS = 'must be networks such as 10.20.0.0/16, fd00:20::/64'
const PORTS = 'must be ports such as 8080, 8443'
const SECONDS = 'must be a whole number of seconds, 1 to 604800'
const RATE = 'must be a whole number of bytes, 1 to 999999999'

describe('A wrong value for imports stops the start with one line that says which and why', () => {
  test.each([
    ['IMPORT_ALLOW_CIDRS', '10.20.0.0', NETWORKS],
    ['IMPORT_ALLOW_CIDRS', '10.20.0.1/16', NETWORKS],
    ['IMPORT_ALLOW_CIDRS', '10.20.0.0/33', NETWORKS],
    ['IMPORT_ALLOW_CIDRS', '10.20/16', NETWORKS],
    ['IMPORT_ALLOW_CIDRS', '010.0.0.0/8', NETWORKS],
    ['IMPORT_ALLOW_CIDRS', '::ffff:10.0.0.0/104', NETWORKS],
    ['IMPORT_ALLOW_CIDRS', 'intern', NETWORKS],
    ['IMPORT_ALLOW_CIDRS', '10.0.0.0/8,', NETWORKS],
    ['IMPORT_ALLOW_PORTS', '0', PORTS],
    ['IMPORT_ALLOW_PORTS', '65536', PORTS],
    ['IMPORT_ALLOW_PORTS', '80-90', PORTS],
    ['IMPORT_ALLOW_PORTS', '8080;8443', PORTS],
    ['IMPORT_ALLOW_PORTS', '80 90', PORTS],
    ['IMPORT_ALLOW_PORTS', '8080,', PORTS],
    ['IMPORT_TIMEOUT_SECONDS', '0', SECONDS],
    ['IMPORT_TIMEOUT_SECONDS', '604801', SECONDS],
    ['IMPORT_TIMEOUT_SECONDS', '1.5', SECONDS],
    ['IMPORT_MIN_BYTES_PER_SECOND', '0', RATE],
    ['IMPORT_MIN_BYTES_PER_SECOND', '1k', RATE],
  ])('%s: %s', (name, value, rule) => {
    expect(readConfig({ [name]: value })).toStrictEqual(left(`${name}: ${rule}`))
  })
})
