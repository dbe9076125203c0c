import { unreachable } from '../kernel/brand.ts'
import { type Either, left, right } from '../kernel/fp.ts'
import type { ProjectId } from '../kernel/ids.ts'
import type { Instant } from '../kernel/instant.ts'
import { invalidInput, invalidState, type Refusal } from '../kernel/refusal.ts'
import type { ImageEvent, ImageVisibility } from './events.ts'
import { changed, type RegisteredImage, type Share } from './state.ts'
import { gone } from './staying.ts'

/** Who an image is shown to, and offers to other projects: reference 004, and DESIGN, an image's life. */
export type SharingCommand =
  | { readonly type: 'SetVisibility'; readonly visibility: ImageVisibility }
  | {
      readonly type: 'Share'
      readonly project: ProjectId
      readonly message: string | null
      readonly expiresAt: Instant | null
      readonly now: Instant
    }
  | { readonly type: 'Unshare'; readonly project: ProjectId }
  | { readonly type: 'AcceptShare'; readonly project: ProjectId; readonly now: Instant }
  | { readonly type: 'RejectShare'; readonly project: ProjectId; readonly now: Instant }
  | { readonly type: 'ExpireShare'; readonly project: ProjectId; readonly now: Instant }

/** An image has so many offers waiting at most, and so many that are not revoked. */
export const MAX_PENDING_OFFERS = 100
export const MAX_SHARES = 1_000
/** A project has so many offers waiting at most, of whatever images. */
const MAX_OFFERS_TO_PROJECT = 1_000

/** What is said of a project that has more to answer than it may; the same whether there is such a project or not. */
export const tooManyWaiting = (project: ProjectId, waiting: number): Refusal | null =>
  waiting < MAX_OFFERS_TO_PROJECT
    ? null
    : invalidState(
        'PENDING',
        `Project ${JSON.stringify(project)} has ${MAX_OFFERS_TO_PROJECT} offers to answer: offer it when it has answered some.`,
      )

type Decision = Either<Refusal, readonly ImageEvent[]>

/** Refusals: InvalidState, InvalidInput. Whoever answers an offer was offered it, else there is a bug. */
export const decideSharing = (command: SharingCommand, state: RegisteredImage): Decision => {
  if (command.type === 'ExpireShare')
    return right(state.status === 'DELETED' ? [] : expire(command.project, command.now, state))
  const refused = gone(state)
  if (refused !== null) return left(refused)
  switch (command.type) {
    case 'SetVisibility':
      return right(setVisibility(command.visibility, state))
    case 'Share':
      return share(command, state)
    case 'Unshare':
      return right(revokedFrom(state, command.project))
    case 'AcceptShare':
      return answer(command.project, 'ACCEPTED', command.now, state)
    case 'RejectShare':
      return answer(command.project, 'REJECTED', command.now, state)
    default:
      return unreachable(command)
  }
}

/** Leaving SHARED ends its shares, so that nothing comes back by surprise. */
const setVisibility = (visibility: ImageVisibility, state: RegisteredImage): readonly ImageEvent[] => {
  const from = state.visibility
  if (visibility === from) return []
  return [
    { type: 'ImageVisibilityChanged', data: { from, visibility } },
    ...[...state.shares.keys()].flatMap((project) => revokedFrom(state, project)),
  ]
}

const share = (
  { project, message, expiresAt, now }: Extract<SharingCommand, { type: 'Share' }>,
  before: RegisteredImage,
): Decision => {
  // An offer whose time is over is over, whether that was recorded yet or not.
  const overdue = expire(project, now, before)
  const state = overdue.reduce(changed, before)
  const found = state.shares.get(project)
  const wrong = inTheWay(project, found, state)
  if (wrong !== null) return left(wrong)
  if (found?.status === 'PENDING' || found?.status === 'ACCEPTED')
    return sameOffer(found, message, expiresAt)
      ? right([])
      : left(
          invalidState(
            found.status,
            `It was offered to project ${JSON.stringify(project)} on other terms already: unshare it first.`,
          ),
        )
  if (expiresAt !== null && expiresAt <= now)
    return left(invalidInput([{ path: ['expiresAt'], message: `must be in the future: it is ${now}` }]))
  const shared: ImageEvent = { type: 'ImageShared', data: { project, message, expiresAt } }
  const opened = state.visibility === 'PRIVATE' ? setVisibility('SHARED', state) : []
  return right([...overdue, ...opened, shared])
}

const inTheWay = (project: ProjectId, found: Share | undefined, state: RegisteredImage): Refusal | null => {
  const { status, visibility } = state
  if (project === state.project)
    return invalidInput([{ path: ['project'], message: 'must be another project: this one owns the image' }])
  if (visibility === 'COMMUNITY' || visibility === 'PUBLIC')
    return invalidState(
      status,
      `The image is ${visibility}: every project has it. Set its visibility to SHARED first.`,
    )
  if (found?.status === 'REJECTED')
    return invalidState(
      found.status,
      'The offer was rejected, and may still be accepted: unshare it before you offer it anew.',
    )
  return found?.status === 'PENDING' || found?.status === 'ACCEPTED' ? null : tooManyOffers(found, state)
}

const tooManyOffers = (found: Share | undefined, { status, shares }: RegisteredImage): Refusal | null => {
  if (shares.count((each) => each.status === 'PENDING') >= MAX_PENDING_OFFERS)
    return invalidState(
      status,
      `${MAX_PENDING_OFFERS} offers of this image wait for an answer: no more at once.`,
    )
  const counts = found?.status === 'EXPIRED'
  if (!counts && shares.count((each) => each.status !== 'REVOKED') >= MAX_SHARES)
    return invalidState(status, `The image is shared ${MAX_SHARES} times: unshare some, or make it public.`)
  return null
}

/** Offering without terms what stands on some is asking for what is already so. */
const sameOffer = (found: Share, message: string | null, expiresAt: Instant | null): boolean =>
  (message === null && expiresAt === null) || (message === found.message && expiresAt === found.expiresAt)

/** A rejected offer may still be accepted, an accepted one be given back; one that expired is over. */
const answer = (
  project: ProjectId,
  status: 'ACCEPTED' | 'REJECTED',
  now: Instant,
  state: RegisteredImage,
): Decision => {
  const found = state.shares.get(project)
  if (found === undefined || found.status === 'REVOKED')
    return left(invalidState('REVOKED', 'There is no such offer any more.'))
  if (found.status === status) return right([])
  if (found.status === 'EXPIRED' || isDue(found, now))
    return left(
      invalidState('EXPIRED', `The offer ended at ${found.expiresAt}: ask its owner to offer it again.`),
    )
  return right([
    { type: status === 'ACCEPTED' ? 'ImageShareAccepted' : 'ImageShareRejected', data: { project } },
  ])
}

const expire = (project: ProjectId, now: Instant, state: RegisteredImage): readonly ImageEvent[] => {
  const found = state.shares.get(project)
  return found !== undefined && isDue(found, now) ? [{ type: 'ImageShareExpired', data: { project } }] : []
}

/** Expiry ends what was not taken up: never an accepted share. */
const isDue = ({ status, expiresAt }: Share, now: Instant): boolean =>
  (status === 'PENDING' || status === 'REJECTED') && expiresAt !== null && expiresAt <= now

/** Ends what a project holds, if it holds anything. */
export const revokedFrom = (state: RegisteredImage, project: ProjectId): readonly ImageEvent[] =>
  standing(state, project) ? [revoked(project)] : []

const standing = ({ shares }: RegisteredImage, project: ProjectId): boolean => {
  const found = shares.get(project)
  return found !== undefined && found.status !== 'REVOKED'
}

const revoked = (project: ProjectId): ImageEvent => ({ type: 'ImageShareRevoked', data: { project } })
