import { randomUUID } from 'node:crypto'
import type { EventLog, NewEvent, Subscription } from '../../src/application/ports/event-log.ts'
import type { JsonObject } from '../../src/domain/kernel/event.ts'
import { type Position, START, type StoredEvent, type StreamName } from '../../src/domain/kernel/recorded.ts'

/** A stream that nobody used before. */
export const newStream = (category = 'test'): StreamName => `${category}-${randomUUID()}` as StreamName

/** A category of its own, so that a test knows its events in a log that holds others too. */
export const newCategory = (): string => `t${randomUUID().slice(0, 8)}`

export const newEvent = (
  data: JsonObject = {},
  type = 'SomethingHappened',
  metadata: JsonObject = {},
): NewEvent => ({
  id: randomUUID(),
  type,
  data,
  metadata,
})

export const newEvents = (count: number): readonly NewEvent[] =>
  Array.from({ length: count }, (_, index) => newEvent({ index }))

/** Metadata that every event of this program carries. */
export const someMetadata: JsonObject = {
  actor: { id: 'somebody', kind: 'USER' },
  correlationId: 'correlation',
  requestId: 'request',
  occurredAt: '2026-03-01T00:00:00.000Z',
  schemaVersion: 1,
  commandId: 'command',
}

/** Appends one after the other, each at the revision after the one before; gives the last position. */
export const appendEach = async (
  log: EventLog,
  stream: StreamName,
  events: readonly NewEvent[],
): Promise<Position> => {
  let position: Position = START
  for (const [revision, event] of events.entries()) {
    const outcome = await log.append(stream, revision === 0 ? 'NO_STREAM' : revision - 1, [event])()
    if (outcome._tag === 'Left') throw new Error(`${stream} is at ${outcome.left.actual}`)
    position = outcome.right.position
  }
  return position
}

/** Appends all at once to a new stream and gives the last position. */
export const appendAll = async (
  log: EventLog,
  stream: StreamName,
  events: readonly NewEvent[],
): Promise<Position> => {
  const outcome = await log.append(stream, 'NO_STREAM', events)()
  if (outcome._tag === 'Left') throw new Error(`${stream} is at ${outcome.left.actual}`)
  return outcome.right.position
}

/** What was stored, but for what the log adds. */
export const asAppended = ({ id, type, data, metadata }: StoredEvent): NewEvent => ({
  id,
  type,
  data,
  metadata,
})

/** A subscription that remembers what it was handed. */
export interface Collector {
  readonly batches: (readonly StoredEvent[])[]
  readonly events: StoredEvent[]
  readonly subscription: Subscription
  /** Resolves when an event at that position or after it was handled. */
  reached(position: Position): Promise<void>
}

/** `during` runs within the handler, before it is done with the batch. */
export const collect = (
  log: EventLog,
  after: Position,
  batchSize: number,
  during: (events: readonly StoredEvent[]) => void | Promise<void> = () => undefined,
): Collector => {
  const batches: (readonly StoredEvent[])[] = []
  const events: StoredEvent[] = []
  let waiting: { readonly position: Position; readonly resolve: () => void }[] = []
  let reached = after
  const subscription = log.subscribeAll({
    after,
    batchSize,
    handle: async (batch) => {
      await during(batch)
      batches.push(batch)
      events.push(...batch)
      reached = batch.at(-1)?.position ?? reached
      for (const { position, resolve } of waiting) if (position <= reached) resolve()
      waiting = waiting.filter(({ position }) => position > reached)
    },
  })
  return {
    batches,
    events,
    subscription,
    reached: (position) =>
      new Promise((resolve, reject) => {
        if (position <= reached) resolve()
        else {
          waiting.push({ position, resolve })
          subscription.ended.then(() => reject(new Error(`It ended before position ${position}`)), reject)
        }
      }),
  }
}

/** A promise and what settles it. */
export const gate = (): { readonly opened: Promise<void>; readonly open: () => void } => {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}
