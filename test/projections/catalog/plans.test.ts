import { describe, expect, test } from 'vitest'
import type { ImageScopeOfLists } from '../../../src/domain/access/lists.ts'
import { catalog as projection } from '../../../src/projections/catalog/apply.ts'
import { catalogOf } from '../../../src/projections/catalog/catalog.ts'
import type { ImageFilter } from '../../../src/projections/catalog/filter.ts'
import { cursorOf, type ImageOrder } from '../../../src/projections/catalog/list.ts'
import { type ImageOrderField, orderColumns } from '../../../src/projections/catalog/tables.ts'
import type { SqlDatabase, SqlStatement, SqlValue } from '../../../src/projections/projection.ts'
import { liveModel, recorder } from '../../support/projected.ts'
import { acme, imageId, instant, registration, web } from '../../support/samples.ts'

// No query may look at all images of other tenants (ADR 0003): what SQLite means to do is looked at here.

/** What SQLite says that it will do for each statement that the catalog runs. */
const explained = () => {
  const { db, apply } = liveModel(projection)
  apply(recorder().record(`image-${imageId(1)}`, { type: 'ImageRegistered', data: registration() }))
  const plans: string[][] = []
  const explain = (sql: string, values: readonly SqlValue[]): void => {
    const steps = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values)
    plans.push(steps.map(({ detail }) => String(detail)))
  }
  const watched: SqlDatabase = {
    exec: (sql) => db.exec(sql),
    close: () => db.close(),
    prepare: (sql) => {
      const statement = db.prepare(sql)
      const watching: SqlStatement = {
        run: (...values) => statement.run(...values),
        get: (...values) => {
          explain(sql, values)
          return statement.get(...values)
        },
        all: (...values) => {
          explain(sql, values)
          return statement.all(...values)
        },
        setReadBigInts: (enabled) => statement.setReadBigInts(enabled),
      }
      return watching
    },
  }
  return { catalog: catalogOf(() => watched), plans }
}

const owners: Readonly<Record<string, { scope: ImageScopeOfLists; index: string; search: string }>> = {
  'a project': {
    scope: { accounts: [], projects: [web] },
    index: 'project',
    search: 'project=? AND deleted=?',
  },
  'an account': {
    scope: { accounts: [acme], projects: [] },
    index: 'account',
    search: 'account=? AND deleted=?',
  },
  everybody: { scope: 'EVERYTHING', index: 'all', search: 'deleted=?' },
}
const fields = Object.keys(orderColumns) as ImageOrderField[]
const directions = ['ASC', 'DESC'] as const
const walks = ['FORWARD', 'BACKWARD'] as const

/** Looking up the rows of a page by their ids. */
const byId = [
  'SEARCH images USING INDEX sqlite_autoindex_images_1 (id=?)',
  'LIST SUBQUERY 1',
  'SCAN json_each VIRTUAL TABLE INDEX 1:',
]

const everyList = Object.entries(owners).flatMap(([name, owner]) =>
  fields.flatMap((field) =>
    directions.flatMap((direction) => walks.map((walk) => ({ name, ...owner, field, direction, walk }))),
  ),
)

describe('A list', () => {
  test.each(everyList)(
    'of $name by $field $direction, $walk, goes through its own index and sorts nothing',
    (list) => {
      const { catalog, plans } = explained()
      const { scope, field, direction, walk } = list
      const order: ImageOrder = { field, direction }
      const cursor = (n: number) => {
        const [row] = catalog.imagesById([imageId(1)])
        if (row === null || row === undefined) throw new Error('There should be an image')
        return cursorOf(order, { ...row, id: imageId(n) })
      }
      const column = orderColumns[field]
      const searching = `SEARCH images USING INDEX images_${list.index}_${column} (${list.search}`
      const bounds = [
        { after: null, before: null, keys: '' },
        { after: cursor(0), before: null, keys: ` AND (${column},id)` },
        { after: null, before: cursor(2), keys: ` AND (${column},id)` },
        { after: cursor(0), before: cursor(2), keys: ` AND (${column},id)` },
      ]
      for (const { after, before } of bounds) {
        plans.length = 0
        catalog.images(scope, {}, order, { size: 10, walk, after, before })
        const lists = plans.filter((plan) => plan.join() !== byId.join())
        expect(lists.length).toBeGreaterThan(0)
        for (const plan of lists) {
          expect(plan).toHaveLength(1)
          expect(plan[0]?.startsWith(searching)).toBe(true)
        }
      }
    },
  )

  test('from a cursor begins at the cursor, and does not read its way there', () => {
    const { catalog, plans } = explained()
    const order: ImageOrder = { field: 'NAME', direction: 'ASC' }
    const [row] = catalog.imagesById([imageId(1)])
    if (row === null || row === undefined) throw new Error('There should be an image')
    plans.length = 0
    catalog.images({ accounts: [], projects: [web] }, {}, order, {
      size: 10,
      walk: 'FORWARD',
      after: cursorOf(order, row),
      before: null,
    })
    expect(plans[0]).toStrictEqual([
      'SEARCH images USING INDEX images_project_name (project=? AND deleted=? AND (name,id)>(?,?))',
    ])
  })
})

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
}

describe.each(Object.entries(filters))('With the filter %s', (name, value) => {
  test.each(Object.entries(owners))(
    'a list of %s, and its count, look at nobody else’s images',
    (_, { scope }) => {
      const { catalog, plans } = explained()
      for (const field of fields) {
        catalog.images(
          scope,
          { [name]: value },
          { field, direction: 'DESC' },
          {
            size: 10,
            walk: 'FORWARD',
            after: null,
            before: null,
          },
        )
      }
      catalog.imageCount(scope, { [name]: value })
      const steps = plans.flat()
      expect(steps.filter((step) => step.startsWith('SEARCH images '))).not.toStrictEqual([])
      expect(
        steps.filter((step) => /^SCAN images\b/.test(step) && !step.startsWith('SCAN images_search')),
      ).toStrictEqual([])
    },
  )
})

describe('Looking for one thing', () => {
  test.each<[string, (from: ReturnType<typeof catalogOf>) => unknown]>([
    ['an image by its name', (from) => from.imageByName(web, acme, 'debian')],
    ['a promoted image by its name', (from) => from.imageByName(web, acme, 'ubuntu')],
    ['images by their ids', (from) => from.imagesById([imageId(1)])],
    ['accounts by their ids', (from) => from.accountsById([acme])],
    ['projects by their ids', (from) => from.projectsById([web])],
    ['locations by their ids', (from) => from.locationsById(['ams'])],
    ['the projects of an account', (from) => from.projectsOfAccount(acme, 10)],
    ['how many images an account has', (from) => from.imagesInUse(acme)],
  ])('%s goes through an index', (_, look) => {
    const { catalog, plans } = explained()
    look(catalog)
    expect(plans.length).toBeGreaterThan(0)
    for (const step of plans.flat()) expect(step).toMatch(/^(SEARCH|LIST SUBQUERY|SCAN json_each)/)
  })
})
