import { imageUseCase } from '../image-command.ts'
import { imageCommandInput } from '../image-input.ts'

/**
 * Gives an image's bytes out again. Collaborators of its owner, but where an operator deactivated it only operators.
 * Refused besides: InvalidState.
 */
export const imageReactivate = imageUseCase(
  'imageReactivate',
  'deactivateImage',
  imageCommandInput,
  ({ caller }) => ({ type: 'Reactivate', by: caller.principal.operator ? 'OPERATOR' : 'OWNER' }),
)
