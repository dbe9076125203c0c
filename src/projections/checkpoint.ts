import { type Position, START } from '../domain/kernel/recorded.ts'
import type { Projection, ReadModelCopies, ReadModels, SqlDatabase } from './projection.ts'

/** How far a read model has come, as its own file says. */
export interface Checkpoint {
  readonly position: Position
  /** Whether the projection's indexes are built. */
  readonly indexed: boolean
}

export interface OpenedReadModel {
  readonly db: SqlDatabase
  readonly checkpoint: Checkpoint
  /** Why it starts empty; null where it goes on from its checkpoint. */
  readonly emptied: string | null
}

// One row. The position is text: a store's positions may take all 64 bits, unsigned.
const CHECKPOINT_TABLE = `
  CREATE TABLE _checkpoint (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL,
    log TEXT NOT NULL,
    position TEXT NOT NULL,
    indexed INTEGER NOT NULL
  ) STRICT;`

/**
 * Opens the read model of a projection. It starts empty where there was none, where another version of the projection made
 * it, or where it is the reading of another log: by its name, or because it has seen more than this one holds.
 * Before it starts empty, the newest copy that another node has left takes its place.
 */
export const openReadModel = async (
  readModels: ReadModels,
  projection: Projection,
  log: { readonly head: Position; readonly identity: string },
  copies: ReadModelCopies | null,
): Promise<OpenedReadModel> => {
  const db = readModels.open(projection.name)
  const found = readCheckpoint(db)
  const emptied = found === null ? 'there was none' : whyOfNoUse(found, projection.version, log)
  if (found !== null && emptied === null) return { db, checkpoint: found, emptied }
  db.close()
  const copied = copies === null ? null : await openCopy(readModels, projection, log, copies)
  if (copied !== null) return copied
  const empty = readModels.openEmpty(projection.name)
  inTransaction(empty, () => {
    empty.exec(CHECKPOINT_TABLE)
    empty.exec(projection.tables)
    empty
      .prepare('INSERT INTO _checkpoint VALUES (1, ?, ?, ?, 0)')
      .run(projection.version, log.identity, START.toString())
  })
  return { db: empty, checkpoint: { position: START, indexed: false }, emptied }
}

/** Null where there is none, or where what it holds is not what it was called. */
const openCopy = async (
  readModels: ReadModels,
  { name, version }: Projection,
  log: { readonly head: Position; readonly identity: string },
  copies: ReadModelCopies,
): Promise<OpenedReadModel | null> => {
  const from = { projection: name, version, log: log.identity }
  const db = await readModels.openWritten(
    name,
    async (file) => (await copies.fetchNewest(from, log.head, file)) !== null,
  )
  if (db === null) return null
  const checkpoint = readCheckpoint(db)
  if (checkpoint !== null && whyOfNoUse(checkpoint, version, log) === null)
    return { db, checkpoint, emptied: null }
  db.close()
  return null
}

interface FoundCheckpoint extends Checkpoint {
  readonly version: number
  readonly log: string
}

/** Why a read model is no reading of this log by this program; null where it is one. */
const whyOfNoUse = (
  found: FoundCheckpoint,
  version: number,
  log: { readonly head: Position; readonly identity: string },
): string | null => {
  if (found.version !== version) return `it was of version ${found.version}, not ${version}`
  if (found.log !== log.identity) return 'it was of another log'
  return found.position > log.head ? 'it was ahead of the log' : null
}

/** Null for a file that is no read model. */
export const readCheckpoint = (db: SqlDatabase): FoundCheckpoint | null => {
  const exists = db.prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '_checkpoint'`).get()
  if (exists === undefined) return null
  const row = db.prepare('SELECT * FROM _checkpoint').get()
  if (row === undefined) return null
  return {
    version: Number(row['version']),
    // Those of before did not say.
    log: String(row['log'] ?? ''),
    position: BigInt(String(row['position'])) as Position,
    indexed: row['indexed'] === 1,
  }
}

/** All of the work or none of it. */
export const inTransaction = (db: SqlDatabase, work: () => void): void => {
  db.exec('BEGIN IMMEDIATE')
  try {
    work()
    db.exec('COMMIT')
  } catch (error) {
    rollBack(db)
    throw error
  }
}

/** Undoes the transaction under way. */
export const rollBack = (db: SqlDatabase): void => {
  try {
    db.exec('ROLLBACK')
  } catch {
    // SQLite rolls back by itself where the disk fails it, and then has no transaction to end.
  }
}
