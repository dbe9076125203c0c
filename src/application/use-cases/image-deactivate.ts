import { imageUseCase } from '../image-command.ts'
import { imageCommandInput } from '../image-input.ts'

/**
 * Withholds an image's bytes from everybody but operators; what is said of it stays served. Collaborators of its owner.
 * Refused besides: InvalidState.
 */
export const imageDeactivate = imageUseCase(
  'imageDeactivate',
  'deactivateImage',
  imageCommandInput,
  ({ caller }) => ({ type: 'Deactivate', by: caller.principal.operator ? 'OPERATOR' : 'OWNER' }),
)
