import type { Position } from '../../domain/kernel/recorded.ts'
import type { SqlDatabase } from '../projection.ts'
import { type BookedPrice, bookOf, timelinesOf } from './book.ts'
import { correctionsOf, type Rating } from './corrections.ts'
import { type Fact, type Segment, segmentsOf } from './life.ts'
import { months } from './meter.ts'

/** A fact, and where in the log it came. */
type Told = Fact & { readonly told: Position }

/** An image as billing knows it. */
export interface Life {
  readonly image: string
  readonly account: string
  readonly location: string
  readonly project: string | null
  readonly official: number
  readonly size_bytes: string | null
  readonly facts: string
}

/**
 * Keeps what is known of each image, its segments, and the corrections of months that are sealed. What is learned of a sealed
 * month changes no line of it: the difference it makes goes to the first month that is open.
 */
export const livesIn = (db: SqlDatabase) => {
  const insert = db.prepare(
    "INSERT INTO lives (image, account, location, project, official, facts, told) VALUES (?, ?, ?, ?, ?, '[]', 0)",
  )
  const measure = db.prepare('UPDATE lives SET size_bytes = ? WHERE image = ?')
  const give = db.prepare('UPDATE lives SET project = ? WHERE image = ?')
  const nameOf = db.prepare('SELECT name FROM image_names WHERE image = ? AND owner = ?')
  const call = db.prepare('INSERT OR REPLACE INTO image_names (image, owner, name) VALUES (?, ?, ?)')
  const renameSegments = db.prepare(
    'UPDATE segments SET name = ?1 WHERE account = ?2 AND image = ?3 AND project IS ?4',
  )
  const one = db.prepare('SELECT * FROM lives WHERE image = ?')
  const toldSince = db.prepare('SELECT * FROM lives WHERE account = ? AND told > ? AND official = 0')
  const keep = db.prepare('UPDATE lives SET facts = ?, told = ? WHERE image = ?')
  const clear = db.prepare('DELETE FROM segments WHERE account = ? AND image = ?')
  const segment = db.prepare(
    `INSERT INTO segments (account, image, place, location, name, project, start, since, until, size_bytes, opened_by, closed_by)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const lastSealed = db.prepare(
    'SELECT max(month) AS month FROM periods WHERE account = ? AND sealed_at IS NOT NULL',
  )
  const sealedAccounts = db.prepare('SELECT DISTINCT account FROM periods WHERE sealed_at IS NOT NULL')
  const correct = db.prepare(
    `INSERT INTO corrections
      (account, period, image, told, month, place, project, price, cause, size_known, hours_ms, byte_ms, posted)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const postpone = db.prepare(
    'UPDATE corrections SET period = ? WHERE account = ? AND period < ? AND told > ?',
  )

  const life = (image: string): Life => {
    const row = one.get(image)
    if (row === undefined) throw new Error(`Image ${image} was never registered`)
    return row as unknown as Life
  }
  const nameIn = (image: string, project: string | null): string =>
    String(nameOf.get(image, project ?? '')?.['name'])
  /** Where an account's sealed months end, in milliseconds; null where none is. */
  const sealedUntil = (account: string): number | null => {
    const month = lastSealed.get(account)?.['month']
    return typeof month === 'number' ? months.endOf(month) : null
  }
  /** The difference that a change makes to sealed months goes to the first month after them. */
  const revise = (
    { account, image, location }: Life,
    facts: readonly Told[],
    { id, told }: Change,
    { from, until }: { readonly from: number; readonly until: number },
  ): void => {
    const before = segmentsOf(facts.filter((fact) => fact.told < told))
    const after = segmentsOf(facts.filter((fact) => fact.told <= told))
    const start = Math.min(...[...before, ...after].map((each) => each.from))
    if (start >= until) return
    const book = bookOf(db)
    const ratingOf = (segments: readonly Segment[], prices: readonly BookedPrice[]): Rating => {
      const timelines = timelinesOf(account, prices)
      return { segments, pricesOf: (project) => timelines(project, location) }
    }
    const found = correctionsOf(
      ratingOf(
        before,
        book.filter((price) => price.told < told),
      ),
      ratingOf(
        after,
        book.filter((price) => price.told <= told),
      ),
      Math.max(from, months.startOf(start)),
      until,
    )
    for (const [place, { month, project, price, sizeKnown, hoursMs, byteMs, posted }] of found.entries()) {
      const numbers = [Number(sizeKnown), ...[hoursMs, byteMs, posted].map(String)]
      correct.run(account, until, image, told, month, place, project, price?.id ?? null, id, ...numbers)
    }
  }

  return {
    begin: ({ image, account, location, project, official }: Begun, name: string): void => {
      insert.run(image, account, location, project, official)
      call.run(image, project ?? '', name)
    },
    measure: (image: string, sizeBytes: bigint): void => void measure.run(String(sizeBytes), image),
    rename: (image: string, name: string): void => {
      const { account, project } = life(image)
      call.run(image, project ?? '', name)
      renameSegments.run(name, account, image, project)
    },
    /** To another owner, under the name that it has there; null for the account itself. */
    give: (image: string, project: string | null, name: string): void => {
      give.run(project, image)
      call.run(image, project ?? '', name)
    },
    /** A fact of an image's life. Stock images are free: nothing is told of them (BILLING.md, 11). */
    tell: (image: string, told: Position, factOf: (life: Life) => Fact): void => {
      const row = life(image)
      if (row.official === 1) return
      const { account } = row
      const before = readFacts(row.facts)
      const fact = { ...factOf(row), told }
      const facts = [...before, fact]
      const segments = segmentsOf(facts)
      keep.run(writeFacts(facts), told, image)
      clear.run(account, image)
      for (const [place, each] of segments.entries())
        segment.run(
          account,
          image,
          place,
          row.location,
          nameIn(image, each.project),
          each.project,
          each.start,
          each.from,
          each.to,
          each.sizeBytes === null ? null : String(each.sizeBytes),
          each.openedBy,
          each.closedBy,
        )
      const until = sealedUntil(account)
      if (until !== null) revise(row, facts, fact, { from: Number.NEGATIVE_INFINITY, until })
    },
    /** A price is refused inside sealed months; this is for one that was set while they were being sealed. */
    priced: ({ event, told, account: only, effectiveFrom }: BookedPrice): void => {
      for (const { account } of sealedAccounts.all() as unknown as Pick<Life, 'account'>[]) {
        const until = sealedUntil(account)
        if (until === null || effectiveFrom >= until || (only !== null && only !== account)) continue
        for (const row of toldSince.all(account, 0) as unknown as Life[])
          revise(row, readFacts(row.facts), { id: event, told }, { from: Number.NEGATIVE_INFINITY, until })
      }
    },
    /**
     * A month was sealed as of a position in the log: what came later, until the seal was recorded, was too late for it.
     * `sealedBefore`: where the account's sealed months ended until now.
     */
    sealed: (account: string, month: number, position: Position, sealedBefore: number | null): void => {
      const until = months.endOf(month)
      postpone.run(until, account, until, position)
      const prices = bookOf(db).filter(({ told, effectiveFrom }) => told > position && effectiveFrom < until)
      const rows = toldSince.all(account, prices.length > 0 ? 0 : position) as unknown as Life[]
      for (const row of rows) {
        const facts = readFacts(row.facts)
        const late = [
          ...facts.filter(({ told }) => told > position),
          ...prices.map(({ event, told }) => ({ id: event, told })),
        ].sort((a, b) => (a.told < b.told ? -1 : 1))
        for (const change of late)
          revise(row, facts, change, { from: sealedBefore ?? Number.NEGATIVE_INFINITY, until })
      }
    },
    sealedUntil,
  }
}

type Begun = Omit<Life, 'size_bytes' | 'facts'>

/** What was recorded: its event, and where in the log it stands. */
interface Change {
  readonly id: string
  readonly told: bigint
}

const writeFacts = (facts: readonly Told[]): string =>
  JSON.stringify(facts, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value))

/** The facts of an image as the table holds them. */
export const readFacts = (text: string): readonly Told[] =>
  JSON.parse(text, (key, value: unknown) =>
    (key === 'sizeBytes' || key === 'told') && typeof value === 'string' ? BigInt(value) : value,
  )
