import type { BillTotals } from '../../projections/billing/totals.ts'
import type { Measures } from './measures.ts'

/** Not more often than this: whoever reads is shown what was added up last. */
const PAUSE_MS = 60_000
/** So many times as long as adding up took, it is not done again: at most a fiftieth of the time goes into it. */
const REST = 50

/** What all accounts together are billed. Reading starts the adding up where it is due, and does not wait for it. */
export const watchBills = (measures: Measures, totals: () => Promise<BillTotals>): void => {
  const month = measures.gauge(
    'bill_month_amount',
    'What all accounts together have used in the month that runs, by currency, as added up last. A float, to look at: usageReport is exact.',
    ['currency'],
  )
  const sealed = measures.gauge(
    'bill_sealed_amount',
    'What all sealed months of all accounts come to, by currency, as added up last. A float, to look at.',
    ['currency'],
  )
  const leftOut = measures.gauge(
    'bill_accounts_left_out',
    'Accounts whose running month has too many entries to be added up beside everything else: they are missing in bill_month_amount.',
  )
  const addedUp = measures.gauge('bill_added_up_timestamp_seconds', 'When the bills were added up last.')
  let next = 0
  const addUp = async (): Promise<void> => {
    const begun = Date.now()
    next = Number.POSITIVE_INFINITY
    try {
      const found = await totals()
      for (const [gauge, monies] of [[month, found.month] as const, [sealed, found.sealed] as const]) {
        gauge.reset()
        for (const { amount, currency } of monies) gauge.set({ currency }, Number(amount))
      }
      leftOut.set(found.leftOut)
      addedUp.set(Date.now() / 1000)
      next = Date.now() + Math.max(PAUSE_MS, REST * (Date.now() - begun))
    } catch {
      // While the read model is being built, say. The next reader sees to it.
      next = 0
    }
  }
  measures.beforeReading(() => {
    if (Date.now() >= next) void addUp()
  })
}
