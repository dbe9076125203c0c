import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { jsonOf } from '../support/client.ts'
import { errorsIn, errorsOf, refused } from '../support/errors.ts'
import { available } from '../support/library.ts'
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

const post = (
  body: string | Buffer,
  headers: Record<string, string> = { 'content-type': 'application/json' },
) => service.http({ method: 'POST', path: '/graphql', token: collaborator, headers, body })

describe('a body that is no GraphQL request', () => {
  const query = '{"query":"{ viewer { subject } }"'
  const noObject = 'The body must be a JSON object with a query.'
  const noJson = "Body is not valid JSON but content-type is set to 'application/json'"
  test.each([
    ['malformed JSON', '{"query": "{ viewer', 400, noJson],
    ['JSON that breaks off', `${query}`, 400, noJson],
    ['nothing', '', 400, "Body cannot be empty when content-type is set to 'application/json'"],
    ['null', 'null', 400, noObject],
    ['a number', '5', 400, noObject],
    ['a string', '"{ viewer { subject } }"', 400, noObject],
    ['an empty object', '{}', 400, noObject],
    ['an empty batch', '[]', 400, noObject],
    ['a batch', `[${query}},${query}}]`, 400, 'Batching is not supported.'],
    ['deeply nested JSON', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 400, 'Batching is not supported.'],
    ['no query', '{"variables":{}}', 200, 'Must provide query string.'],
    ['a query that is none', '{"query":5}', 400, 'Expected "query" param to be a string, but given number.'],
    [
      'a field that there is not',
      `${query},"limit":5}`,
      400,
      'Unexpected parameter "limit" in the request body.',
    ],
    [
      'variables that are none',
      `${query},"variables":"x"}`,
      400,
      'Expected "variables" param to be empty or an object, but given string.',
    ],
    [
      'an operation that is not there',
      `${query},"operationName":"x"}`,
      400,
      'Could not determine what operation to execute.',
    ],
    ['a prototype', `${query},"__proto__":{"operator":true}}`, 400, noJson],
    ['a prototype within', `${query},"variables":{"a":{"__proto__":{"operator":true}}}}`, 400, noJson],
    [
      'a constructor with a prototype',
      `${query},"constructor":{"prototype":{"operator":true}}}`,
      400,
      noJson,
    ],
  ])('is refused: %s', async (_, body, status, sentence) => {
    const answer = await post(body)
    expect([answer.status, errorsIn(answer)]).toStrictEqual([status, refused(sentence)])
  })

  test.each([
    ['plain text', 'text/plain'],
    ['a form', 'application/x-www-form-urlencoded'],
    ['a form with files', 'multipart/form-data; boundary=x'],
    ['GraphQL without JSON', 'application/graphql'],
  ])('is refused: %s', async (_, type) => {
    const answer = await post(`${query}}`, { 'content-type': type })
    expect([answer.status, errorsIn(answer)]).toStrictEqual([
      415,
      refused('Content-Type must be application/json.'),
    ])
  })

  test.each([
    ['in one piece', false],
    ['in chunks', true],
  ])('is refused: two megabytes %s', async (_, chunked) => {
    const body = Buffer.from(JSON.stringify({ query: `{ viewer { subject } } #${' '.repeat(2_000_000)}` }))
    for (const type of ['application/json', 'text/plain']) {
      const open = service.open(
        { method: 'POST', path: '/graphql', token: collaborator, headers: { 'content-type': type } },
        chunked ? null : body.length,
        chunked,
      )
      await open.send(body).catch(() => undefined)
      open.end()
      const answer = await open.answer
      const [status, sentence] =
        type === 'text/plain'
          ? [415, 'Content-Type must be application/json.']
          : [413, 'Request body is too large']
      expect([answer.status, errorsIn(answer)]).toStrictEqual([status, refused(sentence)])
    }
  })

  test('is refused: a mutation by GET', async () => {
    const mutation = `mutation { imageDelete(input: { image: "${image}" }) { __typename } }`
    const answer = await service.http({
      path: `/graphql?query=${encodeURIComponent(mutation)}`,
      token: collaborator,
    })
    expect([answer.status, answer.headers.allow, errorsIn(answer)]).toStrictEqual([
      405,
      'POST',
      refused('Can only perform a mutation operation from a POST request.'),
    ])
  })
})

test.each(['variables', 'extensions'])('a GET whose %s are no JSON is refused', async (name) => {
  const answer = await service.http({
    path: `/graphql?query=${encodeURIComponent('{ viewer { subject } }')}&${name}=${encodeURIComponent('{"a"')}`,
    token: collaborator,
  })
  expect([answer.status, errorsIn(answer)]).toStrictEqual([
    400,
    refused(`The parameter ${name} must be JSON.`),
  ])
})

describe('a document', () => {
  const deep = (levels: number, field: string) => `${`${field} { `.repeat(levels)} name ${'}'.repeat(levels)}`
  const aliases = (count: number, field: string) =>
    `{ ${Array.from({ length: count }, (_, n) => `a${n}: ${field}`).join(' ')} }`
  const doubling = (levels: number) =>
    Array.from({ length: levels }, (_, n) => `fragment f${n} on Viewer { ...f${n + 1} ...f${n + 1} }`).join(
      ' ',
    )

  test.each([
    ['that is no GraphQL', '{ viewer { subject }', refused('Syntax Error: Expected Name, found <EOF>.')],
    [
      'with a field that there is not',
      '{ viewer { name } }',
      refused('Cannot query field "name" on type "Viewer".'),
    ],
    [
      'with a value of the wrong type',
      '{ images(first: "ten") { totalCount } }',
      refused('Int cannot represent non-integer value: "ten"'),
    ],
    [
      'with a number too large for its type',
      '{ images(first: 99999999999) { totalCount } }',
      refused('Int cannot represent non 32-bit signed integer value: 99999999999'),
    ],
    ['50 levels deep', `{ ${deep(50, 'viewer')} }`, refused('Cannot query field "viewer" on type "Viewer".')],
    [
      'that asks the schema about itself without end',
      `{ __schema { types { ${deep(50, 'fields { type')} } } ${'}'.repeat(50)} }`,
      refused(/^Maximum introspection depth exceeded$/),
    ],
    [
      'with 1,000 aliases',
      aliases(1000, 'viewer { subject }'),
      refused('Syntax Error: Document contains more than 5000 tokens. Parsing aborted.'),
    ],
    [
      'with too many fields',
      aliases(300, 'viewer { subject }'),
      refused('The query selects 600 fields: at most 400.', 'QUERY_TOO_COMPLEX'),
    ],
    [
      'that says the same 1,200 times, which validation would compare each with each',
      `{ viewer { ${'subject '.repeat(1_200)} } }`,
      refused('The query selects 1201 fields: at most 400.', 'QUERY_TOO_COMPLEX'),
    ],
    [
      'whose fragments double and double',
      `{ viewer { ...f0 } } ${doubling(30)} fragment f30 on Viewer { subject }`,
      refused('The query selects 1073741825 fields: at most 400.', 'QUERY_TOO_COMPLEX'),
    ],
    [
      'that asks for too much at once',
      `{ images(first: 100) { nodes { history(first: 100) { nodes { ${aliases(30, 'data').slice(1, -1)} } } } } }`,
      refused(
        /^The query would cost \d+: at most 20000\. Ask for fewer fields, or fewer items by first\.$/,
        'QUERY_TOO_COMPLEX',
      ),
    ],
    [
      'whose fragments turn in a circle',
      '{ viewer { ...a } } fragment a on Viewer { ...b } fragment b on Viewer { ...a }',
      refused('Cannot spread fragment "a" within itself via "b".'),
    ],
  ])('%s is refused', async (_, document, errors) => {
    const found = await ask(document)
    expect(found.slice(0, 1)).toStrictEqual(errors)
  })

  test('of 300 mutations is refused before the first of them', async () => {
    const mutations = aliases(300, 'imageDelete(input: $i) { __typename }')
    const errors = await ask(`mutation ($i: ImageCommandInput!) ${mutations}`, { i: { image } })
    expect(errors).toStrictEqual(refused('The query selects 600 fields: at most 400.', 'QUERY_TOO_COMPLEX'))
  })
})

test('the schema may be asked about itself, as tools do', async () => {
  const query = '{ __schema { queryType { fields { name args { name type { kind ofType { name } } } } } } }'
  expect(await ask(query)).toStrictEqual([])
})

test.each([
  ['/images/%zz/content', 400],
  [`/images/${'x'.repeat(1000)}/content`, 414],
  ['/images/..%2f..%2fetc%2fpasswd/content', 404],
  ['/images/%00/content', 404],
  ['/nothing', 404],
])('a path that leads nowhere is a problem like any other: %s', async (path, status) => {
  const answer = await service.http({ path, token: collaborator })
  expect([answer.status, answer.headers['content-type']]).toStrictEqual([
    status,
    'application/problem+json; charset=utf-8',
  ])
  expect(jsonOf<{ requestId: string }>(answer).requestId).toBe(answer.headers['x-request-id'])
})

describe('variables that do not fit', () => {
  const counting = 'query ($filter: ImageFilter) { images(filter: $filter) { totalCount } }'

  test('are told of briefly, however many they are: an answer is never larger than its request', async () => {
    const filter = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`unknown${n}`, 1]))
    const answer = await service.answer(collaborator, counting, { filter })
    expect(answer.errors[0]?.extensions.code).toBe('BAD_USER_INPUT')
    expect(answer.errors[0]?.message).toMatch(
      /^Variable "\$filter" got invalid value|^Variable "\$filter" has invalid value/,
    )
    expect(answer.errors.length).toBeLessThanOrEqual(2)
    expect(answer.text.length).toBeLessThan(3_000)
  })

  test('are refused where they are nested beyond what can be walked', async () => {
    const errors = await ask(
      `{ images(filter: { tags: ${'['.repeat(2_400)}${']'.repeat(2_400)} }) { totalCount } }`,
    )
    expect(errors.map(([extensions]) => extensions)).toStrictEqual([{ code: 'BAD_USER_INPUT' }])
  })
})
