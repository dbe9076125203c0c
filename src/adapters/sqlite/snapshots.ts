import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Snapshot, Snapshots } from '../../application/ports/snapshots.ts'
import type { Json } from '../../domain/kernel/event.ts'
import type { StreamName } from '../../domain/kernel/recorded.ts'
import { isDamage, openDisposable, removeDatabase, setPragma } from './file.ts'

const SCHEMA_VERSION = 1
const SCHEMA = `
  DROP TABLE IF EXISTS snapshots;
  CREATE TABLE snapshots (
    stream TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    commands TEXT NOT NULL
  ) STRICT;
  PRAGMA user_version = ${SCHEMA_VERSION};`

/** NORMAL: what power loss takes away is folded again. */
const SYNCHRONOUS_NORMAL = 1

const setUp = (db: DatabaseSync): void => {
  setPragma(db, 'journal_mode', 'WAL', 'wal')
  setPragma(db, 'synchronous', 'NORMAL', SYNCHRONOUS_NORMAL)
  // Another format, older or newer, is worth nothing here.
  if (db.prepare('PRAGMA user_version').get()?.['user_version'] !== SCHEMA_VERSION)
    db.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT;`)
  // Reads the root page: damage is found now rather than by the first load.
  db.prepare('SELECT stream FROM snapshots LIMIT 1').get()
}

interface Opened {
  readonly db: DatabaseSync
  readonly load: StatementSync
  readonly save: StatementSync
}

/**
 * The Snapshots port in one SQLite file, whose directory is created. It is disposable: a damaged file is thrown away,
 * when it is opened or later, and nothing that goes wrong here reaches the caller. `onError` hears of it instead.
 */
export const openSnapshots = (options: {
  readonly file: string
  readonly onError: (error: unknown) => void
}): SqliteSnapshots => new SqliteSnapshots(options.file, options.onError)

export class SqliteSnapshots implements Snapshots {
  readonly #file: string
  readonly #onError: (error: unknown) => void
  /** Null while the file cannot be opened: there are no snapshots then. */
  #opened: Opened | null

  constructor(file: string, onError: (error: unknown) => void) {
    this.#file = file
    this.#onError = onError
    this.#opened = this.#open()
  }

  /** Null where there is none, or none that can be read. */
  load(stream: StreamName): Snapshot | null {
    return this.#attempt(({ load }) => {
      const row = load.get(stream)
      if (row === undefined) return null
      return {
        revision: Number(row['revision']),
        version: Number(row['version']),
        state: JSON.parse(String(row['state'])) as Json,
        commands: JSON.parse(String(row['commands'])) as Snapshot['commands'],
      }
    })
  }

  /** Replaces the stream's snapshot. */
  save(stream: StreamName, { revision, version, state, commands }: Snapshot): void {
    this.#attempt(({ save }) => {
      save.run(stream, revision, version, JSON.stringify(state), JSON.stringify(commands))
      return null
    })
  }

  /** From now on there are no snapshots. */
  close(): void {
    this.#opened?.db.close()
    this.#opened = null
  }

  #open(): Opened | null {
    try {
      const db = openDisposable(this.#file, setUp, this.#onError)
      return {
        db,
        load: db.prepare('SELECT revision, version, state, commands FROM snapshots WHERE stream = ?'),
        save: db.prepare(
          'REPLACE INTO snapshots (stream, revision, version, state, commands) VALUES (?, ?, ?, ?, ?)',
        ),
      }
    } catch (error) {
      this.#onError(error)
      return null
    }
  }

  #attempt<Result>(work: (opened: Opened) => Result | null): Result | null {
    if (this.#opened === null) return null
    try {
      return work(this.#opened)
    } catch (error) {
      this.#onError(error)
      if (isDamage(error)) this.#discard()
      return null
    }
  }

  #discard(): void {
    this.close()
    try {
      removeDatabase(this.#file)
    } catch (error) {
      this.#onError(error)
      return
    }
    this.#opened = this.#open()
  }
}
