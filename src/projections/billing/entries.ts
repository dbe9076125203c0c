import { setImmediate as giveWay } from 'node:timers/promises'
import type { BlobStore } from '../../application/ports/blob-store.ts'
import type { SqlDatabase } from '../projection.ts'
import { openStatement } from './bill.ts'
import { bookOf, type Timelines, timelinesOf } from './book.ts'
import type { Entry } from './entry.ts'
import { type Billed, liveImages } from './live-images.ts'
import { bucketsOf, type Charge, charges, months } from './meter.ts'
import type { Price } from './prices.ts'
import type { Scope } from './scope.ts'
import type { StatementCorrection, StatementHead, StatementImage } from './statement.ts'

/** So many entries are reckoned before others have their turn. */
const AT_A_TIME = 4_000

/**
 * Everything that is to be paid within a scope, an image at a time: sealed months from their statements, the rest from the
 * segments, and what was learned late in the month that it is billed in, whose first instant must be within the scope.
 * What the database holds is read at once, before anything is waited for.
 */
export const entriesOf = (
  db: SqlDatabase,
  blobs: BlobStore,
  scope: Scope,
): AsyncIterable<readonly Entry[]> => {
  const { open, live, timelines, late, sealed } = sourcesOf(db, scope)
  const images = [...live]
  const wanted = wantedBy(scope)
  return (async function* () {
    yield* statementsEntries(blobs, sealed, scope)
    let count = 0
    for (const image of images) {
      const entries = ratedEntries(image, timelines, open, false)
      count += 1 + entries.length
      if (count > AT_A_TIME) {
        count = 0
        await giveWay()
      }
      yield entries.filter(wanted)
    }
    yield late.filter(wanted)
  })()
}

/** The same for those who only add up: nothing is kept, and what is open is gone through in one turn. */
export const visitEntries = async (
  db: SqlDatabase,
  blobs: BlobStore,
  scope: Scope,
  visit: (entry: Entry) => void,
): Promise<void> => {
  const { open, live, timelines, late, sealed } = sourcesOf(db, scope)
  const wanted = wantedBy(scope)
  for (const image of live)
    for (const entry of ratedEntries(image, timelines, open, false)) if (wanted(entry)) visit(entry)
  for (const entry of late) if (wanted(entry)) visit(entry)
  for await (const entries of statementsEntries(blobs, sealed, scope))
    for (const entry of entries) visit(entry)
}

const sourcesOf = (db: SqlDatabase, scope: Scope) => {
  const { account, from, to } = scope
  const sealed = sealedMonths(db, account)
  const until = Math.max(...[...sealed.keys()].map(months.endOf), Number.NEGATIVE_INFINITY)
  const open = { ...scope, from: Math.max(from, until) }
  return {
    open,
    sealed: [...sealed].filter(([month]) => month < to && months.endOf(month) > from),
    live: open.from < to ? liveImages(db, open) : [],
    timelines: timelinesOf(account, bookOf(db)),
    late: lateEntries(db, open),
  }
}

async function* statementsEntries(
  blobs: BlobStore,
  sealed: readonly (readonly [month: number, sha256: string])[],
  scope: Scope,
): AsyncGenerator<readonly Entry[]> {
  const wanted = wantedBy(scope)
  for (const [month, sha256] of sealed)
    for await (const entries of statementEntries(blobs, sha256, month, scope)) yield entries.filter(wanted)
}

const wantedBy =
  ({ projects, images }: Scope) =>
  ({ image, charge: { project } }: Entry): boolean =>
    (projects === null || (project !== null && projects.has(project))) &&
    (images === null || images.has(image))

const ratedEntries = (
  { image, names, location, segments }: Billed,
  timelines: Timelines,
  { from, to, asOf, granularity }: Scope,
  sealed: boolean,
): readonly Entry[] => {
  const buckets = bucketsOf[granularity]
  const window = { from, to, asOf, buckets }
  const rating = { segments, pricesOf: (project: string | null) => timelines(project, location) }
  return charges(segments, rating.pricesOf, window).map((charge) => {
    const end = Math.min(buckets.endOf(charge.bucket), to)
    const name = nameBy(names, charge.project)
    return { image, name, location, charge, rating, end, sealed, correction: null }
  })
}

const nameBy = (names: Readonly<Record<string, string>>, project: string | null): string =>
  names[project ?? ''] ?? ''

/** The sealed months of an account with the hashes of their statements, in the order of time. */
const sealedMonths = (db: SqlDatabase, account: string): ReadonlyMap<number, string> =>
  new Map(
    db
      .prepare('SELECT month, sha256 FROM periods WHERE account = ? AND sealed_at IS NOT NULL ORDER BY month')
      .all(account)
      .map((row) => [Number(row['month']), String(row['sha256'])]),
  )

/** What was learned of sealed months and is billed in a month that is open, within a scope. */
export const lateEntries = (db: SqlDatabase, { account, from, to, asOf }: Scope): readonly Entry[] => {
  const prices = new Map(bookOf(db).map((price) => [price.id, price]))
  return db
    .prepare(
      `SELECT c.*, CAST(told AS TEXT) AS told, (SELECT name FROM image_names WHERE image = c.image AND owner = coalesce(c.project, '')) AS name,
          (SELECT location FROM lives WHERE image = c.image) AS location
        FROM corrections AS c WHERE account = ? AND period >= ? AND period < ? ORDER BY image, month, c.told, place`,
    )
    .all(account, from, Math.min(to, asOf))
    .map((row) =>
      correctionEntry(
        {
          image: String(row['image']),
          name: String(row['name']),
          location: String(row['location']),
          month: Number(row['month']),
          project: row['project'] === null ? null : String(row['project']),
          price: row['price'] === null ? null : String(row['price']),
          sizeKnown: row['size_known'] === 1,
          hoursMs: BigInt(String(row['hours_ms'])),
          byteMs: BigInt(String(row['byte_ms'])),
          posted: BigInt(String(row['posted'])),
          cause: String(row['cause']),
        },
        prices,
        Number(row['period']),
        false,
      ),
    )
}

const correctionEntry = (
  of: StatementCorrection,
  prices: ReadonlyMap<string, Price>,
  period: number,
  sealed: boolean,
): Entry => {
  const { image, name, location, month, project, sizeKnown, hoursMs, byteMs, posted, cause } = of
  const price = of.price === null ? null : pricedBy(prices, of.price)
  const charge: Charge = {
    bucket: month,
    month,
    project,
    price,
    sizeKnown,
    hoursMs,
    byteMs,
    posted,
    segments: [],
  }
  return {
    image,
    name,
    location,
    charge,
    rating: null,
    end: months.endOf(month),
    sealed,
    correction: { cause, period },
  }
}

const pricedBy = (prices: ReadonlyMap<string, Price>, id: string): Price => {
  const price = prices.get(id)
  if (price === undefined) throw new Error(`There is no price ${id}`)
  return price
}

/** A sealed month, as it was sealed. Finer stretches are rated from the segments that are written in it. */
async function* statementEntries(
  blobs: BlobStore,
  sha256: string,
  month: number,
  scope: Scope,
): AsyncGenerator<readonly Entry[]> {
  const { head, parts } = await openStatement(blobs, sha256)
  const prices = new Map(head.prices.map((price) => [price.id, price]))
  const timelines = timelinesOf(head.account, head.prices)
  const end = months.endOf(month)
  const within = { ...scope, from: Math.max(scope.from, month), to: Math.min(scope.to, end) }
  const whole =
    scope.granularity === 'MONTH' && within.from === month && within.to === end && scope.asOf >= end
  for await (const part of parts) {
    if ('billed' in part)
      yield whole
        ? writtenEntries(part.billed, prices, timelines, head)
        : ratedEntries(part.billed, timelines, within, scope.asOf >= end)
    else if (month >= scope.from && month < scope.asOf)
      yield [correctionEntry(part.correction, prices, month, true)]
  }
}

const writtenEntries = (
  { image, names, location, segments, lines }: StatementImage,
  prices: ReadonlyMap<string, Price>,
  timelines: Timelines,
  { month }: StatementHead,
): readonly Entry[] =>
  lines.map((line) => ({
    image,
    name: nameBy(names, line.project),
    location,
    charge: {
      ...line,
      bucket: month,
      month,
      price: line.price === null ? null : pricedBy(prices, line.price),
    },
    rating: { segments, pricesOf: (project) => timelines(project, location) },
    end: months.endOf(month),
    sealed: true,
    correction: null,
  }))
