import type { SqlDatabase } from '../projection.ts'
import type { Segment } from './life.ts'
import { HOUR, months } from './meter.ts'
import type { Scope } from './scope.ts'

/** An image with its segments, in the order of time. */
export interface Billed {
  readonly image: string
  /** What its owners call it, '' being the account itself. */
  readonly names: Readonly<Record<string, string>>
  readonly location: string
  readonly segments: readonly Segment[]
}

/** Whose segments are asked for, and within which time. The month that it begins in counts whole: rounding begins with it. */
type Within = Pick<Scope, 'account' | 'images' | 'from' | 'to' | 'asOf'>

const within = (columns: string, { account, images, from, to, asOf }: Within) => {
  const only = images === null ? '' : 'AND image IN (SELECT value FROM json_each(?4))'
  return {
    sql: `SELECT ${columns} FROM segments
      WHERE account = ?1 AND since < ?2 AND (until IS NULL OR until > ?3) ${only}`,
    values: [
      account,
      Math.min(to, asOf),
      months.startOf(from),
      ...(images === null ? [] : [JSON.stringify([...images])]),
    ],
  }
}

/** About how many entries a scope has: what is stored of its images, times its stretches of time. */
export const roughEntries = (db: SqlDatabase, scope: Scope): number => {
  const { sql, values } = within('count(*) AS count', scope)
  const length = { HOUR: HOUR, DAY: 24 * HOUR, MONTH: 28 * 24 * HOUR }[scope.granularity]
  return Number(db.prepare(sql).get(...values)?.['count']) * Math.ceil((scope.to - scope.from) / length)
}

/** A row of segments, in the order of the columns that are asked for. */
type SegmentRow = readonly [
  image: string,
  name: string,
  location: string,
  project: string | null,
  start: number,
  since: number,
  until: number | null,
  sizeBytes: string | null,
  openedBy: string,
  closedBy: string | null,
]

const columns = 'image, name, location, project, start, since, until, size_bytes, opened_by, closed_by'

/** The images that have to do with a scope, one after the other as the database is read: to be gone through at once. */
export function* liveImages(db: SqlDatabase, scope: Within): Generator<Billed> {
  const { sql, values } = within(columns, scope)
  const statement = db.prepare(`${sql} ORDER BY image, place`)
  statement.setReturnArrays(true)
  let image = { image: '', names: {} as Record<string, string>, location: '', segments: [] as Segment[] }
  // The table is STRICT and written by lives.ts alone.
  for (const row of statement.iterate(...values) as Iterable<unknown> as Iterable<SegmentRow>) {
    const [id, name, location, project] = row
    if (id !== image.image) {
      if (image.segments.length > 0) yield image
      image = { image: id, names: {}, location, segments: [] }
    }
    image.names[project ?? ''] = name
    image.segments.push(segmentIn(row))
  }
  if (image.segments.length > 0) yield image
}

const segmentIn = ([, , , project, start, from, to, size, openedBy, closedBy]: SegmentRow): Segment => ({
  start,
  from,
  to,
  project,
  sizeBytes: size === null ? null : BigInt(size),
  openedBy,
  closedBy,
})
