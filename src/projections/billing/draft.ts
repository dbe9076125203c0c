import { createHash } from 'node:crypto'
import type { Seal } from '../../domain/billing/events.ts'
import { monthOf } from '../../domain/kernel/month.ts'
import type { Position } from '../../domain/kernel/recorded.ts'
import type { SqlDatabase } from '../projection.ts'
import { namesIn } from './bill.ts'
import { bookOf, timelinesOf } from './book.ts'
import { lateEntries } from './entries.ts'
import { rounded } from './invoice.ts'
import { liveImages } from './live-images.ts'
import { amountOf, type Charge, charges, months } from './meter.ts'
import { money } from './report.ts'
import { encodeLine, type StatementHead } from './statement.ts'

/** A month as it would be sealed now, from everything that the database has read. Milliseconds in, bytes out. */
export const draftOf = (
  db: SqlDatabase,
  of: {
    readonly account: string
    readonly month: number
    readonly position: Position
    readonly provider: string
  },
): { readonly content: Uint8Array; readonly seal: Seal } => {
  const { account, month, position, provider } = of
  const end = months.endOf(month)
  const window = { from: month, to: end, asOf: end, buckets: months }
  const book = bookOf(db)
  const timelines = timelinesOf(account, book)
  const names = namesIn(db, account)
  const sum = new Sum()
  const prices = book
    .filter((price) => price.effectiveFrom < end && isFor(price, account, names.projects))
    .map(({ event: _event, told: _told, ...price }) => price)
  const head: StatementHead = {
    version: 1,
    account,
    provider,
    month,
    position: String(position),
    ...names,
    prices,
  }
  const parts = [encodeLine(head)]
  for (const image of liveImages(db, { ...window, account, images: null })) {
    const { location, segments } = image
    const found = charges(segments, (project) => timelines(project, location), window)
    for (const charge of found) sum.add(charge)
    const lines = found.map(({ price, bucket: _bucket, month: _month, ...line }) => ({
      ...line,
      price: price?.id ?? null,
    }))
    if (lines.length > 0) parts.push(encodeLine({ billed: { ...image, lines } }))
  }
  const late = { ...window, account, projects: null, images: null, granularity: 'MONTH' } as const
  for (const { image, name, location, charge, correction } of lateEntries(db, late)) {
    const { sizeKnown, hoursMs, byteMs, posted, price, project } = charge
    sum.correct(charge)
    const numbers = { sizeKnown, hoursMs, byteMs, posted, cause: correction?.cause ?? '' }
    parts.push(
      encodeLine({
        correction: {
          image,
          name,
          location,
          month: charge.month,
          project,
          price: price?.id ?? null,
          ...numbers,
        },
      }),
    )
  }
  const content = Buffer.concat(parts)
  const sha256 = createHash('sha256').update(content).digest('hex')
  return { content, seal: { month: monthOf(month), position: String(position), sha256, ...sum.seal() } }
}

const isFor = (
  price: { readonly account: string | null; readonly project: string | null },
  account: string,
  projects: Readonly<Record<string, string>>,
): boolean =>
  (price.account === null || price.account === account) &&
  (price.project === null || Object.hasOwn(projects, price.project))

/** What the sealing event says of the lines. */
class Sum {
  #lines = 0
  #pendingSize = 0
  #unpriced = 0
  readonly #totals = new Map<string, bigint>()

  add(charge: Charge): void {
    if (charge.price !== null && !charge.sizeKnown) this.#pendingSize += 1
    this.correct(charge)
  }

  correct(charge: Charge): void {
    this.#lines += 1
    const { price } = charge
    const amount = amountOf(charge)
    if (price === null) this.#unpriced += 1
    if (price === null || amount === null) return
    this.#totals.set(price.currency, (this.#totals.get(price.currency) ?? 0n) + amount)
  }

  seal(): Pick<Seal, 'lines' | 'pendingSize' | 'unpriced' | 'totals'> {
    const totals = [...this.#totals]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([currency, total]) => money(rounded(total, currency), currency))
    return { lines: this.#lines, pendingSize: this.#pendingSize, unpriced: this.#unpriced, totals }
  }
}
