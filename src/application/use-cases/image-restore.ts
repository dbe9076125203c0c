import { imageUseCase } from '../image-command.ts'
import { imageCommandInput } from '../image-input.ts'

/**
 * Takes a deletion back within its recovery window: the image is what it was before. Collaborators of its owner. Refused
 * besides: InvalidState once the window has passed.
 */
export const imageRestore = imageUseCase('imageRestore', 'deleteImage', imageCommandInput, ({ now }) => ({
  type: 'Restore',
  now,
}))
