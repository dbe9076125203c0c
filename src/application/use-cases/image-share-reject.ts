import { answerUseCase } from '../shares.ts'

/**
 * Turns an offer down for the project that it was made to, or gives an accepted one back. While the offer stands it may
 * still be accepted. Refused besides: InvalidState once the offer is over.
 */
export const imageShareReject = answerUseCase('imageShareReject', (project, now) => ({
  type: 'RejectShare',
  project,
  now,
}))
