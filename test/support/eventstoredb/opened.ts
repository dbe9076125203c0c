import { onTestFinished } from 'vitest'
import {
  type EventStoreDBLog,
  type EventStoreDBOptions,
  openEventStoreDB,
} from '../../../src/adapters/eventstoredb/event-log.ts'
import { type EventLog, type NewEvent, StoreUnavailable } from '../../../src/application/ports/event-log.ts'
import type { StreamName } from '../../../src/domain/kernel/recorded.ts'
import { recordingLogger } from '../projections.ts'
import type { Misbehaviour } from './faults.ts'
import type { MemoryLog } from './memory-log.ts'
import { StandInServer } from './server.ts'
import { Wire } from './wire.ts'

/** So quick that what takes two seconds in service takes a fraction of one in a test, on a slow machine too. */
export const quick = { answerMs: 900, attemptMs: 250, confirmMs: 400 }

/** For what is never answered. */
export const impatient = { ...quick, answerMs: 300, attemptMs: 150 }

/** A server that is gone after the test. */
export const startedServer = async (
  faults: Partial<Misbehaviour> = {},
  log?: MemoryLog,
  port?: number,
): Promise<StandInServer> => {
  const server = await StandInServer.start(log, port)
  Object.assign(server.faults, faults)
  onTestFinished(() => server.kill())
  return server
}

export const openedWire = async (toPort: () => number): Promise<Wire> => {
  const wire = await Wire.to(toPort)
  onTestFinished(() => wire.close())
  return wire
}

/** A log that is closed after the test, with short times unless others are given, and the lines that it logs. */
export const openedLog = async (url: string, options: Partial<EventStoreDBOptions> = {}) => {
  const logger = recordingLogger()
  const log: EventStoreDBLog = await openEventStoreDB({
    url,
    prefixes: ['t'],
    logger,
    ...quick,
    ...options,
  })
  onTestFinished(() => log.close())
  return { log, lines: logger.lines }
}

/** As a client of the service does: the same again for as long as the store is unavailable. */
export const insist = async (
  log: EventLog,
  stream: StreamName,
  events: readonly NewEvent[],
): Promise<number> => {
  let outages = 0
  for (const [revision, event] of events.entries()) {
    const append = log.append(stream, revision === 0 ? 'NO_STREAM' : revision - 1, [event])
    for (let outcome = null; outcome === null; ) {
      outcome = await append().catch((error: unknown) => {
        if (!(error instanceof StoreUnavailable)) throw error
        outages += 1
        return null
      })
      if (outcome?._tag === 'Left') throw new Error(`${stream} is at ${outcome.left.actual}`)
    }
  }
  return outages
}

/** What came of an attempt, and after how many milliseconds. */
export const timed = async (attempt: () => Promise<unknown>): Promise<readonly [unknown, number]> => {
  const begun = performance.now()
  const outcome = await attempt().catch((error: unknown) => error)
  return [outcome, performance.now() - begun]
}
