import { imageUseCase } from '../image-command.ts'
import { imageCommandInput } from '../image-input.ts'

/**
 * Takes back a deprecation, OBSOLETE or not, and the dates that came with it. Collaborators of the image's owner. Refused
 * besides: InvalidState.
 */
export const imageUndeprecate = imageUseCase('imageUndeprecate', 'deprecateImage', imageCommandInput, () => ({
  type: 'Undeprecate',
}))
