import { pino } from 'pino'
import { openEventStoreDB } from '../../../src/adapters/eventstoredb/event-log.ts'
import { eventLogContract, type LogUnderTest } from '../../contracts/event-log.ts'
import { StandInServer } from '../../support/eventstoredb/server.ts'

const logger = pino({ level: 'silent' })

const overStandIn = async (withoutBatches: boolean): Promise<LogUnderTest> => {
  const server = await StandInServer.start()
  server.faults.withoutBatches = withoutBatches
  const open = () => openEventStoreDB({ url: server.url, prefixes: ['t'], logger })
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
      server.kill()
    },
  }
}

eventLogContract('EventStoreDB', () => overStandIn(false))
eventLogContract('EventStoreDB that knows no batches', () => overStandIn(true))
