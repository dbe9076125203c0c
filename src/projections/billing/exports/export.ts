import type { AccountId } from '../../../domain/kernel/ids.ts'
import { endOfMonth, type Month, startOfMonth } from '../../../domain/kernel/month.ts'
import type { Billing } from '../billing.ts'
import { lineOf } from '../report.ts'
import { csvOf, headingOf } from './columns.ts'
import { type FocusVersion, focusColumns, focusRow } from './focus.ts'
import { usageColumns } from './usage-csv.ts'

export interface ExportRequest {
  readonly format: 'USAGE' | FocusVersion
  readonly account: AccountId
  /** Only what these own; null for all. */
  readonly projects: ReadonlySet<string> | null
  readonly month: Month
  /** Count up to this instant, in milliseconds. */
  readonly asOf: number
}

/** A month of an account as a CSV file, piece by piece. A sealed month gives the same bytes each time. */
export const exportOf = async (billing: Billing, request: ExportRequest): Promise<AsyncIterable<string>> => {
  const { format, account, projects, month, asOf } = request
  const bill = await billing.bill(account, month)
  const granularity = format === 'USAGE' ? 'MONTH' : 'DAY'
  const [from, to] = [startOfMonth(month), endOfMonth(month)]
  const entries = billing.entries({ account, projects, images: null, from, to, asOf, granularity })
  return (async function* () {
    if (format === 'USAGE') {
      const columns = usageColumns(bill)
      yield headingOf(columns)
      for await (const some of entries) yield csvOf(columns, some.map(lineOf))
    } else {
      const columns = focusColumns(format, bill)
      yield headingOf(columns)
      for await (const some of entries)
        yield csvOf(
          columns,
          some.map(focusRow).filter((row) => row !== null),
        )
    }
  })()
}
