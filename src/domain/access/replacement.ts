import type { Deprecation, ImageStatus } from '../image/state.ts'
import type { ImageId, ProjectId } from '../kernel/ids.ts'
import { anyoneOf, type ImageFacts, isUse, relationsOf } from './image-access.ts'

/** An image that is to take the place of another. */
export interface Candidate {
  readonly id: ImageId
  readonly status: ImageStatus
  readonly deactivated: boolean
  readonly deprecation: Deprecation | null
  readonly facts: ImageFacts
}

/**
 * Why an image cannot take the place of another, in a sentence that goes on from the field's name; null where it can.
 * Whoever uses the one must be able to use the other, or they would be sent where they find nothing (reference 002).
 */
export const unfitReplacement = (
  image: { readonly id: ImageId; readonly facts: ImageFacts },
  candidate: Candidate,
): string | null => {
  if (candidate.id === image.id) return 'must be another image: this is the one that is deprecated'
  if (candidate.status !== 'AVAILABLE')
    return `must be AVAILABLE: image ${candidate.id} is ${candidate.status}`
  if (candidate.deactivated) return `must have its bytes: image ${candidate.id} is deactivated`
  if (candidate.deprecation !== null)
    return `must not be retired itself: image ${candidate.id} is ${candidate.deprecation.stage}`
  return unserved(image.facts, candidate.facts)
}

const isEverybodys = ({ visibility }: ImageFacts): boolean =>
  visibility === 'COMMUNITY' || visibility === 'PUBLIC'

const unserved = (image: ImageFacts, candidate: ImageFacts): string | null => {
  if (isEverybodys(candidate)) return null
  const cannot = (who: string) => `must be usable by everyone who uses this image: ${who} cannot use it`
  if (isEverybodys(image)) return cannot(`this image is ${image.visibility}, and others`)
  const serves = (project: ProjectId) => [...relationsOf(anyoneOf(project), candidate).keys()].some(isUse)
  const { account, project } = image.owner
  if (project === null) {
    const sameAccount = candidate.owner.project === null && candidate.owner.account === account
    if (!sameAccount) return cannot('the account')
  } else if (!serves(project)) return cannot(`project ${JSON.stringify(project)}`)
  for (const { project: recipient, status } of image.shares())
    if (status === 'ACCEPTED' && !serves(recipient)) return cannot(`project ${JSON.stringify(recipient)}`)
  return null
}
