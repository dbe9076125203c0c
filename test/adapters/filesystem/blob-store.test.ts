import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { openFilesystemBlobStore } from '../../../src/adapters/filesystem/blob-store.ts'
import type { BlobStore } from '../../../src/application/ports/blob-store.ts'
import type { BlobKey } from '../../../src/domain/kernel/ids.ts'
import { blobStoreContract } from '../../contracts/blob-store.ts'
import { newKey, readBlob, writeBlob } from '../../support/blobs.ts'
import { rawDisk } from '../../support/images.ts'
import { inOwnMounts, mayMount, smallDisk } from '../../support/mounts.ts'
import { tempDirectory } from '../../support/temp.ts'
import { runTool } from '../../support/tools.ts'

const MiB = 1024 * 1024

const openIn = async (): Promise<{ store: BlobStore; directory: string }> => {
  const directory = join(await tempDirectory(), 'data', 'blobs')
  return { store: await openFilesystemBlobStore({ directory }), directory }
}

const unfinished = (directory: string): readonly string[] => readdirSync(join(directory, 'tmp'))
const all = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)

blobStoreContract('Directory', async () => (await openIn()).store)

test('A blob is a file that only its owner may read, below the first two digits of its key', async () => {
  const { store, directory } = await openIn()
  const key = await writeBlob(store, Buffer.from('bytes'))
  const path = join(directory, key.slice(0, 2), key)
  expect(readFileSync(path, 'utf8')).toBe('bytes')
  expect([statSync(path).mode & 0o777, statSync(directory).mode & 0o777]).toEqual([0o600, 0o700])
})

test('Blobs are there when the directory is opened again', async () => {
  const { store, directory } = await openIn()
  const disk = rawDisk(MiB, 40)
  const key = await writeBlob(store, disk)
  const again = await openFilesystemBlobStore({ directory })
  expect((await readBlob(again, key))?.equals(disk)).toBe(true)
})

test('What a process that died left unfinished is removed by opening', async () => {
  const { store, directory } = await openIn()
  const kept = await writeBlob(store, Buffer.from('kept'))
  const writer = await store.create(newKey())
  await writer.write(rawDisk(2 * MiB, 41))
  writeFileSync(join(directory, 'tmp', 'older'), 'left')
  mkdirSync(join(directory, 'tmp', 'folder'))
  expect(unfinished(directory).length).toBe(3)
  await openFilesystemBlobStore({ directory })
  expect(all(directory)).toEqual([kept])
  expect(unfinished(directory)).toEqual([])
  await writer.abort()
})

test('Nothing is left of a blob that was aborted', async () => {
  const { store, directory } = await openIn()
  for (const size of [0, 10, 3 * MiB]) {
    const writer = await store.create(newKey())
    await writer.write(Buffer.alloc(size))
    expect(unfinished(directory).length).toBe(1)
    await writer.abort()
  }
  expect(all(directory)).toEqual([])
})

test('Nothing is left of a blob that was aborted while bytes were on their way', async () => {
  const { store, directory } = await openIn()
  const writer = await store.create(newKey())
  const writing = writer.write(rawDisk(20 * MiB, 42)).catch(() => {})
  await writer.abort()
  await writing
  expect(all(directory)).toEqual([])
})

test('Nothing but the blob is left when it is committed, and nothing when it is removed', async () => {
  const { store, directory } = await openIn()
  const key = await writeBlob(store, rawDisk(MiB, 43))
  expect(all(directory)).toEqual([key])
  await store.remove(key)
  expect(all(directory)).toEqual([])
})

test('A blob that cannot be moved to its place is not there, and may be aborted', async () => {
  const { store, directory } = await openIn()
  const key = newKey()
  const writer = await store.create(key)
  await writer.write(Buffer.from('bytes'))
  // A file where its folder would be.
  writeFileSync(join(directory, key.slice(0, 2)), '')
  await expect(writer.commit()).rejects.toThrow('EEXIST')
  await writer.abort()
  expect(unfinished(directory)).toEqual([])
})

test('A key is used once: neither a blob nor one that is being written is replaced', async () => {
  const { store } = await openIn()
  const key = await writeBlob(store, Buffer.from('first'))
  await expect(store.create(key)).rejects.toThrow(key)
  const other = newKey()
  const writer = await store.create(other)
  await expect(store.create(other)).rejects.toThrow('EEXIST')
  await writer.abort()
  expect(await readBlob(store, key)).toEqual(Buffer.from('first'))
})

test.each(['../../../etc/passwd', '..', 'tmp', '', 'ab/../../x', '0'.repeat(36)])(
  'Nothing is looked for under %j, which is no key',
  async (text) => {
    const { store } = await openIn()
    const key = text as BlobKey
    await expect(store.create(key)).rejects.toThrow('not the key')
    await expect(store.read(key)).rejects.toThrow('not the key')
    await expect(store.size(key)).rejects.toThrow('not the key')
    await expect(store.remove(key)).rejects.toThrow('not the key')
  },
)

test.each([
  [0n, 5n],
  [5n, 5n],
  [3n, 2n],
  [-1n, 2n],
])('A range from %s to %s is refused for a blob of 5 bytes', async (start, end) => {
  const { store } = await openIn()
  const key = await writeBlob(store, Buffer.from('bytes'))
  await expect(store.read(key, { start, end })).rejects.toThrow(RangeError)
})

// Other adapters' sockets cannot be counted; Linux lists what a process has open.
describe.skipIf(!existsSync('/proc/self/fd'))('No file stays open', () => {
  const openFiles = (directory: string): number =>
    readdirSync('/proc/self/fd').filter((fd) => targetOf(`/proc/self/fd/${fd}`).startsWith(directory)).length

  const targetOf = (link: string): string => {
    try {
      return readlinkSync(link)
    } catch {
      return 'closed since it was listed'
    }
  }

  test('behind blobs that were committed or aborted', async () => {
    const { store, directory } = await openIn()
    await writeBlob(store, rawDisk(MiB, 44))
    const writer = await store.create(newKey())
    await writer.write(rawDisk(MiB, 45))
    expect(openFiles(directory)).toBe(1)
    await writer.abort()
    expect(openFiles(directory)).toBe(0)
  })

  test('behind reads that ended, broke off, never began or were refused', async () => {
    const { store, directory } = await openIn()
    const key = await writeBlob(store, rawDisk(2 * MiB, 46))
    await expect(store.read(key, { start: 0n, end: 2n ** 40n })).rejects.toThrow(RangeError)
    expect(openFiles(directory)).toBe(0)
    await readBlob(store, key)
    const [early, late] = [await store.read(key), await store.read(key, { start: 5n, end: 2_000_000n })]
    await expect.poll(() => openFiles(directory)).toBe(2)
    for await (const _ of late ?? []) break
    early?.destroy()
    await expect.poll(() => openFiles(directory)).toBe(0)
  })
})

test.skipIf(!mayMount)('A full disk is StorageFull, and what was aborted makes room again', async () => {
  const directory = await tempDirectory()
  const script = fileURLToPath(new URL('./full-disk.ts', import.meta.url))
  const command = [process.execPath, script, directory]
  expect(JSON.parse(runTool(...inOwnMounts(smallDisk(4), directory, command)))).toEqual({
    small: 'StorageFull',
    large: 'StorageFull',
    barely: ['nothing', 'StorageFull'],
    left: [],
    fits: true,
  })
})
