import type { Accrual, Bills } from '../../application/ports/billing.ts'
import { fixed } from '../../domain/kernel/decimal.ts'
import type { AccountId, ImageId, ProjectId } from '../../domain/kernel/ids.ts'
import { instantFromMillis, millisOf } from '../../domain/kernel/instant.ts'
import { monthOf, startOfMonth } from '../../domain/kernel/month.ts'
import type { SqlDatabase } from '../projection.ts'
import { type BillingSource, billingOf, firstUsed } from './billing.ts'
import { bookOf } from './book.ts'
import { draftOf } from './draft.ts'
import { AMOUNT_DECIMALS, months } from './meter.ts'
import type { Money } from './report.ts'

/** The Bills port, from the billing projection. `caughtUp` resolves when it has read what the log holds by now. */
export const billsOf = (source: BillingSource & { readonly caughtUp: () => Promise<void> }): Bills => {
  const { database, position, caughtUp, provider } = source
  const billing = billingOf(source)
  return {
    firstUsed: (account) => {
      const first = firstUsed(database(), account)
      return first === null ? null : monthOf(first)
    },
    sealedUntil: (account) => {
      const month = database()
        .prepare(
          'SELECT max(month) AS month FROM periods WHERE sealed_at IS NOT NULL AND (?1 IS NULL OR account = ?1)',
        )
        .get(account)?.['month']
      return typeof month === 'number' ? instantFromMillis(months.endOf(month)) : null
    },
    caughtUp,
    hourPolicy: () => bookOf(database())[0]?.hourPolicy ?? null,
    accruals: (account, image) => accrualsIn(database(), account, image),
    draft: async (account, month) => {
      await caughtUp()
      return draftOf(database(), { account, month: startOfMonth(month), position: position(), provider })
    },
    spending: async (account, currency, now) => {
      const { accrued, byMonthEnd } = await billing.forecast(account, null, millisOf(now))
      const of = (totals: readonly Money[]) =>
        totals.find((total) => total.currency === currency)?.amount ?? fixed(0n, AMOUNT_DECIMALS)
      return { ACTUAL: of(accrued), FORECAST: of(byMonthEnd) }
    },
  }
}

const accrualsIn = (
  db: SqlDatabase,
  account: AccountId,
  image: ImageId | null,
): ReadonlyMap<ImageId, Accrual> => {
  const rows = db
    .prepare(
      `SELECT l.image, l.official, s.image IS NOT NULL AS accrues, s.project, s.start, s.size_bytes
        FROM lives AS l LEFT JOIN segments AS s ON s.account = l.account AND s.image = l.image AND s.until IS NULL
        WHERE l.account = ?1 AND (?2 IS NULL OR l.image = ?2)`,
    )
    .all(account, image)
  return new Map(
    rows.map((row) => {
      const accrues = row['accrues'] === 1
      const pending = accrues && row['size_bytes'] === null
      return [
        row['image'] as ImageId,
        {
          official: row['official'] === 1,
          accrues,
          project: row['project'] as ProjectId | null,
          pendingSince: pending ? instantFromMillis(Number(row['start'])) : null,
        },
      ]
    }),
  )
}
