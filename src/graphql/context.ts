import type { Caller } from '../application/command.ts'
import type { EventLog } from '../application/ports/event-log.ts'
import type { Services } from '../application/services.ts'
import type { Principal } from '../domain/access/principal.ts'
import type { Instant } from '../domain/kernel/instant.ts'
import type { Position } from '../domain/kernel/recorded.ts'
import type { Billing } from '../projections/billing/billing.ts'
import type { Catalog } from '../projections/catalog/catalog.ts'
import type { Changes } from '../projections/changes.ts'
import { unauthenticated } from './errors.ts'
import type { Listeners } from './listeners.ts'

/** How new the answers of a moment are. */
export interface Shown {
  /** Whoever asks for it as `minPosition`, here or on another node, is shown nothing older. */
  readonly position: Position
  /** Since when they may lack what others changed; null while they show all of it. */
  readonly staleSince: Instant | null
}

/** What resolvers work with that is the same for every request. */
export interface Api {
  readonly services: Services
  readonly catalog: Catalog
  readonly billing: Billing
  readonly log: EventLog
  /** What the catalog has come to show. */
  readonly changes: Changes
  readonly listeners: Listeners
  /** Resolves when the catalog shows everything up to a position; throws StaleRead after a bounded wait. */
  readonly settled: (position: Position) => Promise<void>
  /** Resolves when billing shows everything that the catalog shows by now; throws the same. */
  readonly billed: () => Promise<void>
  /** Resolves when answers show what an earlier one showed, given here or by another node; throws StaleRead soon. */
  readonly reached: (position: Position) => Promise<void>
  /** What the answers of this moment show. */
  readonly shown: () => Shown
}

/** One request. */
export interface Context extends Api {
  /** Null without a token; a bad token does not come this far. */
  readonly principal: Principal | null
  /** In milliseconds since 1970 by the machine's clock; long ago without a token. */
  readonly tokenExpiresAt: number
  readonly requestId: string
  /** Where the caller reaches the service, without a slash at the end. */
  readonly origin: string
  /** Hears of each refusal, by the name that the answer has it under. */
  readonly onRefusal?: (field: string) => void
}

/** Who asks, for fields that declared that somebody must. */
export const callerOf = ({ principal, requestId }: Context): Caller => {
  if (principal === null) throw unauthenticated()
  return { principal, requestId }
}
