import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ensureDirectory } from './file.ts'

/** A data directory held by this process. */
export interface DirectoryLock {
  /** Lets others have it. Does nothing the second time. */
  release(): void
}

const SQLITE_BUSY = 5

/**
 * Takes a data directory, which is created, for this process alone: two writers of one log would each believe in their
 * own positions. It is an open exclusive transaction on an empty SQLite file, hence a lock of the operating system, which
 * ends with the process however it dies: there are no stale locks to clean up. Never open that file in any other way
 * within the process: POSIX drops a process's locks on a file when it closes any descriptor of it. Throws an Error of one
 * line where another process holds the directory, or it cannot be locked.
 */
export const lockDirectory = (directory: string): DirectoryLock => {
  try {
    ensureDirectory(directory)
    const db = new DatabaseSync(join(directory, 'lock.sqlite'), { timeout: 0 })
    try {
      db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    } catch (error) {
      db.close()
      throw error
    }
    return {
      release: () => {
        if (db.isOpen) db.close()
      },
    }
  } catch (error) {
    throw new Error(isBusy(error) ? inUse(directory) : cannotLock(directory, error), { cause: error })
  }
}

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY

const inUse = (directory: string): string =>
  `The data directory ${directory} is in use by another process: stop that one, or choose another directory.`

const cannotLock = (directory: string, error: unknown): string =>
  `The data directory ${directory} cannot be locked: ${error instanceof Error ? error.message : String(error)}`
