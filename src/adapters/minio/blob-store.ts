import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { Client, S3Error } from 'minio'
import { type BlobStore, type BlobWriter, StorageFull } from '../../application/ports/blob-store.ts'
import { type BlobKey, isBlobKey } from '../../domain/kernel/ids.ts'
import { exactly } from './exactly.ts'
import { Parts } from './parts.ts'

export interface S3Options {
  /** http(s)://host[:port] */
  readonly endpoint: string
  readonly bucket: string
  readonly accessKey: string
  readonly secretKey: string
}

/** A blob store over S3, with what it takes to keep the bucket clean. */
export interface S3BlobStore extends BlobStore {
  /**
   * Ends uploads that were begun before an instant and neither completed nor aborted, as those of a process that died: their
   * parts take room for good otherwise. Gives how many; null where the server cannot list them.
   */
  collectAborted(before: Date): Promise<number | null>
}

/**
 * Blobs as objects `blobs/<key>` of one bucket, which is made where it is missing. Bytes are sent in parts as they come, so that
 * memory is bounded, each with its MD5 for the server to check; an object appears when it is complete.
 */
export const openS3BlobStore = async ({
  endpoint,
  bucket,
  accessKey,
  secretKey,
}: S3Options): Promise<S3BlobStore> => {
  const { hostname, port, protocol } = new URL(endpoint)
  const client = new Client({
    endPoint: hostname,
    ...(port === '' ? {} : { port: Number(port) }),
    useSSL: protocol === 'https:',
    accessKey,
    secretKey,
    pathStyle: true,
  })
  if (!(await client.bucketExists(bucket))) await client.makeBucket(bucket)
  return {
    create: async (key) => beginBlob(client, bucket, objectOf(key)),
    read: async (key, range) => {
      const object = objectOf(key)
      if (range === undefined) {
        const found = await orNull(client.getObject(bucket, object))
        return found === null ? null : exactly(found, BigInt(headerOf(found, 'content-length')))
      }
      const length = range.end - range.start + 1n
      const found = await orNull(client.getPartialObject(bucket, object, Number(range.start), Number(length)))
      if (found === null) return null
      if (!headerOf(found, 'content-range').startsWith(`bytes ${range.start}-`))
        throw new Error('The object store gave another range than was asked for')
      return exactly(found, length)
    },
    size: async (key) => {
      const found = await orNull(client.statObject(bucket, objectOf(key)))
      return found === null ? null : BigInt(found.size)
    },
    remove: async (key) => {
      await orNull(client.removeObject(bucket, objectOf(key)))
    },
    collectAborted: (before) => collectAborted(client, bucket, before),
  }
}

/** minio hands out the response itself, as a stream. */
const headerOf = (response: Readable, name: string): string => {
  const value = (response as IncomingMessage).headers[name]
  if (typeof value !== 'string') throw new Error(`The object store says no ${name}`)
  return value
}

const objectOf = (key: BlobKey): string => {
  if (!isBlobKey(key)) throw new Error(`This is not the key of a blob: ${JSON.stringify(key)}`)
  return `blobs/${key}`
}

const beginBlob = (client: Client, bucket: string, object: string): BlobWriter => {
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
    if (state !== 'OPEN') throw new Error(`The blob was ${state.toLowerCase()} before`)
  }

  return {
    write: async (chunk) => {
      refuseIfOver()
      for (const full of parts.take(chunk)) {
        await orStorageFull(sending)
        sending = send(full)
        sending.catch(() => undefined)
      }
    },
    commit: async () => {
      refuseIfOver()
      await orStorageFull(sending)
      const rest = parts.rest()
      if (upload === null) {
        await orStorageFull(client.putObject(bucket, object, rest, rest.length, headersFor(rest)))
      } else {
        if (rest.length > 0) await orStorageFull(send(rest))
        await orStorageFull(client.completeMultipartUpload(bucket, object, upload, etags))
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

const collectAborted = async (client: Client, bucket: string, before: Date): Promise<number | null> => {
  let count = 0
  try {
    for await (const { key, uploadId, initiated } of client.listIncompleteUploads(bucket, 'blobs/', true)) {
      if (new Date(initiated) >= before) continue
      await client.abortMultipartUpload(bucket, key, uploadId)
      count += 1
    }
  } catch (error) {
    if (codeOf(error) === 'NotImplemented') return null
    throw error
  }
  return count
}

const codeOf = (error: unknown): string | undefined => (error instanceof S3Error ? error.code : undefined)

const missing: readonly unknown[] = ['NoSuchKey', 'NotFound', 'NoSuchObject']
const full: readonly unknown[] = [
  'XMinioStorageFull',
  'InsufficientStorage',
  'QuotaExceeded',
  'XMinioAdminBucketQuotaExceeded',
]

const orNull = async <Value>(found: Promise<Value>): Promise<Value | null> => {
  try {
    return await found
  } catch (error) {
    if (missing.includes(codeOf(error))) return null
    throw error
  }
}

const orStorageFull = async <Value>(done: Promise<Value>): Promise<Value> => {
  try {
    return await done
  } catch (error) {
    throw full.includes(codeOf(error))
      ? new StorageFull('The object store has no room.', { cause: error })
      : error
  }
}
