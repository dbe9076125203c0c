import type { Instant } from '../../domain/kernel/instant.ts'
import type { ToDo } from '../ports/to-do.ts'
import type { Services } from '../services.ts'
import { raiseBudgets, sealPeriods } from './billing.ts'
import {
  collectOrphans,
  endIdleUploads,
  releaseUnheld,
  removeCondemned,
  removeContents,
  removePieces,
} from './bytes.ts'
import { finishCopies } from './copies.ts'
import { carryOutDates, completeDeletions, expireOffers, type Reaction, repairClaims } from './reactions.ts'

/** Bytes that nothing refers to are left alone for so long: they may be about to be referred to. */
const ORPHAN_GRACE_MS = 24 * 3_600_000

/** All that the service does by itself and that takes no time to speak of. `diedBefore`: see repairClaims. */
export const allReactions = (
  services: Services,
  toDo: ToDo,
  diedBefore: Instant | null,
): readonly Reaction[] => [
  repairClaims(services, toDo, undefined, diedBefore),
  ...[carryOutDates, completeDeletions, expireOffers, removeContents, sealPeriods, raiseBudgets].map(
    (reaction) => reaction(services, toDo),
  ),
  ...[finishCopies, releaseUnheld, removeCondemned, endIdleUploads, removePieces].map((reaction) =>
    reaction(services),
  ),
  collectOrphans(services, ORPHAN_GRACE_MS),
]
