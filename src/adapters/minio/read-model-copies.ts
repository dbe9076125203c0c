import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createZstdCompress, createZstdDecompress } from 'node:zlib'
import type { Client } from 'minio'
import type { Logger } from '../../application/ports/logger.ts'
import type { Position } from '../../domain/kernel/recorded.ts'
import type { CopiedFrom, ReadModelCopies } from '../../projections/projection.ts'
import { connect, type S3Options } from './client.ts'
import { beginObject } from './object-writer.ts'

/** So many of each read model are kept, the newest: one to fetch, and one that somebody may be fetching. */
const KEPT = 2

/** A copy as an object of the bucket. */
interface Stored {
  readonly object: string
  readonly position: Position
  /** Of the object's bytes. */
  readonly sha256: string
  readonly storedAt: Date
}

/**
 * The ReadModelCopies port: objects `read-models/<log>/<projection>.v<version>/<position>-<sha256>.sqlite.zst`. What does not
 * have the SHA-256 of its name is passed over, with a word in the log.
 */
export const openReadModelCopies = async (options: S3Options, logger: Logger): Promise<ReadModelCopies> => {
  const { client, bucket } = await connect(options)
  return {
    newestAt: async (from) => (await storedOf(client, bucket, from))[0]?.storedAt ?? null,
    publish: async (from, position, file) => {
      const packed = `${file}.zst`
      try {
        const sha256 = await pack(file, packed)
        const object = `${prefixOf(from)}${String(position).padStart(20, '0')}-${sha256}.sqlite.zst`
        const writer = await beginObject(client, bucket, object)
        try {
          for await (const chunk of createReadStream(packed)) await writer.write(chunk as Buffer)
          await writer.commit()
        } finally {
          await writer.abort()
        }
      } finally {
        await rm(packed, { force: true })
      }
      for (const { object } of (await storedOf(client, bucket, from)).slice(KEPT))
        await client.removeObject(bucket, object)
    },
    fetchNewest: async (from, upTo, file) => {
      const stored = await storedOf(client, bucket, from).catch((err: unknown) => {
        logger.warn({ err }, 'Copies of read models cannot be listed: the log is read instead.')
        return []
      })
      for (const copy of stored) {
        if (copy.position > upTo) continue
        try {
          const sha256 = await unpack(await client.getObject(bucket, copy.object), file)
          if (sha256 === copy.sha256) {
            logger.info({ copy: copy.object }, 'A copy of a read model was fetched.')
            return copy.position
          }
          logger.warn({ copy: copy.object, sha256 }, 'A copy of a read model is damaged: it is passed over.')
        } catch (err) {
          logger.warn({ copy: copy.object, err }, 'A copy of a read model cannot be read: it is passed over.')
        }
        await rm(file, { force: true })
      }
      return null
    },
  }
}

const prefixOf = ({ log, projection, version }: CopiedFrom): string =>
  `read-models/${log}/${projection}.v${version}/`

/** The newest first, by how much of the log they hold. */
const storedOf = async (client: Client, bucket: string, from: CopiedFrom): Promise<readonly Stored[]> => {
  const found: Stored[] = []
  for await (const item of client.listObjectsV2(bucket, prefixOf(from), true)) {
    const { name: object, lastModified: storedAt } = item as { name?: string; lastModified?: Date }
    const [, position, sha256] = /\/(\d{20})-([0-9a-f]{64})\.sqlite\.zst$/.exec(object ?? '') ?? []
    if (object === undefined || storedAt === undefined || position === undefined || sha256 === undefined)
      continue
    found.push({ object, position: BigInt(position) as Position, sha256, storedAt })
  }
  return found.sort((a, b) => (a.position < b.position ? 1 : -1))
}

/** Gives the SHA-256 of the packed file. */
const pack = async (file: string, packed: string): Promise<string> => {
  const hash = createHash('sha256')
  const seen = new PassThrough().on('data', (chunk: Buffer) => hash.update(chunk))
  await pipeline(createReadStream(file), createZstdCompress(), seen, createWriteStream(packed))
  return hash.digest('hex')
}

/** Gives the SHA-256 of what was packed. */
const unpack = async (packed: NodeJS.ReadableStream, file: string): Promise<string> => {
  const hash = createHash('sha256')
  const seen = new PassThrough().on('data', (chunk: Buffer) => hash.update(chunk))
  await pipeline(packed, seen, createZstdDecompress(), createWriteStream(file, { mode: 0o600 }))
  return hash.digest('hex')
}
