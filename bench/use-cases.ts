import { join } from 'node:path'
import { openFilesystemBlobStore } from '../src/adapters/filesystem/blob-store.ts'
import { openSnapshots } from '../src/adapters/sqlite/snapshots.ts'
import { systemClock } from '../src/adapters/system/clock.ts'
import { createDecoderPool } from '../src/adapters/system/decompression/decoder-pool.ts'
import { createDigestPool } from '../src/adapters/system/digest-pool.ts'
import type { Caller } from '../src/application/command.ts'
import { Ledger } from '../src/application/ledger.ts'
import type { Bills } from '../src/application/ports/billing.ts'
import type { EventLog } from '../src/application/ports/event-log.ts'
import type { Links } from '../src/application/ports/links.ts'
import type { ImageSources } from '../src/application/ports/source.ts'
import type { Stored } from '../src/application/ports/stored.ts'
import type { Services } from '../src/application/services.ts'
import { Uploads } from '../src/application/uploads.ts'
import type { AccountId, LocationId } from '../src/domain/kernel/ids.ts'
import { BENCH } from './seed.ts'

/** An admin of the seeded account. */
export const caller: Caller = {
  principal: {
    subject: 'bench',
    issuer: '',
    operator: false,
    hypervisor: null,
    account: BENCH.account as unknown as AccountId,
    accountRole: 'ADMIN',
    projects: new Map(),
  },
  requestId: 'bench',
}

/** What use cases take, over a log that the caller closes: without HTTP and without read models. */
export const openUseCases = async (
  log: EventLog,
  directory: string,
): Promise<{ readonly services: Services; readonly close: () => Promise<void> }> => {
  const digester = createDigestPool()
  const decompressor = createDecoderPool()
  const snapshots = openSnapshots({
    file: join(directory, 'snapshots.sqlite'),
    onError: () => undefined,
  })
  const ledger = new Ledger(log, snapshots)
  const clock = systemClock()
  const services: Services = {
    ledger,
    clock,
    blobs: await openFilesystemBlobStore({ directory: join(directory, 'blobs') }),
    digester,
    decompressor,
    directory: {
      onlyLocation: () => BENCH.location as unknown as LocationId,
      accountOf: () => BENCH.account as unknown as AccountId,
      pendingOffersTo: () => 0,
    },
    // Neither creating nor changing an image asks for bills, for links or for what is stored.
    bills: {} as Bills,
    uploads: new Uploads({ ledger, clock, alone: true }),
    stored: {} as Stored,
    sources: {} as ImageSources,
    links: {} as Links,
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    limits: {
      maxImageBytes: 2n ** 40n,
      maxVirtualBytes: 2n ** 44n,
      deleteRecoveryHours: 0,
      uploadExpiryHours: 24,
    },
  }
  const close = async () => {
    snapshots.close()
    await digester.close()
    await decompressor.close()
  }
  return { services, close }
}
