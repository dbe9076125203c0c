// Persistent, so that folding a thousand pieces does not copy them each time (docs/adr/0007-libraries.md).
import Immutable from 'immutable'
import type { Aggregate } from '../kernel/aggregate.ts'
import { unreachable } from '../kernel/brand.ts'
import type { BlobKey, UploadId } from '../kernel/ids.ts'
import type { Instant } from '../kernel/instant.ts'
import { type UploadEvent, type UploadKind, type UploadPiece, uploadEvents } from './events.ts'

/** The uploads to one image, of which one at most is under way. The stream has the id of the image. */
export interface UploadState {
  readonly running: RunningUpload | null
  /** Of uploads that are over: the pieces that are still in the store. */
  readonly left: ReadonlyMap<UploadId, readonly BlobKey[]>
  /** The one whose bytes the image has: who did not hear of its end asks for it once more. */
  readonly stored: Pick<RunningUpload, 'upload' | 'sizeBytes'> | null
}

export interface RunningUpload {
  readonly upload: UploadId
  readonly kind: UploadKind
  readonly sizeBytes: bigint | null
  readonly doneBytes: bigint
  readonly pieces: Immutable.List<UploadPiece>
  /** When it was heard of last. */
  readonly heardAt: Instant
  /** Who looks into the bytes of a resumable upload, all of which have come. */
  readonly verifiedBy: UploadId | null
}

const initial: UploadState = { running: null, left: new Map(), stored: null }

/** All that was announced has come. */
export const isComplete = ({ doneBytes, sizeBytes }: RunningUpload): boolean => doneBytes === sizeBytes

const evolve = (state: UploadState, event: UploadEvent): UploadState => {
  const { running, left } = state
  switch (event.type) {
    case 'UploadBegan': {
      const { upload, kind, sizeBytes, at } = event.data
      const began = { upload, kind, sizeBytes, doneBytes: 0n, heardAt: at, verifiedBy: null }
      return { ...state, running: { ...began, pieces: Immutable.List() } }
    }
    case 'UploadContinued': {
      // Of what came in pieces, so many were looked into.
      const doneBytes = running?.verifiedBy === null ? event.data.doneBytes : (running?.doneBytes ?? 0n)
      return of(state, event.data, { doneBytes, heardAt: event.data.at })
    }
    case 'UploadPieceReceived': {
      const { piece, at } = event.data
      const pieces = (running?.pieces ?? Immutable.List()).push(piece)
      return of(state, event.data, { pieces, doneBytes: piece.offset + piece.sizeBytes, heardAt: at })
    }
    case 'UploadVerificationBegan':
      return of(state, event.data, { verifiedBy: event.data.by, heardAt: event.data.at })
    case 'UploadEnded': {
      if (running?.upload !== event.data.upload) return state
      const { upload, sizeBytes, pieces } = running
      const blobs = pieces.map(({ blob }) => blob).toArray()
      return {
        running: null,
        left: blobs.length === 0 ? left : new Map(left).set(upload, blobs),
        stored: event.data.outcome === 'STORED' ? { upload, sizeBytes } : state.stored,
      }
    }
    case 'UploadPiecesRemoved': {
      const rest = new Map(left)
      rest.delete(event.data.upload)
      return { ...state, left: rest }
    }
    default:
      return unreachable(event)
  }
}

const of = (
  state: UploadState,
  { upload }: { readonly upload: UploadId },
  change: Partial<RunningUpload>,
): UploadState =>
  state.running?.upload === upload ? { ...state, running: { ...state.running, ...change } } : state

export const uploadAggregate: Aggregate<UploadState, UploadEvent> = {
  category: 'upload',
  definitions: uploadEvents,
  initial,
  evolve,
}
