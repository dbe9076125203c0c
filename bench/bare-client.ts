import {
  type AllStreamResolvedEvent,
  END,
  EventStoreDBClient,
  FORWARDS,
  jsonEvent,
  NO_STREAM,
  START,
} from '@eventstore/db-client'
import type { EventLog } from '../src/application/ports/event-log.ts'
import { right } from '../src/domain/kernel/fp.ts'
import type { Position } from '../src/domain/kernel/recorded.ts'

// EventStoreDB's own client with nothing around it: what it does is the limit of what the adapter can do.

/** What the bench asks of it. */
export interface BareClient extends Pick<EventLog, 'append'> {
  /** Reads a stream from a revision on, to its end. Gives how many events there were. */
  readStream(stream: string, from: number): Promise<number>
  /** Reads so many events after a position, in one call. Gives how many there were. */
  readAll(after: Position, count: number): Promise<number>
  /** Is sent so many events after a position by a subscription. Gives how many there were. */
  subscribeToAll(after: Position, count: number): Promise<number>
  /** Has it brought everything that is appended from now on, as a node has. Call what it gives to end that. */
  follow(): () => void
  dispose(): Promise<void>
}

export const bareClient = (url: string): BareClient => {
  const client = EventStoreDBClient.connectionString(url)
  return {
    append: (stream, expected, events) => async () => {
      const expectedRevision = expected === 'NO_STREAM' ? NO_STREAM : BigInt(expected)
      const written = events.map(({ id, type, data, metadata }) => jsonEvent({ id, type, data, metadata }))
      const { nextExpectedRevision, position } = await client.appendToStream(stream, written, {
        expectedRevision,
      })
      return right({ revision: Number(nextExpectedRevision), position: position?.commit as Position })
    },
    readStream: async (stream, from) => {
      const events = client.readStream(stream, { fromRevision: BigInt(from), maxCount: 1_000 })
      let count = 0
      for await (const _ of events) count += 1
      return count
    },
    readAll: (after, count) =>
      counted(client.readAll({ direction: FORWARDS, fromPosition: placeOf(after), maxCount: count }), count),
    subscribeToAll: async (after, count) => {
      const subscription = client.subscribeToAll({ fromPosition: placeOf(after) })
      const seen = await counted(subscription, count)
      await subscription.unsubscribe()
      return seen
    },
    follow: () => {
      let isOver = false
      const begin = () => {
        const subscription = client.subscribeToAll({ fromPosition: END })
        subscription.on('data', () => undefined)
        // A server under load ends what it finds too slow.
        subscription.on('error', () => {
          if (!isOver) following = begin()
        })
        return subscription
      }
      let following = begin()
      return () => {
        isOver = true
        // Not waited for: of one that the server has ended it may never be said.
        following.unsubscribe().catch(() => undefined)
      }
    },
    dispose: () => client.dispose(),
  }
}

const placeOf = (position: Position) => (position === 0n ? START : { commit: position, prepare: position })

interface Events {
  on(name: 'data', listener: (event: AllStreamResolvedEvent) => void): unknown
  on(name: 'error', listener: (error: Error) => void): unknown
  on(name: 'end', listener: () => void): unknown
}

/** How many come before the end, up to so many. */
const counted = (events: Events, atMost: number): Promise<number> =>
  new Promise((resolve, reject) => {
    let count = 0
    events.on('data', () => {
      count += 1
      if (count === atMost) resolve(count)
    })
    events.on('error', reject)
    events.on('end', () => resolve(count))
  })
