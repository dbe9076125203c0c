import fc from 'fast-check'
import type { AccountEvent } from '../../src/domain/account/events.ts'
import type { ImageEvent } from '../../src/domain/image/events.ts'
import type { Recorded } from '../../src/domain/kernel/recorded.ts'
import type { LedgerEvent } from '../../src/domain/ledger-events.ts'
import type { LocationEvent } from '../../src/domain/location/events.ts'
import { account, eventsOf, image, location, play } from './histories.ts'
import { projects } from './image-lists.ts'
import { recorder } from './projected.ts'
import { imageId, imageName } from './samples.ts'

/** The events of one stream, in their order. */
interface Stream {
  readonly stream: string
  readonly events: readonly LedgerEvent[]
}

/** An image may belong to any project, and have words to be found by. */
const moved = (
  events: readonly ImageEvent[],
  n: number,
  owner: (typeof projects)[number],
): readonly ImageEvent[] =>
  events.map((event) =>
    event.type === 'ImageRegistered'
      ? {
          ...event,
          data: {
            ...event.data,
            account: owner.account,
            project: owner.id,
            name: imageName(`${event.data.name}-${n}`),
            details: { ...event.data.details, description: `Number ${n} of ${owner.id}.` },
          },
        }
      : event,
  )

const imageStream = (n: number): fc.Arbitrary<Stream> =>
  fc.tuple(image.commands, fc.constantFrom(...projects)).map(([commands, owner]) => ({
    stream: `image-${imageId(n)}`,
    events: moved(eventsOf(play(image, commands)), n, owner),
  }))

const accountStream = account.commands.map(
  (commands): Stream => ({
    stream: 'account-acme',
    events: eventsOf(play(account, commands)) satisfies readonly AccountEvent[],
  }),
)

const locationStream = location.commands.map(
  (commands): Stream => ({
    stream: 'location-ams',
    events: eventsOf(play(location, commands)) satisfies readonly LocationEvent[],
  }),
)

const projectStreams: readonly Stream[] = projects.map(({ id, account: owner }) => ({
  stream: `project-${id}`,
  events: [{ type: 'ProjectCreated', data: { account: owner, name: id } }],
}))

/** Legal histories of many streams in one log: the events of each in their order, those of all in any. */
export const worldHistories: fc.Arbitrary<readonly Recorded<LedgerEvent>[]> = fc
  .tuple(
    fc.tuple(accountStream, locationStream, imageStream(1), imageStream(2), imageStream(3), imageStream(4)),
    fc.infiniteStream(fc.nat()),
  )
  .map(([streams, picks]) => {
    const ledger = recorder()
    const waiting = [...projectStreams, ...streams].map(({ stream, events }) => ({
      stream,
      events: [...events],
    }))
    for (;;) {
      const left = waiting.filter(({ events }) => events.length > 0)
      const next = left[Number(picks.next().value) % Math.max(1, left.length)]
      const event = next?.events.shift()
      if (next === undefined || event === undefined) return ledger.events
      ledger.record(next.stream, event)
    }
  })
