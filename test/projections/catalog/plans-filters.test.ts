import { describe, expect, test } from 'vitest'
import type { ListScope } from '../../../src/domain/access/lists.ts'
import type { ImageFilter } from '../../../src/projections/catalog/filter.ts'
import { imageId, instant } from '../../support/samples.ts'
import { explained, fields, indexedSources, sharedSources } from './explained.ts'

// Filters may lead SQLite to other indexes, and never to one that holds other tenants' images side by side.

const filters: Readonly<Required<{ [Name in keyof ImageFilter]: NonNullable<ImageFilter[Name]> }>> = {
  search: 'debian base',
  name: 'debian',
  status: ['AVAILABLE', 'DELETED'],
  visibility: ['PRIVATE'],
  kind: 'DISK',
  origin: ['UPLOAD'],
  os: 'debian',
  osFamily: 'LINUX',
  version: '13',
  arch: 'x86_64',
  family: 'debian-13',
  format: ['RAW'],
  official: false,
  tags: ['a', 'b'],
  properties: [{ name: 'a', value: 'b' }],
  minSizeBytes: 1n,
  maxSizeBytes: 1n,
  createdAfter: instant('2026-03-01T00:00:00.000Z'),
  createdBefore: instant('2026-03-01T00:00:00.000Z'),
  deprecated: false,
  deactivated: false,
  replacement: imageId(2),
}

/** What a list may do with images: one owner's stretch of an index, everybody's images, one row after the other. */
const allowed: readonly RegExp[] = [
  /^SEARCH images USING (COVERING )?INDEX images_account_\w+ \(account=\? AND deleted=\?/,
  /^SEARCH images USING (COVERING )?INDEX images_promoted_\w+ \(account=\? AND deleted=\?/,
  /^SEARCH images USING (COVERING )?INDEX images_project_\w+ \(project=\? AND deleted=\?/,
  /^SEARCH images USING INDEX images_account_replacement \(account=\? AND replacement=\?\)/,
  /^SEARCH images USING INDEX images_project_replacement \(project=\? AND replacement=\?\)/,
  /^(SEARCH|SCAN) images USING (COVERING )?INDEX images_everybodys_\w+/,
  /^SEARCH images USING INDEX images_id \(id=\?\)/,
  /^SEARCH images USING INTEGER PRIMARY KEY \(rowid=\?\)/,
  /^SEARCH images USING (COVERING )?INDEX \w+ \(.*\browid=\?\)/,
]

/** The steps that look at images, for pages in every order and for the count. */
const stepsOn = (scope: ListScope, filter: ImageFilter): readonly string[] => {
  const { catalog, plans } = explained()
  for (const field of fields)
    catalog.images(
      scope,
      filter,
      { field, direction: 'DESC' },
      {
        size: 10,
        walk: 'FORWARD',
        after: null,
        before: null,
      },
    )
  catalog.imageCount(scope, filter)
  const steps = plans.flat().filter((step) => /^(SEARCH|SCAN) images\b/.test(step))
  // What has a replacement is deprecated: of what others own there is nothing to look for.
  if (filter.replacement === undefined) expect(steps).not.toStrictEqual([])
  return steps
}

const all = [...indexedSources, ...sharedSources]

describe.each([
  ['nothing', {}],
  ...Object.entries(filters).map(([name, value]) => [name, { [name]: value }]),
] as [string, ImageFilter][])('With the filter %s', (_, filter) => {
  test.each(all.filter(({ scope }) => scope !== 'EVERYTHING'))(
    'a list of $name, and its count, look at nobody else’s images',
    ({ scope }) => {
      for (const asked of [filter, { search: 'debian', ...filter }]) {
        const steps = stepsOn(scope, asked)
        expect(steps.filter((step) => !allowed.some((one) => one.test(step)))).toStrictEqual([])
      }
    },
  )

  test('a list of all images, and its count, go through an index', () => {
    for (const asked of [filter, { search: 'debian', ...filter }])
      expect(stepsOn('EVERYTHING', asked).filter((step) => step.startsWith('SCAN images '))).toStrictEqual([])
  })
})
