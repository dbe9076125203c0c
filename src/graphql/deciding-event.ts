import { streamOf } from '../application/ledger.ts'
import type { EventLog } from '../application/ports/event-log.ts'
import { imageAggregate } from '../domain/image/state.ts'
import type { LedgerEvent } from '../domain/ledger-events.ts'
import type { ImageRow } from '../projections/catalog/rows.ts'
import { type EventRow, eventRow } from './event.ts'

/** Which events can have decided something. */
export type Decides = (event: LedgerEvent) => boolean

const PAGE = 100

/** For each question the last event that decided it, as of the revision that the catalog shows. Null where none did. */
export const decidingEvents = async (
  log: EventLog,
  { id, revision }: ImageRow,
  questions: readonly Decides[],
): Promise<readonly (EventRow | null)[]> => {
  const found = new Map<Decides, EventRow>()
  for (let from = revision; from >= 0 && found.size < questions.length; from -= PAGE) {
    const page = await log.readStream(streamOf(imageAggregate, id), {
      direction: 'backwards',
      from,
      limit: PAGE,
    })
    for (const event of page.map(eventRow))
      for (const decides of questions)
        if (!found.has(decides) && decides(event.recorded)) found.set(decides, event)
  }
  return questions.map((decides) => found.get(decides) ?? null)
}
