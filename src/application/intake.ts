import { decide as decideBlob } from '../domain/blob/decide.ts'
import { blobAggregate } from '../domain/blob/state.ts'
import type { ContentRefusal } from '../domain/formats/content.ts'
import { decide, type ImageCommand } from '../domain/image/decide.ts'
import type { ImageContent } from '../domain/image/events.ts'
import { imageAggregate, type RegisteredImage } from '../domain/image/state.ts'
import { type Either, left, right } from '../domain/kernel/fp.ts'
import type { BlobKey, ImageId } from '../domain/kernel/ids.ts'
import type { Position } from '../domain/kernel/recorded.ts'
import type { Refusal } from '../domain/kernel/refusal.ts'
import { systemCommand } from './command.ts'
import { Busy } from './outages.ts'
import { type Incoming, receive } from './receive.ts'
import type { Services } from './services.ts'
import type { Author, Upload } from './uploads.ts'

/** The bytes came, and are not what this image may be: it is in ERROR now, and nothing of them was kept. */
export interface ContentRefused extends ContentRefusal {
  readonly tag: 'ContentRefused'
}

export interface TakenIn {
  readonly content: ImageContent
  readonly position: Position
}

/** An image that waits for its bytes, and who brings them. */
export interface Intake {
  readonly id: ImageId
  readonly state: RegisteredImage
  readonly upload: Upload
  readonly author: Author
}

/**
 * The one way in for an image's bytes, whoever brings them: received, made durable, referred to, and then recorded. Never an
 * event without its bytes. What was wrong with them ends the image's creation, and the upload is over then; it is over too where
 * the image takes no bytes any more. If `body` breaks off, its error is thrown on, and the upload is the caller's to end.
 */
export const takeIn = async (
  services: Services,
  intake: Intake,
  incoming: Incoming,
): Promise<Either<Refusal | ContentRefused, TakenIn>> => {
  const { id, state, upload, author } = intake
  const received = await receive(services, upload, state.declared, incoming)
  if (received._tag === 'Left') return refuse(services, intake, received.left)
  const content = await keep(services, id, received.right, author)
  const stored = await record(services, id, author, { type: 'StoreContent', content })
  // Deleted while the bytes came: they belong to nothing.
  if (stored._tag === 'Left') await release(services, content.blob, id, author)
  await upload.end(stored._tag === 'Left' ? 'CANCELLED' : 'STORED')
  return stored._tag === 'Left' ? stored : right({ content, position: stored.right.position })
}

/** Ends the image's creation, and the upload. */
export const refuse = async (
  services: Services,
  { id, upload, author }: Intake,
  { code, message }: ContentRefusal,
): Promise<Either<Refusal | ContentRefused, never>> => {
  const failed = await record(services, id, author, { type: 'FailCreation', code, message })
  await upload.end('REFUSED')
  return failed._tag === 'Left' ? failed : left({ tag: 'ContentRefused', code, message })
}

/** As of now, when the bytes are all there, and not as of when they began to come. */
const record = ({ ledger, clock }: Services, id: ImageId, author: Author, what: ImageCommand) =>
  ledger.change(imageAggregate, id, author(clock.now()), (state) => decide(what, state))

/** Refers to bytes that have just come, or to the same bytes where they are kept already: those that came are removed then. */
const keep = async (
  services: Services,
  image: ImageId,
  content: ImageContent,
  author: Author,
): Promise<ImageContent> => {
  const { blobs, stored } = services
  const { blob, sizeBytes, digests } = content
  const { sha256 } = digests
  const known = stored.sameContent(sha256, sizeBytes)
  // What the store has lost is no reason to throw away what has just come.
  const same = known !== null && (await blobs.size(known)) === sizeBytes ? known : null
  const isKept = same !== null && (await keepUnder(services, same, image, sha256, sizeBytes, author))
  if (isKept && same !== blob) {
    await blobs.remove(blob)
    return { ...content, blob: same }
  }
  if (!(await keepUnder(services, blob, image, sha256, sizeBytes, author)))
    throw new Busy('The bytes were cleared away before they were referred to: send them again.')
  return content
}

const keepUnder = async (
  { ledger, clock }: Services,
  blob: BlobKey,
  image: ImageId,
  sha256: string,
  sizeBytes: bigint,
  author: Author,
): Promise<boolean> => {
  const kept = await ledger.change(blobAggregate, blob, author(clock.now()), (state) =>
    right(decideBlob({ type: 'Keep', image, sha256, sizeBytes }, state)),
  )
  return kept._tag === 'Right' && kept.right.state.status === 'KEPT' && kept.right.state.images.has(image)
}

/** The bytes are not this image's any more, and gone where no other image keeps them. */
export const release = async (
  services: Pick<Services, 'ledger' | 'clock' | 'blobs'>,
  blob: BlobKey,
  image: ImageId,
  author: Author,
): Promise<void> => {
  const { ledger, clock } = services
  const released = await ledger.change(blobAggregate, blob, author(clock.now()), (state) =>
    right(decideBlob({ type: 'Release', image }, state)),
  )
  if (released._tag === 'Right' && released.right.state.status === 'CONDEMNED')
    await removeCondemnedBlob(services, blob)
}

/** What was condemned nobody can come to keep any more. First the bytes, then the event that tells of it. */
export const removeCondemnedBlob = async (
  { ledger, clock, blobs }: Pick<Services, 'ledger' | 'clock' | 'blobs'>,
  blob: BlobKey,
): Promise<void> => {
  await blobs.remove(blob)
  await ledger.change(blobAggregate, blob, systemCommand('blobs', blob, clock.now()), (state) =>
    right(decideBlob({ type: 'RecordRemoved' }, state)),
  )
}
