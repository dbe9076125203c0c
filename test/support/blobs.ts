import type { BlobStore, ByteRange } from '../../src/application/ports/blob-store.ts'
import type { BlobKey } from '../../src/domain/kernel/ids.ts'

export const newKey = (): BlobKey => crypto.randomUUID() as BlobKey

/** Commits a blob that was written in chunks of the given size, and gives its key. */
export const writeBlob = async (
  store: BlobStore,
  bytes: Uint8Array,
  chunkSize = 65_536,
): Promise<BlobKey> => {
  const key = newKey()
  const writer = await store.create(key)
  for (let at = 0; at < bytes.length; at += chunkSize) await writer.write(bytes.subarray(at, at + chunkSize))
  await writer.commit()
  return key
}

/** All the bytes of the blob, or of a part of it; null where there is no such blob. */
export const readBlob = async (store: BlobStore, key: BlobKey, range?: ByteRange): Promise<Buffer | null> => {
  const stream = await store.read(key, range)
  if (stream === null) return null
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}
