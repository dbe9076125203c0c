import type { Deprecation } from '../image/state.ts'
import type { Instant } from '../kernel/instant.ts'
import { type ImageFacts, mayWithImage } from './image-access.ts'
import type { Principal } from './principal.ts'

/**
 * Why the bytes of an image are withheld from somebody who may download it; null where they are not. DESIGN, an image's life:
 * deactivated for all but operators; OBSOLETE, from its date on, for new use, which is all but its owner's.
 */
export const whyWithheld = (
  who: Principal,
  image: {
    readonly deactivated: boolean
    readonly deprecation: Pick<Deprecation, 'stage' | 'obsoleteAt'> | null
    readonly facts: ImageFacts
  },
  now: Instant,
): 'DEACTIVATED' | 'OBSOLETE' | null => {
  const { deactivated, deprecation, facts } = image
  if (who.operator) return null
  if (deactivated) return 'DEACTIVATED'
  const { stage, obsoleteAt } = deprecation ?? { stage: null, obsoleteAt: null }
  // From its date on, whether that was recorded yet or not.
  const obsolete = stage === 'OBSOLETE' || (obsoleteAt !== null && obsoleteAt <= now)
  return obsolete && !mayWithImage(who, 'seeOwnersSide', facts) ? 'OBSOLETE' : null
}
