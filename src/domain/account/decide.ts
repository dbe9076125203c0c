import { unreachable } from '../kernel/brand.ts'
import { type Either, left, right } from '../kernel/fp.ts'
import type { ClaimId, ImageId } from '../kernel/ids.ts'
import { imageLimitReached, invalidState, nameTaken, type Refusal } from '../kernel/refusal.ts'
import type { AccountEvent, NameScope } from './events.ts'
import { type AccountState, claimOn } from './state.ts'

/** What may be asked of one account. */
export type AccountCommand =
  | {
      readonly type: 'CreateAccount'
      readonly id: string
      readonly name: string
      readonly imageLimit: number | null
    }
  | { readonly type: 'SetImageLimit'; readonly limit: number | null }
  | { readonly type: 'SetMayPublish'; readonly mayPublish: boolean }
  | {
      readonly type: 'ClaimImageName'
      /** Of the new claim; where the image holds the name already, that claim stands. */
      readonly claimId: ClaimId
      readonly imageId: ImageId
      readonly scope: NameScope
      readonly name: string
    }
  | { readonly type: 'ReleaseImageName'; readonly claimId: ClaimId }

type Decision = Either<Refusal, readonly AccountEvent[]>

/**
 * Decides what a command changes. Asking for what is already so gives no event. The refusals: NameTaken (an id or an
 * image's name), ImageLimitReached, InvalidState where there is no account.
 */
export const decide = (command: AccountCommand, state: AccountState): Decision => {
  if (command.type === 'CreateAccount')
    return state.exists
      ? left(nameTaken(command.id, 'the platform'))
      : right([{ type: 'AccountCreated', data: { name: command.name, imageLimit: command.imageLimit } }])
  if (!state.exists) return left(invalidState('NONE', 'There is no account under this id.'))
  switch (command.type) {
    case 'SetImageLimit':
      return right(
        command.limit === state.imageLimit
          ? []
          : [{ type: 'AccountImageLimitSet', data: { limit: command.limit } }],
      )
    case 'SetMayPublish': {
      const { mayPublish } = command
      return right(
        mayPublish === state.mayPublish ? [] : [{ type: 'AccountMayPublishSet', data: { mayPublish } }],
      )
    }
    case 'ClaimImageName':
      return claimImageName(command, state)
    case 'ReleaseImageName': {
      const claim = state.claims.get(command.claimId)
      return right(claim === undefined ? [] : [{ type: 'ImageNameReleased', data: claim }])
    }
    default:
      return unreachable(command)
  }
}

/** A limit lower than what is in use refuses new images and touches none that is there (reference 001). */
const claimImageName = (
  { claimId, imageId, scope, name }: Extract<AccountCommand, { type: 'ClaimImageName' }>,
  state: AccountState,
): Decision => {
  const held = claimOn(state, scope, name)
  if (held?.imageId === imageId) return right([])
  if (held !== undefined)
    return left(
      nameTaken(name, scope.kind === 'PROJECT' ? `project ${JSON.stringify(scope.project)}` : 'the account'),
    )
  const takesPlace = !state.places.has(imageId)
  if (takesPlace && state.imageLimit !== null && state.places.size >= state.imageLimit)
    return left(imageLimitReached(state.imageLimit, state.places.size))
  return right([{ type: 'ImageNameClaimed', data: { claimId, imageId, scope, name } }])
}
