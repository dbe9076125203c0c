import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BucketItem } from 'minio'
import { billingProjection } from '../src/projections/billing/apply.ts'
import { catalog } from '../src/projections/catalog/apply.ts'
import { toDoProjection } from '../src/projections/to-do/to-do.ts'
import { type Figure, seconds } from './measure.ts'
import { BENCH } from './seed.ts'
import { ask, type BenchService, startBenchService } from './service.ts'
import { type BenchStores, s3Client } from './stores.ts'

// How long a node takes to serve that starts with nothing: by reading the whole log, and by the copies of another node.

const READ_MODELS = [catalog.name, billingProjection.name, toDoProjection.name]
const PUBLISHED_MS = 600_000

/**
 * `directory` gets a directory for each node, and is left with that of the second, `by-copy`. The log holds so many events,
 * histories of `images` images; `bareReads`: how many of them the bare client reads each second.
 */
export const newNodeFigures = async (
  stores: BenchStores,
  directory: string,
  port: number,
  {
    events,
    images,
    bareReads,
  }: { readonly events: number; readonly images: number; readonly bareReads: number },
): Promise<Figure[]> => {
  const start = async (name: string) => {
    const environment = { ...stores.environment, READ_MODEL_COPY_MINUTES: '0.05' }
    const node = await startBenchService(join(directory, name), port, environment)
    await checkImages(node, images).catch(async (error: unknown) => {
      await node.stop()
      throw error
    })
    return node
  }
  const what = `a new node serves, ${events.toLocaleString('en')} events behind it,`
  if ((await copies(stores)).length > 0) throw new Error('The bucket holds copies of read models already')
  const first = await start('by-replay')
  const published = await untilPublished(stores).finally(() => first.stop())
  const downloading = await seconds(() => download(stores, published))
  const second = await start('by-copy')
  await second.stop()
  return [
    {
      what: `${what} by replay from ${stores.names.eventStore}`,
      measured: first.startSeconds,
      unit: 's',
      limit: { what: 'bare client, reading them at the speed above', value: events / bareReads },
      aim: '',
    },
    {
      what: `${what} by copy from ${stores.names.s3}`,
      measured: second.startSeconds,
      unit: 's',
      limit: {
        what: `bare client, downloading the ${megabytes(published)} MB of the copies`,
        value: downloading,
      },
      aim: '',
    },
  ]
}

/** Whoever is ready shows all of them. */
const checkImages = async (node: BenchService, images: number): Promise<void> => {
  const query = 'query ($project: ID!) { images(project: $project, first: 1) { totalCount } }'
  const answer = (await ask(node, query, { project: BENCH.project })) as { images?: { totalCount?: number } }
  if (answer.images?.totalCount !== images)
    throw new Error(`A new node shows ${answer.images?.totalCount} images of ${images}`)
}

/** The newest copy of each read model, once there is one of each. */
const untilPublished = async (stores: BenchStores): Promise<readonly BucketItem[]> => {
  for (const until = performance.now() + PUBLISHED_MS; performance.now() < until; await sleep(250)) {
    const there = (await copies(stores)).toSorted((a, b) => timeOf(b) - timeOf(a))
    const newest = READ_MODELS.map((name) => there.find((copy) => copy.name?.includes(name)))
    if (newest.every((copy) => copy !== undefined)) return newest
  }
  throw new Error('The node did not publish copies of its read models')
}

const timeOf = ({ lastModified }: BucketItem): number => lastModified?.getTime() ?? 0

const copies = async ({ s3 }: BenchStores): Promise<readonly BucketItem[]> => {
  const client = s3Client(s3)
  if (!(await client.bucketExists(s3.bucket))) return []
  return client.listObjectsV2(s3.bucket, 'read-models/', true).toArray()
}

const download = async ({ s3 }: BenchStores, objects: readonly BucketItem[]): Promise<void> => {
  const client = s3Client(s3)
  for (const { name = '' } of objects) for await (const _ of await client.getObject(s3.bucket, name));
}

const megabytes = (objects: readonly BucketItem[]): string =>
  Math.round(objects.reduce((bytes, { size = 0 }) => bytes + size, 0) / 1e6).toLocaleString('en')
