import { setTimeout as sleep } from 'node:timers/promises'
import { type Either, left, right, type TaskEither } from '../../domain/kernel/fp.ts'
import type { ImageId } from '../../domain/kernel/ids.ts'
import type { Position } from '../../domain/kernel/recorded.ts'
import { isComplete, type RunningUpload } from '../../domain/upload/state.ts'
import type { Caller } from '../command.ts'
import type { Line } from '../lines.ts'
import { moreThanAnnounced, OVERTAKEN, type PieceRefused, Pieces } from '../pieces.ts'
import type { Incoming } from '../receive.ts'
import { type Resumable, reachUpload } from '../resumable.ts'
import type { Services } from '../services.ts'
import { verifyUpload } from '../verification.ts'
import { type UploadConflict, type UploadRefusal, uploadBy } from './image-upload.ts'

/** So long who has sent the last byte waits for what is thought of them all; after that the image's status says it. */
const VERDICT_MS = 20_000

/** Bytes of a resumable upload. */
export interface IncomingPiece extends Incoming {
  /** Where in the upload they begin. */
  readonly offset: bigint
  /** Ends the line by which they come. */
  readonly cut: () => void
}

export interface Received {
  readonly upload: Resumable
  /** Where the image was told; null where nothing is decided yet. */
  readonly position: Position | null
}

/**
 * Takes in what comes next of a resumable upload. Where the line breaks, what came until then counts, and the error is thrown on. With
 * the last byte all of them are looked into; what is wrong with them is a refusal then, as for imageUpload. Collaborators of the
 * image's owner. Refusals: NotFound, Forbidden, Conflict, PieceRefused, ContentRefused, InvalidState.
 */
export const uploadReceive =
  (services: Services) =>
  (caller: Caller, given: string, incoming: IncomingPiece): TaskEither<UploadRefusal, Received> =>
  async () => {
    const reached = await reachUpload(services, caller, given)
    if (reached._tag === 'Left') return reached
    const { seen, running } = reached.right
    if (running === null || incoming.offset !== seen.doneBytes) return left(isElsewhere(seen))
    const { contentLength, offset } = incoming
    if (contentLength !== null && offset + contentLength > seen.sizeBytes)
      return left(moreThanAnnounced(seen.sizeBytes))
    const refused = await receivePieces(services, caller, seen.image, running, incoming)
    if (refused !== null && refused !== OVERTAKEN) return left(refused)
    const now = await reachUpload(services, caller, given)
    if (now._tag === 'Left') return now
    const { seen: upload, running: goesOn } = now.right
    if (refused === OVERTAKEN) return left(isElsewhere(upload))
    return goesOn !== null && isComplete(goesOn)
      ? verdictOn(services, caller, upload, goesOn)
      : right({ upload, position: null })
  }

const isElsewhere = ({ doneBytes }: Resumable): UploadConflict => ({
  tag: 'Conflict',
  message: `The upload has come to byte ${doneBytes}: send what follows, with Upload-Offset: ${doneBytes}.`,
})

const receivePieces = async (
  services: Services,
  caller: Caller,
  image: ImageId,
  running: RunningUpload,
  { body, cut }: IncomingPiece,
): Promise<PieceRefused | typeof OVERTAKEN | null> => {
  const pieces = new Pieces(services, image, running, uploadBy(caller))
  let line: Line | null = null
  try {
    for await (const chunk of body) {
      // Not before its first bytes: a line that broke while nobody read it is not to cut the one that came instead.
      line ??= services.uploads.lines.open(running.upload, cut)
      const refused = await pieces.take(chunk)
      if (refused !== null) return refused
    }
    return (await pieces.keep()) ? null : OVERTAKEN
  } catch (error) {
    // By a newer line the same bytes come again. What cannot be kept either is not acknowledged.
    if (line?.isLast()) await pieces.keep().catch(() => undefined)
    throw error
  } finally {
    await pieces.discard()
    line?.close()
  }
}

/** What is thought of the bytes, where that does not take too long; they are looked into in any case. */
const verdictOn = async (
  services: Services,
  caller: Caller,
  upload: Resumable,
  { upload: id }: RunningUpload,
): Promise<Either<UploadRefusal, Received>> => {
  const verification = verifyUpload(services, upload.image, id, uploadBy(caller)).catch((error: unknown) => {
    const { image } = upload
    services.logger.error({ image, upload: id, err: error }, 'An upload could not be looked into yet.')
    return null
  })
  const verdict = await Promise.race([verification, sleep(VERDICT_MS, null, { ref: false })])
  if (verdict?._tag === 'Left') return verdict
  return right({ upload, position: verdict?.right.position ?? null })
}
