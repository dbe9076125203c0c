import { decide as decideBlob } from '../domain/blob/decide.ts'
import { blobAggregate } from '../domain/blob/state.ts'
import { decide } from '../domain/image/decide.ts'
import { type ImageState, imageAggregate, isRegistered, type RegisteredImage } from '../domain/image/state.ts'
import { type Either, right } from '../domain/kernel/fp.ts'
import type { ImageId } from '../domain/kernel/ids.ts'
import { invalidState, type Refusal } from '../domain/kernel/refusal.ts'
import type { Changed } from './ledger.ts'
import type { Services } from './services.ts'
import type { Author } from './uploads.ts'

/**
 * Gives a registered copy the bytes of its original, without moving any: it refers to them, then has them. Where the original
 * let go of them meanwhile, the copy's creation has failed. Done again, it changes nothing.
 */
export const giveBytes = async (
  { ledger, clock }: Pick<Services, 'ledger' | 'clock'>,
  id: ImageId,
  original: ImageId,
  author: Author,
): Promise<Either<Refusal, Changed<ImageState>>> => {
  const { state } = await ledger.load(imageAggregate, original)
  const content = bytesOf(state)
  const referred =
    content === null
      ? null
      : await ledger.change(blobAggregate, content.blob, author(clock.now()), (blob) =>
          right(decideBlob({ type: 'Refer', image: id, holder: original }, blob)),
        )
  const isKept =
    referred?._tag === 'Right' &&
    referred.right.state.status === 'KEPT' &&
    referred.right.state.images.has(id)
  return ledger.change(imageAggregate, id, author(clock.now()), (copy) => {
    if (isRegistered(copy) && copy.content !== null) return right([])
    return content !== null && isKept
      ? decide({ type: 'StoreContent', content }, copy)
      : decide({ type: 'FailCreation', ...gone }, copy)
  })
}

const gone = {
  code: 'SOURCE_GONE',
  message: 'The image that this is a copy of was deleted before its bytes were shared: copy another one.',
}

const bytesOf = (state: ImageState) =>
  isRegistered(state) && state.status === 'AVAILABLE' ? state.content : null

/** Null where an image has bytes that a copy could share. */
export const notToCopy = ({ status, content }: RegisteredImage): Refusal | null =>
  status === 'AVAILABLE' && content !== null
    ? null
    : invalidState(status, `The image to copy is ${status}: only an AVAILABLE image has bytes.`)
