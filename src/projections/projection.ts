import type { DomainEvent } from '../domain/kernel/event.ts'
import type { Position, Recorded } from '../domain/kernel/recorded.ts'

/** What a column holds. Whole numbers beyond 2^53 are read as bigint from statements that say so. */
export type SqlValue = string | number | bigint | null
export type SqlRow = Record<string, SqlValue>

/** A prepared statement; values are bound by position. Synchronous: a read model is a local file. */
export interface SqlStatement {
  run(...values: readonly SqlValue[]): unknown
  get(...values: readonly SqlValue[]): SqlRow | undefined
  all(...values: readonly SqlValue[]): SqlRow[]
  /** Row by row, for many rows; nothing else may be asked of the statement meanwhile. */
  iterate(...values: readonly SqlValue[]): Iterable<SqlRow>
  /** Rows as lists of values instead of objects from now on: cheaper for many rows. */
  setReturnArrays(enabled: boolean): void
  /** Whole numbers as bigint from now on. */
  setReadBigInts(enabled: boolean): void
}

/** One read model's own SQLite file. */
export interface SqlDatabase {
  prepare(sql: string): SqlStatement
  exec(sql: string): void
  close(): void
}

/** Where read models are kept. They may be thrown away at any time: the log tells them again. */
export interface ReadModels {
  /** Opens the read model of that name, empty where there is none or the file is damaged. */
  open(name: string): SqlDatabase
  /** Opens it empty, whatever was there; the database opened before must be closed. */
  openEmpty(name: string): SqlDatabase
  /**
   * Opens what `write` puts into the file that it is given, in place of what was there; the database opened before must be closed.
   * Null where it says that it wrote nothing.
   */
  openWritten(name: string, write: (file: string) => Promise<boolean>): Promise<SqlDatabase | null>
  /** Copies an open read model as of one moment, while it goes on: a file, and what is in it, for as long as `use` takes. */
  withCopy(
    name: string,
    db: SqlDatabase,
    use: (file: string, copy: SqlDatabase) => Promise<void>,
  ): Promise<void>
}

/** What a copy of a read model is good for: that version of that projection, over that log, and nothing else. */
export interface CopiedFrom {
  readonly projection: string
  readonly version: number
  /** See EventLog.identity. */
  readonly log: string
}

/** Where nodes leave copies of their read models, so that those to come need not read the whole log. */
export interface ReadModelCopies {
  /** When the newest one was left; null where there is none. */
  newestAt(from: CopiedFrom): Promise<Date | null>
  /** Leaves a copy, made at a position, for others; older ones go. */
  publish(from: CopiedFrom, position: Position, file: string): Promise<void>
  /**
   * Writes the newest copy into a file, of those that are no further than `upTo`, and says its position. What is damaged is
   * passed over. Null, and no file, where none is of use.
   */
  fetchNewest(from: CopiedFrom, upTo: Position, file: string): Promise<Position | null>
}

/** A reading of the ledger: tables, and how each event changes them. Queries stand beside it. */
export interface Projection {
  /** The file's name, and what operators see in /readyz. */
  readonly name: string
  /** Changes whenever the tables or `apply` do: the read model is then rebuilt from the log. */
  readonly version: number
  /** SQL that creates the tables in an empty file. */
  readonly tables: string
  /** SQL run once when an empty file has caught up for the first time: indexes are built faster over full tables. */
  readonly indexes: string
  /**
   * Prepares what applies one event. It is called in the order of the log, each event once, within the transaction that
   * also moves the checkpoint. Throwing stops this projection before the event. Types it does not know it passes over.
   */
  readonly applier: (db: SqlDatabase) => (event: Recorded<DomainEvent>) => void
}
