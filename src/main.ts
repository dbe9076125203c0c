import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import pino from 'pino'
import { authenticateWith } from './adapters/http/authenticate.ts'
import { createDemo, devGreeting, devSecret, devTokens } from './adapters/http/dev-mode.ts'
import { linksSignedWith } from './adapters/http/links.ts'
import { createServer } from './adapters/http/server.ts'
import { httpSources } from './adapters/http-source/sources.ts'
import { lockDirectory } from './adapters/sqlite/lock.ts'
import { openReadModels } from './adapters/sqlite/read-models.ts'
import { openSnapshots } from './adapters/sqlite/snapshots.ts'
import { systemClock } from './adapters/system/clock.ts'
import { type Config, readConfig } from './adapters/system/config.ts'
import { createDecoderPool } from './adapters/system/decompression/decoder-pool.ts'
import { createDigestPool } from './adapters/system/digest-pool.ts'
import { keptSecret } from './adapters/system/kept-secret.ts'
import { openTelemetry } from './adapters/telemetry/telemetry.ts'
import { Ledger } from './application/ledger.ts'
import type { EventLog } from './application/ports/event-log.ts'
import { allReactions } from './application/reactions/all.ts'
import { fetchImages } from './application/reactions/fetches.ts'
import { type RunningReactions, runReactions } from './application/reactions/run.ts'
import { verifyUploads } from './application/reactions/verifications.ts'
import type { Services } from './application/services.ts'
import { Uploads } from './application/uploads.ts'
import { millisOf } from './domain/kernel/instant.ts'
import { ledgerEvents } from './domain/ledger-events.ts'
import { Listeners } from './graphql/listeners.ts'
import { billingProjection } from './projections/billing/apply.ts'
import { billingOf } from './projections/billing/billing.ts'
import { billsOf } from './projections/billing/bills.ts'
import { totalsOf } from './projections/billing/totals.ts'
import { catalog as catalogProjection } from './projections/catalog/apply.ts'
import { catalogOf } from './projections/catalog/catalog.ts'
import { Changes } from './projections/changes.ts'
import { type PublishCopies, publishCopies } from './projections/copies.ts'
import { type ProjectionRunner, startProjections } from './projections/runner.ts'
import { storedOf } from './projections/to-do/stored.ts'
import { toDoOf, toDoProjection } from './projections/to-do/to-do.ts'
import {
  isLive,
  onceBuilt,
  onceCaughtUp,
  positionOf,
  reachedIn,
  settledIn,
  shownBy,
  storedOnceCaughtUp,
} from './readings.ts'

import { openBytes, openLog } from './stores.ts'

// The only place where the parts meet.

/** How often a node looks whether the copies of read models have become old, at the most. */
const COPY_PAUSE_MS = 60_000
const REACTION_PAUSE_MS = 1_000

/** A running service. */
export interface Service {
  /** Where it listens, without a path. */
  readonly url: string
  readonly services: Services
  readonly log: EventLog
  readonly projections: ProjectionRunner
  /** Lets requests finish for STOP_GRACE_SECONDS, then cuts them; what was acknowledged is kept, an upload cut off is sent again. */
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
  const { log: store, lease } = await openLog(config, clock, logger, telemetry)
  const log = telemetry.log(store)
  const digester = createDigestPool()
  const decompressor = createDecoderPool({
    onCrash: (err) => logger.warn({ err }, 'A decoder died: its image was refused.'),
  })
  const { blobs: bytes, upkeep, copies } = await openBytes(config, logger)
  const blobs = telemetry.blobs(bytes)
  const readModels = openReadModels({
    directory: join(directory, 'read-models'),
    onDiscarded: (name, err) => logger.warn({ name, err }, 'A read model was damaged: it is built anew.'),
  })
  const definitions = [catalogProjection, billingProjection, toDoProjection]
  const changes = new Changes(catalogProjection.name)
  const listeners = new Listeners()
  const projections = await startProjections({
    log,
    readModels,
    definitions: ledgerEvents,
    projections: definitions,
    logger,
    copies,
    onApplied: (batch) => {
      telemetry.applied(batch)
      changes.applied(batch)
    },
  })
  const catalog = catalogOf(onceBuilt(projections, catalogProjection.name))
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
  const ledger = new Ledger(log, snapshots)
  const services: Services = {
    ledger,
    clock,
    blobs,
    digester,
    decompressor,
    directory: catalog,
    bills,
    // Beside an embedded ledger, no other process receives anything.
    uploads: new Uploads({ ledger, clock, alone: config.EVENTSTORE_URL === undefined }),
    sources: httpSources({
      allowCidrs: config.IMPORT_ALLOW_CIDRS,
      allowPorts: config.IMPORT_ALLOW_PORTS,
      timeoutSeconds: config.IMPORT_TIMEOUT_SECONDS,
      minBytesPerSecond: config.IMPORT_MIN_BYTES_PER_SECOND,
    }),
    stored: storedOnceCaughtUp(
      projections,
      storedOf(() => projections.database(toDoProjection.name)),
    ),
    links: linksSignedWith(config.LINK_SECRET ?? keptSecret(join(directory, 'link-secret'))),
    logger,
    limits: {
      maxImageBytes: config.MAX_IMAGE_BYTES,
      maxVirtualBytes: config.MAX_VIRTUAL_BYTES,
      deleteRecoveryHours: config.DELETE_RECOVERY_HOURS,
      uploadExpiryHours: config.UPLOAD_EXPIRY_HOURS,
    },
  }
  const { auth } = config
  const app = createServer({
    api: {
      services,
      catalog,
      billing: billingOf(billingSource),
      log,
      changes,
      listeners,
      settled: settledIn(projections, catalogProjection.name),
      billed: () =>
        settledIn(projections, billingProjection.name)(positionOf(projections, catalogProjection.name)),
      reached: reachedIn(projections, catalogProjection.name),
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
    publicUrl: config.PUBLIC_URL,
    uploadPace: {
      bytesPerSecond: config.UPLOAD_MIN_BYTES_PER_SECOND,
      windowMs: config.UPLOAD_PATIENCE_SECONDS * 1_000,
    },
  })
  telemetry.service({
    status: () => projections.status(),
    // What is asked for the metrics is no read that they should count.
    log: store,
    clock,
    uploads: () => services.uploads.count,
    subscriptions: () => listeners.count,
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
  // A node that does not know what is to be done leaves it to the others: it renews its lease no more.
  const isMyTurn = async () =>
    lease === null || (isLive(projections, toDoProjection.name) && (await lease.held()))
  const reactions = runReactions(
    [...allReactions(services, toDo, startedAt), ...upkeep].map(telemetry.recurring),
    { pauseMs: REACTION_PAUSE_MS, logger, isMyTurn },
  )
  const besides = [fetchImages(services), verifyUploads(services)]
  const besideReactions = runReactions(besides, { pauseMs: REACTION_PAUSE_MS, logger })
  const copying =
    copies === null
      ? null
      : await startCopying(
          { projections: definitions, runner: projections, readModels, copies, logger },
          log,
          config.READ_MODEL_COPY_MINUTES * 60_000,
        )
  const stop = async () => {
    const cut = setTimeout(() => app.server.closeAllConnections(), config.STOP_GRACE_SECONDS * 1_000)
    // These would hold the lines until they are cut.
    changes.close()
    await app.close()
    clearTimeout(cut)
    await copying?.stop()
    await besideReactions.stop()
    await services.uploads.stop()
    for (const each of besides) await each.stop()
    await reactions.stop()
    await lease?.release().catch(() => undefined)
    await projections.stop()
    await log.close()
    snapshots.close()
    await digester.close()
    await decompressor.close()
    await telemetry.close()
    lock.release()
  }
  return { url, services, log, projections, stop }
}

/** Beside the reactions, which have no time to wait for it. */
const startCopying = async (
  of: Omit<PublishCopies, 'log' | 'everyMs'>,
  log: EventLog,
  everyMs: number,
): Promise<RunningReactions> => {
  const run = publishCopies({ ...of, log: await log.identity(), everyMs })
  const pauseMs = Math.min(everyMs / 2, COPY_PAUSE_MS)
  return runReactions([{ name: 'publish-read-models', run }], { pauseMs, logger: of.logger })
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
