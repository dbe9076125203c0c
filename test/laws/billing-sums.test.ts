import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { UsageRequest } from '../../src/projections/billing/billing.ts'
import type { UsageLine } from '../../src/projections/billing/report.ts'
import { sumsBy, unitsOf } from '../support/billing-decimals.ts'
import { histories, inWholeHours, played, windowsOf } from '../support/billing-histories.ts'
import type { BillingWorld } from '../support/billing-world.ts'
import { testSize } from '../support/size.ts'

const numRuns = testSize(1_000, 3_000)
const HOUR = 3_600_000

const whole = histories.map(inWholeHours)
const windows = windowsOf(3_000)
/** Short enough to be told by the hour. */
const shortWindows = windowsOf(50)
const groupings = fc.subarray(['SECTION', 'PROJECT', 'IMAGE', 'PRICE'] as const)

type Common = (line: UsageLine) => unknown
/** What lines have in common however they are grouped. */
const byKind: Common = ({ status, currency }) => [status, currency]

/** The sums of a report that is cut one way, and of the same by image and month. */
const compared = async (world: BillingWorld, asked: Partial<UsageRequest>, common: Common) => {
  const { granularity: _, groupBy: __, ...window } = asked
  const [some, all] = [await world.usage(asked), await world.usage(window)]
  const seen = ({ lines, total, shares }: typeof some) => ({ sums: sumsBy(lines, common), total, shares })
  return { some: seen(some), all: seen(all) }
}

test('By the hour, a report comes to the same as by the month, however it is grouped', async () => {
  await fc.assert(
    fc.asyncProperty(whole, shortWindows, groupings, async (history, window, groupBy) => {
      const world = await played(history)
      const asked = { ...window, granularity: 'HOUR', groupBy } as const
      const { some, all } = await compared(world, asked, byKind)
      expect(some).toStrictEqual(all)
      world.db.close()
    }),
    { numRuns },
  )
})

test('By the day, a report comes to the same as by the month, however it is grouped', async () => {
  await fc.assert(
    fc.asyncProperty(whole, windows, groupings, async (history, window, groupBy) => {
      const world = await played(history)
      const asked = { ...window, granularity: 'DAY', groupBy } as const
      const { some, all } = await compared(world, asked, byKind)
      expect(some).toStrictEqual(all)
      world.db.close()
    }),
    { numRuns },
  )
})

/** What each way of grouping has in common with its images. */
const groups: readonly (readonly [UsageRequest['groupBy'][number], Common])[] = [
  ['PROJECT', (line) => [byKind(line), line.project, line.billingPeriod]],
  ['PRICE', (line) => [byKind(line), line.priceId, line.billingPeriod]],
  ['SECTION', (line) => [byKind(line), line.periodStart, line.billingPeriod]],
]

test('What a report says by project, by price and as a whole is what its images come to', async () => {
  await fc.assert(
    fc.asyncProperty(whole, windows, async (history, window) => {
      const world = await played(history)
      const all = await world.usage(window)
      for (const [group, common] of groups) {
        const { lines, total, shares } = await world.usage({ ...window, groupBy: [group] })
        expect([sumsBy(lines, common), total, shares]).toStrictEqual([
          sumsBy(all.lines, common),
          all.total,
          all.shares,
        ])
      }
      world.db.close()
    }),
    { numRuns },
  )
})

/** Any hour, and often one that a month begins with. */
const hours = fc.oneof(
  fc.nat(105 * 24).map((hour) => Date.UTC(2026, 0) + hour * HOUR),
  fc.nat(3).map((month) => Date.UTC(2026, month)),
)

test('A window cut in two at any hour adds up to the whole', async () => {
  await fc.assert(
    fc.asyncProperty(whole, windows, hours, async (history, window, cut) => {
      const world = await played(history)
      const { from, to, asOf } = window
      const middle = Math.min(Math.max(from, cut), to)
      const parts = [
        await world.usage({ from, to: middle, asOf }),
        await world.usage({ from: middle, to, asOf }),
      ]
      const all = await world.usage({ from, to, asOf })
      const common: Common = (line) => [byKind(line), line.image, line.project, line.priceId, line.causedBy]
      expect(
        sumsBy(
          parts.flatMap(({ lines }) => lines),
          common,
        ),
      ).toStrictEqual(sumsBy(all.lines, common))
      world.db.close()
    }),
    { numRuns },
  )
})

test('The shares of projects and images add up to the total, to the cent', async () => {
  await fc.assert(
    fc.asyncProperty(histories, windows, async (history, window) => {
      const world = await played(history)
      const { total, shares } = await world.usage(window)
      for (const { currency, amount } of total) {
        const own = shares.flatMap((share) => share.total).filter((money) => money.currency === currency)
        expect(own.reduce((sum, money) => sum + unitsOf(money.amount, 2), 0n)).toBe(unitsOf(amount, 2))
      }
      expect(total.length).toBe(
        new Set(shares.flatMap((share) => share.total).map((money) => money.currency)).size,
      )
      world.db.close()
    }),
    { numRuns },
  )
})
