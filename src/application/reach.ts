import { type Action, authorize } from '../domain/access/access.ts'
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
import type { Loaded } from './folding.ts'
import type { Ledger } from './ledger.ts'

/**
 * How a use case comes to the thing it is about: the id as it was given, the thing from the log, and whether this principal
 * may do this to it. What is malformed, missing and foreign is NotFound in the same words.
 */
type Reached<Found> = Promise<Either<NotFound | Forbidden, Found>>

/** An image that was registered, deleted or not. */
export const reachImage = async (
  ledger: Ledger,
  principal: Principal,
  action: Action,
  given: string,
): Reached<{ readonly id: ImageId; readonly state: RegisteredImage; readonly loaded: Loaded<unknown> }> => {
  const parsed = imageIdSchema.safeParse(given)
  if (!parsed.success) return left(notFound('image', given))
  const id = parsed.data
  const loaded = await ledger.load(imageAggregate, id)
  const { state } = loaded
  if (!isRegistered(state)) return left(notFound('image', given))
  const owner = { account: state.account, project: state.project }
  const allowed = authorize(principal, action, { kind: 'image', id, owner })
  return allowed._tag === 'Left' ? allowed : right({ id, state, loaded })
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
