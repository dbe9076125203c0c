import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { createDigestPool } from '../src/adapters/system/digest-pool.ts'
import { type Figure, seconds } from './measure.ts'
import { BENCH } from './seed.ts'
import { ask, type BenchService } from './service.ts'

// A gigabyte up and down, against hashing the same bytes.

const MIB = 2 ** 20
const SIZE = 1024 * MIB
const CHUNK = Buffer.alloc(MIB)
for (let n = 0; n < CHUNK.length; n += 1) CHUNK[n] = (n * 31) ^ (n >> 8)

const megabytesPerSecond = (time: number) => SIZE / 1e6 / time

/** `directory` is on the disk that the service writes to. */
export const byteFigures = async (service: BenchService, directory: string): Promise<Figure[]> => {
  const slowest = megabytesPerSecond(await seconds(async () => hashAll(['sha512'])))
  const inTurn = megabytesPerSecond(await seconds(async () => hashAll(['sha256', 'sha512', 'sha1', 'md5'])))
  const pooled = megabytesPerSecond(await seconds(hashPooled))
  const disk = megabytesPerSecond(await seconds(async () => writeAll(join(directory, 'bare-write'))))
  const { imageCreate } = await ask(
    service,
    'mutation ($input: ImageCreateInput!) { imageCreate(input: $input) { ... on Image { id } ... on Error { message } } }',
    { input: { project: BENCH.project, name: `bench-upload-${Date.now()}`, source: { upload: {} } } },
  )
  const url = `${service.url}/images/${imageCreate?.id}/content`
  const authorization = `Bearer ${service.token}`
  const before = service.memory().now
  const up = await seconds(async () => {
    const response = await fetch(url, {
      method: 'PUT',
      headers: { authorization },
      body: Readable.toWeb(Readable.from(chunks())) as ReadableStream,
      duplex: 'half',
    } as RequestInit)
    if (response.status !== 201) throw new Error(await response.text())
    await response.arrayBuffer()
  })
  const peak = service.memory().peak
  const down = await seconds(async () => {
    const response = await fetch(url, { headers: { authorization } })
    let bytes = 0
    for await (const chunk of response.body ?? []) bytes += chunk.byteLength
    if (bytes !== SIZE) throw new Error(`${bytes} bytes came back`)
  })
  const limit = { what: 'the same bytes through the four digests, two threads, nothing else', value: pooled }
  return [
    {
      what: 'upload of 1 GiB, stored, inspected, four digests',
      measured: megabytesPerSecond(up),
      unit: 'MB/s',
      limit,
      aim: '400 MB/s; 60 %',
    },
    { what: 'download of 1 GiB', measured: megabytesPerSecond(down), unit: 'MB/s', limit, aim: '60 %' },
    {
      what: 'writing alone: to a new file and to the disk',
      measured: disk,
      unit: 'MB/s',
      limit: null,
      aim: '',
    },
    { what: 'hashing alone: sha512, one thread', measured: slowest, unit: 'MB/s', limit: null, aim: '' },
    {
      what: 'hashing alone: four digests in turn, one thread',
      measured: inTurn,
      unit: 'MB/s',
      limit: null,
      aim: '',
    },
    {
      what: `memory at most during the upload (${Math.round(before)} MB before)`,
      measured: peak,
      unit: 'MB',
      limit: null,
      aim: 'under 150 MB',
    },
  ]
}

/** The same bytes to a new file, and to the disk. */
const writeAll = (file: string): void => {
  const opened = openSync(file, 'wx')
  for (const chunk of chunks()) writeSync(opened, chunk)
  fsyncSync(opened)
  closeSync(opened)
  unlinkSync(file)
}

function* chunks(): Generator<Buffer> {
  for (let sent = 0; sent < SIZE; sent += CHUNK.length) yield CHUNK
}

const hashAll = (algorithms: readonly string[]): void => {
  const hashes = algorithms.map((algorithm) => createHash(algorithm))
  for (const chunk of chunks()) for (const hash of hashes) hash.update(chunk)
}

const hashPooled = async (): Promise<void> => {
  const pool = createDigestPool()
  const digest = pool.begin()
  for (const chunk of chunks()) await digest.update(chunk)
  await digest.finish()
  await pool.close()
}
