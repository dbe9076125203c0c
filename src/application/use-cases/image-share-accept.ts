import { answerUseCase } from '../shares.ts'

/**
 * Takes up an offer for the project that it was made to, one rejected before too: the project may use the image from then
 * on. Refused besides: InvalidState once the offer is over.
 */
export const imageShareAccept = answerUseCase('imageShareAccept', (project, now) => ({
  type: 'AcceptShare',
  project,
  now,
}))
