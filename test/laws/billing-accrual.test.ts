import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ImageEvent } from '../../src/domain/image/events.ts'
import { segmentsOf } from '../../src/projections/billing/life.ts'
import type { UsageLine } from '../../src/projections/billing/report.ts'
import { sumsBy, unitsOf } from '../support/billing-decimals.ts'
import {
  type History,
  histories,
  LAST,
  moments,
  openHistories,
  player,
} from '../support/billing-histories.ts'
import type { BillingWorld } from '../support/billing-world.ts'
import { acme, web } from '../support/samples.ts'
import { testSize } from '../support/size.ts'

const numRuns = testSize(1_000, 3_000)
const HOUR = 3_600_000

const playedWith = async (history: History) => {
  const playing = player(history)
  await playing.play(history.steps)
  return playing
}

const byLine = ({ image, project, priceId, periodStart }: UsageLine) => [image, project, priceId, periodStart]

test('What has accrued never falls as time passes, line by line', async () => {
  await fc.assert(
    fc.asyncProperty(histories, moments, moments, async (history, a, b) => {
      const { world } = await playedWith(history)
      const accrued = async (asOf: number) => {
        const { lines } = await world.usage({ asOf })
        return sumsBy(
          lines.filter(({ status }) => status !== 'CORRECTION'),
          byLine,
        )
      }
      const [before, after] = [await accrued(Math.min(a, b)), await accrued(Math.max(a, b))]
      const grown = Object.entries(before).filter(([key, { amount, gbMonths, byteHours, billedHours }]) => {
        const then = after[key]
        if (then === undefined || then.amount < amount || then.gbMonths < gbMonths) return false
        return then.byteHours >= byteHours && then.billedHours >= billedHours
      })
      expect(grown.map(([key]) => key)).toStrictEqual(Object.keys(before))
      world.db.close()
    }),
    { numRuns },
  )
})

/** What happens to an image, and means nothing for money (BILLING.md, 3 and 11). */
const idle: readonly ImageEvent[] = [
  { type: 'ImageVisibilityChanged', data: { from: 'PRIVATE', visibility: 'SHARED' } },
  { type: 'ImageShared', data: { project: web, message: null, expiresAt: null } },
  { type: 'ImageDeprecated', data: { replacement: null, reason: null, obsoleteAt: null, deleteAt: null } },
  { type: 'ImageObsoleted', data: {} },
  { type: 'ImageDeactivated', data: { by: 'OWNER' } },
  { type: 'ImageReactivated', data: {} },
  { type: 'ImageProtected', data: {} },
  { type: 'ImageDeletionPrevented', data: {} },
  { type: 'ImageDeleted', data: {} },
]

/** One more event of an image: its place, an instant within one of its segments, and what is told. */
const cuts = fc.record({
  image: fc.nat(2),
  segment: fc.nat(5),
  within: fc.nat(LAST),
  what: fc.oneof(
    fc.constantFrom('SAME SIZE' as const, 'SAME SIZE' as const, 'NAME' as const),
    fc.constantFrom(...idle),
  ),
})

type Playing = Awaited<ReturnType<typeof playedWith>>
type Cut = typeof cuts extends fc.Arbitrary<infer Value> ? Value : never

/** An image, one of its segments, and an instant within it; null where it has none. */
const chosenBy = ({ world, images }: Playing, { image: place, segment, within }: Cut) => {
  const image = images[place]
  const segments = segmentsOf(world.images.get(image?.id ?? '')?.facts ?? [])
  const chosen = segments[segment % segments.length]
  if (image === undefined || chosen === undefined) return null
  const at = chosen.from + (within % ((chosen.to ?? LAST + 1_000_000) - chosen.from))
  return { image, chosen, at }
}

/** Whether anything was recorded. */
const cut = (playing: Playing, event: Cut): boolean => {
  const found = chosenBy(playing, event)
  if (found === null) return false
  const { image, chosen, at } = found
  if (typeof event.what === 'object') image.tell(event.what, at)
  else if (event.what === 'NAME') image.renamed('another')
  // Told after everything else, so that it is not the first size that anybody knows.
  else if (chosen.sizeBytes !== null) image.sizeReported(LAST, chosen.sizeBytes, at)
  else return false
  return true
}

const withoutNames = ({ lines, ...report }: Awaited<ReturnType<BillingWorld['usage']>>) => ({
  ...report,
  position: null,
  lines: lines.map((line) => ({ ...line, imageName: null })).sort((a, b) => (a.id < b.id ? -1 : 1)),
})

test('An event that changes nothing changes no line, and corrects nothing that is sealed', async () => {
  await fc.assert(
    fc.asyncProperty(histories, fc.array(cuts, { minLength: 1, maxLength: 3 }), async (history, events) => {
      const playing = await playedWith(history)
      const { world } = playing
      const seen = async () => ({
        ...withoutNames(await world.usage()),
        corrections: world.db.prepare('SELECT * FROM corrections').all(),
      })
      const before = await seen()
      const told = events.filter((event) => cut(playing, event))
      fc.pre(told.length > 0)
      expect(await seen()).toStrictEqual(before)
      world.db.close()
    }),
    { numRuns },
  )
})

test('A deletion that is taken back comes to nothing, even where it went through sealed months', async () => {
  const byMonth = (line: UsageLine) => [...byLine(line), line.currency]
  await fc.assert(
    fc.asyncProperty(histories, cuts, async (history, event) => {
      const playing = await playedWith(history)
      const { world } = playing
      const found = chosenBy(playing, event)
      const life = world.images.get(found?.image.id ?? '')
      // What was deleted and restored before may take this deletion back as well.
      if (found === null || life?.facts.some(({ type }) => type === 'DELETED')) return fc.pre(false)
      const before = sumsBy((await world.usage()).lines, byMonth)
      found.image.deleted(found.at)
      const between = sumsBy((await world.usage()).lines, byMonth)
      found.image.restored(LAST)
      expect(sumsBy((await world.usage()).lines, byMonth)).toStrictEqual(before)
      if (life?.account === acme && found.at < LAST - HOUR) expect(between).not.toStrictEqual(before)
      world.db.close()
    }),
    { numRuns },
  )
})

/** Exact amounts by currency, in units of 10^-18. */
const totalOf = (lines: readonly UsageLine[]) => {
  const totals = new Map<string, bigint>()
  for (const { amount, currency } of lines)
    if (amount !== null && currency !== null)
      totals.set(currency, (totals.get(currency) ?? 0n) + unitsOf(amount, 18))
  return totals
}
const moneyOf = (money: readonly { readonly amount: string; readonly currency: string }[]) =>
  new Map(money.map(({ amount, currency }) => [currency, unitsOf(amount, 18)]))
const nothing = (totals: ReadonlyMap<string, bigint>) =>
  Object.fromEntries([...totals].filter(([, total]) => total !== 0n).sort())

test('A forecast is what accrued, and what will if nothing changes', async () => {
  await fc.assert(
    fc.asyncProperty(histories, moments, async (history, now) => {
      const { world } = await playedWith(history)
      const at = new Date(now)
      const [from, to] = [0, 1].map((later) => Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + later))
      const month = { from: from ?? 0, to: to ?? 0 }
      const forecast = await world.billing.forecast(acme, null, now)
      const accrued = totalOf((await world.usage({ ...month, asOf: now })).lines)
      const byEnd = totalOf((await world.usage(month)).lines)
      expect(nothing(moneyOf(forecast.accrued))).toStrictEqual(nothing(accrued))
      expect(nothing(moneyOf(forecast.byMonthEnd))).toStrictEqual(nothing(byEnd))
      const toCome = [...byEnd].map(
        ([currency, amount]) => [currency, amount - (accrued.get(currency) ?? 0n)] as const,
      )
      expect(nothing(moneyOf(forecast.toCome))).toStrictEqual(nothing(new Map(toCome)))
      world.db.close()
    }),
    { numRuns },
  )
})

test('What an image has cost is what its lines with a price say, or nothing while its size is unknown', async () => {
  await fc.assert(
    fc.asyncProperty(openHistories, fc.nat(2), moments, async (history, place, asOf) => {
      const { world, images } = await playedWith(history)
      const image = images[place]
      if (image === undefined || world.images.get(image.id)?.account !== acme) return fc.pre(false)
      const { lines } = await world.usage({ asOf, images: new Set([image.id]) })
      const cost = world.billing.costOf(image.id, null, Date.UTC(2026, 0), asOf)
      const known =
        lines.some(({ amount }) => amount !== null) && lines.every(({ status }) => status !== 'PENDING_SIZE')
      expect(cost === null ? null : nothing(moneyOf(cost))).toStrictEqual(
        known ? nothing(totalOf(lines)) : null,
      )
      world.db.close()
    }),
    { numRuns },
  )
})
