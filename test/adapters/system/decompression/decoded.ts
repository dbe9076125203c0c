import { Undecodable } from '../../../../src/adapters/system/decompression/decode.ts'
import { decoders } from '../../../../src/adapters/system/decompression/decoders.ts'
import type { Packed } from '../../../../src/domain/formats/compression.ts'
import type { ContentRefusalCode } from '../../../../src/domain/formats/content.ts'
import { chunksOf } from '../../../domain/formats/verdicts.ts'

/** What comes out, on this thread; or the code it was refused with. Throws what is no refusal. */
export const decoded = async (
  compression: Packed,
  image: Uint8Array,
  chunkSize = 65_536,
): Promise<Buffer | ContentRefusalCode> => {
  const chunks = chunksOf(image, chunkSize)
  const out: Buffer[] = []
  // One memory for all chunks, as in a worker: what is kept of the one before is overwritten.
  const slot = Buffer.alloc(chunkSize)
  const next = (): Uint8Array | null => {
    const chunk = chunks.next().value
    if (!chunk) return null
    slot.fill(0xff).set(chunk)
    return slot.subarray(0, chunk.length)
  }
  try {
    await decoders[compression](next, (bytes) => out.push(Buffer.from(bytes)))
    return Buffer.concat(out)
  } catch (error) {
    if (error instanceof Undecodable) return error.refusal.code
    throw error
  }
}
