import type { Catalog } from '../../../src/projections/catalog/catalog.ts'
import { cursorOf, type PageRequest } from '../../../src/projections/catalog/list.ts'
import { idsOf, page, type Question } from './catalogs.ts'

/** A page as a reader sees it. */
interface Seen {
  readonly ids: readonly string[]
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
}

type Walk = PageRequest['walk']

/** Reads a list page by page, from its front or from its end, as long as there are more. */
export const readPages = (catalog: Catalog, asked: Question, size: number, walk: Walk): readonly Seen[] => {
  const seen: Seen[] = []
  const [, , order] = asked
  for (let edge: string | null = null; seen.length < 100; ) {
    const where = walk === 'FORWARD' ? { after: edge } : { before: edge }
    const { rows, hasNextPage, hasPreviousPage } = page(catalog, asked, { size, walk, ...where })
    seen.push({ ids: idsOf(rows), hasNextPage, hasPreviousPage })
    const next = walk === 'FORWARD' ? rows.at(-1) : rows[0]
    const more = walk === 'FORWARD' ? hasNextPage : hasPreviousPage
    if (!more || next === undefined) break
    edge = cursorOf(order, next)
  }
  return seen
}

/** The same of a list that is there as a whole. */
export const cutPages = (ids: readonly string[], size: number, walk: Walk): readonly Seen[] =>
  Array.from({ length: Math.max(1, Math.ceil(ids.length / size)) }, (_, n) => {
    const [from, to] =
      walk === 'FORWARD'
        ? [n * size, (n + 1) * size]
        : [Math.max(0, ids.length - (n + 1) * size), ids.length - n * size]
    return { ids: ids.slice(from, to), hasNextPage: to < ids.length, hasPreviousPage: from > 0 }
  })
