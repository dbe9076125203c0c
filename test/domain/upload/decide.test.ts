import { describe, expect, test } from 'vitest'
import type { BlobKey, UploadId } from '../../../src/domain/kernel/ids.ts'
import { decide, type UploadCommand } from '../../../src/domain/upload/decide.ts'
import { type UploadState, uploadAggregate } from '../../../src/domain/upload/state.ts'
import { blobKey, instant } from '../../support/samples.ts'

const [one, two, verifier] = ['one', 'two', 'verifier'] as unknown as [UploadId, UploadId, UploadId]
const now = instant('2026-03-01T00:00:00.000Z')

const uploadsAfter = (
  ...commands: readonly UploadCommand[]
): { readonly state: UploadState; readonly given: readonly string[] } => {
  let state = uploadAggregate.initial
  let given: readonly string[] = []
  for (const command of commands) {
    const events = decide(command, state)
    given = events.map(({ type }) => type)
    state = events.reduce(uploadAggregate.evolve, state)
  }
  return { state, given }
}

const begin = (upload: UploadId, insteadOf: UploadId | null = null): UploadCommand => ({
  type: 'Begin',
  upload,
  kind: 'RESUMABLE',
  sizeBytes: 10n,
  now,
  insteadOf,
})
const piece = (offset: bigint, sizeBytes: bigint, blob: BlobKey = blobKey(1)): UploadCommand => ({
  type: 'ReceivePiece',
  upload: one,
  piece: { blob, offset, sizeBytes },
  now,
})
const verify = (by: UploadId, insteadOf: UploadId | null = null): UploadCommand => ({
  type: 'Verify',
  upload: one,
  by,
  insteadOf,
  now,
})
const end: UploadCommand = { type: 'End', upload: one, outcome: 'CANCELLED' }

describe('Uploads to an image', () => {
  test('are one at a time: another begins only in the place of the one that was found dead', () => {
    expect(uploadsAfter(begin(one), begin(two)).state.running?.upload).toBe(one)
    expect(uploadsAfter(begin(one), end, begin(two)).state.running?.upload).toBe(two)
    const taken = uploadsAfter(begin(one), begin(two, one))
    expect(taken.given).toStrictEqual(['UploadEnded', 'UploadBegan'])
    // Who was found dead had been followed by another already.
    expect(uploadsAfter(begin(one), begin(two, one), begin(one, one)).state.running?.upload).toBe(two)
  })

  test('take pieces one upon the other, and no more than was announced', () => {
    const { state } = uploadsAfter(begin(one), piece(0n, 4n), piece(4n, 6n, blobKey(2)))
    expect([state.running?.doneBytes, state.running?.pieces.size]).toStrictEqual([10n, 2])
    expect(uploadsAfter(begin(one), piece(0n, 4n), piece(0n, 6n)).given).toStrictEqual([])
    expect(uploadsAfter(begin(one), piece(0n, 4n), piece(5n, 1n)).given).toStrictEqual([])
    expect(uploadsAfter(begin(one), piece(0n, 4n), piece(4n, 7n)).given).toStrictEqual([])
    expect(uploadsAfter(begin(one), end, piece(0n, 4n)).given).toStrictEqual([])
  })

  test('are looked into by one, once all has come', () => {
    expect(uploadsAfter(begin(one), piece(0n, 4n), verify(verifier)).given).toStrictEqual([])
    const all = [begin(one), piece(0n, 10n), verify(verifier)]
    expect(uploadsAfter(...all).state.running?.verifiedBy).toBe(verifier)
    expect(uploadsAfter(...all, verify(two)).state.running?.verifiedBy).toBe(verifier)
    expect(uploadsAfter(...all, verify(two, verifier)).state.running?.verifiedBy).toBe(two)
    // How far the looking into has come is not how much has come.
    const heard = uploadsAfter(...all, { type: 'Continue', upload: one, doneBytes: 3n, now })
    expect(heard.state.running?.doneBytes).toBe(10n)
  })

  test('leave their pieces to be removed, and are forgotten then', () => {
    const over = uploadsAfter(begin(one), piece(0n, 4n), end)
    expect([...over.state.left]).toStrictEqual([[one, [blobKey(1)]]])
    const cleared = uploadsAfter(begin(one), piece(0n, 4n), end, { type: 'RecordPiecesRemoved', upload: one })
    expect(cleared.state).toStrictEqual({ running: null, left: new Map(), stored: null })
    expect(uploadsAfter(begin(one), end, { type: 'RecordPiecesRemoved', upload: one }).given).toStrictEqual(
      [],
    )
  })
})
