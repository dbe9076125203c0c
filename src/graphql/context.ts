import type { Caller } from '../application/command.ts'
import type { EventLog } from '../application/ports/event-log.ts'
import type { Services } from '../application/services.ts'
import type { Principal } from '../domain/access/principal.ts'
import type { Position } from '../domain/kernel/recorded.ts'
import type { Billing } from '../projections/billing/billing.ts'
import type { Catalog } from '../projections/catalog/catalog.ts'
import { unauthenticated } from './errors.ts'

/** What resolvers work with that is the same for every request. */
export interface Api {
  readonly services: Services
  readonly catalog: Catalog
  readonly billing: Billing
  readonly log: EventLog
  /** Resolves when the catalog shows everything up to a position; throws StaleRead after a bounded wait. */
  readonly settled: (position: Position) => Promise<void>
  /** Resolves when billing shows everything that the catalog shows by now; throws the same. */
  readonly billed: () => Promise<void>
}

/** One request. */
export interface Context extends Api {
  /** Null without a token; a bad token does not come this far. */
  readonly principal: Principal | null
  readonly requestId: string
}

/** Who asks, for fields that declared that somebody must. */
export const callerOf = ({ principal, requestId }: Context): Caller => {
  if (principal === null) throw unauthenticated()
  return { principal, requestId }
}
