import type { BlobStore } from '../../src/application/ports/blob-store.ts'
import type { Clock } from '../../src/application/ports/clock.ts'
import type { EventLog } from '../../src/application/ports/event-log.ts'

/**
 * Where events and bytes are kept, for each data directory apart: who asks for a directory again finds what was kept. What
 * serves them, if anything does, is stopped when the tests of the file are over.
 */
export interface Stores {
  /** What a service on the directory is configured with. */
  environment(directory: string): Promise<Readonly<Record<string, string>>>
  /** The log of the directory; whoever opens it closes it. Events are recorded by the clock. */
  openLog(directory: string, clock: Clock): Promise<EventLog>
  openBlobs(directory: string): Promise<BlobStore>
  /** The files that hold the bytes of the directory's blobs, finished or not; the key of a blob is a part of its path. */
  blobFiles(directory: string): Promise<readonly string[]>
  /** How many files hold the first MiB of an upload that is under way. */
  readonly filesHalfway: number
}

/** The one place that knows which stores a run of the tests is over: vitest.config.ts says it. */
export const { stores }: { readonly stores: Stores } =
  process.env['STORES'] === 'nodes'
    ? await import('./stores-of-nodes.ts')
    : await import('./embedded-stores.ts')
