import { join } from 'node:path'
import { openSqliteEventLog } from '../src/adapters/sqlite/event-log.ts'
import { systemClock } from '../src/adapters/system/clock.ts'
import { type Command, createdId } from '../src/application/command.ts'
import type { EventLog, NewEvent } from '../src/application/ports/event-log.ts'
import { encodeEvent } from '../src/domain/kernel/event.ts'
import type { ImageId } from '../src/domain/kernel/ids.ts'
import { instantFromMillis } from '../src/domain/kernel/instant.ts'
import type { StreamName } from '../src/domain/kernel/recorded.ts'
import { type LedgerEvent, ledgerEvents } from '../src/domain/ledger-events.ts'

// Fills a ledger as commands would have, event for event, without waiting for them one by one.

export const BENCH = { account: 'bench', project: 'bench-project', location: 'bench-location' } as const

/** All that seeding asks of a log. */
type Appending = Pick<EventLog, 'append'>

export interface Owner {
  readonly account: string
  readonly project: string
}

/** When the first seeded image was created; each of the others a second after the one before. */
export const T0 = Date.UTC(2026, 0, 1)
const SYSTEMS = ['ubuntu', 'debian', 'rocky', 'freebsd', 'windows'] as const

/** The id of the n-th seeded image. */
export const imageId = (n: number): ImageId =>
  createdId({ id: '00000000-0000-4000-8000-000000000000' } as Command, `image ${n}`) as ImageId

/** Opens a log in a directory, seeds it with an account, a project, a location and `images` images, and closes it. */
export const seed = async (directory: string, images: number): Promise<void> => {
  const log = openSqliteEventLog({ file: join(directory, 'events.sqlite'), clock: systemClock() })
  await seedWorld(log, [BENCH])
  await seedImages(log, images, history)
  await log.close()
}

/** The location, and each owner's account and project. */
export const seedWorld = async (log: Appending, owners: readonly Owner[]): Promise<void> => {
  await append(log, `location-${BENCH.location}`, [
    { type: 'LocationCreated', data: { name: 'Bench', imagesEnabled: true } },
  ] as LedgerEvent[])
  for (const { account, project } of owners) {
    await append(log, `account-${account}`, [
      { type: 'AccountCreated', data: { name: account, imageLimit: null } },
    ] as LedgerEvent[])
    await append(log, `project-${project}`, [
      { type: 'ProjectCreated', data: { account, name: project } },
    ] as LedgerEvent[])
  }
}

const BATCH = 1_000

/** The images from the `first` on, up to so many in all: each with its history, a second after the one before. */
export const seedImages = async (
  log: Appending,
  images: number,
  historyOf: (n: number) => LedgerEvent[],
  first = 0,
): Promise<void> => {
  for (let from = first; from < images; from += BATCH)
    await Promise.all(
      Array.from({ length: Math.min(BATCH, images - from) }, (_, n) =>
        append(log, `image-${imageId(from + n)}`, historyOf(from + n), T0 + (from + n) * 1000),
      ),
    )
}

/** What a typical image went through: registered, uploaded, described once. */
export const history = (n: number, { account, project }: Owner = BENCH): LedgerEvent[] => {
  const os = SYSTEMS[n % SYSTEMS.length] ?? 'ubuntu'
  const hex = n.toString(16).padStart(64, '0')
  return [
    {
      type: 'ImageRegistered',
      data: {
        account,
        project,
        location: BENCH.location,
        name: `${os}-24.04-base-${n}`,
        claimId: createdId({ id: imageId(n) } as unknown as Command, 'claim'),
        kind: 'DISK',
        origin: 'UPLOAD',
        source: { from: 'UPLOAD' },
        declared: {},
        details: {
          description: `Image number ${n} of ${os}, hardened`,
          os,
          osFamily: 'LINUX',
          version: `24.04.${n % 50}`,
          arch: 'x86_64',
          family: `${os}-24.04-base`,
          cloudInit: true,
          compatibilityMode: false,
          minDiskBytes: 10_000_000_000n,
          minRamBytes: 1_000_000_000n,
        },
        official: false,
        protected: false,
        blockSize: 512,
        properties: [{ name: 'hw_disk_bus', value: 'virtio' }],
        tags: ['golden', os],
      },
    },
    {
      type: 'ImageContentStored',
      data: {
        content: {
          blob: createdId({ id: imageId(n) } as unknown as Command, 'blob'),
          sizeBytes: 1_000_000_000n + BigInt(n),
          virtualSizeBytes: 10_000_000_000n,
          format: 'QCOW2',
          compression: 'NONE',
          digests: { sha256: hex, sha512: hex + hex, sha1: hex.slice(24), md5: hex.slice(32) },
        },
      },
    },
    { type: 'ImageBecameAvailable', data: {} },
    {
      type: 'ImageDescribed',
      data: { changes: { description: `Image number ${n} of ${os}, hardened twice` } },
    },
  ] as LedgerEvent[]
}

/** As the ledger stores them. */
export const stored = (events: readonly LedgerEvent[], stream: string, millis: number): NewEvent[] =>
  events.map((event, index) => ({
    id: createdId({ id: '00000000-0000-4000-8000-000000000001' } as Command, `${stream}/${index}`),
    type: event.type,
    data: encodeEvent(ledgerEvents, event),
    metadata: {
      actor: { id: 'bench', kind: 'USER' },
      correlationId: 'bench',
      requestId: 'bench',
      occurredAt: instantFromMillis(millis),
      schemaVersion: 1,
      commandId: 'bench',
    },
  }))

const append = async (
  log: Appending,
  stream: string,
  events: readonly LedgerEvent[],
  millis = T0,
): Promise<void> => {
  const appended = await log.append(stream as StreamName, 'NO_STREAM', stored(events, stream, millis))()
  if (appended._tag === 'Left') throw new Error(`${stream} is not empty`)
}
