import { imageUseCase } from '../image-command.ts'
import { imageCommandInput } from '../image-input.ts'

/**
 * Takes an image that ended in ERROR back to CREATING, so that its bytes can be sent again, or are fetched again. Collaborators of its owner.
 * Refused besides: InvalidState.
 */
export const imageRetry = imageUseCase('imageRetry', 'changeImage', imageCommandInput, () => ({
  type: 'RetryCreation',
}))
