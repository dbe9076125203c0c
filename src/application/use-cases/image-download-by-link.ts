import { collaboratorOf } from '../../domain/access/holder.ts'
import { left, type TaskEither } from '../../domain/kernel/fp.ts'
import type { Services } from '../services.ts'
import { type Download, imageDownload } from './image-download.ts'

/** The link opens nothing, or nothing any more. */
export interface LinkEnded {
  readonly tag: 'LinkEnded'
  readonly message: string
}

const ended = left<LinkEnded>({
  tag: 'LinkEnded',
  message: 'This link opens nothing, or nothing any more: ask for a new one.',
})

/**
 * Hands out an image's bytes to whoever holds a link to them (Image.contentUrl), as long as those whom the link is for may have
 * them. Refusal: LinkEnded, whatever the reason, so that nobody learns from it what became of the image.
 */
export const imageDownloadByLink =
  (services: Services) =>
  (requestId: string, imageId: string, signed: string): TaskEither<LinkEnded, Download> =>
  async () => {
    const link = await services.links.read(signed)
    if (link === null || link.image !== imageId) return ended
    const principal = collaboratorOf(link.holder)
    const download = await imageDownload(services)({ principal, requestId }, imageId)()
    if (download._tag === 'Left' || download.right.content.digests.sha256 !== link.sha256) return ended
    return download
  }
