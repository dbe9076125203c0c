import { decide as decideAccount } from '../domain/account/decide.ts'
import type { NameScope } from '../domain/account/events.ts'
import { accountAggregate, claimOn } from '../domain/account/state.ts'
import { decide as decideImage } from '../domain/image/decide.ts'
import type { ImageEvent } from '../domain/image/events.ts'
import { type ImageState, imageAggregate, isRegistered, type RegisteredImage } from '../domain/image/state.ts'
import { type Either, left, right } from '../domain/kernel/fp.ts'
import type { AccountId, ClaimId, ImageId, ProjectId } from '../domain/kernel/ids.ts'
import type { Position } from '../domain/kernel/recorded.ts'
import type { Refusal } from '../domain/kernel/refusal.ts'
import { type Command, createdId, stepOf, systemCommand } from './command.ts'
import type { Changed, ChangeOptions, Ledger } from './ledger.ts'
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

/** Where a name is claimed: in a project, or (null) in the account that an image was promoted to. */
export const scopeOf = (project: ProjectId | null): NameScope =>
  project === null ? { kind: 'ACCOUNT' } : { kind: 'PROJECT', project }

/** What a move of an image to another name, or into another scope, needs to know. */
interface Move {
  readonly id: ImageId
  readonly account: AccountId
  /** Where it is to be held, and what the image is to be called there. */
  readonly project: ProjectId | null
  readonly name: string
  /** The decision about the image, once the name is held by this claim. */
  readonly decide: (claimId: ClaimId) => (state: ImageState) => Either<Refusal, readonly ImageEvent[]>
}

/** Stands for the claim that would be made, while it is looked into whether there is anything to make it for. */
const NO_CLAIM = '00000000-0000-0000-0000-000000000000' as ClaimId

/**
 * Gives an image another name, or the same one in another scope: claims it, changes the image, frees what is left over. What
 * would be refused anyway is refused before anything is claimed. Refusals: NameTaken, and those of the decision.
 */
export const moveName = async (
  services: { readonly ledger: Ledger; readonly clock: Clock },
  command: Command,
  { id, account, project, name, decide }: Move,
  options: ChangeOptions,
): Promise<Either<Refusal, Changed<ImageState>>> => {
  const { ledger } = services
  let moves = false
  const rehearsed = await ledger.change(
    imageAggregate,
    id,
    command,
    (state) => {
      const decision = decide(NO_CLAIM)(state)
      if (decision._tag === 'Left') return decision
      moves = decision.right.length > 0
      return right([])
    },
    options,
  )
  if (rehearsed._tag === 'Left' || !moves) return rehearsed
  for (let attempt = 1; ; attempt += 1) {
    const claim = await claimName(ledger, stepOf(command, 'name'), account, id, scopeOf(project), name)
    if (claim._tag === 'Left') return claim
    const claimId = claim.right
    const moved = await ledger.change(imageAggregate, id, command, decide(claimId), options)
    const { state } = moved._tag === 'Right' ? moved.right : await ledger.load(imageAggregate, id)
    const lives = isRegistered(state) && state.claimId === claimId
    // The claim was one of an earlier try, and repair had taken it though it had not freed it yet: make another.
    const tooLate = moved._tag === 'Left' && isRegistered(state) && state.deadClaims.includes(claimId)
    // One claim is left over: the old one, or the new one if it came to nothing. If this is interrupted, repair does it.
    const leftOver = lives ? lastDeadClaim(state) : claimId
    if (leftOver !== undefined) await settleClaim(services, { claimId: leftOver, account, imageId: id })
    if (!tooLate || attempt === ATTEMPTS) return moved
  }
}

const ATTEMPTS = 2

const lastDeadClaim = ({ deadClaims }: RegisteredImage): ClaimId | undefined => deadClaims.at(-1)
