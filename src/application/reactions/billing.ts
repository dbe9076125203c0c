import { decide } from '../../domain/billing/decide.ts'
import { billingAggregate } from '../../domain/billing/state.ts'
import { parseDecimal, unitsOf } from '../../domain/kernel/decimal.ts'
import type { AccountId, BlobKey } from '../../domain/kernel/ids.ts'
import { millisOf } from '../../domain/kernel/instant.ts'
import { monthOf } from '../../domain/kernel/month.ts'
import { systemCommand } from '../command.ts'
import type { BlobStore } from '../ports/blob-store.ts'
import type { ToDo } from '../ports/to-do.ts'
import type { Services } from '../services.ts'
import { forEach, type Reaction } from './reactions.ts'

const AT_A_TIME = 100

/**
 * Months whose grace is over. The statement is kept first, under its hash, then the event that names it: sealing it twice
 * keeps one of two statements.
 */
export const sealPeriods = (services: Services, toDo: ToDo): Reaction => ({
  name: 'seal-periods',
  run: async () => {
    const { ledger, clock, blobs, bills } = services
    await forEach(toDo.duePeriods(clock.now(), AT_A_TIME), async ({ account, month }) => {
      const { content, seal } = await bills.draft(account, month)
      await keep(blobs, seal.sha256 as BlobKey, content)
      const now = clock.now()
      const command = systemCommand('billing', `${account} ${month} ${seal.sha256}`, now)
      await ledger.change(billingAggregate, account, command, (state) =>
        decide({ type: 'SealPeriod', seal, now }, state),
      )
    })
  },
})

/** Under its hash it is the same whoever wrote it. */
const keep = async (blobs: BlobStore, key: BlobKey, content: Uint8Array): Promise<void> => {
  const isThere = async () => (await blobs.size(key)) !== null
  if (await isThere()) return
  try {
    const writer = await blobs.create(key)
    try {
      await writer.write(content)
      await writer.commit()
    } catch (error) {
      await writer.abort()
      throw error
    }
  } catch (error) {
    if (!(await isThere())) throw error
  }
}

/** An account's spending is looked at again when so much time has passed by the service's clock. */
const EVERY_MS = 60_000
/** What was spent has so many decimals. */
const DECIMALS = 18

/** Budgets whose thresholds are reached. What was looked at is remembered by this process alone: it only saves work. */
export const raiseBudgets = (services: Services, toDo: ToDo): Reaction => {
  const looked = new Map<AccountId, { readonly at: number; readonly terms: string }>()
  return {
    name: 'raise-budgets',
    run: async () => {
      const { ledger, clock, bills } = services
      await forEach(toDo.budgetedAccounts(), async (account) => {
        const now = clock.now()
        const { state, revision } = await ledger.load(billingAggregate, account)
        const last = looked.get(account)
        const { budget } = state
        if (budget === null) return
        const terms = JSON.stringify([budget.amount, budget.currency, budget.thresholds])
        if (last?.terms === terms && millisOf(now) - last.at < EVERY_MS) return
        const spending = await bills.spending(account, budget.currency, now)
        const month = monthOf(millisOf(now))
        const limit = parseDecimal(budget.amount, DECIMALS) ?? 0n
        const reached = budget.thresholds.flatMap(({ percent, basis }) => {
          const amount = spending[basis]
          return unitsOf(amount) * 100n >= limit * BigInt(percent) ? [{ percent, basis, amount }] : []
        })
        const command = systemCommand('budgets', `${account} ${revision} ${now}`, now)
        const changed = await ledger.change(billingAggregate, account, command, (current) =>
          decide({ type: 'ReachThresholds', month, budget, reached }, current),
        )
        // Not what it is by now: that may be another, which nobody has looked at yet.
        if (changed._tag === 'Right') looked.set(account, { at: millisOf(now), terms })
      })
    },
  }
}
