import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BlobStore } from '../../src/application/ports/blob-store.ts'
import type { BlobKey } from '../../src/domain/kernel/ids.ts'
import { newKey, readBlob, writeBlob } from '../support/blobs.ts'
import { rawDisk } from '../support/images.ts'
import { testSize } from '../support/size.ts'

const MiB = 1024 * 1024

/**
 * What every blob store promises. `open` is called in each test, and gives a store that holds nothing or only what other
 * tests wrote; it may use onTestFinished() to clean up.
 */
export const blobStoreContract = (name: string, open: () => Promise<BlobStore>): void => {
  describe(`${name}: a committed blob`, () => {
    const disk = rawDisk(5 * MiB + 123, 20)

    test.each([
      ['in tiny chunks', disk.subarray(0, 5000), 7],
      ['in chunks as they come from a network', disk, 65_536],
      ['in chunks of an odd size', disk, 300_007],
      ['in one chunk', disk, disk.length],
      ['of one byte', disk.subarray(0, 1), 1],
      ['of nothing', disk.subarray(0, 0), 1],
    ])('written %s is read back, and has its size', async (_, bytes, chunkSize) => {
      const store = await open()
      const key = await writeBlob(store, bytes, chunkSize)
      expect(await store.size(key)).toBe(BigInt(bytes.length))
      expect((await readBlob(store, key))?.equals(bytes)).toBe(true)
    })

    test('is of the bytes as they were when they were written, whatever becomes of the chunk', async () => {
      const store = await open()
      const key = newKey()
      const writer = await store.create(key)
      for (const size of [10, 700_000, 65_536, 2 * MiB, 1]) {
        const chunk = Buffer.alloc(size, 'a')
        await writer.write(chunk)
        chunk.fill('b')
      }
      await writer.commit()
      expect(
        (await readBlob(store, key))?.equals(Buffer.alloc(10 + 700_000 + 65_536 + 2 * MiB + 1, 'a')),
      ).toBe(true)
    })

    test('is read in part, both ends inclusive', async () => {
      const store = await open()
      const key = await writeBlob(store, disk)
      const offset = fc.nat(disk.length - 1)
      await fc.assert(
        fc.asyncProperty(offset, offset, async (a, b) => {
          const [start, end] = [Math.min(a, b), Math.max(a, b)]
          const part = await readBlob(store, key, { start: BigInt(start), end: BigInt(end) })
          expect(part?.equals(disk.subarray(start, end + 1))).toBe(true)
        }),
        {
          numRuns: testSize(20, 300),
          examples: [
            [0, 0],
            [0, disk.length - 1],
            [disk.length - 1, disk.length - 1],
          ],
        },
      )
    })

    test('is read by many at once', async () => {
      const store = await open()
      const key = await writeBlob(store, disk)
      const reads = await Promise.all(Array.from({ length: 10 }, () => readBlob(store, key)))
      expect(reads.map((read) => read?.equals(disk))).toEqual(reads.map(() => true))
    })

    test('may be read no further than somebody likes', async () => {
      const store = await open()
      const key = await writeBlob(store, disk)
      const stream = await store.read(key)
      for await (const chunk of stream ?? []) {
        expect(chunk.length).toBeGreaterThan(0)
        break
      }
      expect(stream?.destroyed).toBe(true)
      expect((await readBlob(store, key))?.equals(disk)).toBe(true)
    })

    test('stays when its writer is aborted afterwards', async () => {
      const store = await open()
      const key = newKey()
      const writer = await store.create(key)
      await writer.write(Buffer.from('kept'))
      await writer.commit()
      await writer.abort()
      await writer.abort()
      expect(await readBlob(store, key)).toEqual(Buffer.from('kept'))
    })
  })

  describe(`${name}: a blob that is not committed`, () => {
    const isMissing = async (store: BlobStore, key: BlobKey): Promise<void> =>
      expect([await store.size(key), await store.read(key)]).toEqual([null, null])

    test('cannot be read while it is written', async () => {
      const store = await open()
      const key = newKey()
      const writer = await store.create(key)
      await isMissing(store, key)
      await writer.write(rawDisk(3 * MiB, 21))
      await isMissing(store, key)
      await writer.commit()
      expect(await store.size(key)).toBe(BigInt(3 * MiB))
    })

    test('is gone when it is aborted, at once or after some bytes, once or twice', async () => {
      const store = await open()
      for (const size of [0, 10, 3 * MiB]) {
        const key = newKey()
        const writer = await store.create(key)
        if (size > 0) await writer.write(rawDisk(size, 22))
        await writer.abort()
        await writer.abort()
        await isMissing(store, key)
      }
    })

    test('takes no bytes and no commit when it was aborted', async () => {
      const store = await open()
      const key = newKey()
      const writer = await store.create(key)
      await writer.abort()
      await expect(writer.write(Buffer.from('late'))).rejects.toThrow()
      await expect(writer.commit()).rejects.toThrow()
      await isMissing(store, key)
    })

    test('does not disturb others that are written at the same time', async () => {
      const store = await open()
      const disks = Array.from({ length: 6 }, (_, n) => rawDisk(MiB + n * 1000, 30 + n))
      const aborted = newKey()
      const [keys] = await Promise.all([
        Promise.all(disks.map((disk, n) => writeBlob(store, disk, 50_000 + n))),
        (async () => {
          const writer = await store.create(aborted)
          for (let n = 0; n < 20; n += 1) await writer.write(rawDisk(65_536, n))
          await writer.abort()
        })(),
      ])
      const read = await Promise.all(keys.map((key) => readBlob(store, key)))
      expect(read.map((bytes, n) => bytes?.equals(disks[n] ?? Buffer.alloc(0)))).toEqual(
        disks.map(() => true),
      )
      await isMissing(store, aborted)
    })
  })

  describe(`${name}: a blob that is missing`, () => {
    test('has no bytes, no part and no size', async () => {
      const store = await open()
      const key = newKey()
      expect(await store.read(key)).toBeNull()
      expect(await store.read(key, { start: 0n, end: 0n })).toBeNull()
      expect(await store.size(key)).toBeNull()
    })

    test('may be removed', async () => {
      const store = await open()
      await store.remove(newKey())
    })

    test('is one that was removed, once or twice, and no other', async () => {
      const store = await open()
      const removed = await writeBlob(store, Buffer.from('removed'))
      const kept = await writeBlob(store, Buffer.from('kept'))
      await store.remove(removed)
      await store.remove(removed)
      expect([await store.read(removed), await store.size(removed)]).toEqual([null, null])
      expect(await readBlob(store, kept)).toEqual(Buffer.from('kept'))
    })

    test('is still read to its end where that began before it was removed', async () => {
      const store = await open()
      const key = await writeBlob(store, Buffer.from('the end'))
      const stream = await store.read(key)
      await store.remove(key)
      expect(stream === null ? null : await text(stream)).toBe('the end')
    })
  })
}
