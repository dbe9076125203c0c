import { unreachable } from '../kernel/brand.ts'
import type { UploadId } from '../kernel/ids.ts'
import type { Instant } from '../kernel/instant.ts'
import type { UploadEvent, UploadKind, UploadOutcome, UploadPiece } from './events.ts'
import { isComplete, type UploadState } from './state.ts'

/** What may be asked of the uploads to one image. `upload`: which of them is meant. */
export type UploadCommand = { readonly upload: UploadId } & (
  | {
      readonly type: 'Begin'
      readonly kind: UploadKind
      readonly sizeBytes: bigint | null
      readonly now: Instant
      /** The one that was found under way and is not alive any more. */
      readonly insteadOf: UploadId | null
    }
  | { readonly type: 'Continue'; readonly doneBytes: bigint; readonly now: Instant }
  | { readonly type: 'ReceivePiece'; readonly piece: UploadPiece; readonly now: Instant }
  /** `insteadOf`: who was found at it and is not alive any more. */
  | {
      readonly type: 'Verify'
      readonly by: UploadId
      readonly insteadOf: UploadId | null
      readonly now: Instant
    }
  | { readonly type: 'End'; readonly outcome: UploadOutcome }
  /** Ends it where it still waits for bytes, and nobody looks into them. */
  | { readonly type: 'Cancel' }
  | { readonly type: 'RecordPiecesRemoved' }
)

/**
 * Decides what a command changes. Nothing is refused: what does not fit the upload that is under way gives no event, and the state
 * afterwards says whose turn it is. Pieces follow one upon the other, so that of two that begin at one byte the first one counts.
 */
export const decide = (command: UploadCommand, { running, left }: UploadState): readonly UploadEvent[] => {
  const { upload } = command
  if (command.type === 'Begin') {
    const { kind, sizeBytes, now, insteadOf } = command
    if (running !== null && running.upload !== insteadOf) return []
    const began: UploadEvent = { type: 'UploadBegan', data: { upload, kind, sizeBytes, at: now } }
    return running === null ? [began] : [ended(running.upload, 'LOST'), began]
  }
  if (command.type === 'RecordPiecesRemoved')
    return left.has(upload) ? [{ type: 'UploadPiecesRemoved', data: { upload } }] : []
  if (running?.upload !== upload) return []
  switch (command.type) {
    case 'Continue':
      return [{ type: 'UploadContinued', data: { upload, doneBytes: command.doneBytes, at: command.now } }]
    case 'ReceivePiece': {
      const { piece, now } = command
      const end = piece.offset + piece.sizeBytes
      const fits = piece.offset === running.doneBytes && end <= (running.sizeBytes ?? end)
      return fits ? [{ type: 'UploadPieceReceived', data: { upload, piece, at: now } }] : []
    }
    case 'Verify': {
      const { by, insteadOf, now } = command
      const free = running.verifiedBy === null || running.verifiedBy === insteadOf
      return free && isComplete(running)
        ? [{ type: 'UploadVerificationBegan', data: { upload, by, at: now } }]
        : []
    }
    case 'End':
      return [ended(upload, command.outcome)]
    case 'Cancel':
      return running.verifiedBy === null ? [ended(upload, 'CANCELLED')] : []
    default:
      return unreachable(command)
  }
}

const ended = (upload: UploadId, outcome: UploadOutcome): UploadEvent => ({
  type: 'UploadEnded',
  data: { upload, outcome },
})
