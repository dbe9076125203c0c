import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { S3Options } from '../../src/adapters/minio/client.ts'
import { StandInServer } from './eventstoredb/server.ts'
import { eventually } from './eventually.ts'
import { startS3 } from './s3.ts'
import { startOn, type TestService } from './service.ts'
import { SECRET } from './tokens.ts'

type Environment = Readonly<Record<string, string>>

/** An EventStoreDB, an S3, and as many nodes of the service over them as a test starts. */
export interface Cluster extends AsyncDisposable {
  readonly server: StandInServer
  /** What nodes are told of both. */
  readonly environment: Environment
  readonly s3: S3Options
  /** Starts a node, on a directory of its own unless one is given, and waits until it is ready unless told not to. */
  node(options?: {
    readonly directory?: string
    readonly environment?: Environment
    readonly waits?: boolean
  }): Promise<TestService>
  /** Stops a node as an operator would. */
  retire(node: TestService): Promise<void>
  /** The server goes away without a word. */
  takeServerAway(): void
  /** It is back, with everything that it had acknowledged. */
  bringServerBack(): Promise<void>
}

export const startCluster = async (): Promise<Cluster> => {
  const home = await mkdtemp(join(tmpdir(), 'image-ledger-'))
  const s3 = await startS3(home)
  let server = await StandInServer.start()
  const running = new Set<TestService>()
  const environment = {
    EVENTSTORE_URL: server.url,
    LINK_SECRET: SECRET,
    S3_ENDPOINT: s3.options.endpoint,
    S3_BUCKET: s3.options.bucket,
    S3_ACCESS_KEY: s3.options.accessKey,
    S3_SECRET_KEY: s3.options.secretKey,
  }
  return {
    get server() {
      return server
    },
    environment,
    s3: s3.options,
    node: async (options = {}) => {
      const directory = options.directory ?? (await mkdtemp(join(home, 'node-')))
      const started = await startOn(directory, { ...environment, ...options.environment })
      running.add(started)
      const isReady = async () => (await started.http({ path: '/readyz' })).status === 200
      if (options.waits !== false) await eventually('it is ready', isReady)
      return started
    },
    retire: async (node) => {
      running.delete(node)
      await node.stop()
    },
    takeServerAway: () => server.kill(),
    bringServerBack: async () => {
      server = await StandInServer.start(server.log, server.port)
    },
    [Symbol.asyncDispose]: async () => {
      for (const node of running) await node.stop()
      await s3.stop()
      server.kill()
      await rm(home, { recursive: true, force: true })
    },
  }
}
