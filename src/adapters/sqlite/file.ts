import { closeSync, fsyncSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * Creates a directory and the ones above it, so that they survive power loss: what a database syncs is its own file and
 * the entry of that in its directory, not the entry of the directory in the one above.
 */
export const ensureDirectory = (directory: string): void => {
  const first = mkdirSync(directory, { recursive: true })
  if (first === undefined) return
  const top = dirname(resolve(first))
  for (let created = resolve(directory); created !== top; created = dirname(created))
    syncDirectory(dirname(created))
}

const syncDirectory = (directory: string): void => {
  const descriptor = openSync(directory, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Where a file cannot be used at once because another connection holds it, how long to wait, in milliseconds. */
const BUSY_MS = 500

/** Opens a SQLite file in its directory, which is created, and runs `setup` on it. Closed again where that throws. */
export const openDatabase = (file: string, setup: (db: DatabaseSync) => void): DatabaseSync => {
  ensureDirectory(dirname(file))
  const db = new DatabaseSync(file, { timeout: BUSY_MS })
  try {
    setup(db)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Opens a file that may be thrown away: a damaged one is, and `onDiscarded` hears why. Throws where even that fails. */
export const openDisposable = (
  file: string,
  setup: (db: DatabaseSync) => void,
  onDiscarded: (error: unknown) => void,
): DatabaseSync => {
  try {
    return openDatabase(file, setup)
  } catch (error) {
    if (!isDamage(error)) throw error
    onDiscarded(error)
    removeDatabase(file)
    return openDatabase(file, setup)
  }
}

/** Removes a database and what belongs to it: an old -wal would be replayed into the new file. */
export const removeDatabase = (file: string): void => {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${file}${suffix}`, { force: true })
}

const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26
const SQLITE_IOERR_SHORT_READ = 522

/** Whether the file is not what SQLite wrote, as opposed to locked, full, forbidden or wrongly used. */
export const isDamage = (error: unknown): boolean => {
  if (!(error instanceof Error && 'errcode' in error && typeof error.errcode === 'number')) return false
  const primary = error.errcode & 0xff
  return primary === SQLITE_CORRUPT || primary === SQLITE_NOTADB || error.errcode === SQLITE_IOERR_SHORT_READ
}

/** Sets a pragma and throws unless it then reads as it must: SQLite passes over what it does not know or cannot do. */
export const setPragma = (db: DatabaseSync, name: string, value: string, reads: string | number): void => {
  db.exec(`PRAGMA ${name} = ${value}`)
  const actual = Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]
  if (actual !== reads) throw new Error(`SQLite has ${name} = ${String(actual)} where it must be ${reads}`)
}
