import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openSqliteEventLog } from '../src/adapters/sqlite/event-log.ts'
import { systemClock } from '../src/adapters/system/clock.ts'
import { imageCreate } from '../src/application/use-cases/image-create.ts'
import { imageUpdate } from '../src/application/use-cases/image-update.ts'
import { type Figure, medianOf, perSecond } from './measure.ts'
import { BENCH, history, imageId, stored } from './seed.ts'
import { caller, openUseCases } from './use-cases.ts'

// Commands through the use cases, against bare SQLite doing the same appends: the same rows, FULL, shared transactions.

const COUNT = 4_000

/** `directory` holds a seeded log of at least COUNT images. */
export const commandFigures = async (directory: string): Promise<Figure[]> => {
  const log = openSqliteEventLog({ file: join(directory, 'events.sqlite'), clock: systemClock() })
  const { services, close } = await openUseCases(log, directory)
  let round = 0
  const updates = (concurrency: number) => () => {
    round += 1
    return perSecond(COUNT, concurrency, async (n) => {
      const input = { image: imageId(n), description: `Described in round ${round}` }
      const done = await imageUpdate(services)(caller, input)()
      if (done._tag === 'Left') throw new Error(done.left.message)
    })
  }
  const creates = (concurrency: number) => () => {
    round += 1
    return perSecond(COUNT, concurrency, async (n) => {
      const input = { project: BENCH.project, name: `bench-${round}-${n}`, source: { upload: {} } }
      const done = await imageCreate(services)(caller, input)()
      if (done._tag === 'Left') throw new Error(done.left.message)
    })
  }
  const figures: Figure[] = []
  for (const concurrency of [1, 64]) {
    const bare = await medianOf(3, () => bareAppends(directory, concurrency, 1))
    const bareTwo = await medianOf(3, () => bareAppends(directory, concurrency, 2))
    await updates(concurrency)()
    figures.push({
      what: `imageUpdate through the use case, ${concurrency} at once`,
      measured: await medianOf(3, updates(concurrency)),
      unit: 'commands/s',
      limit: { what: `bare SQLite on the same log, ${concurrency} appends a transaction`, value: bare },
      aim: '60 %',
    })
    figures.push({
      what: `imageCreate through the use case (two appends), ${concurrency} at once`,
      measured: await medianOf(3, creates(concurrency)),
      unit: 'commands/s',
      limit: {
        what: `bare SQLite on the same log, two transactions of ${concurrency}`,
        value: bareTwo,
      },
      aim: '60 %',
    })
  }
  await log.close()
  await close()
  return figures
}

/**
 * Commands per second when each is `appends` rows in as many transactions, which `group` commands share: on a copy of the
 * same log, to the same streams.
 */
const bareAppends = async (directory: string, group: number, appends: number): Promise<number> => {
  const file = join(directory, 'bare.sqlite')
  cpSync(join(directory, 'events.sqlite'), file)
  const db = new DatabaseSync(file)
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  const insert = db.prepare(
    'INSERT INTO events (stream, revision, id, type, data, metadata, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const [event] = stored(history(0).slice(3), 'image-x', 0)
  if (event === undefined) throw new Error('There is no event to write')
  const data = JSON.stringify(event.data)
  const metadata = JSON.stringify(event.metadata)
  let row = 0
  const rate = await perSecond(Math.ceil(COUNT / group), 1, async () => {
    for (let append = 0; append < appends; append += 1) {
      db.exec('BEGIN IMMEDIATE')
      for (let n = 0; n < group; n += 1) {
        row += 1
        const at = '2026-01-01T00:00:00.000Z'
        insert.run(`image-${imageId(row)}`, 1_000 + append, event.id, event.type, data, metadata, at)
      }
      db.exec('COMMIT')
    }
  })
  db.close()
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true })
  return rate * group
}
