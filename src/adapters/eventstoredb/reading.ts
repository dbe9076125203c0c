import type { AllStreamResolvedEvent, ResolvedEvent, StreamingRead } from '@eventstore/db-client'
import type { JsonObject } from '../../domain/kernel/event.ts'
import { instantFromMillis } from '../../domain/kernel/instant.ts'
import type { Position, StoredEvent, StreamName } from '../../domain/kernel/recorded.ts'
import { NoAnswer } from './failure.ts'
import { splitRecordedAt } from './recorded-at.ts'

type Resolved = ResolvedEvent | AllStreamResolvedEvent
type Recorded = NonNullable<Resolved['event']>

/** An event as the server gives it. Null for a link whose event is gone. */
export const storedEvent = ({ event }: Resolved): StoredEvent | null => {
  if (event === undefined) return null
  return {
    id: event.id,
    type: event.type,
    data: event.data as JsonObject,
    stream: event.streamId as StreamName,
    revision: Number(event.revision),
    position: positionOf(event),
    ...splitRecordedAt((event.metadata ?? {}) as JsonObject, instantFromMillis(event.created.getTime())),
  }
}

/** What is appended without a transaction of its own, as everything is nowadays, has one number twice. */
const positionOf = ({ position }: Recorded): Position => {
  if (position === undefined) throw new Error('The server says no position: it must be 20.6 or later')
  return position.commit as Position
}

/**
 * Everything that a read gives, which has an end. It is cancelled in any case, for leaving it otherwise keeps the call open;
 * rejects with NoAnswer where nothing comes for `timeoutMs` milliseconds, or its client is given up.
 */
export const collected = <Event extends Resolved>(
  stream: StreamingRead<Event>,
  timeoutMs: number,
  givenUp: AbortSignal,
): Promise<readonly Event[]> =>
  new Promise((resolve, reject) => {
    const found: Event[] = []
    let settled = false
    const settle = (end: () => void): void => {
      if (settled) return
      settled = true
      clearTimeout(timer)
      givenUp.removeEventListener('abort', leave)
      stream.cancel().catch(() => undefined)
      end()
    }
    const fail = (reason: string) => settle(() => reject(new NoAnswer(reason)))
    const leave = () => fail('The connection was given up')
    const timer = setTimeout(() => fail(`Nothing was heard for ${Math.round(timeoutMs)} ms`), timeoutMs)
    givenUp.addEventListener('abort', leave)
    stream.on('data', (event: Event) => {
      timer.refresh()
      found.push(event)
    })
    stream.on('error', (error) => settle(() => reject(error)))
    stream.on('end', () => settle(() => resolve(found)))
    stream.on('close', () => fail('The connection was closed'))
    if (givenUp.aborted) leave()
  })
