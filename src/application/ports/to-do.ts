import type { AccountId, BlobKey, ClaimId, ImageId, ProjectId } from '../../domain/kernel/ids.ts'
import type { Instant } from '../../domain/kernel/instant.ts'
import type { Month } from '../../domain/kernel/month.ts'

/**
 * What the service itself has yet to do, read off the ledger: an entry goes when the event that settles it is there. So
 * nothing is lost at a restart, and doing a thing twice must do no harm.
 */
export interface ToDo {
  /** Claims on names that their image does not hold (any more), unchanged since before the given instant. */
  unsettledClaims(before: Instant, limit: number): readonly UnsettledClaim[]
  /** Images whose deletion is to be final by now. */
  dueDeletions(now: Instant, limit: number): readonly ImageId[]
  /** Images whose date of obsolescence or deletion has come. */
  dueDates(now: Instant, limit: number): readonly ImageId[]
  /** Offers that were not taken up in time. */
  expiredOffers(now: Instant, limit: number): readonly ExpiredOffer[]
  /** Months that are being closed and whose grace is over, the oldest first. */
  duePeriods(now: Instant, limit: number): readonly DuePeriod[]
  /** Accounts that have a budget. */
  budgetedAccounts(): readonly AccountId[]
  /** Bytes of deleted images. */
  removableContents(limit: number): readonly RemovableContent[]
}

export interface UnsettledClaim {
  readonly claimId: ClaimId
  readonly account: AccountId
  readonly imageId: ImageId
}

export interface ExpiredOffer {
  readonly imageId: ImageId
  readonly project: ProjectId
}

export interface DuePeriod {
  readonly account: AccountId
  readonly month: Month
}

export interface RemovableContent {
  readonly imageId: ImageId
  readonly blob: BlobKey
}
