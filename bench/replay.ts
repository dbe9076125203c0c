import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openSqliteEventLog } from '../src/adapters/sqlite/event-log.ts'
import { openReadModels } from '../src/adapters/sqlite/read-models.ts'
import { systemClock } from '../src/adapters/system/clock.ts'
import { ledgerEvents } from '../src/domain/ledger-events.ts'
import { catalog } from '../src/projections/catalog/apply.ts'
import { startProjections } from '../src/projections/runner.ts'
import { type Figure, medianOf, seconds } from './measure.ts'

// Reading the whole log into an empty catalog, against bare SQLite inserting as many rows.

export const replayFigures = async (directory: string): Promise<Figure[]> => {
  const log = openSqliteEventLog({ file: join(directory, 'events.sqlite'), clock: systemClock() })
  const head = await log.head()
  const events = Number(head)
  let round = 0
  const replay = async () => {
    round += 1
    const runner = await startProjections({
      log,
      readModels: openReadModels({
        directory: join(directory, `replay-${round}`),
        onDiscarded: () => undefined,
      }),
      definitions: ledgerEvents,
      projections: [catalog],
      logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    })
    const reading = await seconds(() => runner.waitFor(catalog.name, head, 600_000))
    await runner.stop()
    return events / reading
  }
  const bare = await medianOf(
    3,
    async () => events / (await seconds(async () => bareInserts(directory, events))),
  )
  const measured = await medianOf(3, replay)
  await log.close()
  return [
    {
      what: `replay of ${events.toLocaleString('en')} events into the catalog, its indexes and search`,
      measured,
      unit: 'events/s',
      limit: { what: 'bare SQLite inserts of catalog rows, one an event', value: bare },
      aim: '80,000/s; 60 %',
    },
  ]
}

/** A row of the catalog's width for each event, in transactions of 500, with the catalog's settings. */
const bareInserts = (directory: string, events: number): void => {
  const db = new DatabaseSync(join(directory, `inserts-${Date.now()}.sqlite`))
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 16000')
  db.exec(catalog.tables)
  const columns = db
    .prepare('SELECT name FROM pragma_table_info(?)')
    .all('images')
    .map((row) => String(row['name']))
  const values = columns.slice(1)
  const insert = db.prepare(`INSERT INTO images (${values.join()}) VALUES (${values.map(() => '?').join()})`)
  const texts = new Set(
    db
      .prepare("SELECT name FROM pragma_table_info('images') WHERE type = 'TEXT'")
      .all()
      .map((row) => String(row['name'])),
  )
  const row: (string | number)[] = values.map((name) => (texts.has(name) ? 'some sixteen char' : 1))
  for (let n = 0; n < events; n += 1) {
    if (n % 500 === 0) db.exec(n === 0 ? 'BEGIN' : 'COMMIT; BEGIN')
    row[0] = crypto.randomUUID()
    insert.run(...row)
  }
  db.exec('COMMIT')
  db.close()
}
