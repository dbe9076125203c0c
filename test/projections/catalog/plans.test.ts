import { describe, expect, test } from 'vitest'
import type { ListScope } from '../../../src/domain/access/lists.ts'
import { shareKey } from '../../../src/domain/kernel/ids.ts'
import type { Catalog } from '../../../src/projections/catalog/catalog.ts'
import { cursorOf, type ImageOrder } from '../../../src/projections/catalog/list.ts'
import { orderColumns } from '../../../src/projections/catalog/tables.ts'
import { acme, imageId, lab, web } from '../../support/samples.ts'
import { directions, explained, fields, indexedSources, sharedSources, walks } from './explained.ts'

// No query may look at all images of other tenants (ADR 0003): what SQLite means to do is looked at here.

/** Looking up the rows of a page by their ids. */
const byId = [
  'SEARCH images USING INDEX images_id (id=?)',
  'LIST SUBQUERY 1',
  'SCAN json_each VIRTUAL TABLE INDEX 1:',
]
const sorts = 'USE TEMP B-TREE FOR ORDER BY'

type Walk = (typeof walks)[number]

/** The plans of a list's pages: the first one, those after, before and between cursors, in this order. */
const plansOfPages = (scope: ListScope, filter: object, order: ImageOrder, walk: Walk) => {
  const { catalog, plans } = explained()
  const cursor = (n: number) => {
    const [row] = catalog.imagesById([imageId(1)])
    if (row === null || row === undefined) throw new Error('There should be an image')
    return cursorOf(order, { ...row, id: imageId(n) })
  }
  const [after, before] = [cursor(0), cursor(2)]
  return [
    { after: null, before: null },
    { after, before: null },
    { after: null, before },
    { after, before },
  ].map((bounds) => {
    plans.length = 0
    catalog.images(scope, filter, order, { size: 10, walk, ...bounds })
    const lists = plans.filter((plan) => plan.join() !== byId.join())
    expect(lists.length).toBeGreaterThan(0)
    return lists
  })
}

const every = <Source>(sources: readonly Source[]) =>
  sources.flatMap((source) =>
    fields.flatMap((field) =>
      directions.flatMap((direction) => walks.map((walk) => ({ ...source, field, direction, walk }))),
    ),
  )

describe('A list', () => {
  test.each(every(indexedSources))(
    'of $name by $field $direction, $walk, goes through its own index and sorts nothing',
    ({ scope, index, search, field, direction, walk }) => {
      const name = `images_${index}_${orderColumns[field]}`
      const allowed =
        search === null
          ? // All that is in this index is everybody’s.
            [`SCAN images USING INDEX ${name}`, `SEARCH images USING INDEX ${name} (`]
          : [`SEARCH images USING INDEX ${name} (${search}`]
      for (const plan of plansOfPages(scope, {}, { field, direction }, walk).flat()) {
        expect(plan).toHaveLength(1)
        expect(allowed.filter((start) => plan[0]?.startsWith(start))).toHaveLength(1)
      }
    },
  )

  test.each(every(sharedSources))(
    'of $name by $field $direction, $walk, looks up what was accepted and sorts it',
    ({ scope, field, direction, walk }) => {
      for (const plan of plansOfPages(scope, {}, { field, direction }, walk).flat()) {
        expect(plan[0]).toBe('SEARCH images USING INDEX images_id (id=?)')
        expect(plan.filter((step) => / shares\b/.test(step))).toStrictEqual([
          'SEARCH shares USING COVERING INDEX shares_recipient (project=? AND status=?)',
        ])
        expect(plan.filter((step) => /^SCAN (?!json_each)/.test(step))).toStrictEqual([])
        expect(plan.at(-1)).toBe(sorts)
      }
    },
  )

  test('of several sources goes through the index of each, one after the other', () => {
    const scope: ListScope = {
      own: { accounts: [acme], promoted: [], projects: [lab] },
      usable: { promoted: ['globex' as typeof acme], acceptedBy: [], acceptedIn: [], everybodys: true },
    }
    const [first] = plansOfPages(scope, {}, { field: 'NAME', direction: 'ASC' }, 'FORWARD')
    expect(first).toStrictEqual([
      ['SEARCH images USING INDEX images_account_name (account=? AND deleted=?)'],
      ['SEARCH images USING INDEX images_project_name (project=? AND deleted=?)'],
      ['SEARCH images USING INDEX images_promoted_name (account=? AND deleted=?)'],
      ['SCAN images USING INDEX images_everybodys_name'],
    ])
  })

  test.each(indexedSources)(
    'of $name from a cursor begins at the cursor, and does not read its way there',
    ({ scope, index, search }) => {
      const [, after, before] = plansOfPages(scope, {}, { field: 'NAME', direction: 'ASC' }, 'FORWARD')
      const plan = (way: string) =>
        `SEARCH images USING INDEX images_${index}_name (${search === null ? '' : `${search} AND `}(name,id)${way}(?,?))`
      expect(after?.[0]).toStrictEqual([plan('>')])
      expect(before?.[0]).toStrictEqual([plan('<')])
    },
  )
})

describe('A search', () => {
  const sought = every([...indexedSources, ...sharedSources])
  const found = 'SEARCH images USING INTEGER PRIMARY KEY (rowid=?)'

  test.each(sought.filter(({ field }) => field === 'CREATED_AT'))(
    'in $name by CREATED_AT $direction, $walk, reads a stretch of the search index in its order and sorts nothing',
    ({ scope, field, direction, walk }) => {
      for (const plan of plansOfPages(scope, { search: 'deb*' }, { field, direction }, walk).flat()) {
        expect(plan).toHaveLength(2)
        expect(plan[0]).toMatch(/^SCAN images_search VIRTUAL TABLE INDEX \d+:M6><$/)
        expect(plan[1]).toBe(found)
      }
    },
  )

  test.each(sought.filter(({ field }) => field !== 'CREATED_AT'))(
    'in $name by $field $direction, $walk, looks at what the search index gives and sorts it',
    ({ scope, field, direction, walk }) => {
      for (const plan of plansOfPages(scope, { search: 'deb*' }, { field, direction }, walk).flat())
        expect(plan).toStrictEqual(['SCAN images_search VIRTUAL TABLE INDEX 0:M6', found, sorts])
    },
  )

  test.each([...indexedSources, ...sharedSources].filter(({ scope }) => scope !== 'EVERYTHING'))(
    'in $name is counted in the search index alone',
    ({ scope }) => {
      const { catalog, plans } = explained()
      catalog.imageCount(scope, { search: 'deb*' })
      expect(plans).toStrictEqual([['SCAN images_search VIRTUAL TABLE INDEX 0:M6']])
    },
  )
})

describe('Looking for', () => {
  const all = { size: 10, after: null }
  test.each<[string, (from: Catalog) => unknown]>([
    ['an image by its name', (from) => from.imageByName(web, acme, 'debian')],
    ['a promoted image by its name', (from) => from.imageByName(web, acme, 'ubuntu')],
    ['images by their ids', (from) => from.imagesById([imageId(1)])],
    ['accounts by their ids', (from) => from.accountsById([acme])],
    ['projects by their ids', (from) => from.projectsById([web])],
    ['locations by their ids', (from) => from.locationsById(['ams'])],
    ['the projects of an account', (from) => from.projectsOfAccount(acme, 10)],
    ['how many images an account has', (from) => from.imagesInUse(acme)],
    ['whose a project is', (from) => from.accountOf(web)],
    ['shares by their keys', (from) => from.sharesByKey([shareKey(imageId(1), lab)])],
    ['the offers of an image', (from) => from.offersOf(imageId(1))],
    ['the inbox of a project', (from) => from.inbox(lab, ['PENDING'], all)],
    [
      'more of the inbox of a project',
      (from) => from.inbox(lab, ['PENDING'], { ...all, after: { offeredAt: '2026', other: 'x' } }),
    ],
    ['how many offers a project has to answer', (from) => from.pendingOffersTo(lab)],
  ])('%s goes through an index and sorts nothing', (_, look) => {
    const { catalog, plans } = explained()
    look(catalog)
    expect(plans.length).toBeGreaterThan(0)
    for (const step of plans.flat())
      expect(step).toMatch(/^(SEARCH|LIST SUBQUERY|SCAN json_each|CREATE BLOOM FILTER)/)
  })

  test('more of an inbox begins where the page before ended', () => {
    const { catalog, plans } = explained()
    catalog.inbox(lab, ['PENDING'], { ...all, after: { offeredAt: '2026', other: 'x' } })
    expect(plans[0]?.[0]).toBe(
      'SEARCH shares USING INDEX shares_inbox (project=? AND (offered_at,image)<(?,?))',
    )
  })

  test.each<[string, (from: Catalog) => unknown]>([
    ['the shares of an image', (from) => from.sharesOf(imageId(1), null, all)],
    [
      'those shares of an image that are of some projects',
      (from) => from.sharesOf(imageId(1), { projects: [lab], accounts: [acme] }, all),
    ],
    ['how many shares an image has', (from) => from.shareCounts(imageId(1))],
  ])('%s looks at those of the image only', (_, look) => {
    const { catalog, plans } = explained()
    look(catalog)
    const steps = plans.flat().filter((step) => / (shares|images|projects)\b/.test(step))
    expect(steps[0]).toMatch(/^SEARCH shares USING (PRIMARY KEY|INDEX \w+) \(image=\?/)
    for (const step of steps) expect(step).toMatch(/^SEARCH/)
  })
})
