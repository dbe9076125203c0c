import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import { openSqliteEventLog, type SqliteEventLog } from '../../src/adapters/sqlite/event-log.ts'
import { openReadModels } from '../../src/adapters/sqlite/read-models.ts'
import type { EventLog, NewEvent } from '../../src/application/ports/event-log.ts'
import type { Logger } from '../../src/application/ports/logger.ts'
import { defineEvent, type EventDefinitions } from '../../src/domain/kernel/event.ts'
import type { Position } from '../../src/domain/kernel/recorded.ts'
import type { Projection, ReadModels, SqlDatabase } from '../../src/projections/projection.ts'
import { type AppliedBatch, type ProjectionRunner, startProjections } from '../../src/projections/runner.ts'
import { setClock } from './clock.ts'
import { appendAll, newEvent, newStream, someMetadata } from './events.ts'
import { tempDirectory } from './temp.ts'

/** Events for tests of the runner: a guest comes and goes; what nobody can read is UnknownToAll. */
export const guestDefinitions: EventDefinitions = {
  GuestCame: defineEvent('GuestCame', z.object({ name: z.string() }), ({ name }) => `${name} came`),
}

export const guestCame = (name: string): NewEvent => newEvent({ name }, 'GuestCame', someMetadata)

/** Keeps the names of guests in the order in which they came; refuses the guest called `refused`. */
export const guestList = (name: string, version = 1, refused: string | null = null): Projection => ({
  name,
  version,
  tables: 'CREATE TABLE guests (number INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT',
  indexes: 'CREATE INDEX guests_by_name ON guests (name)',
  applier: (db) => {
    const insert = db.prepare('INSERT INTO guests (name) VALUES (?)')
    return (event) => {
      const { name: guest } = event.data as { readonly name: string }
      insert.run(guest)
      // After the row, so that a test can see that the row goes again.
      if (guest === refused) throw new Error(`${guest} is not welcome`)
    }
  },
})

export const guestsIn = (db: SqlDatabase): readonly unknown[] =>
  db
    .prepare('SELECT name FROM guests ORDER BY number')
    .all()
    .map(({ name }) => name)

export const indexesIn = (db: SqlDatabase): readonly unknown[] =>
  db
    .prepare(`SELECT name FROM sqlite_schema WHERE type = 'index' AND name LIKE 'guests%'`)
    .all()
    .map(({ name }) => name)

/** One line of a log: its level, its message, and what it says of which projection. */
export interface Line {
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

export const recordingLogger = (): Logger & { readonly lines: Line[] } => {
  const lines: Line[] = []
  const at = (level: Line['level']) => (fields: object, message: string) => {
    lines.push({ level, message, fields: fields as Line['fields'] })
  }
  return { lines, info: at('info'), warn: at('warn'), error: at('error') }
}

/** A log and read models in a directory of their own, and runners over them. */
export interface World {
  readonly log: SqliteEventLog
  readonly readModels: ReadModels
  readonly lines: readonly Line[]
  run(projections: readonly Projection[], options?: RunOptions): Promise<ProjectionRunner>
}

export interface RunOptions {
  readonly log?: EventLog
  readonly readModels?: ReadModels
  readonly batchSize?: number
  readonly onApplied?: (batch: AppliedBatch) => void
}

export const newWorld = async (): Promise<World> => {
  const directory = await tempDirectory()
  const log = openSqliteEventLog({ file: join(directory, 'log.sqlite'), clock: setClock() })
  onTestFinished(() => log.close())
  const readModels = openReadModels({
    directory: join(directory, 'read-models'),
    onDiscarded: () => undefined,
  })
  const logger = recordingLogger()
  return {
    log,
    readModels,
    lines: logger.lines,
    run: async (projections, options = {}) => {
      const runner = await startProjections({
        log,
        readModels,
        definitions: guestDefinitions,
        logger,
        projections,
        ...options,
      })
      onTestFinished(() => runner.stop())
      return runner
    },
  }
}

/** Long enough for what does come, in milliseconds. */
export const WAIT_MS = 20_000
export const names = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `guest ${index}`)

/** Guests come all at once; gives the position of the last one. */
export const come = (world: World, guests: readonly string[]): Promise<Position> =>
  appendAll(world.log, newStream(), guests.map(guestCame))

export const statusOf = (runner: ProjectionRunner, name: string) =>
  runner.status().find((status) => status.name === name)

/** Resolves once the projection is not catching up any more. */
export const settled = async (runner: ProjectionRunner, name: string): Promise<void> => {
  while (statusOf(runner, name)?.state === 'CATCHING_UP') await nextTurn()
}
