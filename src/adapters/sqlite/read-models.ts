import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import type { ReadModels, SqlDatabase } from '../../projections/projection.ts'
import { openDisposable, removeDatabase, setPragma } from './file.ts'

const fileName = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/

/** NORMAL: consistent after power loss, if perhaps some events behind, which come again from the log. */
const SYNCHRONOUS_NORMAL = 1

/** 32 MiB of pages in memory for each read model, and reads of up to 1 GiB by the operating system's cache. */
const CACHE_KIB = 32_768
const MMAP_BYTES = 1_073_741_824
/** Pages in the -wal file before they are moved, which syncs the disk: seldom, for a rebuild writes the same pages often. */
const CHECKPOINT_PAGES = 16_000
/** What a rebuild makes of the -wal file is cut down to this afterwards, in bytes. */
const WAL_BYTES = 67_108_864

/** Pages that are copied at once: others wait for the database as long. */
const COPY_PAGES = 200

const setUp = (db: DatabaseSync): void => {
  setPragma(db, 'journal_mode', 'WAL', 'wal')
  setPragma(db, 'synchronous', 'NORMAL', SYNCHRONOUS_NORMAL)
  db.exec(`
    PRAGMA cache_size = -${CACHE_KIB};
    PRAGMA mmap_size = ${MMAP_BYTES};
    PRAGMA journal_size_limit = ${WAL_BYTES};
    PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
    PRAGMA temp_store = MEMORY;`)
  readALittle(db)
}

/** A quick test, for quick_check would read gigabytes: the schema, and the first row of each table and its checkpoint. */
const readALittle = (db: DatabaseSync): void => {
  const tables = db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).all()
  for (const { name } of tables) db.prepare(`SELECT 1 FROM "${String(name)}" LIMIT 1`).get()
}

/**
 * The ReadModels port: a directory, which is created, of one SQLite file `<name>.sqlite` each. A file that is damaged when
 * it is opened is thrown away, and `onDiscarded` hears why. Throws where a file can neither be opened nor replaced.
 */
export const openReadModels = (options: {
  readonly directory: string
  readonly onDiscarded: (name: string, error: unknown) => void
}): ReadModels => {
  const fileOf = (name: string): string => {
    if (!fileName.test(name)) throw new TypeError(`${JSON.stringify(name)} is no name for a read model`)
    return join(options.directory, `${name}.sqlite`)
  }
  const open = (name: string): SqlDatabase =>
    asReadModel(openDisposable(fileOf(name), setUp, (error) => options.onDiscarded(name, error)))
  return {
    open,
    openEmpty: (name) => {
      removeDatabase(fileOf(name))
      return open(name)
    },
    openWritten: async (name, write) => {
      const file = fileOf(name)
      removeDatabase(file)
      // Under another name until it is whole: a process may die meanwhile.
      const written = `${file}.fetched`
      rmSync(written, { force: true })
      if (!(await write(written))) return null
      renameSync(written, file)
      return open(name)
    },
    withCopy: async (name, db, use) => {
      const file = `${fileOf(name)}.copy`
      removeDatabase(file)
      try {
        await backup(db as unknown as DatabaseSync, file, { rate: COPY_PAGES })
        const copy = new DatabaseSync(file, { readOnly: true })
        try {
          await use(file, asReadModel(copy))
        } finally {
          copy.close()
        }
      } finally {
        removeDatabase(file)
      }
    },
  }
}

// The one difference between the types is that node:sqlite may read a BLOB, which no read model has a column for.
const asReadModel = (db: DatabaseSync): SqlDatabase => db as unknown as SqlDatabase
