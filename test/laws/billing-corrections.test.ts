import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AccountId } from '../../src/domain/kernel/ids.ts'
import type { Entry } from '../../src/projections/billing/entry.ts'
import type { Charge } from '../../src/projections/billing/meter.ts'
import { histories, LAST, played, ratedAnew } from '../support/billing-histories.ts'
import type { BillingWorld } from '../support/billing-world.ts'
import { acme, globex } from '../support/samples.ts'
import { testSize } from '../support/size.ts'

const numRuns = testSize(1_000, 3_000)

/** Hours, byte-hours and GB-months by image, month, owner and price; what comes to nothing is left out. */
const sumsOf = (charges: readonly { readonly image: string; readonly charge: Charge }[]) => {
  const sums = new Map<string, readonly [bigint, bigint, bigint]>()
  for (const { image, charge } of charges) {
    const { month, project, price, hoursMs, byteMs, posted } = charge
    const key = [image, new Date(month).toISOString().slice(0, 7), project, price?.id].join('/')
    const [hours, bytes, units] = sums.get(key) ?? [0n, 0n, 0n]
    sums.set(key, [hours + hoursMs, bytes + byteMs, units + posted])
  }
  return Object.fromEntries([...sums].filter(([, sum]) => sum.some((each) => each !== 0n)).sort())
}

const billed = async ({ billing }: BillingWorld, account: AccountId): Promise<readonly Entry[]> => {
  const all = { projects: null, images: null, from: 0, to: LAST, asOf: LAST, granularity: 'MONTH' } as const
  const found: Entry[] = []
  for await (const entries of billing.entries({ ...all, account })) found.push(...entries)
  return found
}

test('What is sealed and all corrections add up to a full re-rating', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const world = await played(history)
      for (const account of [acme, globex])
        expect(sumsOf(await billed(world, account))).toStrictEqual(sumsOf(ratedAnew(world, account)))
      world.db.close()
    }),
    { numRuns },
  )
})
