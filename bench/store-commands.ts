import type { EventStoreDBLog } from '../src/adapters/eventstoredb/event-log.ts'
import type { EventLog, NewEvent } from '../src/application/ports/event-log.ts'
import { imageUpdate } from '../src/application/use-cases/image-update.ts'
import { imageAggregate } from '../src/domain/image/state.ts'
import type { StreamName } from '../src/domain/kernel/recorded.ts'
import type { LedgerEvent } from '../src/domain/ledger-events.ts'
import { type BareClient, bareClient } from './bare-client.ts'
import { type Figure, mediansInTurn, perSecond } from './measure.ts'
import { history, imageId, stored } from './seed.ts'
import type { BenchStores } from './stores.ts'
import { caller, openUseCases } from './use-cases.ts'

// Commands over EventStoreDB: imageUpdate of the description, which reads what is new of the image's stream (may they, and
// what is there to be decided on) and appends one event to it. Against the bare client doing the same reads and appends, and the appends alone.

const COUNT = 5_000
const AT_ONCE = 64
const TIMES = 3

/** The log holds the seeded histories of at least COUNT images, and nothing else of them. `openLog`: the adapter. */
export const storeCommandFigures = async (
  { url, names }: BenchStores,
  directory: string,
  openLog: () => Promise<EventStoreDBLog>,
): Promise<{ readonly figures: Figure[]; readonly bareCommands: number }> => {
  const bare = bareClient(url)
  const inTurn = changesInTurn()
  const append = () => inTurn((change) => appending(bare, change))
  const command = () =>
    inTurn(async (change) => {
      await bare.readStream(change.stream, change.revision + 1)
      await appending(bare, change)
    })
  const measures = [
    append,
    command,
    () => following(bare, append),
    () => following(bare, command),
    // It is closed for the others: its subscription brings it whatever is appended.
    async () => {
      const log = await openLog()
      const rate = await inTurn((change) => appending(log, change))
      await log.close()
      return rate
    },
    async () => {
      const log = await openLog()
      const { services, close } = await openUseCases(log, directory)
      // As in a node that has run for a while: what is appended to has been read before.
      await perSecond(COUNT, AT_ONCE, (n) => services.ledger.load(imageAggregate, imageId(n)))
      const rate = await inTurn(async ({ image, description }) => {
        const done = await imageUpdate(services)(caller, { image, description })()
        if (done._tag === 'Left') throw new Error(done.left.message)
      })
      await close()
      await log.close()
      return rate
    },
  ]
  const medians = await mediansInTurn(TIMES, measures)
  await bare.dispose()
  const [appends = 0, commands = 0, followedAppends = 0, followedCommands = 0, adapter = 0, useCase = 0] =
    medians
  const figure = (what: string, measured: number, limit: string, value: number, aim: string): Figure => ({
    what: `${what}, ${AT_ONCE} at once, over ${names.eventStore}`,
    measured,
    unit: 'commands/s',
    limit: { what: `bare client, the same ${limit}`, value },
    aim,
  })
  const appended = 'appends of one event through the adapter'
  const updated = 'imageUpdate through the use case'
  return {
    figures: [
      figure(appended, adapter, 'appends', appends, '70 %'),
      figure(appended, adapter, 'appends, and subscribed as a node is', followedAppends, ''),
      figure(updated, useCase, 'reads and appends', commands, '70 %'),
      figure(updated, useCase, 'reads and appends, and subscribed as a node is', followedCommands, ''),
      figure(updated, useCase, 'appends, without the reads', appends, ''),
    ],
    bareCommands: commands,
  }
}

/** A node is brought what it appends, too. */
const following = async (bare: BareClient, measure: () => Promise<number>): Promise<number> => {
  const stop = bare.follow()
  const rate = await measure()
  stop()
  return rate
}

/** One more event for an image that is at a revision. */
interface Change {
  readonly image: string
  readonly stream: StreamName
  readonly revision: number
  readonly description: string
}

/** Has every one of the images changed once, and gives how many were each second. All that changes them goes through it. */
const changesInTurn = () => {
  let round = 0
  return async (work: (change: Change) => Promise<void>): Promise<number> => {
    const revision = history(0).length - 1 + round
    round += 1
    return perSecond(COUNT, AT_ONCE, (n) => {
      const image = imageId(n)
      return work({
        image,
        stream: `image-${image}` as StreamName,
        revision,
        description: `Described in round ${round}`,
      })
    })
  }
}

/** The event that imageUpdate appends. */
const appending = async (
  log: Pick<EventLog, 'append'>,
  { stream, revision, description }: Change,
): Promise<void> => {
  const described = { type: 'ImageDescribed', data: { changes: { description } } } as LedgerEvent
  const [event] = stored([described], stream, Date.now())
  // An id of its own: the seeded events have the others.
  const appended = await log.append(stream, revision, [{ ...event, id: crypto.randomUUID() } as NewEvent])()
  if (appended._tag === 'Left') throw new Error(`${stream} is not at ${revision}`)
}
