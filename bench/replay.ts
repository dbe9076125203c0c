import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openSqliteEventLog } from '../src/adapters/sqlite/event-log.ts'
import { openReadModels } from '../src/adapters/sqlite/read-models.ts'
import { systemClock } from '../src/adapters/system/clock.ts'
import { ledgerEvents } from '../src/domain/ledger-events.ts'
import { catalog } from '../src/projections/catalog/apply.ts'
import type { Projection } from '../src/projections/projection.ts'
import { startProjections } from '../src/projections/runner.ts'
import { type Figure, medianOf, seconds } from './measure.ts'

// Reading the whole log into an empty read model, against bare SQLite inserting rows of its largest table.

export const replayFigures = async (
  directory: string,
  projection: Projection = catalog,
  largest = 'images',
  eventsPerRow = 1,
): Promise<Figure[]> => {
  const log = openSqliteEventLog({ file: join(directory, 'events.sqlite'), clock: systemClock() })
  const head = await log.head()
  const events = Number(head)
  let round = 0
  const replay = async () => {
    round += 1
    const runner = await startProjections({
      log,
      readModels: openReadModels({
        directory: join(directory, `replay-${projection.name}-${round}`),
        onDiscarded: () => undefined,
      }),
      definitions: ledgerEvents,
      projections: [projection],
      logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    })
    const reading = await seconds(() => runner.waitFor(projection.name, head, 600_000))
    await runner.stop()
    return events / reading
  }
  const bare = await medianOf(
    3,
    async () =>
      events /
      (await seconds(async () => bareInserts(directory, events / eventsPerRow, projection, largest))),
  )
  const measured = await medianOf(3, replay)
  await log.close()
  return [
    {
      what: `replay of ${events.toLocaleString('en')} events into ${projection === catalog ? 'the catalog, its indexes and search' : projection.name}`,
      measured,
      unit: 'events/s',
      limit: {
        what: `bare SQLite inserts of ${projection.name} rows, one ${eventsPerRow === 1 ? 'an event' : `every ${eventsPerRow} events`}`,
        value: bare,
      },
      aim: projection === catalog ? '80,000/s; 60 %' : '60 %',
    },
  ]
}

/** So many rows of the table's width, in transactions of 500, as durable as read models are. */
const bareInserts = (directory: string, rows: number, projection: Projection, largest: string): void => {
  const db = new DatabaseSync(join(directory, `inserts-${Date.now()}.sqlite`))
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 16000')
  db.exec(projection.tables)
  const columns = db
    .prepare('SELECT name, type FROM pragma_table_info(?)')
    .all(largest)
    .map((row) => ({ name: String(row['name']), isText: row['type'] === 'TEXT' }))
  // The first of them is an id, but for a number that SQLite gives.
  const values = columns.slice(columns.findIndex(({ isText }) => isText))
  const names = values.map(({ name }) => name)
  const insert = db.prepare(`INSERT INTO ${largest} (${names}) VALUES (${names.map(() => '?')})`)
  const row: (string | number)[] = values.map(({ isText }) => (isText ? 'some sixteen char' : 1))
  for (let n = 0; n < rows; n += 1) {
    if (n % 500 === 0) db.exec(n === 0 ? 'BEGIN' : 'COMMIT; BEGIN')
    row[0] = crypto.randomUUID()
    insert.run(...row)
  }
  db.exec('COMMIT')
  db.close()
}
