import { join } from 'node:path'
import { openSqliteEventLog } from '../../../src/adapters/sqlite/event-log.ts'
import { setClock } from '../../support/clock.ts'
import { newEvent, newStream } from '../../support/events.ts'

// Run by event-log.test.ts, which kills it: appends to the log in argv[2] and prints the id of every acknowledged event.

const log = openSqliteEventLog({ file: join(`${process.argv[2]}`, 'log.sqlite'), clock: setClock() })

const write = async (): Promise<void> => {
  for (;;) {
    const event = newEvent()
    await log.append(newStream(), 'NO_STREAM', [event])()
    process.stdout.write(`${event.id}\n`)
  }
}

await Promise.all(Array.from({ length: 8 }, write))
