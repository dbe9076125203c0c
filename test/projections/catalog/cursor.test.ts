import { describe, expect, test } from 'vitest'
import { left } from '../../../src/domain/kernel/fp.ts'
import type { ImageOrder, PageRequest } from '../../../src/projections/catalog/list.ts'
import { newCatalog } from './catalogs.ts'

describe('A cursor', () => {
  const { catalog } = newCatalog()
  const byName: ImageOrder = { field: 'NAME', direction: 'ASC' }
  const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const answer = (request: Partial<PageRequest>) =>
    catalog.images('EVERYTHING', {}, byName, {
      size: 1,
      walk: 'FORWARD',
      after: null,
      before: null,
      ...request,
    })

  test.each([
    '',
    'nonsense',
    encoded({}),
    encoded([]),
    encoded(['NAME', 'debian']),
    encoded(['NAME', null, 'id']),
    encoded(['NAME', 'debian', 7]),
    encoded([7, 'debian', 'id']),
    encoded(['NAME', 'debian', 'id', 'more']),
  ])('that is none is refused: %j', (cursor) => {
    expect(answer({ after: cursor })).toStrictEqual(left('after: this is no cursor of a list of images.'))
    expect(answer({ before: cursor })).toStrictEqual(left('before: this is no cursor of a list of images.'))
  })

  test('of another order is refused', () => {
    expect(answer({ after: encoded(['SIZE', 7, 'id']) })).toStrictEqual(
      left('after: this cursor belongs to the order SIZE, not NAME.'),
    )
  })

  test('may point at what never was', () => {
    const after = encoded(['NAME', "'; DROP TABLE images; --", "'"])
    expect(answer({ after })).toStrictEqual({
      _tag: 'Right',
      right: { rows: [], hasNextPage: false, hasPreviousPage: false },
    })
  })
})
