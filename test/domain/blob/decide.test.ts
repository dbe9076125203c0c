import { describe, expect, test } from 'vitest'
import { type BlobCommand, decide } from '../../../src/domain/blob/decide.ts'
import { type BlobState, blobAggregate } from '../../../src/domain/blob/state.ts'
import { imageId } from '../../support/samples.ts'

const [a, b] = [imageId(1), imageId(2)]
const sha256 = 'a'.repeat(64)

/** What the blob is after these commands, one upon the other, and what the last one gave. */
const blobAfter = (
  ...commands: readonly BlobCommand[]
): { readonly state: BlobState; readonly given: string[] } => {
  let state = blobAggregate.initial
  let given: string[] = []
  for (const command of commands) {
    const events = decide(command, state)
    given = events.map(({ type }) => type)
    state = events.reduce(blobAggregate.evolve, state)
  }
  return { state, given }
}
const keep = (image = a): BlobCommand => ({ type: 'Keep', image, sha256, sizeBytes: 1n })
const refer: BlobCommand = { type: 'Refer', image: b, holder: a }
const release = (image = a): BlobCommand => ({ type: 'Release', image })
const condemn: BlobCommand = { type: 'Condemn' }
const removed: BlobCommand = { type: 'RecordRemoved' }

describe('Bytes in the store', () => {
  test('are kept for the images that refer to them, once each', () => {
    const { state, given } = blobAfter(keep(), refer, keep(b), keep())
    expect([state.status, [...state.images], given]).toStrictEqual(['KEPT', [a, b], []])
  })

  test('are condemned with the last reference, and not before', () => {
    expect(blobAfter(keep(), refer, release()).given).toStrictEqual(['BlobReleased'])
    expect(blobAfter(keep(), refer, release(), release(b)).given).toStrictEqual([
      'BlobReleased',
      'BlobCondemned',
    ])
    expect(blobAfter(keep(), release(b)).given).toStrictEqual([])
  })

  test('are kept by nobody again once they are condemned, or removed', () => {
    for (const command of [keep(), keep(b), refer]) {
      expect(blobAfter(keep(), release(), command).given).toStrictEqual([])
      expect(blobAfter(keep(), release(), removed, command).given).toStrictEqual([])
    }
  })

  test('that nothing is about are condemned where nobody refers to them first', () => {
    expect(blobAfter(condemn).given).toStrictEqual(['BlobCondemned'])
    expect(blobAfter(condemn, keep()).state.status).toBe('CONDEMNED')
    expect(blobAfter(keep(), condemn).given).toStrictEqual([])
  })

  test('are recorded as removed only after they were condemned', () => {
    expect(blobAfter(keep(), removed).given).toStrictEqual([])
    expect(blobAfter(condemn, removed).state.status).toBe('REMOVED')
    expect(blobAfter(condemn, removed, removed).given).toStrictEqual([])
  })

  test('that came before blobs had streams are kept for their holder too when a copy refers to them', () => {
    const { state } = blobAfter(refer)
    expect([...state.images]).toStrictEqual([a, b])
    expect(blobAfter(refer, release()).given).toStrictEqual(['BlobReleased'])
    expect(blobAfter(release()).given).toStrictEqual(['BlobCondemned'])
    expect(blobAfter(release(), refer).state.status).toBe('CONDEMNED')
  })
})
