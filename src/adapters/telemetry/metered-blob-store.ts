import { pipeline, type Readable, Transform } from 'node:stream'
import { type BlobStore, type BlobWriter, StorageFull } from '../../application/ports/blob-store.ts'
import { type Measures, secondsSince } from './measures.ts'

const BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60]

/** The blob store, with its bytes counted and a watch on what it is asked. */
export const meteredBlobStore = (blobs: BlobStore, measures: Measures): BlobStore => {
  const bytes = measures.counter(
    'blob_bytes_total',
    'Bytes that went into the blob store (in: uploads, and statements of bills) and came out of it (out: downloads); those of resumable uploads come in, go out and come in again.',
    ['direction'],
  )
  const operations = measures.durations(
    'blob_operation_duration_seconds',
    'What was asked of the blob store. operation: create, commit, read (until the first byte may come), size or remove; outcome: ok, full or failed.',
    ['operation', 'outcome'],
    BUCKETS,
  )
  const timed = async <Value>(operation: string, work: () => Promise<Value>): Promise<Value> => {
    const begun = performance.now()
    try {
      const value = await work()
      operations.observe({ operation, outcome: 'ok' }, secondsSince(begun))
      return value
    } catch (error) {
      const outcome = error instanceof StorageFull ? 'full' : 'failed'
      operations.observe({ operation, outcome }, secondsSince(begun))
      throw error
    }
  }
  const metered = (writer: BlobWriter): BlobWriter => ({
    write: (chunk) => {
      bytes.inc({ direction: 'in' }, chunk.byteLength)
      return writer.write(chunk)
    },
    commit: () => timed('commit', () => writer.commit()),
    abort: () => writer.abort(),
  })
  return {
    create: async (key) => metered(await timed('create', () => blobs.create(key))),
    read: async (key, range) => {
      const stream = await timed('read', () =>
        range === undefined ? blobs.read(key) : blobs.read(key, range),
      )
      return stream === null ? null : counted(stream, (length) => bytes.inc({ direction: 'out' }, length))
    },
    size: (key) => timed('size', () => blobs.size(key)),
    // What the store hands out itself is not seen here.
    ...(blobs.link === undefined ? {} : { link: blobs.link }),
    list: () => blobs.list(),
    remove: (key) => timed('remove', () => blobs.remove(key)),
  }
}

/** The same bytes; an error or an early end on either side is one on both. */
const counted = (stream: Readable, count: (length: number) => void): Readable => {
  const counter = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      count(chunk.byteLength)
      done(null, chunk)
    },
  })
  return pipeline(stream, counter, () => undefined)
}
