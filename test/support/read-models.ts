import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'vitest'
import { openReadModels } from '../../src/adapters/sqlite/read-models.ts'
import type { EventLog } from '../../src/application/ports/event-log.ts'
import { ledgerEvents } from '../../src/domain/ledger-events.ts'
import { billingProjection } from '../../src/projections/billing/apply.ts'
import { catalog } from '../../src/projections/catalog/apply.ts'
import { startProjections } from '../../src/projections/runner.ts'
import { toDoProjection } from '../../src/projections/to-do/to-do.ts'
import { recordingLogger } from './projections.ts'

const projections = [catalog, billingProjection, toDoProjection]

/**
 * Brings read models to the head of the log: from where they stand, or from the first event where there are none. Gives the
 * reasons why any was built anew.
 */
export const catchUp = async (log: EventLog, directory: string): Promise<readonly unknown[]> => {
  const logger = recordingLogger()
  const runner = await startProjections({
    log,
    readModels: openReadModels({
      directory,
      onDiscarded: (name) => expect.unreachable(`${name} is damaged`),
    }),
    definitions: ledgerEvents,
    projections,
    logger,
  })
  const head = await log.head()
  for (const { name } of projections) await runner.waitFor(name, head, 60_000)
  await runner.stop()
  return logger.lines
    .filter(({ message }) => message === 'a read model is built anew')
    .map(({ fields }) => fields['reason'])
}

/** Every row of every table, and every word of the search index with the rows that it leads to. */
export const rowsIn = (directory: string): Record<string, readonly unknown[]> => {
  const rows: Record<string, readonly unknown[]> = {}
  for (const { name } of projections) {
    const db = new DatabaseSync(join(directory, `${name}.sqlite`), { readOnly: true })
    const tables = db
      .prepare(
        `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'images_search%' ORDER BY name`,
      )
      .all()
    // The numbers of rows are larger than a JavaScript number.
    const all = (sql: string) => {
      const statement = db.prepare(sql)
      statement.setReadBigInts(true)
      return statement.all()
    }
    for (const { name: table } of tables)
      rows[`${name}.${table}`] = all(`SELECT * FROM "${table}"`)
        .map((row) => JSON.stringify(row, (_key, value) => (typeof value === 'bigint' ? `${value}` : value)))
        .sort()
    if (name === catalog.name) {
      db.exec(`CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, images_search, instance)`)
      rows[`${name}.search`] = all('SELECT * FROM temp.words ORDER BY term, doc, col, offset')
    }
    db.close()
  }
  return rows
}
