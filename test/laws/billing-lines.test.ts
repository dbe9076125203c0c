import fc from 'fast-check'
import { expect, test } from 'vitest'
import { unitsOf } from '../support/billing-decimals.ts'
import { type History, histories, played, windowsOf } from '../support/billing-histories.ts'
import { acme } from '../support/samples.ts'
import { testSize } from '../support/size.ts'

const numRuns = testSize(1_000, 3_000)
/** Each way to cut time, for a while that it is fit for. */
const windows = fc.oneof(
  windowsOf(40).map((window) => ({ ...window, granularity: 'HOUR' as const })),
  windowsOf(800).map((window) => ({ ...window, granularity: 'DAY' as const })),
  windowsOf(3_000).map((window) => ({ ...window, granularity: 'MONTH' as const })),
)

const everything = () => true

test('The lines of a report have ids of their own, and the same when they are asked for again', async () => {
  await fc.assert(
    fc.asyncProperty(histories, windows, async (history, window) => {
      const world = await played(history)
      const { lines } = await world.usage(window)
      expect(new Set(lines.map(({ id }) => id)).size).toBe(lines.length)
      world.restart()
      expect((await world.usage(window)).lines).toStrictEqual(lines)
      world.db.close()
    }),
    { numRuns },
  )
})

/** What came of explaining a few lines of a report. */
const explained = async (
  history: History,
  window: typeof windows extends fc.Arbitrary<infer Value> ? Value : never,
  picks: readonly number[],
) => {
  const world = await played(history)
  const { lines } = await world.usage(window)
  const places = new Set(picks.map((pick) => pick % Math.max(lines.length, 1)))
  const chosen = [...places].flatMap((place) => lines[place] ?? [])
  const found = []
  for (const line of chosen)
    found.push({ line, found: await world.billing.explain(line.id, everything, window.asOf) })
  const known = new Map(
    world.events.map(({ id, type, position }) => [id, { id, type, position: String(position) }]),
  )
  world.db.close()
  return { found, known }
}
const picks = fc.array(fc.nat(1_000), { minLength: 1, maxLength: 4 })

test('Every line of an image is found again by its id, be it open, sealed or a correction', async () => {
  await fc.assert(
    fc.asyncProperty(histories, windows, picks, async (history, window, some) => {
      const { found } = await explained(history, window, some)
      for (const { line, found: explanation } of found) expect(explanation?.line).toStrictEqual(line)
    }),
    { numRuns },
  )
})

test('The steps of a line go one after the other through its time, and post what it says', async () => {
  await fc.assert(
    fc.asyncProperty(histories, windows, picks, async (history, window, some) => {
      const { found, known } = await explained(history, window, some)
      for (const { line, found: explanation } of found) {
        const steps = explanation?.steps ?? []
        if (line.status === 'CORRECTION') {
          expect(steps).toStrictEqual([])
          expect(explanation?.cause).toStrictEqual(known.get(line.causedBy ?? ''))
          continue
        }
        const posted = steps.reduce((sum, step) => sum + unitsOf(step.posted, 12), 0n)
        expect(posted).toBe(unitsOf(line.gbMonths, 12))
        for (const [place, step] of steps.entries()) {
          const { openedBy, closedBy, from, to, roundedBefore, roundedAfter } = step
          expect(openedBy).toStrictEqual(known.get(openedBy.id))
          if (closedBy !== null) expect(closedBy).toStrictEqual(known.get(closedBy.id))
          const since = steps[place - 1]?.to ?? line.periodStart
          expect(since <= from && from < to && to <= line.periodEnd).toBe(true)
          const difference = unitsOf(roundedAfter, 12) - unitsOf(roundedBefore, 12)
          expect(difference).toBe(unitsOf(step.posted, 12))
        }
      }
    }),
    { numRuns },
  )
})

test('A correction is billed in a month after the one that it corrects, and names what came too late for it', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const world = await played(history)
      const { lines } = await world.usage()
      const sealed = new Map(
        world.billing.periods(acme, Date.UTC(2026, 4)).map(({ month, position }) => [month, position]),
      )
      for (const { status, causedBy, periodStart, billingPeriod } of lines) {
        if (status !== 'CORRECTION') continue
        const month = new Date(periodStart).toISOString().slice(0, 7)
        expect(billingPeriod > month).toBe(true)
        const cause = world.events.find(({ id }) => id === causedBy)?.position ?? 0n
        const too = [...sealed].find(([key]) => key === month)?.[1] ?? null
        expect(too !== null && cause > too).toBe(true)
        // It is in the first month that was still to be drafted.
        const billedIn = [...sealed].find(([key]) => key === billingPeriod)?.[1] ?? null
        expect(billedIn === null || cause <= billedIn).toBe(true)
      }
      world.db.close()
    }),
    { numRuns },
  )
})
