import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ListedImages, type ListScope, nothing } from '../../../src/domain/access/lists.ts'
import { catalog as projection } from '../../../src/projections/catalog/apply.ts'
import { type Catalog, catalogOf } from '../../../src/projections/catalog/catalog.ts'
import { liveModel, recorder } from '../../support/projected.ts'
import {
  acme,
  claimId,
  globex,
  imageId,
  imageName,
  ops,
  plainDetails,
  registration,
  web,
} from '../../support/samples.ts'
import { testSize } from '../../support/size.ts'
import { isFound, type Text } from './naive-search.ts'

const silent: Text = { name: 'x', description: '', os: null, family: null, tags: [] }

/** A catalog of images that say these things, numbered from 0, in project web; `elsewhere` says the same in another account. */
const saying = (texts: readonly Text[], elsewhere: readonly Text[] = []) => {
  const ledger = recorder()
  const model = liveModel(projection)
  const register = (text: Text, n: number, where: object) => {
    const { name, description, os, family, tags } = text
    model.apply(
      ledger.record(`image-${imageId(n)}`, {
        type: 'ImageRegistered',
        data: registration({
          name: imageName(name),
          details: { ...plainDetails, description, os, family },
          tags: [...tags],
          ...where,
        }),
      }),
    )
  }
  for (const [n, text] of texts.entries()) register(text, n, {})
  for (const [n, text] of elsewhere.entries()) register(text, 1_000 + n, { account: globex, project: ops })
  return { catalog: catalogOf(() => model.db), ledger, model }
}

const owned = (own: Partial<ListedImages['own']>): ListScope => ({
  ...nothing,
  own: { ...nothing.own, ...own },
})
const inWeb = owned({ projects: [web] })

/** The numbers of the images that a search finds. */
const found = (catalog: Catalog, search: string, scope: ListScope = inWeb): readonly number[] => {
  const order = { field: 'CREATED_AT', direction: 'ASC' } as const
  const page = { size: 100, walk: 'FORWARD', after: null, before: null } as const
  const answer = catalog.images(scope, { search }, order, page)
  if (answer._tag === 'Left') throw new Error(answer.left)
  expect(catalog.imageCount(scope, { search })).toBe(answer.right.rows.length)
  return answer.right.rows.map(({ id }) => Number(id.slice(-12))).sort((a, b) => a - b)
}

const texts: readonly Text[] = [
  { ...silent, name: 'ubuntu-24.04-base-v1.0', os: 'Ubuntu', family: 'ubuntu-24.04-base', tags: ['lts'] },
  { ...silent, name: 'ubuntu-22.04-base-v1.0', description: 'Older than 24.04.', tags: ['lts', 'old'] },
  {
    ...silent,
    name: 'debian',
    description: 'Le café des développeurs, "quoted" AND well-known',
    os: 'Debian',
  },
  { ...silent, name: 'windows', description: 'Straße, Größe, ΑΘΗΝΑ, 日本語', tags: ['c++', 'nginx+php'] },
]

describe('A search', () => {
  const { catalog } = saying(texts)

  test.each<[string, string, readonly number[]]>([
    ['a word', 'ubuntu', [0, 1]],
    ['a word in a description', 'older', [1]],
    ['a word in a tag', 'lts', [0, 1]],
    ['a word in any case', 'DeBiAn', [2]],
    ['no beginning of a word', 'deb', []],
    ['the beginning of a word with an asterisk', 'deb*', [2]],
    ['the beginning in any case and without its accents', 'DÉV*', [2]],
    ['a whole word as a beginning', 'debian*', [2]],
    ['no more than a word as a beginning', 'debians*', []],
    ['a number', '24', [0, 1]],
    ['the beginning of a number', '2*', [0, 1]],
    ['no end of a word', 'buntu', []],
    ['no end of a word with an asterisk', 'buntu*', []],
    ['no end of a word with an asterisk before it', '*buntu', []],
    ['a word with an asterisk before it as that word', '*debian', [2]],
    ['an asterisk within a word as a blank', 'ubuntu*24', [0]],
    ['several asterisks as one', 'deb**', [2]],
    ['an asterisk of its own as nothing', 'deb *', []],
    ['an asterisk in quotes as nothing', '"deb*"', []],
    ['an asterisk after a quote', '"deb"*', [2]],
    ['a phrase', 'ubuntu-24.04', [0]],
    ['no phrase that ends in the beginning of a word', 'ubuntu-24.0', []],
    ['a phrase that ends in the beginning of a word, with an asterisk', 'ubuntu-24.0*', [0]],
    ['no phrase with a beginning in its middle', 'ub-24.04*', []],
    ['beginnings and whole words together', 'ub* older l*', [1]],
    ['a phrase in its order only', '24.04-ubuntu', []],
    ['a whole name', 'ubuntu-24.04-base-v1.0', [0]],
    ['words in any order and in several fields', 'old ubuntu 22', [1]],
    ['words that are all there', 'ubuntu debian', []],
    ['words between any blanks', '  ubuntu\t\n lts ', [0, 1]],
    ['a word without its accents', 'cafe', [2]],
    ['a word with accents that are not there', 'débian', [2]],
    ['accents that are put together', 'de\u0301veloppeurs', [2]],
    ['Greek in any case', 'αθηνα', [3]],
    ['what is not Latin', '日本*', [3]],
    ['no part of what is not Latin', '日本', []],
    ['what is between quotes', '"quoted"', [2]],
    ['one quote', '"', [0, 1, 2, 3]],
    ['a quote in a word', 'quo"ted', []],
    ['AND as a word', 'AND', [2]],
    ['OR as a word', 'ubuntu OR debian', []],
    ['NOT as a word', 'ubuntu NOT debian', []],
    ['NEAR as a word', 'NEAR(ubuntu debian)', []],
    ['a column as a word', 'name:ubuntu', []],
    ['an asterisk alone', '*', [0, 1, 2, 3]],
    ['brackets', '(ubuntu)', [0, 1]],
    ['braces', '{name} : ubuntu', []],
    ['a caret', '^ubuntu', [0, 1]],
    ['a plus as a blank', 'nginx+ph*', [3]],
    ['a minus', '-ubuntu', [0, 1]],
    ['an apostrophe', "'; DROP TABLE images; --", []],
    ['a percent sign', '%', [0, 1, 2, 3]],
    ['a NUL', 'ubuntu\u0000lts', [0, 1]],
    ['a NUL in quotes', '"ubuntu\u0000', [0, 1]],
    ['half a character as a blank', '\ud800ubuntu', [0, 1]],
    ['a letter younger than the index', '\u{1e922}', []],
    ['the beginning of a word with such a letter', '\u{1e922}*', []],
    ['such a letter beside a word', '\u{1e922} ubuntu', []],
    ['nothing', '', [0, 1, 2, 3]],
    ['blanks', ' \t\n', [0, 1, 2, 3]],
    ['what stands in no index', '... --- !!!', [0, 1, 2, 3]],
    ['what stands in no index, and a word', '--- ubuntu', [0, 1]],
    ['a word of the search index of owners', 'p776562', []],
    ['the beginning of one', 'p77*', []],
    ['the word of the search index for everybody', 'everybody', []],
  ])('finds %s: %j', (_, search, expected) => {
    expect(found(catalog, search)).toStrictEqual(expected)
  })

  test('of thousands of words ends in an answer', () => {
    expect(found(catalog, 'ubuntu '.repeat(2_000))).toStrictEqual([0, 1])
    expect(found(catalog, 'u'.repeat(10_000))).toStrictEqual([])
  })
})

describe('What a search finds', () => {
  test('is of the owners that are asked for, whatever others say', () => {
    const { catalog } = saying(texts, texts)
    expect(found(catalog, 'ubuntu')).toStrictEqual([0, 1])
    expect(found(catalog, 'ubuntu', owned({ accounts: [acme] }))).toStrictEqual([0, 1])
    expect(found(catalog, 'ubuntu', owned({ accounts: [globex] }))).toStrictEqual([1_000, 1_001])
    expect(found(catalog, 'ubuntu', owned({ accounts: [globex], projects: [web] }))).toStrictEqual([
      0, 1, 1_000, 1_001,
    ])
    expect(found(catalog, 'ubuntu', 'EVERYTHING')).toStrictEqual([0, 1, 1_000, 1_001])
    expect(found(catalog, 'ubuntu', nothing)).toStrictEqual([])
  })

  test('follows what is said of an image now', () => {
    const { catalog, ledger, model } = saying([
      { ...silent, name: 'debian', description: 'bookworm', tags: ['old'] },
    ])
    const stream = `image-${imageId(0)}`
    model.apply(
      ledger.record(stream, {
        type: 'ImageRenamed',
        data: { from: imageName('debian'), name: imageName('trixie'), claimId: claimId(2) },
      }),
    )
    model.apply(
      ledger.record(stream, {
        type: 'ImageDescribed',
        data: { changes: { description: 'newest', os: 'Debian' } },
      }),
    )
    model.apply(
      ledger.record(stream, { type: 'ImageTagsChanged', data: { added: ['new'], removed: ['old'] } }),
    )
    for (const gone of ['bookworm', 'old']) expect(found(catalog, gone)).toStrictEqual([])
    for (const there of ['trixie', 'newest', 'new', 'debian'])
      expect(found(catalog, there)).toStrictEqual([0])
  })

  test('of deleted images comes only where they are asked for', () => {
    const { catalog, ledger, model } = saying([{ ...silent, name: 'debian' }])
    model.apply(ledger.record(`image-${imageId(0)}`, { type: 'ImageDeleted', data: {} }))
    expect(found(catalog, 'debian')).toStrictEqual([])
    expect(catalog.imageCount(inWeb, { search: 'debian', status: ['DELETED'] })).toBe(1)
  })
})

test('A search finds what a naive reading of every image finds', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'B', 'é', 'Ö', '1'), minLength: 1, maxLength: 3 })
  const sentence = (glue: string, maxLength: number) =>
    fc.array(word, { maxLength }).map((some) => some.join(glue))
  const text = fc.record({
    name: sentence('-', 3),
    description: sentence(' ', 4),
    os: fc.option(word, { nil: null }),
    family: fc.option(sentence('.', 3), { nil: null }),
    tags: fc.array(word, { maxLength: 3 }),
  })
  const begun = fc.oneof(word, sentence('-', 2)).map((some) => `${some}*`)
  const search = fc
    .array(
      fc.oneof(
        word,
        begun,
        begun,
        sentence('-', 3),
        sentence('.', 2),
        fc.constantFrom('"', '*', 'AND', 'OR', '(', ':'),
      ),
      {
        maxLength: 3,
      },
    )
    .map((some) => some.join(' '))
  fc.assert(
    fc.property(fc.array(text, { maxLength: 6 }), fc.array(search, { maxLength: 5 }), (all, searches) => {
      const { catalog } = saying(all, all)
      for (const one of searches)
        expect(found(catalog, one)).toStrictEqual(all.flatMap((text, n) => (isFound(text, one) ? [n] : [])))
    }),
    { numRuns: testSize(150, 3_000) },
  )
})
