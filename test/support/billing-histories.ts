import fc from 'fast-check'
import type { AccountId, LocationId, ProjectId } from '../../src/domain/kernel/ids.ts'
import { hourPolicies, hoursBases, storageUnits } from '../../src/domain/pricing/events.ts'
import { segmentsOf } from '../../src/projections/billing/life.ts'
import { charges, months } from '../../src/projections/billing/meter.ts'
import { pricesFor } from '../../src/projections/billing/prices.ts'
import { type BilledImage, type BillingWorld, billingWorld, type Draft, fra } from './billing-world.ts'
import { acme, ams, globex, lab, ops, web } from './samples.ts'

// Random ledgers of a few images, prices and months, in the order of the log. When something happened has nothing to do with
// its place in the log: everything may come late.

const HOUR = 3_600_000
/** Months that may be sealed; what begins after them stays open. */
const MONTHS = ['2026-01', '2026-02', '2026-03'] as const
const FIRST = Date.UTC(2026, 0)
export const LAST = Date.UTC(2026, 4)

/** Mostly around the ends of months, on half hours, so that instants meet; never before the first month. */
export const moments = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom(1, 2, 3), fc.integer({ min: -60, max: 60 }))
      .map(([month, halves]) => Date.UTC(2026, month) + (halves * HOUR) / 2),
  },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 105 * 24 * 60 }).map((n) => FIRST + n * 60_000) },
)
/** What may be asked for, of at most so many hours: mostly up to an instant by which something in it has happened. */
export const windowsOf = (longest: number) =>
  fc
    .tuple(moments, fc.integer({ min: 1, max: longest }), fc.integer({ min: 1, max: 120 }), moments)
    .map(([begin, length, percent, moment]) => {
      const from = Math.floor(begin / HOUR) * HOUR
      const soon = from + Math.ceil((length * percent) / 100) * HOUR + 1
      return { from, to: from + length * HOUR, asOf: percent <= 20 ? moment : soon }
    })

/** Mostly the same few, so that reports repeat themselves. */
const sizes = fc.oneof(fc.constantFrom(1n, 10n ** 9n, 2n ** 30n), fc.bigInt({ min: 1n, max: 10n ** 13n }))
const maybe = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: null })

const registrations = fc.record({
  account: fc.constantFrom<AccountId[]>(acme, acme, acme, globex),
  location: fc.constantFrom<LocationId[]>(ams, fra),
  project: fc.constantFrom<ProjectId[]>(web, ops),
  official: fc.constantFrom(false, false, false, false, true),
  sizeBytes: fc.oneof(sizes, fc.constantFrom(null, 0n)),
  /** Null: with the first thing that is told of it. */
  available: fc.oneof(
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 2, arbitrary: fc.constantFrom(0, 1, 1_800_000, HOUR).map((ms) => FIRST + ms) },
    { weight: 1, arbitrary: moments },
  ),
})

const tellings = fc.record({
  type: fc.constantFrom('SIZE', 'SIZE', 'MOVE', 'MOVE', 'DELETE', 'RENAME'),
  image: fc.nat(2),
  at: moments,
  sizeBytes: sizes,
  effective: maybe(moments),
  project: fc.constantFrom<ProjectId[]>(web, ops),
})
type Telling = typeof tellings extends fc.Arbitrary<infer Value> ? Value : never

const prices = fc.record({
  project: fc.constantFrom<(ProjectId | null)[]>(null, null, null, null, web, ops, lab),
  account: fc.constantFrom<(AccountId | null)[]>(null, null, null, null, acme, globex),
  location: fc.constantFrom<(LocationId | null)[]>(null, null, null, null, ams, fra),
  from: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: moments }),
  rate: fc.constantFrom('0.05', '0', '12.345678', '0.000001', '7'),
  currency: fc.constantFrom('USD', 'USD', 'EUR', 'JPY'),
  unit: fc.constantFrom(...storageUnits),
  hoursBasis: fc.constantFrom(...hoursBases),
  hourPolicy: fc.constantFrom(...hourPolicies, 'STARTED_HOUR' as const),
})
type Price = typeof prices extends fc.Arbitrary<infer Value> ? Value : never

/** One thing that is recorded. A month is sealed by what was known when it was drafted. */
type Step =
  | { readonly do: 'TELL'; readonly telling: Telling }
  | { readonly do: 'PRICE'; readonly price: Price }
  | { readonly do: 'DRAFT' | 'SEAL'; readonly account: AccountId }

const tells = tellings.map((telling): Step => ({ do: 'TELL', telling }))
const sets = prices.map((price): Step => ({ do: 'PRICE', price }))
const strangers = fc.constantFrom<Step[]>({ do: 'DRAFT', account: globex }, { do: 'SEAL', account: globex })
/** What is told and what is priced, with or without another account's months. */
const recordings = (maxLength: number, others = 1) =>
  fc.array(
    fc.oneof(
      { weight: 6, arbitrary: tells },
      { weight: 1, arbitrary: sets },
      { weight: others, arbitrary: strangers },
    ),
    { maxLength },
  )
/** A month of acme: what is recorded until it is drafted, and what comes too late for it though it is not sealed yet. */
const rounds = fc
  .tuple(recordings(5), recordings(3))
  .map(([before, between]): readonly Step[] => [
    ...before,
    { do: 'DRAFT', account: acme },
    ...between,
    { do: 'SEAL', account: acme },
  ])

const forAll: Price = {
  project: null,
  account: null,
  location: null,
  from: 0,
  rate: '0.05',
  currency: 'USD',
  unit: 'GB',
  hoursBasis: 'CALENDAR',
  hourPolicy: 'STARTED_HOUR',
}
const beginnings = {
  images: fc.array(registrations, { minLength: 3, maxLength: 3 }),
  opening: fc
    .tuple(fc.constantFrom([forAll], [forAll], [forAll], []), fc.array(prices, { maxLength: 2 }))
    .map((both) => both.flat()),
}
/** Images as they are registered, the prices that were there from the beginning, and what is recorded one after the other. */
export const histories = fc.record({
  ...beginnings,
  steps: fc
    .tuple(fc.array(rounds, { minLength: 1, maxLength: 3 }), recordings(6))
    .map(([sealed, after]) => [...sealed.flat(), ...after]),
})
export type History = typeof histories extends fc.Arbitrary<infer Value> ? Value : never
/** The same, with no month that is sealed. */
export const openHistories = fc.record({ ...beginnings, steps: recordings(12, 0) })
/** What may come after a history: anything but seals. */
export const afterwards = recordings(8, 0)

/** What is looked at on the way: each month at once when it was drafted, and when it was sealed. */
interface Watch {
  readonly drafted?: (world: BillingWorld, draft: Draft) => Promise<void>
  readonly sealed?: (world: BillingWorld, draft: Draft) => Promise<void>
}

/** Records a history step by step. */
export const player = (history: Pick<History, 'images' | 'opening'>, watch: Watch = {}) => {
  const world = billingWorld()
  const images = history.images.map(({ project, available: _available, ...given }) =>
    world.image({ ...given, project: given.account === globex ? lab : project }),
  )
  const states = history.images.map(({ available }) => ({
    available: available !== null,
    promoted: false,
    deleted: false,
  }))
  const priced = new Set<string>()
  const drafted = new Map<AccountId, Draft>()
  const sealedMonths = new Map<AccountId, number>()

  const tell = ({ type, image: place, at, sizeBytes, effective, project }: Telling): void => {
    const [image, state] = [images[place], states[place]]
    if (image === undefined || state === undefined) return
    if (!state.available) {
      state.available = true
      image.available(at)
    } else if (type === 'SIZE') image.sizeReported(at, sizeBytes, effective)
    else if (type === 'RENAME') image.renamed(`renamed-${world.events.length}`)
    else if (type === 'MOVE') {
      const back = history.images[place]?.account === globex ? lab : project
      if (state.promoted) image.demoted(at, back)
      else image.promoted(at)
      state.promoted = !state.promoted
    } else {
      if (state.deleted) image.restored(at)
      else image.deleted(at)
      state.deleted = !state.deleted
    }
  }
  const price = (given: Price): void => {
    const key = [given.project, given.account, given.location, given.from].join()
    if (!priced.has(key)) world.price(given)
    priced.add(key)
  }
  const draft = async (account: AccountId): Promise<void> => {
    const month = MONTHS[sealedMonths.get(account) ?? 0]
    if (month === undefined || drafted.has(account)) return
    world.close(month, account)
    const found = world.draft(month, account)
    drafted.set(account, found)
    await watch.drafted?.(world, found)
  }
  const seal = async (account: AccountId): Promise<void> => {
    const of = drafted.get(account)
    if (of === undefined) return
    drafted.delete(account)
    sealedMonths.set(account, (sealedMonths.get(account) ?? 0) + 1)
    await world.sealWith(of)
    await watch.sealed?.(world, of)
  }
  for (const each of history.opening) price(each)
  for (const [place, { available }] of history.images.entries()) {
    if (available !== null) images[place]?.available(available)
  }
  return {
    world,
    images: images as readonly BilledImage[],
    play: async (steps: readonly Step[]): Promise<void> => {
      for (const step of steps)
        if (step.do === 'TELL') tell(step.telling)
        else if (step.do === 'PRICE') price(step.price)
        else if (step.do === 'DRAFT') await draft(step.account)
        else await seal(step.account)
    },
  }
}

export const played = async (history: History): Promise<BillingWorld> => {
  const { world, play } = player(history)
  await play(history.steps)
  return world
}

/** The same history, every price in whole hours: what is exact to the millisecond has decimals that never end. */
export const inWholeHours = ({ opening, steps, ...rest }: History): History => {
  const whole = (price: Price): Price => ({ ...price, hourPolicy: 'STARTED_HOUR' })
  return {
    ...rest,
    opening: opening.map(whole),
    steps: steps.map((step) => (step.do === 'PRICE' ? { ...step, price: whole(step.price) } : step)),
  }
}

/** A full rating of everything that is known in the end, by image, month, owner and price. */
export const ratedAnew = (world: BillingWorld, account: AccountId) =>
  [...world.images].flatMap(([image, life]) => {
    if (life.account !== account) return []
    const pricesOf = (project: string | null) => pricesFor(world.book, { ...life, project })
    const window = { from: FIRST, to: LAST, asOf: LAST, buckets: months }
    return charges(segmentsOf(life.facts), pricesOf, window).map((charge) => ({ image, charge }))
  })
