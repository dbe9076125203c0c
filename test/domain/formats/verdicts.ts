import type { ContentRefusalCode, Detected } from '../../../src/domain/formats/content.ts'
import { beginInspection } from '../../../src/domain/formats/inspection.ts'

/** What a stream was taken for, or the code it was refused with. */
export type Outcome = Detected | ContentRefusalCode

export const MAX_VIRTUAL_BYTES = 1n << 40n

/** The sizes of chunk that IMAGE-FORMATS names; the last one is larger than all that is captured of a stream. */
const chunkSizes = [1, 17, 512, 65_536, 1_048_576]

/** The image, cut into chunks of one size. */
export function* chunksOf(image: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < image.length; at += size) yield image.subarray(at, at + size)
}

export const outcomeOf = (chunks: Iterable<Uint8Array>, maxVirtualBytes = MAX_VIRTUAL_BYTES): Outcome => {
  const inspection = beginInspection({ maxVirtualBytes })
  for (const chunk of chunks) inspection.push(chunk)
  const verdict = inspection.finish()
  return verdict._tag === 'Left' ? verdict.left.code : verdict.right
}

/** One outcome for each size of chunk. */
export const outcomes = (image: Uint8Array): readonly Outcome[] =>
  chunkSizes.map((size) => outcomeOf(chunksOf(image, size)))

/** What outcomes() gives where all of them agree. */
export const everywhere = (outcome: Outcome): readonly Outcome[] => chunkSizes.map(() => outcome)

export const as = (format: Detected['format'], virtualSizeBytes: number | bigint): Detected => ({
  format,
  virtualSizeBytes: BigInt(virtualSizeBytes),
  compression: 'NONE',
})

/** A copy of the image in which `bytes` (latin1 text too) stand at `offset`. */
export const patched = (image: Uint8Array, offset: number, bytes: string | readonly number[]): Buffer => {
  const copy = Buffer.from(image)
  copy.set(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes), offset)
  return copy
}
