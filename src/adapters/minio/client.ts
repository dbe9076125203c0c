import { Client, S3Error } from 'minio'
import { BlobsUnavailable } from '../../application/ports/blob-store.ts'

export interface S3Options {
  /** http(s)://host[:port] */
  readonly endpoint: string
  readonly bucket: string
  readonly accessKey: string
  readonly secretKey: string
  /** How long links to blobs are good, in seconds; 0: bytes are handed out by the service. */
  readonly linkSeconds?: number
}

/** A client and its bucket, which is made where it is missing. */
export interface Connected {
  readonly client: Client
  readonly bucket: string
}

export const connect = async ({ endpoint, bucket, accessKey, secretKey }: S3Options): Promise<Connected> => {
  const { hostname, port, protocol } = new URL(endpoint)
  const client = new Client({
    endPoint: hostname,
    ...(port === '' ? {} : { port: Number(port) }),
    useSSL: protocol === 'https:',
    accessKey,
    secretKey,
    pathStyle: true,
  })
  if (await client.bucketExists(bucket)) return { client, bucket }
  try {
    await client.makeBucket(bucket)
  } catch (error) {
    // Another node, that starts at the same time, has made it.
    if (!(await client.bucketExists(bucket))) throw error
  }
  return { client, bucket }
}

/** The code of S3's own errors; undefined for others. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof S3Error ? error.code : undefined

/** What the network says, and servers that are not ready. */
const unavailable: readonly unknown[] = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'InternalError',
  'ServiceUnavailable',
  'SlowDown',
  'XMinioServerNotInitialized',
]

/** BlobsUnavailable for an outage; any other error as it is. */
export const orUnavailable = (error: unknown): unknown => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (!unavailable.includes(code)) return error
  return new BlobsUnavailable(`The object store does not answer (${String(code)}).`, { cause: error })
}

const missing: readonly unknown[] = ['NoSuchKey', 'NotFound', 'NoSuchObject']
/** Null for what is not there. */
export const orNull = async <Value>(found: Promise<Value>): Promise<Value | null> => {
  try {
    return await found
  } catch (error) {
    if (missing.includes(codeOf(error))) return null
    throw orUnavailable(error)
  }
}
