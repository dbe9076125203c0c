// Persistent, so that folding a thousand references does not copy them each time (docs/adr/0007-libraries.md).
import Immutable from 'immutable'
import type { Aggregate } from '../kernel/aggregate.ts'
import { unreachable } from '../kernel/brand.ts'
import type { ImageId } from '../kernel/ids.ts'
import { type BlobEvent, blobEvents } from './events.ts'

/**
 * Bytes in the store, under the key that the stream has for its id. NONE: nothing was said of them yet. KEPT: for these images.
 * CONDEMNED, REMOVED: for no image any more, and never again.
 */
export interface BlobState {
  readonly status: 'NONE' | 'KEPT' | 'CONDEMNED' | 'REMOVED'
  readonly images: Immutable.Set<ImageId>
}

const initial: BlobState = { status: 'NONE', images: Immutable.Set() }

const evolve = (state: BlobState, event: BlobEvent): BlobState => {
  switch (event.type) {
    case 'BlobStored':
    case 'BlobReferenced':
      return { status: 'KEPT', images: state.images.add(event.data.image) }
    case 'BlobReleased':
      return { ...state, images: state.images.delete(event.data.image) }
    case 'BlobCondemned':
      return { ...state, status: 'CONDEMNED' }
    case 'BlobRemoved':
      return { ...state, status: 'REMOVED' }
    case 'BlobVerified':
    case 'BlobFoundDamaged':
      return state
    default:
      return unreachable(event)
  }
}

export const blobAggregate: Aggregate<BlobState, BlobEvent> = {
  category: 'blob',
  definitions: blobEvents,
  initial,
  evolve,
}
