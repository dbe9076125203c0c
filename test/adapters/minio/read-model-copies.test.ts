import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { connect, type S3Options } from '../../../src/adapters/minio/client.ts'
import { openReadModelCopies } from '../../../src/adapters/minio/read-model-copies.ts'
import type { Position } from '../../../src/domain/kernel/recorded.ts'
import type { CopiedFrom, ReadModelCopies } from '../../../src/projections/projection.ts'
import { filesIn } from '../../support/files.ts'
import { recordingLogger } from '../../support/projections.ts'
import { startS3 } from '../../support/s3.ts'
import { tempDirectory } from '../../support/temp.ts'

const catalog: CopiedFrom = { projection: 'catalog', version: 5, log: crypto.randomUUID() }
const END = (2n ** 64n) as Position

let options: S3Options
let copies: ReadModelCopies
let directory: string
let logger: ReturnType<typeof recordingLogger>

beforeEach(async () => {
  directory = await tempDirectory()
  const s3 = await startS3(await tempDirectory())
  onTestFinished(s3.stop)
  options = s3.options
  logger = recordingLogger()
  copies = await openReadModelCopies(options, logger)
})

/** Publishes bytes as a copy made at a position. */
const publish = async (position: bigint, bytes: Buffer, from = catalog): Promise<Buffer> => {
  const file = join(directory, 'copy')
  await writeFile(file, bytes)
  await copies.publish(from, position as Position, file)
  return bytes
}

const fetched = async (from = catalog, upTo = END) => {
  const file = join(directory, 'fetched')
  const position = await copies.fetchNewest(from, upTo, file)
  return position === null ? null : { position, bytes: await readFile(file) }
}

const warned = () => logger.lines.filter(({ level }) => level === 'warn').length

/** Objects of the bucket, as they were called. */
const objects = async () => {
  const { client, bucket } = await connect(options)
  const names: string[] = []
  for await (const { name } of client.listObjectsV2(bucket, '', true)) names.push(`${name}`)
  return { client, bucket, names }
}

describe('A copy', () => {
  test.each([0, 1, 70_000, 20_000_000])('of %i bytes is fetched as it was published', async (size) => {
    const bytes = await publish(7n, randomBytes(size))
    const found = await fetched()
    expect(found?.position).toBe(7n)
    expect(found?.bytes.equals(bytes)).toBe(true)
    // Nothing else is left beside it.
    expect((await filesIn(directory)).toSorted()).toEqual([
      join(directory, 'copy'),
      join(directory, 'fetched'),
    ])
  })

  test('is the newest by its position, however it was published', async () => {
    await publish(90n, Buffer.from('newest'))
    await publish(9n, Buffer.from('older'))
    expect((await fetched())?.bytes.toString()).toBe('newest')
    expect((await fetched(catalog, 89n as Position))?.bytes.toString()).toBe('older')
    expect(await fetched(catalog, 8n as Position)).toBeNull()
  })

  test('is of one projection, one version and one log', async () => {
    await publish(5n, Buffer.from('copy'))
    for (const other of [
      { ...catalog, projection: 'billing' },
      { ...catalog, version: 6 },
      { ...catalog, version: 50 },
      { ...catalog, log: crypto.randomUUID() },
    ]) {
      expect(await fetched(other)).toBeNull()
      expect(await copies.newestAt(other)).toBeNull()
    }
    expect(await copies.newestAt(catalog)).toBeInstanceOf(Date)
    expect(warned()).toBe(0)
  })

  test('makes older ones go, but for one', async () => {
    for (let position = 1n; position <= 5n; position += 1n)
      await publish(position, Buffer.from(`${position}`))
    const { names } = await objects()
    expect(names.map((name) => name.split('/').at(-1)?.slice(0, 20))).toEqual([
      '4'.padStart(20, '0'),
      '5'.padStart(20, '0'),
    ])
  })
})

test.each([
  [
    'another byte',
    (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -1), Buffer.from([(bytes.at(-1) ?? 0) ^ 1])]),
  ],
  ['a missing end', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
  ['something else', () => Buffer.from('no such thing')],
  ['nothing', () => Buffer.alloc(0)],
])(
  'A copy that has %s is passed over with a word in the log, and the one before it is fetched',
  async (_what, damage) => {
    await publish(1n, Buffer.from('sound'))
    await publish(2n, randomBytes(50_000))
    const { client, bucket, names } = await objects()
    const newest = names.at(-1) ?? ''
    const packed = await buffer(await client.getObject(bucket, newest))
    const damaged = damage(packed)
    expect(damaged.equals(packed)).toBe(false)
    await client.putObject(bucket, newest, damaged, damaged.length)
    expect((await fetched())?.bytes.toString()).toBe('sound')
    expect(warned()).toBe(1)
  },
)

test('What is in the way of being listed costs the copies and nothing else', async () => {
  await publish(1n, Buffer.from('copy'))
  const { client, bucket, names } = await objects()
  for (const name of names) await client.removeObject(bucket, name)
  await client.removeBucket(bucket)
  expect(await fetched()).toBeNull()
  expect(warned()).toBe(1)
})
