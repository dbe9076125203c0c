import { type FileHandle, mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import {
  type BlobStore,
  type BlobWriter,
  type ByteRange,
  type ListedBlob,
  StorageFull,
} from '../../application/ports/blob-store.ts'
import { type BlobKey, isBlobKey } from '../../domain/kernel/ids.ts'
import { FileWriter } from './file-writer.ts'

export interface FilesystemBlobStoreOptions {
  /** Made where it is missing. No more than one process may have it open. */
  readonly directory: string
}

/** Read from a file at once: enough to make a stream's overhead small beside the copying. */
const READ_BYTES = 512 * 1024

/** Images are their owners' business, not that of others on this machine. */
const OWNER_ONLY = 0o700

/**
 * Blobs as files: `<directory>/<first two digits of the key>/<key>`. What is being written is in `<directory>/tmp/` and moves
 * only when it is complete and on the disk; what a process that died left there, opening removes.
 */
export const openFilesystemBlobStore = async (options: FilesystemBlobStoreOptions): Promise<BlobStore> => {
  const directory = resolve(options.directory)
  const unfinished = join(directory, 'tmp')
  await rm(unfinished, { recursive: true, force: true })
  await makeDurably(unfinished)

  const pathOf = (key: BlobKey): string => join(directory, checked(key).slice(0, 2), key)
  const makeFolder = once(makeDurably)

  return {
    create: async (key) => {
      const target = pathOf(key)
      // rename() would replace it without a word.
      if ((await orNull(stat(target))) !== null) throw new Error(`There is a blob ${key} already`)
      const temporary = join(unfinished, key)
      const file = await orStorageFull(FileWriter.begin(temporary))
      return beginBlob(file, temporary, target, makeFolder)
    },
    read: async (key, range) => {
      const file = await orNull(open(pathOf(key)))
      return file === null ? null : await streamOf(file, range)
    },
    size: async (key) => (await orNull(stat(pathOf(key), { bigint: true })))?.size ?? null,
    list: () => listed(directory),
    remove: async (key) => {
      const path = pathOf(key)
      const removed = await orNull(unlink(path).then(() => true))
      // Once deleted, it must not be back after a power failure.
      if (removed !== null) await syncDirectory(dirname(path))
    },
  }
}

async function* listed(directory: string): AsyncIterable<ListedBlob> {
  const folders = await readdir(directory)
  for (const folder of folders.filter((name) => /^[0-9a-f]{2}$/.test(name)))
    for (const name of await readdir(join(directory, folder))) {
      const found = isBlobKey(name) ? await orNull(stat(join(directory, folder, name))) : null
      if (found !== null) yield { key: name as BlobKey, writtenAt: found.mtime }
    }
}

const beginBlob = (
  file: FileWriter,
  temporary: string,
  target: string,
  makeFolder: (folder: string) => Promise<void>,
): BlobWriter => {
  let state: 'unfinished' | 'moved' | 'over' = 'unfinished'
  let committing: Promise<void> = Promise.resolve()

  const commit = async (): Promise<void> => {
    await file.finish()
    await makeFolder(dirname(target))
    await rename(temporary, target)
    state = 'moved'
    await syncDirectory(dirname(target))
    state = 'over'
  }

  return {
    write: (chunk) => orStorageFull(file.write(chunk)),
    commit: () => {
      committing = orStorageFull(commit())
      return committing
    },
    abort: async () => {
      // Halfway through, there is no telling which of the two names it has.
      await committing.catch(() => {})
      if (state === 'over') return
      await file.abandon()
      // Moved but not known to survive: nobody was told that it is there.
      await rm(state === 'moved' ? target : temporary, { force: true })
      state = 'over'
    },
  }
}

const streamOf = async (file: FileHandle, range: ByteRange | undefined): Promise<Readable> => {
  if (range === undefined) return file.createReadStream({ highWaterMark: READ_BYTES })
  const { start, end } = range
  try {
    const { size } = await file.stat({ bigint: true })
    if (start < 0n || end < start || end >= size)
      throw new RangeError(`Bytes ${start} to ${end} are not within a blob of ${size} bytes`)
  } catch (error) {
    await file.close()
    throw error
  }
  return file.createReadStream({ start: Number(start), end: Number(end), highWaterMark: READ_BYTES })
}

/** This service makes the keys itself, but a path is no place to rely on that. */
const checked = (key: BlobKey): BlobKey => {
  if (!isBlobKey(key)) throw new Error(`This is not the key of a blob: ${JSON.stringify(key)}`)
  return key
}

/** Makes the directory and what is missing above it, so that they are there after a power failure too. */
const makeDurably = async (directory: string): Promise<void> => {
  const first = await mkdir(directory, { recursive: true, mode: OWNER_ONLY })
  // Another one may have made it just now, and may not have come to this.
  await syncDirectory(dirname(directory))
  if (first === undefined) return
  for (let made = directory; made !== first; made = dirname(made)) await syncDirectory(dirname(dirname(made)))
}

/** A file's name is in its directory, which is to be written to the disk separately. */
const syncDirectory = async (directory: string): Promise<void> => {
  const handle = await open(directory)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Does for each argument what is to be done once, and lets all who ask wait for it; what failed is tried again. */
const once = (action: (argument: string) => Promise<void>): ((argument: string) => Promise<void>) => {
  const done = new Map<string, Promise<void>>()
  return (argument) => {
    const known = done.get(argument)
    if (known !== undefined) return known
    const doing = action(argument).catch((error: unknown) => {
      done.delete(argument)
      throw error
    })
    done.set(argument, doing)
    return doing
  }
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined

/** Null where there is no such file. */
const orNull = async <T>(promise: Promise<T>): Promise<T | null> => {
  try {
    return await promise
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

/** A full disk and a used-up quota alike. */
const orStorageFull = async <T>(promise: Promise<T>): Promise<T> => {
  try {
    return await promise
  } catch (error) {
    if (codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT')
      throw new StorageFull('There is no room left in the directory of the blobs', { cause: error })
    throw error
  }
}
