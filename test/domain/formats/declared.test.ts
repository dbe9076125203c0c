import { expect, test } from 'vitest'
import { checkDeclared, type Declared } from '../../../src/domain/formats/declared.ts'

const sha256 = 'ab'.repeat(32)
const other = 'cd'.repeat(32)
const received = { format: 'QCOW2', sizeBytes: 4096n, sha256 } as const

test.each<[string, Declared]>([
  ['Nothing declared holds for any bytes', {}],
  ['Null says nothing', { format: null, sizeBytes: null, sha256: null }],
  ['All may be declared as it is', received],
  ['A checksum may be in upper case', { sha256: sha256.toUpperCase() }],
])('%s', (_, declared) => {
  expect(checkDeclared(declared, received)).toBeNull()
})

test.each<[string, Declared, string, readonly string[]]>([
  ['Another format is a FORMAT_MISMATCH', { format: 'RAW' }, 'FORMAT_MISMATCH', ['RAW', 'QCOW2']],
  ['Another size is a SIZE_MISMATCH', { sizeBytes: 4097n }, 'SIZE_MISMATCH', ['4097', '4096']],
  ['A size of nothing is a size', { sizeBytes: 0n }, 'SIZE_MISMATCH', ['0', '4096']],
  ['Another checksum is a CHECKSUM_MISMATCH', { sha256: other }, 'CHECKSUM_MISMATCH', [other, sha256]],
  ['No checksum at all is a CHECKSUM_MISMATCH', { sha256: '' }, 'CHECKSUM_MISMATCH', [sha256]],
  [
    'The format is looked at first',
    { format: 'ISO', sizeBytes: 1n, sha256: other },
    'FORMAT_MISMATCH',
    ['ISO', 'QCOW2'],
  ],
  ['The size is looked at second', { sizeBytes: 1n, sha256: other }, 'SIZE_MISMATCH', ['1', '4096']],
])('%s', (_, declared, code, values) => {
  const refusal = checkDeclared(declared, received)
  expect(refusal?.code).toBe(code)
  // The sentence names what was declared and what came.
  for (const value of values) expect(refusal?.message).toContain(value)
})
