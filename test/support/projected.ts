import type { DomainEvent } from '../../src/domain/kernel/event.ts'
import { instantFromMillis } from '../../src/domain/kernel/instant.ts'
import type { Recorded, StreamName } from '../../src/domain/kernel/recorded.ts'
import type { LedgerEvent } from '../../src/domain/ledger-events.ts'
import type { Projection, SqlDatabase, SqlRow } from '../../src/projections/projection.ts'
import { memoryReadModels } from './application.ts'
import { instant } from './samples.ts'

type LedgerRecord = Recorded<LedgerEvent>

const FIRST_MOMENT = Date.UTC(2026, 2, 1)

/** Records events one after the other as a log would, a second apart unless a moment is given. */
export interface Recorder {
  readonly events: readonly LedgerRecord[]
  record(stream: string, event: LedgerEvent, occurredAt?: string): LedgerRecord
}

export const recorder = (): Recorder => {
  const events: LedgerRecord[] = []
  const revisions = new Map<string, number>()
  return {
    events,
    record: (stream, event, occurredAt) => {
      const revision = (revisions.get(stream) ?? -1) + 1
      revisions.set(stream, revision)
      const moment = instantFromMillis(FIRST_MOMENT + events.length * 1_000)
      const recorded = {
        ...event,
        id: crypto.randomUUID(),
        stream: stream as StreamName,
        revision,
        position: BigInt(events.length + 1) as LedgerRecord['position'],
        recordedAt: moment,
        metadata: {
          actor: { id: 'somebody', kind: 'USER' },
          correlationId: 'correlation',
          requestId: 'request',
          occurredAt: occurredAt === undefined ? moment : instant(occurredAt),
          schemaVersion: 1,
          commandId: 'command',
        },
      } as LedgerRecord
      events.push(recorded)
      return recorded
    },
  }
}

/** A read model that lives on: its indexes are there from the beginning, and each event is committed by itself. */
export const liveModel = (projection: Projection) => {
  const db = memoryReadModels().open(projection.name)
  db.exec(projection.tables)
  db.exec(projection.indexes)
  const apply = projection.applier(db)
  return {
    db,
    apply: (event: Recorded<DomainEvent>): void => {
      db.exec('BEGIN')
      apply(event)
      db.exec('COMMIT')
    },
  }
}

/** The same read model as a rebuild makes it: all events in one go, the indexes in the end. */
export const rebuiltModel = (
  projection: Projection,
  events: readonly Recorded<DomainEvent>[],
): SqlDatabase => {
  const db = memoryReadModels().open(projection.name)
  db.exec(projection.tables)
  const apply = projection.applier(db)
  db.exec('BEGIN')
  for (const event of events) apply(event)
  db.exec(projection.indexes)
  db.exec('COMMIT')
  return db
}

/** Every row of every table that the projection writes itself, in the order of all columns. */
export const rowsOf = (db: SqlDatabase): Readonly<Record<string, readonly SqlRow[]>> => {
  const tables = db
    .prepare(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%_search%' ORDER BY name`,
    )
    .all()
  return Object.fromEntries(
    tables.map(({ name }) => {
      const columns = db.prepare(`SELECT name FROM pragma_table_info('${String(name)}')`).all()
      const order = columns.map((_, place) => place + 1).join()
      const select = db.prepare(`SELECT * FROM "${String(name)}" ORDER BY ${order}`)
      select.setReadBigInts(true)
      return [String(name), select.all().map((row) => ({ ...row }))]
    }),
  )
}
