import type { ClaimId } from '../kernel/ids.ts'
import type { Instant } from '../kernel/instant.ts'
import { type InvalidState, invalidState } from '../kernel/refusal.ts'
import type { ImageEvent } from './events.ts'
import type { ImageName } from './names.ts'
import type { RegisteredImage } from './state.ts'

/** What several decisions about an image ask first. */

/** Null for an image that is there to stay. */
export const gone = ({ status }: RegisteredImage): InvalidState | null =>
  status === 'DELETING' || status === 'DELETED'
    ? invalidState(status, `The image is ${status}: only an image that stays can be changed.`)
    : null

/** A claim on a name serves only while the image is called as it was when the claim was made, and repair has not taken it. */
export const outdated = (name: ImageName, claimId: ClaimId, state: RegisteredImage): InvalidState | null => {
  if (name !== state.name) return movedMeanwhile(state)
  return state.deadClaims.includes(claimId)
    ? invalidState(state.status, 'The change of name took too long and was given up: ask for it again.')
    : null
}

export const movedMeanwhile = ({ status }: RegisteredImage): InvalidState =>
  invalidState(status, 'The image was renamed or moved by somebody else meanwhile: ask for it again.')

/** A deletion is final at once where there is no recovery window (DELETE_RECOVERY_HOURS 0). */
export const deletionEvents = (
  now: Instant,
  deleteAt: Instant,
  scheduled: boolean,
): readonly ImageEvent[] => {
  const requested: ImageEvent = { type: 'ImageDeletionRequested', data: { deleteAt, scheduled } }
  return deleteAt <= now ? [requested, { type: 'ImageDeleted', data: {} }] : [requested]
}
