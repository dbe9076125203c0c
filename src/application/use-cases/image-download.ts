import type { Readable } from 'node:stream'
import type { ImageTarget } from '../../domain/access/access.ts'
import type { Principal } from '../../domain/access/principal.ts'
import { whyWithheld } from '../../domain/access/withheld.ts'
import { extensionOf } from '../../domain/formats/compression.ts'
import type { ImageContent } from '../../domain/image/events.ts'
import type { RegisteredImage } from '../../domain/image/state.ts'
import { left, right, type TaskEither } from '../../domain/kernel/fp.ts'
import type { Instant } from '../../domain/kernel/instant.ts'
import { type InvalidState, invalidState, type Refusal } from '../../domain/kernel/refusal.ts'
import type { Caller } from '../command.ts'
import type { ByteRange } from '../ports/blob-store.ts'
import { reachImage } from '../reach.ts'
import type { Services } from '../services.ts'

export interface Download {
  readonly name: string
  readonly content: ImageContent
  /** The bytes, or a part of them, which must lie within its size. Throws where the store has lost them. */
  open(range?: ByteRange): Promise<Readable>
  /** A link to the same bytes, where the store hands them out itself; null: it does not. */
  link(): Promise<string | null>
}

/**
 * Hands out an image's bytes, exactly as they were sent. Collaborators of its owner and of the projects that
 * may use it. Refusals: NotFound, Forbidden, InvalidState where there are no bytes (yet, or any more) or they are withheld.
 */
export const imageDownload =
  (services: Services) =>
  (caller: Caller, imageId: string): TaskEither<Refusal, Download> =>
  async () => {
    const image = await reachImage(services, caller.principal, 'downloadImage', imageId)
    if (image._tag === 'Left') return image
    const { blobs } = services
    const { id, state, target } = image.right
    const { status, content, name } = state
    const refused = withheld(caller.principal, state, target.facts, services.clock.now())
    if (refused !== null) return left(refused)
    if (status !== 'AVAILABLE' || content === null)
      return left(
        invalidState(status, `The image is ${status}: only an AVAILABLE image has bytes to download.`),
      )
    const found = await blobs.size(content.blob)
    if (found === null) throw new Error(`The bytes of image ${id} are gone from the store (${content.blob})`)
    if (found !== content.sizeBytes)
      throw new Error(
        `Of image ${id} the store has ${found} bytes, not ${content.sizeBytes} (${content.blob})`,
      )
    const saved = `${name}.${content.format.toLowerCase()}${extensionOf(content.compression)}`
    return right({
      name: saved,
      content,
      link: async () => (await blobs.link?.(content.blob, saved)) ?? null,
      open: async (range) => {
        const bytes = await blobs.read(content.blob, range)
        if (bytes === null)
          throw new Error(`The bytes of image ${id} are gone from the store (${content.blob})`)
        return bytes
      },
    })
  }

/** The refusal for bytes that are there, and not for this caller. Null where they are not withheld. */
export const withheld = (
  principal: Principal,
  { deactivatedBy, deprecation, status }: RegisteredImage,
  facts: ImageTarget['facts'],
  now: Instant,
): InvalidState | null => {
  const why = whyWithheld(principal, { deactivated: deactivatedBy !== null, deprecation, facts }, now)
  if (why === null) return null
  if (why === 'DEACTIVATED')
    return invalidState(status, 'The image is deactivated: its bytes are withheld until it is reactivated.')
  const remedy = deprecation?.replacement ? ' Take its replacement.' : ''
  return invalidState(why, `The image is OBSOLETE: for no new use.${remedy}`)
}
