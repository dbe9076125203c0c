import { rmSync, writeFileSync } from 'node:fs'
import { openSqliteEventLog } from '../../../src/adapters/sqlite/event-log.ts'
import { START } from '../../../src/domain/kernel/recorded.ts'
import { setClock } from '../../support/clock.ts'
import { newEvent, newStream } from '../../support/events.ts'

// Run by event-log.test.ts in a mount namespace of its own, with a small disk at argv[2]. Prints what happened as JSON.

const directory = `${process.argv[2]}`
const ballast = `${directory}/ballast`
const log = openSqliteEventLog({ file: `${directory}/log.sqlite`, clock: setClock() })

const append = (stream = newStream()): Promise<string> =>
  log
    .append(stream, 'NO_STREAM', [newEvent({ text: 'x'.repeat(100_000) })])()
    .then(
      ({ _tag }) => _tag,
      (error: Error) => error.name,
    )

const atFirst = await append()
writeFileSync(ballast, Buffer.alloc(1024 * 1024))
let before = await log.head()
let outcome = await append()
while (outcome === 'Right') {
  before = await log.head()
  outcome = await append()
}
const together = await Promise.all([append(), append()])
const nothingWritten = (await log.head()) === before
rmSync(ballast)
const stream = newStream()
const afterwards = [await append(stream), await append(stream)]
const events = await log.readAll({ after: START, limit: 1_000 })
const newest = events.at(-1)?.stream === stream
await log.close()
process.stdout.write(JSON.stringify({ atFirst, outcome, together, nothingWritten, afterwards, newest }))
