import { authorize, may } from '../domain/access/access.ts'
import type { ImageAction } from '../domain/access/image-access.ts'
import type { ImageRow, ProjectRow } from '../projections/catalog/rows.ts'
import { type Context, callerOf } from './context.ts'
import { forbiddenError } from './errors.ts'
import { imageTarget } from './image-target.ts'

/** What queries by id hand out: null for what is missing and for what is foreign alike. */

export const visibleProject = (context: Context, id: string): ProjectRow | null => {
  const [row] = context.catalog.projectsById([id])
  if (row === undefined || row === null) return null
  const target = { kind: 'project', id: row.id, account: row.account } as const
  return may(callerOf(context).principal, 'seeProject', target) ? row : null
}

/** Throws FORBIDDEN for those who may see the image, but not do this to it. */
export const visibleImage = (
  context: Context,
  id: string,
  action: ImageAction = 'seeImage',
): ImageRow | null => {
  const [row] = context.catalog.imagesById([id])
  if (row === undefined || row === null) return null
  const allowed = authorize(callerOf(context).principal, action, imageTarget(row, context.catalog))
  if (allowed._tag === 'Right') return row
  if (allowed.left.tag === 'Forbidden') throw forbiddenError(allowed.left)
  return null
}
