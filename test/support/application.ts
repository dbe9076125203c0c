import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { linksSignedWith } from '../../src/adapters/http/links.ts'
import { httpSources } from '../../src/adapters/http-source/sources.ts'
import { createDecoderPool } from '../../src/adapters/system/decompression/decoder-pool.ts'
import { createDigestPool } from '../../src/adapters/system/digest-pool.ts'
import type { Caller } from '../../src/application/command.ts'
import { Ledger } from '../../src/application/ledger.ts'
import type { BlobStore } from '../../src/application/ports/blob-store.ts'
import type { Clock } from '../../src/application/ports/clock.ts'
import type { EventLog } from '../../src/application/ports/event-log.ts'
import type { Snapshot, Snapshots } from '../../src/application/ports/snapshots.ts'
import type { ToDo } from '../../src/application/ports/to-do.ts'
import { repairClaims } from '../../src/application/reactions/reactions.ts'
import type { Limits, Services } from '../../src/application/services.ts'
import { Uploads } from '../../src/application/uploads.ts'
import { accountCreate } from '../../src/application/use-cases/account-create.ts'
import { locationCreate } from '../../src/application/use-cases/location-create.ts'
import { projectCreate } from '../../src/application/use-cases/project-create.ts'
import type { Principal } from '../../src/domain/access/principal.ts'
import { type Instant, instantFromMillis, millisOf } from '../../src/domain/kernel/instant.ts'
import type { StoredEvent, StreamName } from '../../src/domain/kernel/recorded.ts'
import { START } from '../../src/domain/kernel/recorded.ts'
import { ledgerEvents } from '../../src/domain/ledger-events.ts'
import { billingProjection } from '../../src/projections/billing/apply.ts'
import { type Billing, billingOf } from '../../src/projections/billing/billing.ts'
import { billsOf } from '../../src/projections/billing/bills.ts'
import { catalog as catalogProjection } from '../../src/projections/catalog/apply.ts'
import { type Catalog, catalogOf } from '../../src/projections/catalog/catalog.ts'
import type { Projection, ReadModels, SqlDatabase } from '../../src/projections/projection.ts'
import { type ProjectionRunner, startProjections } from '../../src/projections/runner.ts'
import { storedOf } from '../../src/projections/to-do/stored.ts'
import { toDoOf, toDoProjection } from '../../src/projections/to-do/to-do.ts'
import { recordingLogger } from './projections.ts'
import { acme, globex, lab, ops, principal, web } from './samples.ts'
import { stores } from './stores.ts'
import { SECRET } from './tokens.ts'

/** A clock that goes on by a millisecond each time it is looked at, and further where it is told to. */
export interface TickingClock extends Clock {
  advance(millis: number): void
}

const tickingClock = (start = '2026-03-01T00:00:00.000Z'): TickingClock => {
  let millis = millisOf(start as Instant)
  return {
    now: () => {
      millis += 1
      return instantFromMillis(millis)
    },
    advance: (by) => {
      millis += by
    },
  }
}

/** Snapshots in memory; nodes do not share them. */
export const memorySnapshots = (): Snapshots & { readonly kept: Map<StreamName, Snapshot> } => {
  const kept = new Map<StreamName, Snapshot>()
  return {
    kept,
    load: (stream) => kept.get(stream) ?? null,
    // As a file would: what is kept is plain JSON.
    save: (stream, snapshot) => kept.set(stream, JSON.parse(JSON.stringify(snapshot))),
  }
}

/** Read models in memory. */
export const memoryReadModels = (): ReadModels => {
  // node:sqlite's type differs in BLOBs only, which no read model has.
  const open = (): SqlDatabase => new DatabaseSync(':memory:') as unknown as SqlDatabase
  // There are no files to be had or to be copied.
  const withCopy = () => Promise.reject(new Error('A read model in memory is not copied'))
  return { open, openEmpty: open, openWritten: async () => null, withCopy }
}

export const callerOf = (who: Principal): Caller => ({ principal: who, requestId: crypto.randomUUID() })

export const operator = principal({ subject: 'olivia', operator: true })
/** Collaborates in project web of account acme. */
export const collaborator = principal({
  subject: 'carol',
  account: acme,
  projects: new Map([[web, 'COLLABORATOR']]),
})

/** The service without HTTP: use cases over a real log, with real projections. */
export interface Application extends AsyncDisposable {
  readonly directory: string
  readonly log: EventLog
  readonly clock: TickingClock
  readonly catalog: Catalog
  readonly billing: Billing
  readonly toDo: ToDo
  readonly services: Services
  /** What is logged by any node. */
  readonly lines: ReturnType<typeof recordingLogger>['lines']
  /** Another node over the same log, which it may see through a wrapper. */
  node(log?: EventLog): Services
  /** Resolves when the projections have seen all of the log. */
  settled(): Promise<void>
  /** The to-do list of a node that starts now: built anew, from the first event on. Good until the application ends. */
  toDoAfterRestart(): Promise<ToDo>
  /** Everything that was ever recorded. */
  everything(): Promise<readonly StoredEvent[]>
}

export interface ApplicationOptions {
  /** Of account acme; null by default. */
  readonly imageLimit?: number | null
  readonly limits?: Partial<Limits>
}

const WAIT_MS = 30_000

/** In memory where the system has such a place: what is tested here is not the disk, and waits for it a thousand times. */
export const quickDirectory = (): Promise<string> =>
  mkdtemp('/dev/shm/image-ledger-').catch(() => mkdtemp(join(tmpdir(), 'image-ledger-')))

/** A service with location ams, account acme with projects web and ops, and account globex with project lab. */
export const application = async (options: ApplicationOptions = {}): Promise<Application> => {
  const directory = await quickDirectory()
  const clock = tickingClock()
  const log = await stores.openLog(directory, clock)
  const logger = recordingLogger()
  const started: ProjectionRunner[] = []
  const start = async (definitions: readonly Projection[]): Promise<ProjectionRunner> => {
    const readModels = memoryReadModels()
    const runner = await startProjections({
      log,
      readModels,
      definitions: ledgerEvents,
      projections: definitions,
      logger,
    })
    started.push(runner)
    return runner
  }
  const projections = await start([catalogProjection, billingProjection, toDoProjection])
  const catalog = catalogOf(() => projections.database(catalogProjection.name))
  const toDo = toDoOf(() => projections.database(toDoProjection.name))
  const blobs = openedWhenUsed(() => stores.openBlobs(directory))
  const digester = createDigestPool()
  // Tests that fetch say from where.
  const sources = httpSources({ allowCidrs: [], allowPorts: [], timeoutSeconds: 60, minBytesPerSecond: 1 })
  const decompressor = createDecoderPool()
  const settled = async (): Promise<void> => {
    const head = await log.head()
    for (const { name } of projections.status()) await projections.waitFor(name, head, WAIT_MS)
  }
  const billingSource = {
    database: () => projections.database(billingProjection.name),
    position: () =>
      projections.status().find(({ name }) => name === billingProjection.name)?.position ?? START,
    blobs,
    provider: 'Cloud',
  }
  const bills = billsOf({ ...billingSource, caughtUp: settled })
  const node = (through: EventLog = log): Services => {
    const ledger = new Ledger(through, memorySnapshots())
    return {
      ledger,
      clock,
      blobs,
      digester,
      decompressor,
      directory: catalog,
      bills,
      uploads: new Uploads({ ledger, clock, alone: false }),
      links: linksSignedWith(SECRET),
      sources,
      stored: storedOf(() => projections.database(toDoProjection.name)),
      logger,
      limits: {
        maxImageBytes: 2n ** 30n,
        maxVirtualBytes: 2n ** 40n,
        deleteRecoveryHours: 0,
        uploadExpiryHours: 24,
        ...options.limits,
      },
    }
  }
  const toDoAfterRestart = async (): Promise<ToDo> => {
    const runner = await start([toDoProjection])
    await runner.waitFor(toDoProjection.name, await log.head(), WAIT_MS)
    return toDoOf(() => runner.database(toDoProjection.name))
  }
  const services = node()
  await makeWorld(services, options.imageLimit ?? null)
  await settled()
  return {
    directory,
    log,
    clock,
    catalog,
    billing: billingOf(billingSource),
    toDo,
    services,
    lines: logger.lines,
    node,
    settled,
    toDoAfterRestart,
    everything: () => log.readAll({ after: START, limit: 100_000 }),
    [Symbol.asyncDispose]: async () => {
      for (const runner of started) await runner.stop()
      await log.close()
      await digester.close()
      await decompressor.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

const makeWorld = async (services: Services, imageLimit: number | null): Promise<void> => {
  const caller = callerOf(operator)
  const made = [
    ...(await Promise.all([
      locationCreate(services)(caller, { id: 'ams', name: 'Amsterdam' })(),
      accountCreate(services)(caller, { id: acme, name: 'Acme', imageLimit })(),
      accountCreate(services)(caller, { id: globex, name: 'Globex' })(),
    ])),
    ...(await Promise.all([
      projectCreate(services)(caller, { id: web, account: acme, name: 'Web' })(),
      projectCreate(services)(caller, { id: ops, account: acme, name: 'Ops' })(),
      projectCreate(services)(caller, { id: lab, account: globex, name: 'Lab' })(),
    ])),
  ]
  for (const { _tag } of made) if (_tag === 'Left') throw new Error('The world could not be made')
}

/** Opening takes syncs of the disk that most tests have no use for. */
const openedWhenUsed = (open: () => Promise<BlobStore>): BlobStore => {
  let opening: Promise<BlobStore> | null = null
  const store = (): Promise<BlobStore> => {
    opening ??= open()
    return opening
  }
  return {
    create: async (key) => (await store()).create(key),
    read: async (key, range) => (await store()).read(key, range),
    size: async (key) => (await store()).size(key),
    list: async function* () {
      yield* (await store()).list()
    },
    remove: async (key) => (await store()).remove(key),
  }
}

const ROUNDS = 5

/** Lets a node repair claims, without grace, until nothing is left to settle. Throws where that does not come to an end. */
export const repairAll = async (app: Application, by: Services = app.node()): Promise<void> => {
  for (let round = 0; round < ROUNDS; round += 1) {
    await app.settled()
    if (app.toDo.unsettledClaims(app.clock.now(), 1).length === 0) return
    await repairClaims(by, app.toDo, 0).run()
  }
  throw new Error('Repair does not come to an end')
}
