import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { errorsOf, refused } from '../support/errors.ts'
import { available, command, create, mutationText } from '../support/library.ts'
import { startSeeded, type TestService } from '../support/service.ts'
import { PROJECT, tokens } from '../support/tokens.ts'
import { disk } from '../support/uploads.ts'

const { collaborator } = tokens

let service: TestService
let image: string

beforeAll(async () => {
  const started = await startSeeded()
  service = started.service
  image = await available(service, 'debian', disk.subarray(0, 1000))
  return started.dispose
})

/** Nothing of what is tried here leaves a trace in the log, or takes the service down. */
beforeEach(async () => {
  const before = await service.service.log.head()
  return async () => {
    expect(await service.service.log.head()).toBe(before)
    expect((await service.http({ path: '/readyz' })).status).toBe(200)
  }
})

const ask = async (query: string, variables: object = {}) =>
  errorsOf(await service.answer(collaborator, query, variables))

describe('the input of a mutation', () => {
  const nameForm =
    'must start with a lower-case letter, go on with lower-case letters, digits, "-" and ".", and end with a letter or digit'
  const control = 'must be well-formed text without control characters'
  const uuid = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'

  test.each([
    [
      'a name of ten thousand characters',
      { name: 'x'.repeat(10_240) },
      'name',
      'must have 1 to 63 characters, not 10240',
    ],
    ['no name', { name: '' }, 'name', 'must have 1 to 63 characters, not 0'],
    ['a name in upper case', { name: 'Debian' }, 'name', nameForm],
    ['a name with NUL', { name: 'a\0b' }, 'name', nameForm],
    ['a name of half of a surrogate pair', { name: '\ud800' }, 'name', nameForm],
    ['an id for a name', { name: uuid }, 'name', 'must not be a UUID: those are ids'],
    ['a description with NUL', { description: 'a\0b' }, 'description', control],
    ['a description of half of a surrogate pair', { description: 'a\udfff' }, 'description', control],
    [
      'a description without end',
      { description: 'x'.repeat(5000) },
      'description',
      'must have at most 4096 characters, not 5000',
    ],
    ['blanks for a system', { os: '   ' }, 'os', 'must be one line, and not blank'],
    ['two lines for a version', { version: '1\n2' }, 'version', 'must be one line, and not blank'],
    ['an odd block size', { blockSize: 513 }, 'blockSize', 'must be 512, 2048 or 4096'],
    ['a negative block size', { blockSize: -512 }, 'blockSize', 'must be 512, 2048 or 4096'],
    ['too many tags', { tags: Array.from({ length: 65 }, (_, n) => `t${n}`) }, 'tags', 'must be at most 64'],
    [
      'a property twice',
      {
        properties: [
          { name: 'a', value: '1' },
          { name: 'a', value: '2' },
        ],
      },
      'properties.1.name',
      '"a" is given twice',
    ],
    [
      'a digest that is none',
      { source: { upload: { sha256: 'abc' } } },
      'source.upload.sha256',
      'must be 64 hexadecimal digits',
    ],
    [
      'an image without bytes',
      { source: { upload: { sizeBytes: '0' } } },
      'source.upload.sizeBytes',
      'must be at least 1: an image has bytes',
    ],
    [
      'more bytes than are taken',
      { source: { upload: { sizeBytes: '1099511627777' } } },
      'source.upload.sizeBytes',
      'must be at most 1099511627776, the largest image that this service takes',
    ],
    [
      'a disc of another format',
      { kind: 'ISO', source: { upload: { format: 'RAW' } } },
      'source.upload.format',
      'must be ISO, or left out, for an image of kind ISO',
    ],
    ['a key that is empty', { idempotencyKey: '' }, 'idempotencyKey', 'must be one line, and not blank'],
  ])('is refused with the path and a sentence: %s', async (_, input, path, message) => {
    expect(await create(service, { name: 'fedora', ...input })).toStrictEqual({
      __typename: 'InvalidInput',
      code: 'INVALID_INPUT',
      message: `${path}: ${message}`,
      issues: [{ path: path.split('.'), message }],
    })
  })

  test('is refused with all that is wrong with it', async () => {
    expect(await create(service, { name: '-', os: '', blockSize: 1 })).toStrictEqual({
      __typename: 'InvalidInput',
      code: 'INVALID_INPUT',
      message: `name: ${nameForm}; os: must be one line, and not blank; blockSize: must be 512, 2048 or 4096`,
      issues: [
        { path: ['name'], message: nameForm },
        { path: ['os'], message: 'must be one line, and not blank' },
        { path: ['blockSize'], message: 'must be 512, 2048 or 4096' },
      ],
    })
  })

  test('is refused where it names a source that is not offered yet', async () => {
    const message = 'is not offered yet: use source.upload, source.url or source.image'
    for (const source of ['instance', 'snapshot']) {
      const outcome = await create(service, { name: 'fedora', source: { [source]: 'i-1' } })
      expect(outcome['issues']).toStrictEqual([{ path: ['source', source], message }])
    }
  })

  test('is refused where a limit is negative, or an id is none', async () => {
    const operator = (mutation: string, input: object) => command(service, tokens.operator, mutation, input)
    const invalid = (path: string, message: string) => ({
      __typename: 'InvalidInput',
      code: 'INVALID_INPUT',
      message: `${path}: ${message}`,
      issues: [{ path: [path], message }],
    })
    const limit = 'must not be negative: leave it out, or null, for no limit'
    const id = 'must be 1 to 63 of a-z, 0-9 and -, and not begin with -'
    expect(await operator('accountSetImageLimit', { account: 'acme', limit: -1 })).toStrictEqual(
      invalid('limit', limit),
    )
    expect(await operator('accountCreate', { name: 'A', imageLimit: -5 })).toStrictEqual(
      invalid('imageLimit', limit),
    )
    for (const wrong of ['Acme', '-acme', 'a b', '', 'x'.repeat(64), '__proto__'])
      expect(await operator('accountCreate', { name: 'A', id: wrong })).toStrictEqual(invalid('id', id))
    expect(await operator('projectCreate', { account: 'acme', name: 'A', id: 'A' })).toStrictEqual(
      invalid('id', id),
    )
    expect(await operator('locationCreate', { name: 'A', id: 'A' })).toStrictEqual(invalid('id', id))
    expect(await operator('imageDelete', { image, ifRevision: -1 })).toStrictEqual(
      invalid('ifRevision', 'must not be negative'),
    )
  })

  const nested = JSON.parse(`${'['.repeat(1000)}${']'.repeat(1000)}`)
  test.each([
    [
      'a field that there is not',
      { size: 5 },
      /Expected value of type "ImageCreateInput" not to include unknown field "size"/,
    ],
    [
      'a prototype',
      JSON.parse('{"constructor": 5}'),
      /Expected value of type "ImageCreateInput" not to include unknown field "constructor"/,
    ],
    ['a number for a name', { name: 5 }, /String cannot represent a non string value: 5/],
    ['null for a name', { name: null }, /Expected value of non-null type "String!" not to be null/],
    ['an object for a name', { name: {} }, /String cannot represent a non string value: {}/],
    ['a fraction', { blockSize: 512.5 }, /Int cannot represent non-integer value: 512.5/],
    [
      'a number beyond 32 bits',
      { blockSize: 2 ** 40 },
      /Int cannot represent non 32-bit signed integer value: 1099511627776/,
    ],
    ['a kind that there is not', { kind: 'TAPE' }, /Value "TAPE" does not exist in "ImageKind" enum/],
    ['bytes as a number', { minDiskBytes: 5 }, /Bytes must be a whole number/],
    ['bytes beyond 64 bits', { minDiskBytes: '99999999999999999999' }, /Bytes must be a whole number/],
    [
      'two sources',
      { source: { upload: {}, instance: '1' } },
      /Within OneOf Input Object type "ImageSourceInput", exactly one field must be specified/,
    ],
    [
      'no source',
      { source: {} },
      /Within OneOf Input Object type "ImageSourceInput", exactly one field must be specified/,
    ],
    ['lists within lists', { properties: nested }, /Expected/],
  ])('that is not of its type is BAD_USER_INPUT: %s', async (_, input, message) => {
    const variables = { input: { project: PROJECT, name: 'fedora', source: { upload: {} }, ...input } }
    expect((await ask(mutationText('imageCreate'), variables)).slice(0, 1)).toStrictEqual(refused(message))
  })
})
