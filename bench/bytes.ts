import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createDigestPool } from '../src/adapters/system/digest-pool.ts'
import { compressedFigures } from './compressed.ts'
import { type Figure, seconds } from './measure.ts'
import type { BenchService } from './service.ts'
import { slowUploadFigures } from './slow-uploads.ts'
import { newImage, upload } from './upload.ts'

// A gigabyte up and down, against hashing the same bytes; what four of them take in memory; compressed images; slow clients.

const MIB = 2 ** 20
const SIZE = 1024 * MIB
const LARGE = 4 * SIZE
const CHUNK = Buffer.alloc(MIB)
for (let n = 0; n < CHUNK.length; n += 1) CHUNK[n] = (n * 31) ^ (n >> 8)
const DIGESTS = ['sha256', 'sha512', 'sha1', 'md5'] as const

const megabytesPerSecond = async (work: () => Promise<unknown>) => SIZE / 1e6 / (await seconds(work))

/** The service has just started, on a ledger of images. `directory` is on the disk that it writes to. */
export const byteFigures = async (service: BenchService, directory: string): Promise<Figure[]> => {
  const before = service.memory().now
  const url = await newImage(service)
  const up = await megabytesPerSecond(() => upload(service, url, chunks(SIZE), SIZE))
  await upload(service, await newImage(service), chunks(LARGE), LARGE)
  const { peak } = service.memory()
  const alone: [name: string, speed: number][] = []
  for (const name of DIGESTS) alone.push([name, await megabytesPerSecond(async () => hashAll([name]))])
  const [slowest, slowestSpeed] = alone.reduce((least, one) => (one[1] < least[1] ? one : least))
  const inTurn = await megabytesPerSecond(async () => hashAll(DIGESTS))
  const pooled = await megabytesPerSecond(hashPooled)
  const disk = await megabytesPerSecond(async () => writeAll(join(directory, 'bare-write')))
  const down = await megabytesPerSecond(() => download(service, url))
  const { peak: peakOfBoth } = service.memory()
  const bySlowest = { what: `${slowest} alone, the slowest digest, one thread`, value: slowestSpeed }
  const byPool = { what: 'the four digests alone, two threads', value: pooled }
  const figure = (what: string, measured: number, limit: Figure['limit'] = null, aim = ''): Figure => ({
    what,
    measured,
    unit: 'MB/s',
    limit,
    aim,
  })
  const uploaded = 'upload of 1 GiB, stored, inspected, four digests'
  return [
    figure(uploaded, up, bySlowest, '50 %'),
    figure(uploaded, up, byPool, '400 MB/s; 60 %'),
    figure('download of 1 GiB', down, byPool, '60 %'),
    figure('writing alone: to a new file and to the disk', disk),
    figure('hashing alone: four digests in turn, one thread', inTurn),
    {
      ...figure(`memory at most, with an upload of 4 GiB (${Math.round(before)} MB before)`, peak),
      unit: 'MB',
      aim: 'under 150 MB',
    },
    { ...figure('… and with a download of 1 GiB', peakOfBoth), unit: 'MB' },
    ...(await compressedFigures(service)),
    ...(await slowUploadFigures(service)),
  ]
}

const download = async (service: BenchService, url: string): Promise<void> => {
  const response = await fetch(url, { headers: { authorization: `Bearer ${service.token}` } })
  let bytes = 0
  for await (const chunk of response.body ?? []) bytes += chunk.byteLength
  if (bytes !== SIZE) throw new Error(`${bytes} bytes came back`)
}

/** The same bytes to a new file, and to the disk. */
const writeAll = (file: string): void => {
  const opened = openSync(file, 'wx')
  for (const chunk of chunks(SIZE)) writeSync(opened, chunk)
  fsyncSync(opened)
  closeSync(opened)
  unlinkSync(file)
}

function* chunks(size: number): Generator<Buffer> {
  for (let sent = 0; sent < size; sent += CHUNK.length) yield CHUNK
}

const hashAll = (algorithms: readonly string[]): void => {
  const hashes = algorithms.map((algorithm) => createHash(algorithm))
  for (const chunk of chunks(SIZE)) for (const hash of hashes) hash.update(chunk)
}

const hashPooled = async (): Promise<void> => {
  const pool = createDigestPool()
  const digest = pool.begin()
  for (const chunk of chunks(SIZE)) await digest.update(chunk)
  await digest.finish()
  await pool.close()
}
