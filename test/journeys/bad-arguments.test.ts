import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { errorsOf, refused } from '../support/errors.ts'
import { available, command, imageOf } from '../support/library.ts'
import { startSeeded, type TestService } from '../support/service.ts'
import { tokens } from '../support/tokens.ts'
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

describe('arguments of a list', () => {
  const page = (name: string, size: number) =>
    refused(`${name} must be 1 to 100, not ${size}: page on with the cursors.`)
  test.each([
    ['no limit', 'first: 1000000000', page('first', 1_000_000_000)],
    ['a negative number', 'first: -1', page('first', -1)],
    ['a negative number from the end', 'last: -5', page('last', -5)],
    ['nothing', 'first: 0', page('first', 0)],
    ['both ends', 'first: 1, last: 1', refused('first and last exclude each other: give one of them.')],
    ['a cursor that is none', 'after: "garbage"', refused('after: this is no cursor of a list of images.')],
    [
      'JSON for a cursor',
      `before: "${Buffer.from('[1,2,3]').toString('base64url')}"`,
      refused('before: this is no cursor of a list of images.'),
    ],
    [
      'an instant without a zone',
      'filter: { createdAfter: "2026-03-01" }',
      refused(/DateTime must be an ISO 8601 instant/),
    ],
    [
      'bytes as a number',
      'filter: { minSizeBytes: 5 }',
      refused(/Bytes must be a whole number from 0 to 9223372036854775807/),
    ],
    [
      'too many bytes',
      'filter: { minSizeBytes: "9999999999999999999" }',
      refused(/Bytes must be a whole number from 0 to 9223372036854775807/),
    ],
    [
      'negative bytes',
      'filter: { maxSizeBytes: "-1" }',
      refused(/Bytes must be a whole number from 0 to 9223372036854775807/),
    ],
    [
      'a long search',
      `filter: { search: "${'a '.repeat(5000)}" }`,
      refused('filter.search must have at most 200 characters, not 10000.'),
    ],
    [
      'many tags',
      `filter: { tags: [${'"a" '.repeat(1000)}] }`,
      refused('filter.tags must have at most 64 tags, not 1000.'),
    ],
    [
      'an order that there is not',
      'orderBy: { field: COLOUR, direction: ASC }',
      refused('Value "COLOUR" does not exist in "ImageOrderField" enum.'),
    ],
  ])('are refused: %s', async (_, args, errors) => {
    expect(await ask(`{ images(${args}) { totalCount nodes { id } } }`)).toStrictEqual(errors)
  })

  test('are refused: a cursor of another order', async () => {
    const byName = 'orderBy: { field: NAME, direction: ASC }'
    const { images } = await service.graphql<{ images: { pageInfo: { endCursor: string } } }>(
      collaborator,
      `{ images(${byName}) { pageInfo { endCursor } } }`,
    )
    const cursor = images.pageInfo.endCursor
    expect(await ask(`{ images(after: "${cursor}") { nodes { id } } }`)).toStrictEqual(
      refused('after: this cursor belongs to the order NAME, not CREATED_AT.'),
    )
  })

  test.each([
    ['NUL', 'a\0b'],
    ['half of a surrogate pair', '\ud800'],
    ['quotes and operators of a search', '"a" OR b* NEAR(c) ^d -e {f}: (g'],
    ['the end of a statement', "'; DROP TABLE images; --"],
  ])('may hold anything, and find nothing: %s', async (_, text) => {
    const { images } = await service.graphql<{ images: unknown }>(
      collaborator,
      `query ($s: String!) {
        images(filter: { search: $s, name: $s, os: $s, tags: [$s], properties: [{ name: $s, value: $s }] }) { totalCount }
      }`,
      { s: text },
    )
    expect(images).toStrictEqual({ totalCount: 0 })
  })

  test('of a history are held to the same', async () => {
    const history = (args: string) => ask(`{ image(id: "${image}") { history(${args}) { nodes { type } } } }`)
    expect(await history('first: 101')).toStrictEqual(page('first', 101))
    expect(await history('first: 1, last: 1')).toStrictEqual(
      refused('first and last exclude each other: give one of them.'),
    )
    expect(await history('after: "x"')).toStrictEqual(refused('after: this is no cursor of a history.'))
    expect(await history('before: "-1"')).toStrictEqual(refused('before: this is no cursor of a history.'))
  })
})

describe('an id', () => {
  test.each([
    ['that is no UUID', 'debian'],
    ['that is empty', ''],
    ['with NUL', '\0'],
    ['of half of a surrogate pair', '\udfff'],
    ['of ten thousand characters', 'x'.repeat(10_000)],
    ['that leads elsewhere', '../../../etc/passwd'],
    ['in upper case', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'],
    ['that is a number', 123],
  ])('%s is one of nothing', async (_, id) => {
    expect(await imageOf(service, String(id), 'name')).toBe(null)
    const outcome = await command(service, collaborator, 'imageDelete', { image: id })
    const shown = String(id).length > 80 ? `${String(id).slice(0, 80)}…` : String(id)
    const message = `There is no image ${JSON.stringify(shown)} that you may see.`
    expect(outcome).toStrictEqual({ __typename: 'NotFound', code: 'NOT_FOUND', message })
  })
})
