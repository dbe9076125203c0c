import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { openFilesystemBlobStore } from '../../../src/adapters/filesystem/blob-store.ts'
import { Measures } from '../../../src/adapters/telemetry/measures.ts'
import { meteredBlobStore } from '../../../src/adapters/telemetry/metered-blob-store.ts'
import { type BlobStore, StorageFull } from '../../../src/application/ports/blob-store.ts'
import { blobStoreContract } from '../../contracts/blob-store.ts'
import { newKey, readBlob, writeBlob } from '../../support/blobs.ts'
import { eventually } from '../../support/eventually.ts'
import { rawDisk } from '../../support/images.ts'
import { samplesIn } from '../../support/metrics.ts'
import { tempDirectory } from '../../support/temp.ts'

const filesystem = async () => openFilesystemBlobStore({ directory: await tempDirectory() })

blobStoreContract('Files, metered,', async () => meteredBlobStore(await filesystem(), new Measures()))

const sampleOf = async (measures: Measures, name: string) => samplesIn(await measures.text()).get(name)

test('bytes are counted as they go through, and not those that do not', async () => {
  const measures = new Measures()
  const store = meteredBlobStore(await filesystem(), measures)
  const disk = rawDisk(200_000, 3)
  const key = await writeBlob(store, disk, 65_536)
  await readBlob(store, key)
  const stream = await store.read(key)
  stream?.destroy()
  expect(await store.read(newKey())).toBe(null)
  expect(await sampleOf(measures, 'blob_bytes_total{direction="in"}')).toBe(disk.length)
  expect(await sampleOf(measures, 'blob_bytes_total{direction="out"}')).toBe(disk.length)
})

/** Bytes of which some come, and then what is given. */
const readingAs = async (then: () => Promise<void>) => {
  const source = Readable.from(
    (async function* () {
      yield Buffer.from('some')
      await then()
    })(),
  )
  const inner = await filesystem()
  return { source, store: meteredBlobStore({ ...asAsked(inner), read: async () => source }, new Measures()) }
}

const asAsked = (store: BlobStore): BlobStore => ({
  create: (key) => store.create(key),
  read: (key) => store.read(key),
  size: (key) => store.size(key),
  list: () => store.list(),
  remove: (key) => store.remove(key),
})

test('an error while bytes are read reaches the reader', async () => {
  const { store } = await readingAs(() => Promise.reject(new Error('The line was cut.')))
  await expect(readBlob(store, newKey())).rejects.toThrow('The line was cut.')
})

test('a reader who leaves ends the reading', async () => {
  const { source, store } = await readingAs(() => new Promise(() => undefined))
  for await (const _ of (await store.read(newKey())) ?? []) break
  await eventually('the source is left too', () => source.destroyed)
})

test.each([
  ['full', new StorageFull('No room.')],
  ['failed', new Error('A bug.')],
])('what is %s is thrown on, and counted as such', async (outcome, error) => {
  const measures = new Measures()
  const inner = await filesystem()
  const store = meteredBlobStore({ ...asAsked(inner), create: () => Promise.reject(error) }, measures)
  await expect(store.create(newKey())).rejects.toBe(error)
  const sample = `blob_operation_duration_seconds_count{operation="create",outcome="${outcome}"}`
  expect(await sampleOf(measures, sample)).toBe(1)
})
