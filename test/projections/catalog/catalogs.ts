import type { ListScope } from '../../../src/domain/access/lists.ts'
import { catalog as projection } from '../../../src/projections/catalog/apply.ts'
import { type Catalog, catalogOf, type ImagePage } from '../../../src/projections/catalog/catalog.ts'
import type { ImageFilter } from '../../../src/projections/catalog/filter.ts'
import type { ImageOrder, PageRequest } from '../../../src/projections/catalog/list.ts'
import { type PlainImage, recordImages } from '../../support/image-lists.ts'
import { liveModel, recorder } from '../../support/projected.ts'

/** A catalog that lives on, and what tells it more. */
export const newCatalog = () => {
  const { db, apply } = liveModel(projection)
  const ledger = recorder()
  const tell = (...args: Parameters<typeof ledger.record>): void => apply(ledger.record(...args))
  return { db, tell, apply, catalog: catalogOf(() => db) }
}

/** A catalog of these images. */
export const catalogWith = (some: readonly PlainImage[]) => {
  const made = newCatalog()
  const ledger = recorder()
  recordImages(ledger, some)
  for (const event of ledger.events) made.apply(event)
  return made
}

export const idsOf = (rows: readonly { readonly id: string }[]): readonly string[] => rows.map(({ id }) => id)

/** Whose images, which of them, and in what order. */
export type Question = readonly [scope: ListScope, filter: ImageFilter, order: ImageOrder]

/** A page of a list; all of it unless something else is asked for. */
export const page = (catalog: Catalog, asked: Question, request: Partial<PageRequest> = {}): ImagePage => {
  const found = catalog.images(...asked, {
    size: 1_000,
    walk: 'FORWARD',
    after: null,
    before: null,
    ...request,
  })
  if (found._tag === 'Left') throw new Error(found.left)
  return found.right
}
