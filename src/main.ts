import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import pino from 'pino'
import { openEventStoreDB } from './adapters/eventstoredb/event-log.ts'
import { openFilesystemBlobStore } from './adapters/filesystem/blob-store.ts'
import { authenticateWith } from './adapters/http/authenticate.ts'
import { createDemo, devGreeting, devSecret, devTokens } from './adapters/http/dev-mode.ts'
import { createServer } from './adapters/http/server.ts'
import { openS3BlobStore, type S3BlobStore } from './adapters/minio/blob-store.ts'
import { openSqliteEventLog } from './adapters/sqlite/event-log.ts'
import { lockDirectory } from './adapters/sqlite/lock.ts'
import { openReadModels } from './adapters/sqlite/read-models.ts'
import { openSnapshots } from './adapters/sqlite/snapshots.ts'
import { systemClock } from './adapters/system/clock.ts'
import { type Config, readConfig } from './adapters/system/config.ts'
import { createDigestPool } from './adapters/system/digest-pool.ts'
import { openTelemetry, type Telemetry } from './adapters/telemetry/telemetry.ts'
import { Ledger } from './application/ledger.ts'
import { StaleRead } from './application/outages.ts'
import type { BlobStore } from './application/ports/blob-store.ts'
import type { Clock } from './application/ports/clock.ts'
import type { EventLog } from './application/ports/event-log.ts'
import type { Logger } from './application/ports/logger.ts'
import type { ToDo } from './application/ports/to-do.ts'
import { raiseBudgets, sealPeriods } from './application/reactions/billing.ts'
import {
  carryOutDates,
  completeDeletions,
  expireOffers,
  type Reaction,
  removeContents,
  repairClaims,
} from './application/reactions/reactions.ts'
import { runReactions } from './application/reactions/run.ts'
import type { Services } from './application/services.ts'
import { Uploads } from './application/uploads.ts'
import { millisOf } from './domain/kernel/instant.ts'
import { type Position, START } from './domain/kernel/recorded.ts'
import { ledgerEvents, ledgerStreams } from './domain/ledger-events.ts'
import type { Shown } from './graphql/context.ts'
import { billingProjection } from './projections/billing/apply.ts'
import { billingOf } from './projections/billing/billing.ts'
import { billsOf } from './projections/billing/bills.ts'
import { totalsOf } from './projections/billing/totals.ts'
import { catalog as catalogProjection } from './projections/catalog/apply.ts'
import { catalogOf } from './projections/catalog/catalog.ts'
import { type ProjectionRunner, startProjections } from './projections/runner.ts'
import { toDoOf, toDoProjection } from './projections/to-do/to-do.ts'

// The only place where the parts meet.

const SETTLE_MS = 5_000
/** So long may a reader wait for what another node was told. */
const REACH_MS = 2_000
const REACTION_PAUSE_MS = 1_000
/** So long may a request take after the service was told to stop. */
const STOP_MS = 3_000

/** A running service. */
export interface Service {
  /** Where it listens, without a path. */
  readonly url: string
  readonly services: Services
  readonly log: EventLog
  readonly projections: ProjectionRunner
  /** Lets requests finish for some seconds, then cuts them; what was acknowledged is kept, an upload cut off is sent again. */
  stop(): Promise<void>
}

/** Starts the service on the embedded store; resolves when it listens. Throws an Error whose message says what is in the way. */
export const startService = async (config: Config): Promise<Service> => {
  const logger = pino(
    { level: config.LOG_LEVEL, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination(2),
  )
  const directory = config.DATA_DIR
  mkdirSync(directory, { recursive: true })
  const lock = lockDirectory(directory)
  const clock = systemClock(config.CLOCK_START)
  const telemetry = await openTelemetry({
    endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
    serviceName: config.OTEL_SERVICE_NAME,
    share: config.OTEL_TRACES_SAMPLER_ARG,
    logger,
  })
  const store = await openLog(config, clock, logger, telemetry)
  const log = telemetry.log(store)
  const digester = createDigestPool()
  const projections = await startProjections({
    log,
    readModels: openReadModels({
      directory: join(directory, 'read-models'),
      onDiscarded: (name, err) => logger.warn({ name, err }, 'A read model was damaged: it is built anew.'),
    }),
    definitions: ledgerEvents,
    projections: [catalogProjection, billingProjection, toDoProjection],
    logger,
    onApplied: telemetry.applied,
  })
  const catalog = catalogOf(onceBuilt(projections, catalogProjection.name))
  const { blobs: bytes, upkeep } = await openBlobs(config)
  const blobs = telemetry.blobs(bytes)
  const billingSource = {
    database: onceBuilt(projections, billingProjection.name),
    position: () => positionOf(projections, billingProjection.name),
    blobs,
    provider: config.PROVIDER_NAME,
  }
  const bills = billsOf({
    ...billingSource,
    caughtUp: async () => settledIn(projections, billingProjection.name)(await log.head()),
  })
  const snapshots = openSnapshots({
    file: join(directory, 'snapshots.sqlite'),
    onError: (err) => logger.warn({ err }, 'A snapshot failed: the next cold start takes longer.'),
  })
  const services: Services = {
    ledger: new Ledger(log, snapshots),
    clock,
    blobs,
    digester,
    directory: catalog,
    bills,
    uploads: new Uploads(),
    logger,
    limits: {
      maxImageBytes: config.MAX_IMAGE_BYTES,
      maxVirtualBytes: config.MAX_VIRTUAL_BYTES,
      deleteRecoveryHours: config.DELETE_RECOVERY_HOURS,
    },
  }
  const { auth } = config
  const app = createServer({
    api: {
      services,
      catalog,
      billing: billingOf(billingSource),
      log,
      settled: settledIn(projections, catalogProjection.name),
      billed: () =>
        settledIn(projections, billingProjection.name)(positionOf(projections, catalogProjection.name)),
      reached: settledIn(projections, catalogProjection.name, REACH_MS),
      shown: () => shownBy(projections, log),
    },
    authenticate: authenticateWith(
      auth.kind === 'DEV' ? { kind: 'SECRET', secret: devSecret(directory) } : auth,
    ),
    logger,
    projections,
    graphiql: !config.production,
    loopbackOnly: auth.kind === 'DEV',
    telemetry: telemetry.http,
    metricsToken: config.METRICS_TOKEN,
  })
  telemetry.service({
    status: () => projections.status(),
    // What is asked for the metrics is no read that they should count.
    log: store,
    clock,
    uploads: () => services.uploads.count,
    bills: () => totalsOf(billingSource, millisOf(clock.now())),
  })
  // The lock makes this the only process on an embedded ledger: what is left of commands from before is of no living one.
  const startedAt = config.EVENTSTORE_URL === undefined ? clock.now() : null
  const url = await app.listen({ host: config.HOST, port: config.PORT })
  logger.info({ url }, 'The service listens.')
  const toDo = onceCaughtUp(
    projections,
    toDoOf(() => projections.database(toDoProjection.name)),
  )
  const reactions = runReactions(
    [
      repairClaims(services, toDo, undefined, startedAt),
      ...[carryOutDates, completeDeletions, expireOffers, removeContents, sealPeriods, raiseBudgets].map(
        (reaction) => reaction(services, toDo),
      ),
      ...upkeep,
    ].map(telemetry.recurring),
    { pauseMs: REACTION_PAUSE_MS, logger },
  )
  const stop = async () => {
    const cut = setTimeout(() => app.server.closeAllConnections(), STOP_MS)
    await app.close()
    clearTimeout(cut)
    await reactions.stop()
    await projections.stop()
    await log.close()
    snapshots.close()
    await digester.close()
    await telemetry.close()
    lock.release()
  }
  return { url, services, log, projections, stop }
}

const openLog = async (
  config: Config,
  clock: Clock,
  logger: Logger,
  { store: observer }: Telemetry,
): Promise<EventLog> =>
  config.EVENTSTORE_URL === undefined
    ? openSqliteEventLog({ file: join(config.DATA_DIR, 'events.sqlite'), clock })
    : openEventStoreDB({ url: config.EVENTSTORE_URL, prefixes: ledgerStreams, logger, observer })

/** The blob store, and what it takes to keep it clean. */
const openBlobs = async (
  config: Config,
): Promise<{ readonly blobs: BlobStore; readonly upkeep: readonly Reaction[] }> => {
  if (config.s3 === null)
    return { blobs: await openFilesystemBlobStore({ directory: join(config.DATA_DIR, 'blobs') }), upkeep: [] }
  const blobs = await openS3BlobStore(config.s3)
  return { blobs, upkeep: [abortLeftUploads(blobs)] }
}

const DAY_MS = 24 * 3_600_000

/** Uploads that a process did not live to end take room for good: they are looked for at the start, and then daily. */
const abortLeftUploads = (blobs: S3BlobStore): Reaction => {
  let next = 0
  return {
    name: 'abort-left-uploads',
    run: async () => {
      // By the machine's clock, as the store has it.
      const now = Date.now()
      if (now < next) return
      await blobs.collectAborted(new Date(now - DAY_MS))
      next = now + DAY_MS
    },
  }
}

const statusOf = (projections: ProjectionRunner, of: string) =>
  projections.status().find(({ name }) => name === of)

const positionOf = (projections: ProjectionRunner, of: string): Position =>
  statusOf(projections, of)?.position ?? START

/** A read model, from when it has caught up for the first time: before, half of the truth would look like all of it. */
const onceBuilt = (projections: ProjectionRunner, of: string) => {
  let built = false
  return () => {
    const status = built ? undefined : statusOf(projections, of)
    built ||= status?.state === 'LIVE'
    if (!built) {
      const why = status?.reason ?? `${Math.floor(100 * (status?.progress ?? 0))} % done, try again soon`
      throw new StaleRead(`The ${of} is being read off the ledger: ${why}.`)
    }
    return projections.database(of)
  }
}

/** Waits until a read model shows a position, and no longer than a client would. */
const settledIn =
  (projections: ProjectionRunner, of: string, timeoutMs = SETTLE_MS) =>
  (position: Position) =>
    projections.waitFor(of, position, timeoutMs).catch((cause: unknown) => {
      // Why is for operators, in /readyz and in the log: it may name what is not this client's.
      throw new StaleRead('This is recorded, but cannot be shown yet: read it again later.', { cause })
    })

/** Answers are read off the catalog and the bill: as new as the newer, as stale as the staler. */
const shownBy = (projections: ProjectionRunner, log: EventLog): Shown => {
  const shown = projections.status().filter(({ name }) => name !== toDoProjection.name)
  const since = [log.outageSince(), ...shown.map(({ staleSince }) => staleSince ?? null)]
  return {
    position: shown
      .map(({ position }) => position)
      .reduce((newest, other) => (other > newest ? other : newest)),
    staleSince: since.filter((instant) => instant !== null).sort()[0] ?? null,
  }
}

/** While the list is still being read off the log, most of what stands on it has long been done; bills wait for billing. */
const onceCaughtUp = (projections: ProjectionRunner, toDo: ToDo): ToDo => {
  const isLive = (of: string) => statusOf(projections, of)?.state === 'LIVE'
  const live = () => isLive(toDoProjection.name)
  const billed = () => live() && isLive(billingProjection.name)
  return {
    unsettledClaims: (before, limit) => (live() ? toDo.unsettledClaims(before, limit) : []),
    dueDeletions: (now, limit) => (live() ? toDo.dueDeletions(now, limit) : []),
    dueDates: (now, limit) => (live() ? toDo.dueDates(now, limit) : []),
    expiredOffers: (now, limit) => (live() ? toDo.expiredOffers(now, limit) : []),
    duePeriods: (now, limit) => (billed() ? toDo.duePeriods(now, limit) : []),
    budgetedAccounts: () => (billed() ? toDo.budgetedAccounts() : []),
    removableContents: (limit) => (live() ? toDo.removableContents(limit) : []),
  }
}

const main = async (): Promise<void> => {
  // What tenants keep here is nobody else's on this machine.
  process.umask(0o077)
  const config = readConfig(process.env)
  if (config._tag === 'Left') throw new Error(config.left)
  const service = await startService(config.right)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void service.stop())
  if (config.right.auth.kind !== 'DEV') return
  await createDemo(service.services)
  process.stdout.write(devGreeting(service.url, await devTokens(devSecret(config.right.DATA_DIR))))
}

if (process.argv[1] === import.meta.filename)
  main().catch((error: unknown) => {
    process.stderr.write(
      `image-ledger does not start: ${error instanceof Error ? error.message : String(error)}\n`,
    )
    process.exit(1)
  })
