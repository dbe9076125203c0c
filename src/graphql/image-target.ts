import type { ImageTarget } from '../domain/access/access.ts'
import type { Catalog } from '../projections/catalog/catalog.ts'
import type { ImageRow } from '../projections/catalog/rows.ts'

/** An image as the thing that an action is done to. */
export const imageTarget = (row: ImageRow, catalog: Catalog): ImageTarget => ({
  kind: 'image',
  id: row.id,
  facts: {
    owner: row,
    visibility: row.visibility,
    deleted: row.status === 'DELETED',
    shares: () => catalog.offersOf(row.id),
    accountOf: catalog.accountOf,
  },
})
