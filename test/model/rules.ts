import type { Answer, AskedOf } from './asked.ts'
import { isEverybodys, isUsedBy, type ModelImage, sees } from './who.ts'
import { type Person, projects } from './world.ts'

/** Rules about one image that need no more than that image, and whoever asks. */

export const isGone = ({ status }: ModelImage): boolean => status === 'DELETING' || status === 'DELETED'

export const isName = (name: string): boolean => /^[a-z]([a-z0-9.-]{0,61}[a-z0-9])?$/.test(name)

/** Sharing makes a private image SHARED. Offering what is offered already is no error, on the same terms. */
export const share = (image: ModelImage, asked: AskedOf<'imageShare'>): Answer => {
  const { project, message, expiresOn } = asked
  if (isGone(image)) return 'InvalidState'
  if (project === image.project) return 'InvalidInput'
  if (isEverybodys(image)) return 'InvalidState'
  const found = image.shares.get(project)
  if (found?.status === 'REJECTED') return 'InvalidState'
  if (found?.status === 'PENDING' || found?.status === 'ACCEPTED') {
    const same = found.message === message && found.expiresOn === expiresOn
    // Naming no terms is asking for what is already so, whatever the terms are.
    return same || (message === null && expiresOn === null) ? 'Share' : 'InvalidState'
  }
  if (image.visibility === 'PRIVATE') image.visibility = 'SHARED'
  image.shares.set(project, { status: 'PENDING', message, expiresOn })
  return 'Share'
}

/** What is left out is no longer announced; what came to pass stays so. */
export const deprecate = (by: Person, image: ModelImage, asked: AskedOf<'imageDeprecate'>): Answer => {
  const { replacement, obsoleteOn, deleteOn } = asked
  if (isGone(image)) return 'InvalidState'
  const { notice } = image
  const isSame =
    notice !== null &&
    notice.replacement === (replacement ?? null) &&
    notice.obsoleteOn === obsoleteOn &&
    notice.deleteOn === deleteOn
  if (isSame && replacement !== null) return 'Image'
  if (replacement !== undefined && (replacement === null || !replaces(by, replacement, image)))
    return 'InvalidInput'
  if (obsoleteOn !== null && deleteOn !== null && obsoleteOn > deleteOn) return 'InvalidInput'
  if (notice?.stage === 'OBSOLETE' && obsoleteOn !== null) return 'InvalidInput'
  image.notice = {
    stage: notice?.stage ?? 'DEPRECATED',
    replacement: replacement ?? null,
    obsoleteOn,
    deleteOn,
    spent: false,
  }
  return 'Image'
}

/** Whoever uses the one must be able to use the other, also those who come later. */
const replaces = (by: Person, replacement: ModelImage, image: ModelImage): boolean => {
  if (replacement === image || !sees(by, replacement) || replacement.status !== 'AVAILABLE') return false
  if (replacement.deactivatedBy !== null || replacement.notice !== null) return false
  if (isEverybodys(replacement)) return true
  if (isEverybodys(image)) return false
  const isOfAccount = replacement.project === null && replacement.account === image.account
  if (image.project === null && !isOfAccount) return false
  return projects.every((project) => !isUsedBy(project, image) || isUsedBy(project, replacement))
}

/** What of an image changes by itself. */
export const dated = ({ status, notice, shares }: ModelImage) => [
  status,
  notice?.stage,
  notice?.spent,
  [...shares.values()].map((each) => each.status),
]
