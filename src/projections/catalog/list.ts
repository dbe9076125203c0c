import type { ImageScopeOfLists } from '../../domain/access/lists.ts'
import { type Either, left, right } from '../../domain/kernel/fp.ts'
import type { SqlRow, SqlStatement, SqlValue } from '../projection.ts'
import { filterSql, type ImageFilter } from './filter.ts'
import { type ImageRow, type RowKey, typed } from './rows.ts'
import { type ImageOrderField, orderColumns, orderKeys, searchOwner } from './tables.ts'

export interface ImageOrder {
  readonly field: ImageOrderField
  readonly direction: 'ASC' | 'DESC'
}

/** A page as Relay asks for it; `size` counts from the front, or for BACKWARD from the end. */
export interface PageRequest {
  readonly size: number
  readonly walk: 'FORWARD' | 'BACKWARD'
  readonly after: string | null
  readonly before: string | null
}

export interface KeyPage {
  /** In the order that was asked for, whichever way the page was walked. */
  readonly keys: readonly RowKey[]
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
}

/** Prepares a statement once and keeps it. */
export type Prepare = (sql: string) => SqlStatement

interface Bound {
  readonly sql: string
  readonly values: readonly SqlValue[]
}

/** An image in a list, with what it is ordered by. */
interface Entry extends RowKey {
  readonly sort_key: string | number
}

/** Where a cursor points: an image, and the key that it stood by. It stays good when that image moves or goes. */
interface Cursor {
  readonly key: string | number
  readonly id: string
}

/**
 * Which images stand on one page of those of the given owners. Each owner's images are read through the index of the order,
 * at most a page of them, and merged: nobody else's are looked at. Left: a sentence on the cursor that cannot be used.
 */
export const listKeys = (
  prepare: Prepare,
  scope: ImageScopeOfLists,
  filter: ImageFilter,
  order: ImageOrder,
  page: PageRequest,
): Either<string, KeyPage> => {
  const after = readCursor(page.after, order, 'after')
  if (after._tag === 'Left') return after
  const before = readCursor(page.before, order, 'before')
  if (before._tag === 'Left') return before
  const backward = page.walk === 'BACKWARD'
  const sources = sourcesOf(scope, filter)
  const fetch = (bounds: { after: Cursor | null; before: Cursor | null }, reverse: boolean, limit: number) =>
    merged(prepare, sources, order, bounds, reverse, limit)

  const found = fetch({ after: after.right, before: before.right }, backward, page.size + 1)
  const keys = found.slice(0, page.size)
  if (backward) keys.reverse()
  const more = found.length > page.size
  // Beyond the cursor that the page began at there is at least that cursor's image, unless it has moved or gone: look.
  const beyondAfter =
    after.right !== null && fetch({ after: null, before: edge(keys[0], after.right) }, true, 1).length > 0
  const beyondBefore =
    before.right !== null &&
    fetch({ after: edge(keys.at(-1), before.right), before: null }, false, 1).length > 0
  return right({
    keys,
    hasNextPage: backward ? beyondBefore : more || beyondBefore,
    hasPreviousPage: backward ? more || beyondAfter : beyondAfter,
  })
}

/** How many images the whole list has. */
export const countImages = (prepare: Prepare, scope: ImageScopeOfLists, filter: ImageFilter): number =>
  sourcesOf(scope, filter)
    .map(({ sql, values }) => prepare(`SELECT count(*) AS n FROM images WHERE ${sql}`).get(...values))
    .reduce((sum, row) => sum + Number(row?.['n'] ?? 0), 0)

/** Opaque to clients, and without anything that they could not know: the order, the key and the image's id. */
export const cursorOf = (order: ImageOrder, row: ImageRow): string =>
  Buffer.from(JSON.stringify([order.field, orderKeys[order.field](row), row.id])).toString('base64url')

const edge = (entry: Entry | undefined, otherwise: Cursor): Cursor =>
  entry === undefined ? otherwise : { key: entry.sort_key, id: entry.id }

const readCursor = (
  cursor: string | null,
  order: ImageOrder,
  argument: string,
): Either<string, Cursor | null> => {
  if (cursor === null) return right(null)
  const parsed = parseCursor(cursor)
  if (parsed === null) return left(`${argument}: this is no cursor of a list of images.`)
  const [field, key, id] = parsed
  if (field !== order.field)
    return left(`${argument}: this cursor belongs to the order ${field}, not ${order.field}.`)
  return right({ key, id })
}

const parseCursor = (cursor: string): [string, string | number, string] | null => {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (!Array.isArray(parsed) || parsed.length !== 3) return null
    const [field, key, id] = parsed
    if (typeof field !== 'string' || typeof id !== 'string') return null
    return typeof key === 'string' || typeof key === 'number' ? [field, key, id] : null
  } catch {
    return null
  }
}

/** One condition for each stretch of an index: an owner's images that are there, or those that are deleted. */
const sourcesOf = (scope: ImageScopeOfLists, filter: ImageFilter): readonly Bound[] => {
  const owners: readonly (Bound & { readonly searchOwner: string | null })[] =
    scope === 'EVERYTHING'
      ? [{ sql: '', values: [], searchOwner: null }]
      : [
          ...scope.accounts.map((id) => ({
            sql: 'account = ? AND ',
            values: [id],
            searchOwner: searchOwner('a', id),
          })),
          ...scope.projects.map((id) => ({
            sql: 'project = ? AND ',
            values: [id],
            searchOwner: searchOwner('p', id),
          })),
        ]
  return owners.flatMap((owner) =>
    filterSql(filter, owner.searchOwner).map((condition) => ({
      sql: owner.sql + condition.sql,
      values: [...owner.values, ...condition.values],
    })),
  )
}

const merged = (
  prepare: Prepare,
  sources: readonly Bound[],
  order: ImageOrder,
  bounds: { readonly after: Cursor | null; readonly before: Cursor | null },
  reverse: boolean,
  limit: number,
): Entry[] => {
  const column = orderColumns[order.field]
  const ascending = (order.direction === 'ASC') !== reverse
  const way = ascending ? 'ASC' : 'DESC'
  const [greater, less] = order.direction === 'ASC' ? ['>', '<'] : ['<', '>']
  const limits = [
    { cursor: bounds.after, sql: ` AND (${column}, id) ${greater} (?, ?)` },
    { cursor: bounds.before, sql: ` AND (${column}, id) ${less} (?, ?)` },
  ].filter((bound) => bound.cursor !== null)
  const between = limits.map(({ sql }) => sql).join('')
  const ends = limits.flatMap(({ cursor }) => (cursor === null ? [] : [cursor.key, cursor.id]))
  const pages = sources.map(({ sql, values }) =>
    prepare(
      `SELECT id, revision, ${column} AS sort_key FROM images WHERE ${sql}${between} ORDER BY ${column} ${way}, id ${way} LIMIT ?`,
    ).all(...values, ...ends, limit),
  )
  const [only] = pages
  if (pages.length === 1 && only !== undefined) return only.map(typedEntry)
  const sign = ascending ? 1 : -1
  return pages
    .flat()
    .map(typedEntry)
    .sort((a, b) => sign * (compare(a.sort_key, b.sort_key) || compare(a.id, b.id)))
    .slice(0, limit)
}

const typedEntry = (row: SqlRow): Entry => typed<Entry>(row)

/** As SQLite's BINARY collation does for the keys there are: ASCII names and keys, instants, numbers. */
const compare = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0)
