import { join } from 'node:path'
import { openFilesystemBlobStore } from '../../src/adapters/filesystem/blob-store.ts'
import { openSqliteEventLog } from '../../src/adapters/sqlite/event-log.ts'
import { filesIn } from './files.ts'
import type { Stores } from './stores.ts'

/** The embedded log and the files of the directory itself. */
export const stores: Stores = {
  environment: async () => ({}),
  openLog: async (directory, clock) => openSqliteEventLog({ file: join(directory, 'events.sqlite'), clock }),
  openBlobs: (directory) => openFilesystemBlobStore({ directory: join(directory, 'blobs') }),
  blobFiles: (directory) => filesIn(join(directory, 'blobs')),
  filesHalfway: 1,
}
