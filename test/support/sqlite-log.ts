import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { onTestFinished } from 'vitest'
import { openSqliteEventLog, type SqliteEventLog } from '../../src/adapters/sqlite/event-log.ts'
import { setClock } from './clock.ts'

/** The log in a directory, closed when the test ends. */
export const openLogIn = (directory: string, clock = setClock()): SqliteEventLog => {
  const log = openSqliteEventLog({ file: join(directory, 'log.sqlite'), clock })
  onTestFinished(() => log.close())
  return log
}

/** Another connection to the same log, as a backup or a curious operator has. */
export const besides = (directory: string): DatabaseSync => {
  const db = new DatabaseSync(join(directory, 'log.sqlite'))
  onTestFinished(() => db.close())
  return db
}
