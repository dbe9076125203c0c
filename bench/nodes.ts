import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type EventStoreDBLog, openEventStoreDB } from '../src/adapters/eventstoredb/event-log.ts'
import { type Position, START } from '../src/domain/kernel/recorded.ts'
import { ledgerStreams } from '../src/domain/ledger-events.ts'
import { bareClient } from './bare-client.ts'
import { nextUpdate } from './graphql.ts'
import type { Figure } from './measure.ts'
import { newNodeFigures } from './new-node.ts'
import { BENCH, history, seedImages, seedWorld } from './seed.ts'
import { load, startBenchService } from './service.ts'
import { storeCommandFigures } from './store-commands.ts'
import { storeReplayFigures } from './store-replay.ts'
import { type BenchStores, startStores } from './stores.ts'

// Several nodes: commands and replay over EventStoreDB, and what a new node takes to serve.

/** So many events are behind a new node: 20,000 at least, for commands change 5,000 images of four events each. */
const EVENTS = Number(process.env['BENCH_NODE_EVENTS'] || 1_000_000)
/** So many are replayed for nothing but the reading. */
const REPLAYED = Math.min(EVENTS, 200_000)
const AN_IMAGE = history(0).length

/** `directory` is empty. Over stores that the environment says, which hold nothing yet, or over stand-ins. */
export const nodeFigures = async (directory: string, port: number): Promise<Figure[]> => {
  const stores = await startStores(directory)
  try {
    const openLog = () => openAdapter(stores)
    const replayFrom = await seedStore(stores, openLog)
    const replay = await storeReplayFigures(stores, openLog, replayFrom, REPLAYED)
    const behind = { events: EVENTS, images: EVENTS / AN_IMAGE, bareReads: replay.bareReads }
    const newNode = await newNodeFigures(stores, directory, port, behind)
    const commands = await storeCommandFigures(stores, directory, openLog)
    const http = await httpFigure(stores, join(directory, 'by-copy'), port, commands.bareCommands)
    return [...commands.figures, http, ...replay.figures, ...newNode]
  } finally {
    stores.stop()
  }
}

const openAdapter = ({ url }: BenchStores): Promise<EventStoreDBLog> =>
  openEventStoreDB({
    url,
    prefixes: ledgerStreams,
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
  })

/** Writes EVENTS events of images. Gives the position after which REPLAYED of them stand. */
const seedStore = async (
  { url }: BenchStores,
  openLog: () => Promise<EventStoreDBLog>,
): Promise<Position> => {
  // It is closed meanwhile: its subscription would bring it all that is written.
  const head = async () => {
    const log = await openLog()
    const position = await log.head()
    await log.close()
    return position
  }
  if ((await head()) !== START) throw new Error('The event store holds a ledger already')
  const bare = bareClient(url)
  await seedWorld(bare, [BENCH])
  const before = (EVENTS - REPLAYED) / AN_IMAGE
  await seedImages(bare, before, history)
  const replayFrom = await head()
  await seedImages(bare, EVENTS / AN_IMAGE, history, before)
  await bare.dispose()
  return replayFrom
}

/** What has just started runs code that is not compiled yet. */
const WARM_UP_SECONDS = 10
const SECONDS = 5
const CLIENTS = 64

/** What the whole service makes of it, which shares the machine with its clients. */
const httpFigure = async (
  { environment, names }: BenchStores,
  directory: string,
  port: number,
  bareCommands: number,
): Promise<Figure> => {
  const service = await startBenchService(directory, port, environment)
  await load(service, CLIENTS, WARM_UP_SECONDS, nextUpdate)
  const { perSecond } = await load(service, CLIENTS, SECONDS, nextUpdate)
  // Clients that leave in the end do not wait for their answers, but the service is about them still.
  await sleep(2_000)
  await service.stop()
  return {
    what: `imageUpdate through GraphQL, ${CLIENTS} at once, over ${names.eventStore}`,
    measured: perSecond,
    unit: 'commands/s',
    limit: { what: 'bare client, the same reads and appends', value: bareCommands },
    aim: '',
  }
}
