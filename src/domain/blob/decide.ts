import { unreachable } from '../kernel/brand.ts'
import type { ImageId } from '../kernel/ids.ts'
import type { BlobEvent } from './events.ts'
import type { BlobState } from './state.ts'

/** What may be asked of bytes in the store. */
export type BlobCommand =
  /** They have just come, for an image. */
  | { readonly type: 'Keep'; readonly image: ImageId; readonly sha256: string; readonly sizeBytes: bigint }
  /** The bytes of `holder` are to be those of an image too. */
  | { readonly type: 'Refer'; readonly image: ImageId; readonly holder: ImageId }
  | { readonly type: 'Release'; readonly image: ImageId }
  /** They were found in the store, and nothing in the ledger is about them. */
  | { readonly type: 'Condemn' }
  | { readonly type: 'RecordRemoved' }
  | { readonly type: 'RecordVerified'; readonly sha256: string }
  | { readonly type: 'RecordDamaged'; readonly expected: string; readonly found: string | null }

/**
 * Decides what a command changes. Nothing is refused: an image that is not among those that the bytes are kept for afterwards came too
 * late, for they are condemned. Whoever removes bytes condemns them first, so that of a removal and a new reference the first counts.
 *
 * Bytes that came before blobs had streams are kept for the image that holds them, though nothing says so.
 */
export const decide = (command: BlobCommand, { status, images }: BlobState): readonly BlobEvent[] => {
  switch (command.type) {
    case 'Keep': {
      const { image, sha256, sizeBytes } = command
      if (status === 'NONE') return [{ type: 'BlobStored', data: { image, sha256, sizeBytes } }]
      return status === 'KEPT' ? referenced(image, images) : []
    }
    case 'Refer': {
      const { image, holder } = command
      if (status === 'NONE') return [...referenced(holder, images), ...referenced(image, images)]
      return status === 'KEPT' ? referenced(image, images) : []
    }
    case 'Release': {
      const { image } = command
      if (status === 'NONE') return [condemned]
      if (!images.has(image)) return []
      const released: BlobEvent = { type: 'BlobReleased', data: { image } }
      return images.size === 1 ? [released, condemned] : [released]
    }
    case 'Condemn':
      return status === 'NONE' ? [condemned] : []
    case 'RecordRemoved':
      return status === 'CONDEMNED' ? [{ type: 'BlobRemoved', data: {} }] : []
    case 'RecordVerified':
      return [{ type: 'BlobVerified', data: { sha256: command.sha256 } }]
    case 'RecordDamaged':
      return [{ type: 'BlobFoundDamaged', data: { expected: command.expected, found: command.found } }]
    default:
      return unreachable(command)
  }
}

const condemned: BlobEvent = { type: 'BlobCondemned', data: {} }

const referenced = (image: ImageId, images: BlobState['images']): readonly BlobEvent[] =>
  images.has(image) ? [] : [{ type: 'BlobReferenced', data: { image } }]
