import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Client } from 'minio'
import type { S3Options } from '../src/adapters/minio/client.ts'

/** What nodes share in a run of the bench. */
export interface BenchStores {
  /** The connection string of EventStoreDB. */
  readonly url: string
  readonly s3: S3Options
  /** What nodes are told of both. */
  readonly environment: Readonly<Record<string, string>>
  /** What they are, for the report. */
  readonly names: { readonly eventStore: string; readonly s3: string }
  stop(): void
}

/** EventStoreDB and S3 where the environment says them, else the stand-in and s3rver, each in a process of its own. */
export const startStores = async (directory: string): Promise<BenchStores> => {
  const { EVENTSTORE_URL, S3_ENDPOINT, S3_BUCKET = '', S3_ACCESS_KEY = '', S3_SECRET_KEY = '' } = process.env
  const given = {
    endpoint: S3_ENDPOINT,
    bucket: S3_BUCKET,
    accessKey: S3_ACCESS_KEY,
    secretKey: S3_SECRET_KEY,
  }
  const events = EVENTSTORE_URL ? null : await startStandIn<string>([])
  const bytes = S3_ENDPOINT ? null : await startStandIn<S3Options>([directory])
  const url = events?.told ?? (EVENTSTORE_URL as string)
  const s3 = bytes?.told ?? (given as S3Options)
  return {
    url,
    s3,
    environment: {
      EVENTSTORE_URL: url,
      S3_ENDPOINT: s3.endpoint,
      S3_BUCKET: s3.bucket,
      S3_ACCESS_KEY: s3.accessKey,
      S3_SECRET_KEY: s3.secretKey,
    },
    names: {
      eventStore: events === null ? 'EventStoreDB' : 'the stand-in for EventStoreDB',
      s3: bytes === null ? 'S3' : 's3rver',
    },
    stop: () => {
      events?.stop()
      bytes?.stop()
    },
  }
}

/** `told`: what the process says of itself when it has started. */
const startStandIn = async <Told>(args: readonly string[]) => {
  // The stand-in keeps all events in memory.
  const child = fork(new URL('./stand-in.ts', import.meta.url), args, {
    execArgv: ['--max-old-space-size=8192'],
  })
  const [told] = (await once(child, 'message')) as [Told]
  return { told, stop: () => child.disconnect() }
}

/** The client of S3 itself. */
export const s3Client = ({ endpoint, accessKey, secretKey }: S3Options): Client => {
  const { hostname, port, protocol } = new URL(endpoint)
  return new Client({
    endPoint: hostname,
    ...(port === '' ? {} : { port: Number(port) }),
    useSSL: protocol === 'https:',
    accessKey,
    secretKey,
    pathStyle: true,
  })
}
