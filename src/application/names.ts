import { decide as decideAccount } from '../domain/account/decide.ts'
import type { NameScope } from '../domain/account/events.ts'
import { accountAggregate, claimOn } from '../domain/account/state.ts'
import { decide as decideImage } from '../domain/image/decide.ts'
import { imageAggregate, isRegistered } from '../domain/image/state.ts'
import { type Either, left, right } from '../domain/kernel/fp.ts'
import type { AccountId, ClaimId, ImageId } from '../domain/kernel/ids.ts'
import type { Position } from '../domain/kernel/recorded.ts'
import type { Refusal } from '../domain/kernel/refusal.ts'
import { type Command, createdId, stepOf, systemCommand } from './command.ts'
import type { Ledger } from './ledger.ts'
import type { Clock } from './ports/clock.ts'

// Names and places under the limit live in the account's stream, images in their own: nothing changes both at once. So a
// name is claimed first, used next, and settled last, and whoever settles fences the claim off in the image's stream before
// giving the name away (docs/adr/0002-single-streams-and-claims.md).

/** Holds a name (and, for an image that has none yet, a place) for an image. Refusals: NameTaken, ImageLimitReached. */
export const claimName = async (
  ledger: Ledger,
  command: Command,
  account: AccountId,
  imageId: ImageId,
  scope: NameScope,
  name: string,
): Promise<Either<Refusal, ClaimId>> => {
  // A new claim each time: one that repair took away must never come to life again.
  const step = stepOf(command, `claim ${name} ${crypto.randomUUID()}`)
  const claimId = createdId(step, 'claim') as ClaimId
  const claimed = await ledger.change(accountAggregate, account, step, (state) =>
    decideAccount({ type: 'ClaimImageName', claimId, imageId, scope, name }, state),
  )
  if (claimed._tag === 'Left') return claimed
  const held = claimOn(claimed.right.state, scope, name)
  if (held === undefined) throw new Error(`The claim on ${name} is gone though it was just made`)
  return right(held.claimId)
}

/**
 * Brings one claim to its end: stands where the image lives by it, else fences it off and frees the name. Right: where the
 * log stood after. Safe at any moment, on any node, any number of times.
 */
export const settleClaim = async (
  { ledger, clock }: { readonly ledger: Ledger; readonly clock: Clock },
  claim: { readonly claimId: ClaimId; readonly account: AccountId; readonly imageId: ImageId },
): Promise<Either<Refusal, Position>> => {
  const { claimId, account, imageId } = claim
  const fence = systemCommand('claims', `fence ${claimId}`, clock.now())
  const fenced = await ledger.change(imageAggregate, imageId, fence, (state) =>
    // A deleted image uses no name any more, and no rename of it can begin.
    state.status === 'DELETED' ? right([]) : decideImage({ type: 'AbandonClaim', claimId }, state),
  )
  if (fenced._tag === 'Left') return left(fenced.left)
  const { state } = fenced.right
  if (isRegistered(state) && state.status !== 'DELETED' && state.claimId === claimId)
    return right(fenced.right.position)
  const release = systemCommand('claims', `release ${claimId}`, clock.now())
  const released = await ledger.change(accountAggregate, account, release, (accountState) =>
    decideAccount({ type: 'ReleaseImageName', claimId }, accountState),
  )
  return released._tag === 'Left' ? released : right(released.right.position)
}
