import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { StoreUnavailable } from '../../application/ports/event-log.ts'
import type { JsonObject } from '../../domain/kernel/event.ts'
import type { Instant } from '../../domain/kernel/instant.ts'
import type { Position, StoredEvent, StreamName } from '../../domain/kernel/recorded.ts'
import { openDatabase, setPragma } from './file.ts'

/** One event as its row: position, stream, revision, id, type, data, metadata, recordedAt. */
export type Row = readonly [
  position: number,
  stream: StreamName,
  revision: number,
  id: string,
  type: string,
  data: string,
  metadata: string,
  recordedAt: Instant,
]

const SCHEMA_VERSION = 2
const EVENTS = `
  CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    revision INTEGER NOT NULL,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    data TEXT NOT NULL,
    metadata TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    UNIQUE (stream, revision)
  ) STRICT;`
/** Since format 2: the log's own name, for what was read off it. */
const IDENTITY = `
  CREATE TABLE log (id TEXT NOT NULL) STRICT;
  INSERT INTO log VALUES (lower(hex(randomblob(16))));
  PRAGMA user_version = ${SCHEMA_VERSION};`
const COLUMNS = 'position, stream, revision, id, type, data, metadata, recorded_at'

/** FULL syncs the log at every commit: an acknowledged event survives power loss (DESIGN, event stores). */
const SYNCHRONOUS_FULL = 2

/**
 * Pages in the -wal file before they are moved: 32 MiB. Moving them syncs the disk twice more, and appends to many streams
 * write the same pages of the index over and over: moved seldom, they are moved once for many commits.
 */
const CHECKPOINT_PAGES = 8_000

/** A batch for a subscriber ends after so many characters of JSON, that reading it does not take the process's time. */
const BATCH_CHARS = 1_000_000

const setUp = (db: DatabaseSync): void => {
  setPragma(db, 'journal_mode', 'WAL', 'wal')
  setPragma(db, 'synchronous', 'FULL', SYNCHRONOUS_FULL)
  db.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
  const version = db.prepare('PRAGMA user_version').get()?.['user_version']
  if (version === 0) db.exec(`BEGIN IMMEDIATE; ${EVENTS} ${IDENTITY} COMMIT;`)
  else if (version === 1) db.exec(`BEGIN IMMEDIATE; ${IDENTITY} COMMIT;`)
  else if (version !== SCHEMA_VERSION)
    throw new Error(`The event log has format ${String(version)}, this program knows 1 to ${SCHEMA_VERSION}`)
}

/** A row as the port has it. */
export const toStoredEvent = (row: Row): StoredEvent => {
  const [position, stream, revision, id, type, data, metadata, recordedAt] = row
  return {
    id,
    type,
    data: JSON.parse(data) as JsonObject,
    metadata: JSON.parse(metadata) as JsonObject,
    stream,
    revision,
    position: BigInt(position) as Position,
    recordedAt,
  }
}

/**
 * The table of events and the statements on it, all synchronous. One connection writes and reads: nothing runs between
 * the beginning and the end of a transaction, so that nobody reads what is not committed. Throws StoreUnavailable.
 */
export class EventTable {
  readonly #db: DatabaseSync
  readonly #begin: StatementSync
  readonly #commit: StatementSync
  readonly #insert: StatementSync
  readonly #lastRevision: StatementSync
  readonly #idsFrom: StatementSync
  readonly #forwards: StatementSync
  readonly #backwards: StatementSync
  readonly #after: StatementSync

  constructor(file: string) {
    const db = openDatabase(file, setUp)
    const rows = (sql: string): StatementSync => {
      const statement = db.prepare(sql)
      statement.setReturnArrays(true)
      return statement
    }
    this.#db = db
    this.#begin = db.prepare('BEGIN IMMEDIATE')
    this.#commit = db.prepare('COMMIT')
    this.#insert = db.prepare(
      `INSERT INTO events (stream, revision, id, type, data, metadata, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#lastRevision = db.prepare('SELECT max(revision) AS revision FROM events WHERE stream = ?')
    this.#idsFrom = db.prepare(
      'SELECT id, position FROM events WHERE stream = ? AND revision >= ? ORDER BY revision LIMIT ?',
    )
    const ofStream = `SELECT ${COLUMNS} FROM events WHERE stream = ? AND revision`
    this.#forwards = rows(`${ofStream} >= ? ORDER BY revision LIMIT ?`)
    this.#backwards = rows(`${ofStream} <= ? ORDER BY revision DESC LIMIT ?`)
    this.#after = rows(`SELECT ${COLUMNS} FROM events WHERE position > ? ORDER BY position LIMIT ?`)
  }

  /** Does all of the work or none of it; what it gives back is durable when this returns. */
  transaction<Result>(work: () => Result): Result {
    return available(() => {
      this.#leaveTransaction()
      this.#begin.run()
      try {
        const result = work()
        this.#commit.run()
        return result
      } catch (error) {
        this.#rollBack()
        throw error
      }
    })
  }

  /** Adds an event after all others and gives its position. Within a transaction only. */
  insert(
    stream: StreamName,
    revision: number,
    id: string,
    type: string,
    data: string,
    metadata: string,
    recordedAt: Instant,
  ): number {
    return Number(this.#insert.run(stream, revision, id, type, data, metadata, recordedAt).lastInsertRowid)
  }

  /** The revision of the stream's last event; -1 where there is none. */
  lastRevision(stream: StreamName): number {
    const revision = this.#lastRevision.get(stream)?.['revision']
    return typeof revision === 'number' ? revision : -1
  }

  /** The position of the last of these events, if they stand in the stream one after the other from `revision` on. */
  positionOf(stream: StreamName, revision: number, ids: readonly string[]): number | null {
    const found = this.#idsFrom.all(stream, revision, ids.length)
    if (found.length < ids.length || found.some((row, index) => row['id'] !== ids[index])) return null
    return Number(found.at(-1)?.['position'])
  }

  /** See EventLog.readStream. */
  readStream(
    stream: StreamName,
    direction: 'forwards' | 'backwards',
    from: number | undefined,
    limit: number,
  ): readonly StoredEvent[] {
    return this.#reading(() =>
      direction === 'forwards'
        ? asRows(this.#forwards.all(stream, from ?? 0, limit)).map(toStoredEvent)
        : asRows(this.#backwards.all(stream, from ?? Number.MAX_SAFE_INTEGER, limit)).map(toStoredEvent),
    )
  }

  /** See EventLog.readAll. */
  readAfter(after: bigint, limit: number): readonly StoredEvent[] {
    return this.#reading(() => asRows(this.#after.all(after, limit)).map(toStoredEvent))
  }

  /** Like readAfter, but it may end early where events are large. Empty only if there are none. */
  readBatchAfter(after: bigint, limit: number): readonly StoredEvent[] {
    return this.#reading(() => {
      const events: StoredEvent[] = []
      let chars = 0
      for (const row of asRows(this.#after.iterate(after, limit))) {
        events.push(toStoredEvent(row))
        chars += row[5].length + row[6].length
        if (chars >= BATCH_CHARS) break
      }
      return events
    })
  }

  /** Position and time of the newest event; null for an empty log. */
  newest(): { readonly position: number; readonly recordedAt: Instant } | null {
    return this.#reading(() => {
      const row = this.#db
        .prepare('SELECT position, recorded_at FROM events ORDER BY position DESC LIMIT 1')
        .get()
      if (row === undefined) return null
      return { position: Number(row['position']), recordedAt: row['recorded_at'] as Instant }
    })
  }

  /** See EventLog.identity. */
  identity(): string {
    return this.#reading(() => String(this.#db.prepare('SELECT id FROM log').get()?.['id']))
  }

  /** Does nothing the second time. */
  close(): void {
    if (this.#db.isOpen) this.#db.close()
  }

  #reading<Result>(read: () => Result): Result {
    return available(() => {
      this.#leaveTransaction()
      return read()
    })
  }

  /** After a failure that even stopped the rollback: nothing may read or write within what is left of it. */
  #leaveTransaction(): void {
    if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
  }

  #rollBack(): void {
    try {
      this.#leaveTransaction()
    } catch {
      // The error that led here is the one to tell; the next to come tries to roll back again.
    }
  }
}

const available = <Result>(work: () => Result): Result => {
  try {
    return work()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new StoreUnavailable(`The event log cannot be used: ${reason}`, { cause: error })
  }
}

// With setReturnArrays the rows are tuples in the order of COLUMNS, which the types of node:sqlite do not say.
function asRows(rows: readonly object[]): readonly Row[]
function asRows(rows: Iterable<object>): Iterable<Row>
function asRows(rows: Iterable<object>): Iterable<Row> {
  return rows as Iterable<Row>
}
