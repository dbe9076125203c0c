import { join } from 'node:path'
import { openFilesystemBlobStore } from '../src/adapters/filesystem/blob-store.ts'
import { openSnapshots } from '../src/adapters/sqlite/snapshots.ts'
import { systemClock } from '../src/adapters/system/clock.ts'
import { createDigestPool } from '../src/adapters/system/digest-pool.ts'
import type { Caller } from '../src/application/command.ts'
import { Ledger } from '../src/application/ledger.ts'
import type { Bills } from '../src/application/ports/billing.ts'
import type { EventLog } from '../src/application/ports/event-log.ts'
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
  const snapshots = openSnapshots({
    file: join(directory, 'snapshots.sqlite'),
    onError: () => undefined,
  })
  const services: Services = {
    ledger: new Ledger(log, snapshots),
    clock: systemClock(),
    blobs: await openFilesystemBlobStore({ directory: join(directory, 'blobs') }),
    digester,
    directory: {
      onlyLocation: () => BENCH.location as unknown as LocationId,
      accountOf: () => BENCH.account as unknown as AccountId,
      pendingOffersTo: () => 0,
    },
    // Neither creating nor changing an image asks for bills.
    bills: {} as Bills,
    uploads: new Uploads(),
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    limits: { maxImageBytes: 2n ** 40n, maxVirtualBytes: 2n ** 44n, deleteRecoveryHours: 0 },
  }
  const close = async () => {
    snapshots.close()
    await digester.close()
  }
  return { services, close }
}
