import { createHash } from 'node:crypto'
import type { Client } from 'minio'
import { type BlobWriter, StorageFull } from '../../application/ports/blob-store.ts'
import { codeOf, orUnavailable } from './client.ts'
import { Parts } from './parts.ts'

/** Begins an object, which is sent in parts as its bytes come and appears when it is complete. */
export const beginObject = (client: Client, bucket: string, object: string): BlobWriter => {
  const parts = new Parts()
  const etags: { part: number; etag: string }[] = []
  let upload: string | null = null
  let state: 'OPEN' | 'COMMITTED' | 'ABORTED' = 'OPEN'
  /** One part is on its way while the next one fills. */
  let sending: Promise<void> = Promise.resolve()

  const send = async (bytes: Buffer): Promise<void> => {
    upload ??= await client.initiateNewMultipartUpload(bucket, object, {})
    const partNumber = etags.length + 1
    const { etag } = await client.uploadPart(
      { bucketName: bucket, objectName: object, uploadID: upload, partNumber, headers: headersFor(bytes) },
      bytes,
    )
    etags.push({ part: partNumber, etag })
  }
  const refuseIfOver = (): void => {
    if (state !== 'OPEN') throw new Error(`The object was ${state.toLowerCase()} before`)
  }

  return {
    write: async (chunk) => {
      refuseIfOver()
      for (const full of parts.take(chunk)) {
        await asOurs(sending)
        sending = send(full)
        sending.catch(() => undefined)
      }
    },
    commit: async () => {
      refuseIfOver()
      await asOurs(sending)
      const rest = parts.rest()
      if (upload === null) {
        await asOurs(client.putObject(bucket, object, rest, rest.length, headersFor(rest)))
      } else {
        if (rest.length > 0) await asOurs(send(rest))
        await asOurs(client.completeMultipartUpload(bucket, object, upload, etags))
      }
      state = 'COMMITTED'
    },
    abort: async () => {
      if (state !== 'OPEN') return
      state = 'ABORTED'
      await sending.catch(() => undefined)
      if (upload !== null) await client.abortMultipartUpload(bucket, object, upload)
    },
  }
}

const headersFor = (bytes: Buffer): { 'Content-MD5': string } => ({
  'Content-MD5': createHash('md5').update(bytes).digest('base64'),
})

const full: readonly unknown[] = [
  'XMinioStorageFull',
  'InsufficientStorage',
  'QuotaExceeded',
  'XMinioAdminBucketQuotaExceeded',
]

/** The port's errors for S3's. */
const asOurs = async <Value>(done: Promise<Value>): Promise<Value> => {
  try {
    return await done
  } catch (error) {
    throw full.includes(codeOf(error))
      ? new StorageFull('The object store has no room.', { cause: error })
      : orUnavailable(error)
  }
}
