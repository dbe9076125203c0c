import { pino } from 'pino'
import { describe } from 'vitest'
import { openEventStoreDB } from '../../../src/adapters/eventstoredb/event-log.ts'
import { eventLogContract } from '../../contracts/event-log.ts'

const url = process.env['EVENTSTORE_URL']
const logger = pino({ level: 'silent' })

// The same promises of a real server, which keeps what earlier tests left: the contract knows its events by their streams.
describe.skipIf(url === undefined)('a real EventStoreDB', () => {
  eventLogContract('EventStoreDB', async () => {
    const open = () => openEventStoreDB({ url: url ?? '', prefixes: ['t'], logger })
    const log = await open()
    const opened = [log]
    return {
      log,
      reopen: async () => {
        const again = await open()
        opened.push(again)
        return again
      },
      dispose: async () => {
        for (const each of opened) await each.close()
      },
    }
  })
})
