import type { ListScope } from '../../domain/access/lists.ts'
import { type Either, left, right } from '../../domain/kernel/fp.ts'
import { parseInstant } from '../../domain/kernel/instant.ts'
import type { SqlRow, SqlStatement } from '../projection.ts'
import type { ImageFilter } from './filter.ts'
import { type ImageRow, type RowKey, typed } from './rows.ts'
import { BY_SEARCH, type Source, sourcesOf } from './sources.ts'
import { firstRowAt, type ImageOrderField, orderColumns, orderKeys, ROWS_A_MILLISECOND } from './tables.ts'

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
 * Which images stand on one page of a list. Each of its sources is read through the index of the order, at most a page of it,
 * and merged: nobody else's images are looked at. Left: a sentence on the cursor that cannot be used.
 */
export const listKeys = (
  prepare: Prepare,
  scope: ListScope,
  filter: ImageFilter,
  order: ImageOrder,
  page: PageRequest,
): Either<string, KeyPage> => {
  const after = readCursor(page.after, order, 'after')
  if (after._tag === 'Left') return after
  const before = readCursor(page.before, order, 'before')
  if (before._tag === 'Left') return before
  const backward = page.walk === 'BACKWARD'
  const sources = sourcesOf(scope, filter, false)
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
export const countImages = (prepare: Prepare, scope: ListScope, filter: ImageFilter): number =>
  sourcesOf(scope, filter, true)
    .map(({ from, where, values }) =>
      prepare(`SELECT count(*) AS n FROM ${countedFrom(from, where)} WHERE ${where}`).get(...values),
    )
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

/** What is found by words alone is counted in the search index alone. */
const countedFrom = (from: string, where: string): string =>
  from === BY_SEARCH && where === 'images_search MATCH ?' ? 'images_search' : from

interface Bounds {
  readonly after: Cursor | null
  readonly before: Cursor | null
}

const merged = (
  prepare: Prepare,
  sources: readonly Source[],
  order: ImageOrder,
  bounds: Bounds,
  reverse: boolean,
  limit: number,
): Entry[] => {
  const ascending = (order.direction === 'ASC') !== reverse
  const pages = sources.map((source) =>
    source.from === BY_SEARCH && order.field === 'CREATED_AT'
      ? pageByRow(prepare, source, order, bounds, ascending, limit)
      : pageOf(prepare, source, order, bounds, ascending, limit),
  )
  const [only] = pages
  if (pages.length === 1 && only !== undefined) return [...only]
  const byId = new Map(pages.flat().map((entry) => [entry.id, entry]))
  return [...byId.values()].sort(compareBy(ascending)).slice(0, limit)
}

/** A page of one source, through the index of the order where the source has one. */
const pageOf = (
  prepare: Prepare,
  { from, where, values }: Source,
  order: ImageOrder,
  bounds: Bounds,
  ascending: boolean,
  limit: number,
): readonly Entry[] => {
  const column = orderColumns[order.field]
  const way = ascending ? 'ASC' : 'DESC'
  const between = betweenSql(order, bounds)
  return prepare(
    `SELECT id, revision, ${column} AS sort_key FROM ${from} WHERE ${where}${between.sql} ORDER BY ${column} ${way}, id ${way} LIMIT ?`,
  )
    .all(...values, ...between.values, limit)
    .map(typedEntry)
}

const betweenSql = (order: ImageOrder, { after, before }: Bounds) => {
  const column = orderColumns[order.field]
  const [greater, less] = order.direction === 'ASC' ? ['>', '<'] : ['<', '>']
  const limits = [
    { cursor: after, sql: ` AND (${column}, id) ${greater} (?, ?)` },
    { cursor: before, sql: ` AND (${column}, id) ${less} (?, ?)` },
  ].filter((bound) => bound.cursor !== null)
  return {
    sql: limits.map(({ sql }) => sql).join(''),
    values: limits.flatMap(({ cursor }) => (cursor === null ? [] : [cursor.key, cursor.id])),
  }
}

/**
 * The same for what a search found, by the time of creation: the index gives numbers of rows, which go by milliseconds. Within
 * the last millisecond the order is not that of the ids, so that it is read to its end.
 */
const pageByRow = (
  prepare: Prepare,
  { from, where, values }: Source,
  order: ImageOrder,
  bounds: Bounds,
  ascending: boolean,
  limit: number,
): readonly Entry[] => {
  const between = betweenSql(order, bounds)
  const descending = order.direction === 'DESC'
  const [newest, oldest] = descending ? [bounds.after, bounds.before] : [bounds.before, bounds.after]
  const read = (first: bigint, to: bigint, most: number): readonly FoundEntry[] =>
    prepare(
      `SELECT id, revision, created_at AS sort_key, CAST(images_search.rowid AS TEXT) AS row FROM ${from}
        WHERE ${where}${between.sql} AND images_search.rowid >= ? AND images_search.rowid < ?
        ORDER BY images_search.rowid ${ascending ? 'ASC' : 'DESC'} LIMIT ?`,
    )
      .all(...values, ...between.values, first, to, most)
      .map((row) => typed<FoundEntry>(row))
  const lowest = rowBound(oldest, 0n) ?? LOWEST
  const highest = rowBound(newest, ROWS_A_MILLISECOND) ?? HIGHEST
  const found = read(lowest, highest, limit)
  const last = found.length < limit ? undefined : found.at(-1)
  const start = last && rowBound({ key: last.sort_key, id: last.id }, 0n)
  const row = last && BigInt(last.row)
  const rest =
    start === undefined || start === null || row === undefined
      ? []
      : ascending
        ? read(row + 1n, start + ROWS_A_MILLISECOND, MOST)
        : read(start, row, MOST)
  return [...found, ...rest].sort(compareBy(ascending)).slice(0, limit)
}

interface FoundEntry extends Entry {
  readonly row: string
}

const LOWEST = -(2n ** 63n)
const HIGHEST = 2n ** 63n - 1n
const MOST = Number(ROWS_A_MILLISECOND)

/** Where the rows of a cursor's millisecond begin, and further; null for no cursor, or a forged one. */
const rowBound = (cursor: Cursor | null, further: bigint): bigint | null => {
  const created = typeof cursor?.key === 'string' ? parseInstant(cursor.key) : null
  return created === null ? null : firstRowAt(created) + further
}

const typedEntry = (row: SqlRow): Entry => typed<Entry>(row)

const compareBy = (ascending: boolean) => (a: Entry, b: Entry) =>
  (ascending ? 1 : -1) * (compare(a.sort_key, b.sort_key) || compare(a.id, b.id))

/** As SQLite's BINARY collation does for the keys there are: ASCII names and keys, instants, numbers. */
const compare = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0)
