import { type Action, authorize, type ImageTarget } from '../domain/access/access.ts'
import type { ImageAction, ImageFacts } from '../domain/access/image-access.ts'
import type { Principal } from '../domain/access/principal.ts'
import { type AccountState, accountAggregate } from '../domain/account/state.ts'
import { imageAggregate, isRegistered, type RegisteredImage } from '../domain/image/state.ts'
import { type Either, left, right } from '../domain/kernel/fp.ts'
import {
  type AccountId,
  accountIdSchema,
  type ImageId,
  imageIdSchema,
  type LocationId,
  locationIdSchema,
  type ProjectId,
  projectIdSchema,
} from '../domain/kernel/ids.ts'
import { type Forbidden, type NotFound, notFound } from '../domain/kernel/refusal.ts'
import { locationAggregate } from '../domain/location/state.ts'
import { projectAggregate } from '../domain/project/state.ts'
import type { Ledger } from './ledger.ts'
import type { Directory } from './ports/directory.ts'
import type { Services } from './services.ts'

/**
 * How a use case comes to the thing it is about: the id as it was given, the thing from the log, and whether this principal
 * may do this to it. What is malformed, missing and foreign is NotFound in the same words.
 */
type Reached<Found> = Promise<Either<NotFound | Forbidden, Found>>

export interface ReachedImage {
  readonly id: ImageId
  readonly state: RegisteredImage
  /** The same, as what an action is done to. */
  readonly target: ImageTarget
}

/** An image that was registered, deleted or not. */
export const reachImage = async (
  { ledger, directory }: Pick<Services, 'ledger' | 'directory'>,
  principal: Principal,
  action: ImageAction,
  given: string,
): Reached<ReachedImage> => {
  const parsed = imageIdSchema.safeParse(given)
  if (!parsed.success) return left(notFound('image', given))
  const id = parsed.data
  const { state } = await ledger.load(imageAggregate, id)
  if (!isRegistered(state)) return left(notFound('image', given))
  const target: ImageTarget = { kind: 'image', id, facts: factsOf(state, directory) }
  const allowed = authorize(principal, action, target)
  return allowed._tag === 'Left' ? allowed : right({ id, state, target })
}

/** What access to an image depends on, from its own stream. */
export const factsOf = (state: RegisteredImage, { accountOf }: Pick<Directory, 'accountOf'>): ImageFacts => ({
  owner: state,
  visibility: state.visibility,
  deleted: state.status === 'DELETED',
  shares: () => [...state.shares].map(([project, { status }]) => ({ project, status })),
  accountOf,
})

/**
 * An offer of an image to a project, as its owner and its recipient see it. What is missing of image, project and offer is
 * told apart nowhere.
 */
export const reachOffer = async (
  { ledger, directory }: Pick<Services, 'ledger' | 'directory'>,
  principal: Principal,
  given: { readonly image: string; readonly project: string },
): Reached<{ readonly image: ImageId; readonly project: ProjectId }> => {
  const missing = left(notFound('offer', `${given.image} to ${given.project}`))
  const image = imageIdSchema.safeParse(given.image)
  const parsed = projectIdSchema.safeParse(given.project)
  if (!image.success || !parsed.success) return missing
  const project = parsed.data
  const { state } = await ledger.load(imageAggregate, image.data)
  if (!isRegistered(state) || state.status === 'DELETED') return missing
  const share = state.shares.get(project)
  if (share === undefined || share.status === 'REVOKED') return missing
  const allowed = authorize(principal, 'answerOffer', {
    kind: 'offer',
    id: `${given.image} to ${given.project}`,
    project,
    account: directory.accountOf(project),
    owner: state,
  })
  return allowed._tag === 'Left' ? allowed : right({ image: image.data, project })
}

export const reachProject = async (
  ledger: Ledger,
  principal: Principal,
  action: Action,
  given: string,
): Reached<{ readonly id: ProjectId; readonly account: AccountId }> => {
  const parsed = projectIdSchema.safeParse(given)
  if (!parsed.success) return left(notFound('project', given))
  const id = parsed.data
  const { state } = await ledger.load(projectAggregate, id)
  if (!state.exists) return left(notFound('project', given))
  const allowed = authorize(principal, action, { kind: 'project', id, account: state.account })
  return allowed._tag === 'Left' ? allowed : right({ id, account: state.account })
}

export const reachAccount = async (
  ledger: Ledger,
  principal: Principal,
  action: Action,
  given: string,
): Reached<{ readonly id: AccountId; readonly state: AccountState }> => {
  const parsed = accountIdSchema.safeParse(given)
  if (!parsed.success) return left(notFound('account', given))
  const id = parsed.data
  const { state } = await ledger.load(accountAggregate, id)
  if (!state.exists) return left(notFound('account', given))
  const allowed = authorize(principal, action, { kind: 'account', id })
  return allowed._tag === 'Left' ? allowed : right({ id, state })
}

/** Locations are no secret: everybody may see them. */
export const reachLocation = async (
  ledger: Ledger,
  principal: Principal,
  action: Action,
  given: string,
): Reached<{ readonly id: LocationId; readonly imagesEnabled: boolean }> => {
  const parsed = locationIdSchema.safeParse(given)
  if (!parsed.success) return left(notFound('location', given))
  const id = parsed.data
  const { state } = await ledger.load(locationAggregate, id)
  if (!state.exists) return left(notFound('location', given))
  const allowed = authorize(principal, action, { kind: 'platform' })
  return allowed._tag === 'Left' ? allowed : right({ id, imagesEnabled: state.imagesEnabled })
}
