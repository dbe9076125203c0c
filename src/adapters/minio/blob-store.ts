import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { create as contentDisposition } from 'content-disposition'
import type { Client } from 'minio'
import type { BlobStore, ListedBlob } from '../../application/ports/blob-store.ts'
import { type BlobKey, isBlobKey } from '../../domain/kernel/ids.ts'
import { codeOf, connect, orNull, type S3Options } from './client.ts'
import { exactly } from './exactly.ts'
import { beginObject } from './object-writer.ts'

const PREFIX = 'blobs/'

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
export const openS3BlobStore = async (options: S3Options): Promise<S3BlobStore> => {
  const { client, bucket } = await connect(options)
  const { linkSeconds = 0 } = options
  return {
    create: async (key) => beginObject(client, bucket, objectOf(key)),
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
    list: () => listed(client, bucket),
    remove: async (key) => {
      await orNull(client.removeObject(bucket, objectOf(key)))
    },
    ...(linkSeconds === 0 ? {} : { link: (key, name) => linkTo(client, bucket, key, name, linkSeconds) }),
    collectAborted: (before) => collectAborted(client, bucket, before),
  }
}

/** Signed by this service's key (S3, presigned URLs). */
const linkTo = (
  client: Client,
  bucket: string,
  key: BlobKey,
  name: string,
  seconds: number,
): Promise<string> =>
  client.presignedGetObject(bucket, objectOf(key), seconds, {
    'response-content-disposition': contentDisposition(name),
    'response-content-type': 'application/octet-stream',
  })

/** minio hands out the response itself, as a stream. */
const headerOf = (response: Readable, name: string): string => {
  const value = (response as IncomingMessage).headers[name]
  if (typeof value !== 'string') throw new Error(`The object store says no ${name}`)
  return value
}

const objectOf = (key: BlobKey): string => {
  if (!isBlobKey(key)) throw new Error(`This is not the key of a blob: ${JSON.stringify(key)}`)
  return `${PREFIX}${key}`
}

async function* listed(client: Client, bucket: string): AsyncIterable<ListedBlob> {
  for await (const { name, lastModified } of client.listObjectsV2(bucket, PREFIX, true)) {
    const key = name?.slice(PREFIX.length) ?? ''
    if (isBlobKey(key)) yield { key: key as BlobKey, writtenAt: lastModified ?? new Date() }
  }
}

const collectAborted = async (client: Client, bucket: string, before: Date): Promise<number | null> => {
  let count = 0
  try {
    for await (const { key, uploadId, initiated } of client.listIncompleteUploads(bucket, PREFIX, true)) {
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
