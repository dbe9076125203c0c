import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteEventLog } from '../../src/adapters/sqlite/event-log.ts'
import { systemClock } from '../../src/adapters/system/clock.ts'
import type { EventLog } from '../../src/application/ports/event-log.ts'
import { START, type StoredEvent } from '../../src/domain/kernel/recorded.ts'

const PAGE = 1_000

/** Everything that a log holds. */
export const allEvents = async (log: EventLog): Promise<readonly StoredEvent[]> => {
  const events: StoredEvent[] = []
  for (;;) {
    const page = await log.readAll({ after: events.at(-1)?.position ?? START, limit: PAGE })
    events.push(...page)
    if (page.length < PAGE) return events
  }
}

/**
 * Everything that the log of a data directory holds, as whoever starts on it next will find it. Read from a copy: opening
 * the log itself would mend what a process that was killed left there.
 */
export const eventsStoredIn = async (directory: string): Promise<readonly StoredEvent[]> => {
  const copy = await mkdtemp(join(tmpdir(), 'image-ledger-copy-'))
  try {
    await cp(directory, copy, {
      recursive: true,
      filter: (path) => !path.startsWith(join(directory, 'blobs')),
    })
    const log = openSqliteEventLog({ file: join(copy, 'events.sqlite'), clock: systemClock() })
    const events = await allEvents(log)
    await log.close()
    return events
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}
