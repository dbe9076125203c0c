import { streamOf } from '../application/ledger.ts'
import type { EventLog } from '../application/ports/event-log.ts'
import { imageAggregate } from '../domain/image/state.ts'
import { badUserInput } from './errors.ts'
import { eventRow } from './event.ts'
import { type PageArgs, pageOf } from './paging.ts'

/** A page of an image's stream, straight from the log, oldest first. A cursor is the revision of its event. */
export const historyOf = async (log: EventLog, image: string, args: PageArgs) => {
  const { size, walk, after, before } = pageOf(args)
  const backward = walk === 'BACKWARD'
  const from = after === null ? 0 : revisionOf('after', after) + 1
  const to = before === null ? Number.POSITIVE_INFINITY : revisionOf('before', before) - 1
  const limit = Math.min(size + 1, to - from + 1)
  const found = limit < 1 ? [] : await readFrom(log, image, backward ? to : from, backward, limit)
  const page = found.filter(({ revision }) => revision >= from).slice(0, size)
  if (backward) page.reverse()
  const edges = page.map((event) => ({ cursor: String(event.revision), node: eventRow(event) }))
  const more = found.length > size
  return {
    edges,
    pageInfo: {
      hasNextPage: backward ? before !== null : more || before !== null,
      hasPreviousPage: backward ? more || from > 0 : from > 0,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  }
}

const readFrom = (log: EventLog, image: string, start: number, backward: boolean, limit: number) =>
  log.readStream(streamOf(imageAggregate, image), {
    direction: backward ? 'backwards' : 'forwards',
    ...(Number.isFinite(start) ? { from: start } : {}),
    limit,
  })

const revisionOf = (argument: string, cursor: string): number => {
  if (!/^\d{1,15}$/.test(cursor)) throw badUserInput(`${argument}: this is no cursor of a history.`)
  return Number(cursor)
}
