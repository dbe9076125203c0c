import type { BudgetBasis, Seal } from '../../domain/billing/events.ts'
import type { AccountId, ImageId, ProjectId } from '../../domain/kernel/ids.ts'
import type { Instant } from '../../domain/kernel/instant.ts'
import type { Month } from '../../domain/kernel/month.ts'
import type { HourPolicy } from '../../domain/pricing/events.ts'

/** What commands and reactions ask of the bill. The answers are as fresh as the billing projection. */
export interface Bills {
  /** The first month in which an account used anything; null where it never did. */
  firstUsed(account: AccountId): Month | null
  /** Where the sealed months of those end whom a price would be for; null where nobody's is sealed. */
  sealedUntil(account: AccountId | null): Instant | null
  /** Resolves when the answers show all that the log holds by now. */
  caughtUp(): Promise<void>
  /** What accrues for the images of an account that ever were available, or for one of them. */
  accruals(account: AccountId, image: ImageId | null): ReadonlyMap<ImageId, Accrual>
  /** How the hours of the prices that are set are counted; null where none is. */
  hourPolicy(): HourPolicy | null
  /** A month as it would be sealed: its lines as bytes, and what the sealing event says of them. */
  draft(account: AccountId, month: Month): Promise<{ readonly content: Uint8Array; readonly seal: Seal }>
  /** What a month comes to in one currency, exact: so far, and by its end if nothing changes. */
  spending(account: AccountId, currency: string, now: Instant): Promise<Readonly<Record<BudgetBasis, string>>>
}

export interface Accrual {
  /** Provided by the operator: free, and nothing accrues. */
  readonly official: boolean
  readonly accrues: boolean
  /** Who is billed; null for the account itself. */
  readonly project: ProjectId | null
  /** Since when the size has been unknown; null where it is known. */
  readonly pendingSince: Instant | null
}
