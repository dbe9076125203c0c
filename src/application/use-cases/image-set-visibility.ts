import { z } from 'zod'
import { accountAggregate } from '../../domain/account/state.ts'
import { imageVisibilities } from '../../domain/image/events.ts'
import { imageUseCase } from '../image-command.ts'
import { idempotencyKey, ifRevision, reason } from '../input.ts'

const input = z.strictObject({
  image: z.string(),
  visibility: z.enum(imageVisibilities),
  reason,
  ifRevision,
  idempotencyKey,
})

/**
 * Says who an image is shown to. Whatever leaves SHARED is shared with nobody any more. Collaborators of its owner; to make
 * it public or community takes an operator, or an admin of its account where that may publish. Refused besides:
 * InvalidState.
 */
export const imageSetVisibility = imageUseCase(
  'imageSetVisibility',
  async ({ visibility }, image, { ledger }) => {
    if (visibility !== 'COMMUNITY' && visibility !== 'PUBLIC') return 'shareImage'
    const account = await ledger.load(accountAggregate, image.state.account)
    return account.state.mayPublish ? 'publishOwnImage' : 'publishImage'
  },
  input,
  ({ given }) => ({ type: 'SetVisibility', visibility: given.visibility }),
)
