import fc from 'fast-check'
import { expect, test } from 'vitest'
import { factsOf } from '../../src/application/reach.ts'
import { authorize, may } from '../../src/domain/access/access.ts'
import type { ImageFacts } from '../../src/domain/access/image-access.ts'
import { imagesOf, imagesOfProject, type ListScope } from '../../src/domain/access/lists.ts'
import type { Principal } from '../../src/domain/access/principal.ts'
import { imageAggregate, imageStatuses, isRegistered } from '../../src/domain/image/state.ts'
import { imageTarget } from '../../src/graphql/image-target.ts'
import { catalog as projection } from '../../src/projections/catalog/apply.ts'
import { type Catalog, catalogOf } from '../../src/projections/catalog/catalog.ts'
import type { ImageFilter } from '../../src/projections/catalog/filter.ts'
import { cursorOf, type ImageOrder, type PageRequest } from '../../src/projections/catalog/list.ts'
import type { SqlDatabase } from '../../src/projections/projection.ts'
import {
  changes,
  imageActions,
  isIn,
  lists,
  listsFor,
  owns,
  reports,
  sees,
  told,
  uses,
} from '../support/access-oracle.ts'
import { accountIn, EVERYWHERE, somebody, type World, worlds } from '../support/access-worlds.ts'
import { liveModel, rebuiltModel, recorder } from '../support/projected.ts'
import { globex, imageId, lab, principal, registration } from '../support/samples.ts'
import { testSize } from '../support/size.ts'

const numRuns = testSize(50, 1_000)

// Who lists which image is said three times: in DESIGN's words (the oracle), one by one (authorize), and as SQL.

interface Opened extends Disposable {
  readonly catalog: Catalog
}

const opened = (db: SqlDatabase): Opened => ({
  catalog: catalogOf(() => db),
  [Symbol.dispose]: () => db.close(),
})

/** The catalog of one that lived through it all. */
const lived = (events: World['events']): Opened => {
  const model = liveModel(projection)
  for (const event of events) model.apply(event)
  return opened(model.db)
}

const rebuilt = (events: World['events']): Opened => opened(rebuiltModel(projection, events))

/** An image as a command finds it, in its own stream. */
const folded = (world: World, { events }: World['images'][number]): ImageFacts => {
  const state = events.reduce(imageAggregate.evolve, imageAggregate.initial)
  if (!isRegistered(state)) throw new Error('There is no such image')
  return factsOf(state, { accountOf: accountIn(world) })
}

const people = fc.array(somebody, { minLength: 4, maxLength: 4 })

/** The law holds in any world, for anybody in it. */
const inAnyWorld = (law: (world: World, who: Principal, catalog: Catalog) => void): void =>
  fc.assert(
    fc.property(worlds, people, (world, some) => {
      using live = lived(world.events)
      for (const who of some) law(world, who, live.catalog)
    }),
    { numRuns },
  )

const newestFirst: ImageOrder = { field: 'CREATED_AT', direction: 'DESC' }
const onePage: PageRequest = { size: 100, walk: 'FORWARD', after: null, before: null }
/** What lists are asked for: what is there, what is deleted, or both. */
const present: ImageFilter = {}
const deletedOnly: ImageFilter = { status: ['DELETED'] }
const all: ImageFilter = { status: imageStatuses }

const pageIn = (
  catalog: Catalog,
  scope: ListScope,
  filter: ImageFilter,
  order: ImageOrder,
  page: PageRequest,
) => {
  const found = catalog.images(scope, filter, order, page)
  if (found._tag === 'Left') throw new Error(found.left)
  return found.right
}

const idsIn = (
  catalog: Catalog,
  scope: ListScope,
  filter: ImageFilter,
  order: ImageOrder = newestFirst,
): readonly string[] => pageIn(catalog, scope, filter, order, onePage).rows.map(({ id }) => id)

const listed = (catalog: Catalog, scope: ListScope, filter: ImageFilter) =>
  [...idsIn(catalog, scope, filter)].sort()

const idsOf = (images: readonly { readonly id: string }[]) => images.map(({ id }) => id).sort()

/** Every list that somebody may ask for. */
const scopesOf = (who: Principal, world: World): readonly ListScope[] => [
  imagesOf(who, accountIn(world)),
  ...world.projects.filter((project) => isIn(who, project)).map((project) => imagesOfProject(who, project)),
]

test('Somebody lists exactly the images that the design gives them, deleted ones where they are asked for', () => {
  inAnyWorld((world, who, catalog) => {
    const scope = imagesOf(who, accountIn(world))
    const theirs = world.images.map(told).filter((image) => lists(who, image, world))
    expect(listed(catalog, scope, present)).toStrictEqual(idsOf(theirs.filter(({ deleted }) => !deleted)))
    expect(listed(catalog, scope, deletedOnly)).toStrictEqual(idsOf(theirs.filter(({ deleted }) => deleted)))
    expect(listed(catalog, scope, all)).toStrictEqual(idsOf(theirs))
  })
})

test('Somebody lists exactly the images that they may list one by one, deprecated and deleted ones as their owner', () => {
  inAnyWorld((world, who, catalog) => {
    const theirs = world.images.filter((image) => {
      const { id } = image
      const target = { kind: 'image', id, facts: folded(world, image) } as const
      const { deprecated, deleted } = told(image)
      return may(who, deprecated || deleted ? 'seeOwnersSide' : 'listImage', target)
    })
    expect(listed(catalog, imagesOf(who, accountIn(world)), all)).toStrictEqual(idsOf(theirs))
  })
})

test('The list of a project has exactly the images that the design gives it, and none that those in it may not list', () => {
  inAnyWorld((world, who, catalog) => {
    for (const project of world.projects.filter((each) => isIn(who, each))) {
      const scope = imagesOfProject(who, project)
      const its = world.images.map(told).filter((image) => listsFor(who, project, image))
      expect(listed(catalog, scope, present)).toStrictEqual(idsOf(its.filter(({ deleted }) => !deleted)))
      expect(listed(catalog, scope, deletedOnly)).toStrictEqual(idsOf(its.filter(({ deleted }) => deleted)))
      expect(listed(catalog, scope, all)).toStrictEqual(idsOf(its))
      expect(its.filter((image) => !lists(who, image, world))).toStrictEqual([])
    }
  })
})

test('A list without a project is what the lists of all projects have together', () => {
  inAnyWorld((world, who, catalog) => {
    const [scope, ...ofProjects] = scopesOf(who, world)
    if (scope === undefined || who.operator || ofProjects.length === 0) return
    const together = new Set(ofProjects.flatMap((each) => idsIn(catalog, each, all)))
    // Those of its account that are of a project, it lists as its owner, whatever the project.
    expect(listed(catalog, scope, all)).toStrictEqual([...together].sort())
  })
})

const orders = (['NAME', 'CREATED_AT'] as const).flatMap((field) =>
  (['ASC', 'DESC'] as const).map((direction): ImageOrder => ({ field, direction })),
)

/** Every list that some people may ask for, asked for in some way. */
const inAnyList = <Way>(
  ways: fc.Arbitrary<Way>,
  law: (catalog: Catalog, scope: ListScope, way: Way) => void,
): void =>
  fc.assert(
    fc.property(worlds, people, ways, (world, some, way) => {
      using live = lived(world.events)
      for (const scope of some.flatMap((who) => scopesOf(who, world))) law(live.catalog, scope, way)
    }),
    { numRuns },
  )

test('A list counts as many as it has, and has as many whatever it is sorted by, and whether it is searched', () => {
  const ways = fc.record({
    filter: fc.constantFrom(present, deletedOnly, all),
    order: fc.constantFrom(...orders),
  })
  inAnyList(ways, (catalog, scope, { filter, order }) => {
    const searched = { ...filter, search: EVERYWHERE }
    const inOrder = idsIn(catalog, scope, filter, order)
    expect([...inOrder].sort()).toStrictEqual(listed(catalog, scope, filter))
    expect(idsIn(catalog, scope, searched, order)).toStrictEqual(inOrder)
    expect(catalog.imageCount(scope, filter)).toBe(inOrder.length)
    expect(catalog.imageCount(scope, searched)).toBe(inOrder.length)
  })
})

/** Page after page, or before page, to the end of the list. */
const walked = (
  catalog: Catalog,
  scope: ListScope,
  filter: ImageFilter,
  order: ImageOrder,
  { size, walk }: Pick<PageRequest, 'size' | 'walk'>,
): readonly string[] => {
  const forward = walk === 'FORWARD'
  const seen: string[] = []
  for (let cursor: string | null = null; ; ) {
    const bounds = forward ? { after: cursor, before: null } : { after: null, before: cursor }
    const { rows, hasNextPage, hasPreviousPage } = pageIn(catalog, scope, filter, order, {
      ...bounds,
      size,
      walk,
    })
    expect(rows.length).toBeLessThanOrEqual(size)
    const ids = rows.map(({ id }) => id)
    seen.splice(forward ? seen.length : 0, 0, ...ids)
    const last = forward ? rows.at(-1) : rows[0]
    if (!(forward ? hasNextPage : hasPreviousPage) || last === undefined) return seen
    cursor = cursorOf(order, last)
  }
}

test('Page by page a list is the same as at once, in small pages and either way', () => {
  const ways = fc.record({
    size: fc.integer({ min: 1, max: 3 }),
    walk: fc.constantFrom('FORWARD' as const, 'BACKWARD' as const),
    order: fc.constantFrom(...orders),
    filter: fc.constantFrom(present, all, { search: EVERYWHERE }, { ...all, search: EVERYWHERE }),
  })
  inAnyList(ways, (catalog, scope, { order, filter, ...way }) => {
    expect(walked(catalog, scope, filter, order, way)).toStrictEqual(idsIn(catalog, scope, filter, order))
  })
})

test('The catalog and the image’s own stream give the same answer to every action', () => {
  inAnyWorld((world, who, catalog) => {
    for (const image of world.images) {
      const [row] = catalog.imagesById([image.id])
      if (!row) throw new Error(`The catalog has no image ${image.id}`)
      const target = { kind: 'image', id: image.id, facts: folded(world, image) } as const
      for (const action of imageActions)
        expect(authorize(who, action, imageTarget(row, catalog))).toStrictEqual(
          authorize(who, action, target),
        )
    }
  })
})

test('Who may see, list, download, look into, change and measure an image is who the design says', () => {
  inAnyWorld((world, who) => {
    for (const image of world.images) {
      const ask = { kind: 'image', id: image.id, facts: folded(world, image) } as const
      const its = told(image)
      expect(may(who, 'seeImage', ask)).toBe(sees(who, its, world))
      expect(may(who, 'listImage', ask)).toBe(uses(who, its, world))
      expect(may(who, 'downloadImage', ask)).toBe(uses(who, its, world, 'COLLABORATOR'))
      expect(may(who, 'seeOwnersSide', ask)).toBe(owns(who, its))
      expect(may(who, 'changeImage', ask)).toBe(changes(who, its))
      expect(may(who, 'reportSize', ask)).toBe(reports(who))
    }
  })
})

test('A rebuilt catalog lists and finds the same as one that lived through it all', () => {
  fc.assert(
    fc.property(worlds, people, (world, some) => {
      using live = lived(world.events)
      using anew = rebuilt(world.events)
      for (const scope of some.flatMap((who) => scopesOf(who, world)))
        for (const filter of [all, { ...all, search: EVERYWHERE }]) {
          expect(idsIn(anew.catalog, scope, filter)).toStrictEqual(idsIn(live.catalog, scope, filter))
          expect(anew.catalog.imageCount(scope, filter)).toBe(live.catalog.imageCount(scope, filter))
        }
    }),
    { numRuns },
  )
})

test('What a project accepted before the ledger knew it, its account finds by words too', () => {
  const ledger = recorder()
  ledger.record(`image-${imageId(1)}`, { type: 'ImageRegistered', data: registration() })
  const offer = { project: lab, message: null, expiresAt: null }
  ledger.record(`image-${imageId(1)}`, { type: 'ImageShared', data: offer })
  ledger.record(`image-${imageId(1)}`, { type: 'ImageShareAccepted', data: { project: lab } })
  ledger.record(`project-${lab}`, { type: 'ProjectCreated', data: { account: globex, name: 'Lab' } })
  using live = lived(ledger.events)
  const { catalog } = live
  const scope = imagesOf(principal({ account: globex, accountRole: 'VIEWER' }), catalog.accountOf)
  expect(idsIn(catalog, scope, {})).toStrictEqual([imageId(1)])
  expect(idsIn(catalog, scope, { search: 'debian' })).toStrictEqual([imageId(1)])
})
