import { readdir } from 'node:fs/promises'
import { openFilesystemBlobStore } from '../../../src/adapters/filesystem/blob-store.ts'
import { StorageFull } from '../../../src/application/ports/blob-store.ts'
import { newKey, readBlob, writeBlob } from '../../support/blobs.ts'

// Run by blob-store.test.ts in mounts of its own, with a disk of 4 MiB at argv[2]. Prints what happened as JSON.

const MiB = 1024 * 1024
const directory = `${process.argv[2]}/blobs`
const store = await openFilesystemBlobStore({ directory })

/** What goes wrong while a blob of this size is written, and removed if nothing did. */
const fill = async (bytes: number, chunkBytes: number): Promise<string> => {
  const key = newKey()
  const writer = await store.create(key)
  try {
    const chunk = Buffer.alloc(chunkBytes, 'x')
    for (let sent = 0; sent < bytes; sent += chunkBytes) await writer.write(chunk.subarray(0, bytes - sent))
    await writer.commit()
    return (await readBlob(store, key))?.equals(Buffer.alloc(bytes, 'x')) ? 'nothing' : 'bytes are missing'
  } catch (error) {
    return error instanceof StorageFull ? 'StorageFull' : String(error)
  } finally {
    await writer.abort()
    await store.remove(key)
  }
}

const small = await fill(64 * MiB, 65_536)
const large = await fill(64 * MiB, 2 * MiB)
// Around the size of the disk, so that the last write of all is the one that finds it full.
const barely = new Set<string>()
for (let bytes = 4 * MiB - 131_072; bytes <= 4 * MiB + 131_072; bytes += 16_384)
  barely.add(await fill(bytes, 65_536))
const left = await readdir(`${directory}/tmp`)
const key = await writeBlob(store, Buffer.alloc(3 * MiB, 'y'))
const fits = (await readBlob(store, key))?.equals(Buffer.alloc(3 * MiB, 'y'))
process.stdout.write(JSON.stringify({ small, large, barely: [...barely], left, fits }))
