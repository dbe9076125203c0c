import { randomFillSync } from 'node:crypto'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { constants, createGunzip, createZstdDecompress, gzipSync, zstdCompressSync } from 'node:zlib'
import { type Figure, seconds } from './measure.ts'
import type { BenchService } from './service.ts'
import { newImage, upload } from './upload.ts'

// Compressed images, by what comes out of them, against node:zlib doing nothing else.

const MIB = 2 ** 20
/** So much is compressed, once: the image is many of the same members, one after the other. */
const MEMBER = 64 * MIB
const MEMBERS = 16
const megabytes = (MEMBER * MEMBERS) / 1e6
const CHUNK = 256 * 1024

const compressions = [
  {
    name: 'gzip',
    compress: (disk: Buffer) => gzipSync(disk, { level: constants.Z_BEST_SPEED }),
    decompressor: createGunzip,
  },
  { name: 'zstd', compress: (disk: Buffer) => zstdCompressSync(disk), decompressor: createZstdDecompress },
]

export const compressedFigures = async (service: BenchService): Promise<Figure[]> => {
  const disk = halfRandom()
  const figures: Figure[] = []
  for (const { name, compress, decompressor } of compressions) {
    const member = compress(disk)
    const url = await newImage(service)
    const size = member.length * MEMBERS
    const taken = await seconds(() => upload(service, url, image(member), size))
    const alone = await seconds(async () => {
      for (let n = 0; n < MEMBERS; n += 1)
        await pipeline(Readable.from(pieces(member)), decompressor({ chunkSize: CHUNK }), nowhere())
    })
    figures.push({
      what: `upload of a disk of 1 GiB, half random and half zeros, as ${name} (${Math.round(size / MIB)} MiB)`,
      measured: megabytes / taken,
      unit: 'MB/s of the disk',
      limit: { what: 'node:zlib alone, one thread', value: megabytes / alone },
      aim: '',
    })
  }
  return figures
}

/** A MiB of each in turn. */
const halfRandom = (): Buffer => {
  const disk = Buffer.alloc(MEMBER)
  for (let at = 0; at < MEMBER; at += 2 * MIB) randomFillSync(disk, at, MIB)
  return disk
}

function* pieces(member: Buffer): Generator<Buffer> {
  for (let at = 0; at < member.length; at += CHUNK) yield member.subarray(at, at + CHUNK)
}

function* image(member: Buffer): Generator<Buffer> {
  for (let n = 0; n < MEMBERS; n += 1) yield* pieces(member)
}

const nowhere = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() })
