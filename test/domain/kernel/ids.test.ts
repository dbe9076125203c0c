import { describe, expect, test } from 'vitest'
import { bytesSchema, MAX_BYTES } from '../../../src/domain/kernel/bytes.ts'
import {
  accountIdSchema,
  blobKeySchema,
  claimIdSchema,
  imageIdSchema,
  isUuid,
  locationIdSchema,
  projectIdSchema,
} from '../../../src/domain/kernel/ids.ts'

const uuid = '0f8fad5b-d9cb-469f-a165-70867728950e'

describe.each([
  ['an image', imageIdSchema],
  ['a claim', claimIdSchema],
  ['a blob', blobKeySchema],
])('The id of %s', (_, schema) => {
  test('is a UUID in lower case', () => {
    expect(schema.parse(uuid)).toBe(uuid)
    expect(isUuid(uuid)).toBe(true)
  })

  test.each([
    uuid.toUpperCase(),
    uuid.replaceAll('-', ''),
    `{${uuid}}`,
    `${uuid}\n`,
    ` ${uuid}`,
    '',
    'web',
    7,
  ])('is not %j', (other) => {
    const parsed = schema.safeParse(other)
    expect(parsed.error?.issues.map(({ message }) => message)).toStrictEqual(['must be a UUID in lower case'])
  })
})

describe.each([
  ['an account', accountIdSchema],
  ['a project', projectIdSchema],
  ['a location', locationIdSchema],
])('The id of %s', (_, schema) => {
  test.each(['a', '0', 'web', 'web-1', 'web--1', 'web-', 'a'.repeat(63), uuid])('may be %s', (id) => {
    expect(schema.parse(id)).toBe(id)
  })

  test.each(['', '-web', 'Web', 'web_1', 'web.1', 'wéb', 'web/1', 'web\n', ' web', 'a'.repeat(64), 7, null])(
    'is not %j',
    (other) => {
      const parsed = schema.safeParse(other)
      expect(parsed.error?.issues.map(({ message }) => message)).toStrictEqual([
        'must be 1 to 63 of a-z, 0-9 and -, and not begin with -',
      ])
    },
  )
})

describe('A number of bytes', () => {
  test.each([
    ['0', 0n],
    ['1', 1n],
    ['9007199254740993', 9_007_199_254_740_993n],
    ['9223372036854775807', MAX_BYTES],
  ])('is stored as %s', (text, bytes) => {
    expect(bytesSchema.decode(text)).toBe(bytes)
    expect(bytesSchema.encode(bytes)).toBe(text)
  })

  test.each(['', '-1', '01', '1.0', '1e3', '0x10', ' 1', '1\n', '12345678901234567890'])(
    'is not stored as %j',
    (text) => {
      expect(bytesSchema.safeDecode(text).success).toBe(false)
    },
  )

  test('is never negative', () => {
    expect(bytesSchema.safeEncode(-1n).success).toBe(false)
  })
})
