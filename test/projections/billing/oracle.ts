import type { Fact } from '../../../src/projections/billing/life.ts'
import type { Price } from '../../../src/projections/billing/prices.ts'

// The bill as anybody would reckon it who has time: hour by hour, by the words of the rules, with none of the program's code.

const HOUR = 3_600_000

/** One image-hour that is billed, with all that it takes from the instant it begins. */
export interface BilledHour {
  readonly begins: number
  readonly month: string
  readonly hoursInMonth: number
  readonly project: string | null
  readonly price: Price | null
  readonly sizeBytes: bigint | null
}

const told = (facts: readonly Fact[]): readonly Fact[] =>
  facts
    .filter((fact, place) => facts.findIndex(({ id }) => id === fact.id) === place)
    .toSorted((a, b) => (a.at === b.at ? a.revision - b.revision : a.at - b.at))

const existsAt = (facts: readonly Fact[], instant: number): boolean => {
  // The deletion that stands in the end, and nothing between a deletion and its restore.
  let deletedAt: number | null = null
  for (const fact of facts) {
    if (fact.type === 'DELETED' && deletedAt === null) deletedAt = fact.at
    if (fact.type === 'RESTORED') deletedAt = null
  }
  return deletedAt === null || instant < deletedAt
}

const ownerAt = (facts: readonly Fact[], instant: number): string | null => {
  let owner: string | null = null
  for (const fact of facts) {
    if (fact.type === 'AVAILABLE') {
      owner = fact.project
      break
    }
  }
  for (const fact of facts) if (fact.type === 'MOVED' && fact.at <= instant) owner = fact.project
  return owner
}

const sizeAt = (facts: readonly Fact[], start: number, instant: number): bigint | null => {
  const sizes: { from: number; sizeBytes: bigint }[] = []
  for (const fact of facts) {
    if (fact.type === 'AVAILABLE' && fact.at === start && sizes.length === 0 && (fact.sizeBytes ?? 0n) > 0n)
      sizes.push({ from: start, sizeBytes: fact.sizeBytes ?? 0n })
  }
  for (const fact of facts) {
    if (fact.type !== 'SIZE_REPORTED') continue
    const from = sizes.length === 0 ? start : Math.max(start, fact.effectiveAt ?? fact.at)
    sizes.push({ from, sizeBytes: fact.sizeBytes })
  }
  let best: { from: number; sizeBytes: bigint } | null = null
  for (const size of sizes) if (size.from <= instant && (best === null || size.from >= best.from)) best = size
  return best?.sizeBytes ?? null
}

const priceAt = (book: readonly Price[], project: string | null, instant: number): Price | null => {
  let best: Price | null = null
  for (const price of book) {
    if (price.effectiveFrom > instant) continue
    if (price.project !== null && price.project !== project) continue
    const rank = ({ project: of, effectiveFrom }: Price) => [of === null ? 0 : 1, effectiveFrom] as const
    if (best === null) best = price
    else {
      const [a, b] = [rank(price), rank(best)]
      if (a[0] > b[0] || (a[0] === b[0] && a[1] > b[1])) best = price
    }
  }
  return best
}

/** Every hour of an image that begins before `asOf`. Prices are for all, or for a project. */
export const billedHours = (
  facts: readonly Fact[],
  book: readonly Price[],
  asOf: number,
): readonly BilledHour[] => {
  const ordered = told(facts)
  const available = ordered.find(({ type }) => type === 'AVAILABLE')
  if (available === undefined) return []
  const hours: BilledHour[] = []
  for (let begins = available.at; begins < asOf && existsAt(ordered, begins); begins += HOUR) {
    const date = new Date(begins)
    const days = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
    const project = ownerAt(ordered, begins)
    const price = priceAt(book, project, begins)
    hours.push({
      begins,
      month: date.toISOString().slice(0, 7),
      hoursInMonth: price?.hoursBasis === 'H730' ? 730 : price?.hoursBasis === 'H720' ? 720 : days * 24,
      project,
      price,
      sizeBytes: sizeAt(ordered, available.at, begins),
    })
  }
  return hours
}

/** What each hour adds to the posted GB-months (units of 10^-12): the step of the rounded running total of its month. */
export const postedByHour = (hours: readonly BilledHour[]): readonly bigint[] => {
  let month = ''
  let numerator = 0n
  let denominator = 1n
  let before = 0n
  return hours.map((hour) => {
    if (hour.month !== month) {
      month = hour.month
      numerator = 0n
      denominator = 1n
      before = 0n
    }
    if (hour.price === null) return 0n
    const share = hour.price.unitBytes * BigInt(hour.hoursInMonth)
    numerator = numerator * share + (hour.sizeBytes ?? 0n) * denominator
    denominator *= share
    const scaled = numerator * 10n ** 12n
    const whole = scaled / denominator
    const twice = (scaled % denominator) * 2n
    const up = twice > denominator || (twice === denominator && whole % 2n === 1n)
    const now = up ? whole + 1n : whole
    const step = now - before
    before = now
    // Keep the fraction short: it is exact either way.
    const common = gcdOf(numerator, denominator)
    numerator /= common
    denominator /= common
    return step
  })
}

const gcdOf = (a: bigint, b: bigint): bigint => {
  let [x, y] = [a, b]
  while (y !== 0n) [x, y] = [y, x % y]
  return x === 0n ? 1n : x
}
