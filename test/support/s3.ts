import { join } from 'node:path'
import S3rver from 's3rver'
import type { S3Options } from '../../src/adapters/minio/client.ts'

/** An S3 to test against, and how to end it. */
export interface TestS3 {
  readonly options: S3Options
  readonly stop: () => Promise<void>
}

/** The real one where its address is given, else s3rver on a directory. */
export const startS3 = async (directory: string): Promise<TestS3> => {
  const { S3_ENDPOINT, S3_BUCKET = 'image-ledger-test', S3_ACCESS_KEY, S3_SECRET_KEY } = process.env
  if (S3_ENDPOINT !== undefined)
    return {
      options: {
        endpoint: S3_ENDPOINT,
        bucket: S3_BUCKET,
        accessKey: S3_ACCESS_KEY ?? '',
        secretKey: S3_SECRET_KEY ?? '',
      },
      stop: async () => undefined,
    }
  return startS3rver(directory)
}

/** s3rver on a directory, on a port that is free. */
export const startS3rver = async (directory: string): Promise<TestS3> => {
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory: join(directory, 's3'),
  })
  const { port } = await server.run()
  return {
    options: {
      endpoint: `http://127.0.0.1:${port}`,
      bucket: 'images',
      accessKey: 'S3RVER',
      secretKey: 'S3RVER',
    },
    stop: () => server.close(),
  }
}
