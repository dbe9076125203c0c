import { pino } from 'pino'
import { openEventStoreDB } from '../../../src/adapters/eventstoredb/event-log.ts'
import { eventLogContract } from '../../contracts/event-log.ts'
import { StandInServer } from '../../support/eventstoredb/server.ts'

const logger = pino({ level: 'silent' })

eventLogContract('EventStoreDB', async () => {
  const server = await StandInServer.start()
  const open = () => openEventStoreDB({ url: server.url, prefixes: ['t'], logger })
  const opened = [await open()]
  return {
    log: opened[0] as Awaited<ReturnType<typeof open>>,
    reopen: async () => {
      const log = await open()
      opened.push(log)
      return log
    },
    dispose: async () => {
      for (const log of opened) await log.close()
      server.kill()
    },
  }
})
