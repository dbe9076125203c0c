import { Client, S3Error } from 'minio'

export interface S3Options {
  /** http(s)://host[:port] */
  readonly endpoint: string
  readonly bucket: string
  readonly accessKey: string
  readonly secretKey: string
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

const missing: readonly unknown[] = ['NoSuchKey', 'NotFound', 'NoSuchObject']
/** Null for what is not there. */
export const orNull = async <Value>(found: Promise<Value>): Promise<Value | null> => {
  try {
    return await found
  } catch (error) {
    if (missing.includes(codeOf(error))) return null
    throw error
  }
}
