import type { EventLog } from '../../application/ports/event-log.ts'

/** The log as it is, but for what is given. */
export const wrappedEventLog = (log: EventLog, changed: Partial<EventLog>): EventLog => ({
  append: (...args) => log.append(...args),
  readStream: (...args) => log.readStream(...args),
  readAll: (...args) => log.readAll(...args),
  subscribeAll: (...args) => log.subscribeAll(...args),
  head: () => log.head(),
  identity: () => log.identity(),
  outageSince: () => log.outageSince(),
  close: () => log.close(),
  ...changed,
})
