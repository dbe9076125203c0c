import { createHash } from 'node:crypto'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { BlobKey } from '../../src/domain/kernel/ids.ts'
import { endOfMonth, type Month, startOfMonth } from '../../src/domain/kernel/month.ts'
import type { UsageLine } from '../../src/projections/billing/report.ts'
import { readStatement, type StatementPart } from '../../src/projections/billing/statement.ts'
import { unitsOf } from '../support/billing-decimals.ts'
import { afterwards, histories, played, player } from '../support/billing-histories.ts'
import type { BillingWorld, Draft } from '../support/billing-world.ts'
import { acme } from '../support/samples.ts'
import { testSize } from '../support/size.ts'

const numRuns = testSize(1_000, 3_000)

const formats = fc.constantFrom('USAGE' as const, '1.2' as const, '1.4' as const)
const monthly = (world: BillingWorld, month: Month, account = acme) =>
  world.usage({ account, from: startOfMonth(month), to: endOfMonth(month) })

/** A line as it will be once it is sealed. */
const asSealed = (line: UsageLine): UsageLine =>
  line.status === 'ACCRUING' ? { ...line, status: 'SEALED' } : line

/** All that can be asked of a month. */
const told = async (world: BillingWorld, { seal: { month }, account }: Draft) => {
  const { lines, total, shares } = await monthly(world, month, account)
  return { lines, total, shares, bill: await world.billing.bill(account, month) }
}

test('A sealed month reads exactly as it was drafted, whatever is recorded before and after the seal', async () => {
  await fc.assert(
    fc.asyncProperty(histories, afterwards, async (history, after) => {
      const drafted = new Map<Draft, Awaited<ReturnType<typeof told>>>()
      const sealed: Draft[] = []
      const { world, play } = player(history, {
        drafted: async (now, draft) => {
          const { lines, ...found } = await told(now, draft)
          drafted.set(draft, { ...found, lines: lines.map(asSealed) })
        },
        sealed: async (_, draft) => {
          sealed.push(draft)
        },
      })
      await play([...history.steps, ...after])
      world.record('project-late', { type: 'ProjectCreated', data: { account: acme, name: 'Late' } })
      for (const draft of sealed) expect(await told(world, draft)).toStrictEqual(drafted.get(draft))
      world.db.close()
    }),
    { numRuns },
  )
})

const present = <Value>(value: Value | null | undefined): Value => {
  if (value === null || value === undefined) throw new Error('There is none')
  return value
}

const periodOf = (world: BillingWorld, { seal, account }: Pick<Draft, 'seal' | 'account'>) => {
  const period = world.billing.periods(account, Date.UTC(2026, 5)).find(({ month }) => month === seal.month)
  if (period === undefined) throw new Error(`There is no month ${seal.month}`)
  return period
}

test('What the sealing event says is what its statement holds, under the hash of its bytes', async () => {
  await fc.assert(
    fc.asyncProperty(histories, afterwards, async (history, after) => {
      const drafts: Draft[] = []
      const { world, play } = player(history, {
        sealed: async (_, draft) => {
          drafts.push(draft)
        },
      })
      await play([...history.steps, ...after])
      for (const draft of drafts) {
        const { seal, account, content } = draft
        const kept = world.blobs.kept.get(seal.sha256)
        expect(kept).toStrictEqual(Buffer.from(content))
        expect(createHash('sha256').update(content).digest('hex')).toBe(seal.sha256)
        const { head, parts } = await readStatement(
          present(await world.blobs.read(seal.sha256 as BlobKey)),
          seal.sha256,
        )
        expect([head.account, head.month, head.position]).toStrictEqual([
          account,
          startOfMonth(seal.month),
          seal.position,
        ])
        const read: StatementPart[] = []
        for await (const part of parts) read.push(part)
        const { lines } = await monthly(world, seal.month, account)
        const counted = (status: UsageLine['status']) => lines.filter((line) => line.status === status).length
        expect(read.reduce((sum, part) => sum + ('billed' in part ? part.billed.lines.length : 1), 0)).toBe(
          lines.length,
        )
        const { sealAt: _sealAt, sealedAt: _sealedAt, totals: _totals, ...period } = periodOf(world, draft)
        expect(period).toStrictEqual({
          account,
          month: seal.month,
          status: 'SEALED',
          position: BigInt(seal.position),
          sha256: seal.sha256,
          lines: lines.length,
          pendingSize: counted('PENDING_SIZE'),
          unpriced: lines.filter(({ rate }) => rate === null).length,
        })
      }
      world.db.close()
    }),
    { numRuns },
  )
})

test('What a sealed month came to is what its report comes to', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const drafts: Draft[] = []
      const { world, play } = player(history, {
        sealed: async (_, draft) => {
          drafts.push(draft)
        },
      })
      await play(history.steps)
      for (const draft of drafts) {
        const { total } = await monthly(world, draft.seal.month, draft.account)
        expect(periodOf(world, draft).totals).toStrictEqual(total)
      }
      world.db.close()
    }),
    { numRuns },
  )
})

test('The files of a sealed month are the same to the byte, whatever is recorded afterwards', async () => {
  await fc.assert(
    fc.asyncProperty(histories, afterwards, fc.nat(2), formats, async (history, after, place, format) => {
      const months = history.steps.filter((step) => step.do === 'DRAFT' && step.account === acme).length
      let file: { readonly month: Month; readonly text: string } | null = null
      let sealed = 0
      const { world, play } = player(history, {
        sealed: async (now, { seal: { month }, account }) => {
          if (account !== acme) return
          if (sealed === place % months) file = { month, text: await now.exported(month, { format }) }
          sealed += 1
        },
      })
      await play([...history.steps, ...after])
      const { month, text } = present<{ readonly month: Month; readonly text: string }>(file)
      expect(await world.exported(month, { format })).toBe(text)
      world.db.close()
    }),
    { numRuns },
  )
})

/** The amounts of a file by currency, in units of 10^-18. */
const amountsIn = (file: string, amount: string, currency: string) => {
  const rows: readonly Record<string, string>[] = parse(file, { columns: true })
  const sums = new Map<string, bigint>()
  for (const row of rows) {
    if (row[amount] === '') continue
    const key = row[currency] ?? ''
    sums.set(key, (sums.get(key) ?? 0n) + unitsOf(row[amount] ?? '', 18))
  }
  return Object.fromEntries([...sums].sort())
}

test('Each file of a month, open or sealed, adds up to its report', async () => {
  const months = fc.constantFrom<Month[]>(...(['2026-01', '2026-02', '2026-03', '2026-04'] as Month[]))
  await fc.assert(
    fc.asyncProperty(histories, months, formats, async (history, month, format) => {
      const world = await played(history)
      const [amount, currency] =
        format === 'USAGE' ? ['amount', 'currency'] : ['BilledCost', 'BillingCurrency']
      const file = await world.exported(month, { format })
      const { lines } = await monthly(world, month)
      const expected = new Map<string, bigint>()
      for (const line of lines)
        if (line.amount !== null && line.currency !== null)
          expected.set(line.currency, (expected.get(line.currency) ?? 0n) + unitsOf(line.amount, 18))
      expect(amountsIn(file, amount, currency)).toStrictEqual(Object.fromEntries([...expected].sort()))
      world.db.close()
    }),
    { numRuns },
  )
})
