import { unreachable } from '../kernel/brand.ts'
import { type Either, left, right } from '../kernel/fp.ts'
import { invalidState, nameTaken, type Refusal } from '../kernel/refusal.ts'
import type { LocationEvent } from './events.ts'
import type { LocationState } from './state.ts'

/** What may be asked of one location. */
export type LocationCommand =
  | {
      readonly type: 'CreateLocation'
      readonly id: string
      readonly name: string
      readonly imagesEnabled: boolean
    }
  | { readonly type: 'SetImagesEnabled'; readonly enabled: boolean }

type Decision = Either<Refusal, readonly LocationEvent[]>

/** Decides what a command changes. Asking for what is already so gives no event. The refusals: NameTaken, InvalidState. */
export const decide = (command: LocationCommand, state: LocationState): Decision => {
  switch (command.type) {
    case 'CreateLocation': {
      const { id, name, imagesEnabled } = command
      return state.exists
        ? left(nameTaken(id, 'the platform'))
        : right([{ type: 'LocationCreated', data: { name, imagesEnabled } }])
    }
    case 'SetImagesEnabled': {
      if (!state.exists) return left(invalidState('NONE', 'There is no location under this id.'))
      if (state.imagesEnabled === command.enabled) return right([])
      return right([{ type: command.enabled ? 'LocationImagesEnabled' : 'LocationImagesDisabled', data: {} }])
    }
    default:
      return unreachable(command)
  }
}
