import { type Instant, instantFromMillis, millisOf } from '../domain/kernel/instant.ts'
import type { Ledger } from './ledger.ts'
import type { Bills } from './ports/billing.ts'
import type { BlobStore } from './ports/blob-store.ts'
import type { Clock } from './ports/clock.ts'
import type { Decompressor } from './ports/decompressor.ts'
import type { Digester } from './ports/digester.ts'
import type { Directory } from './ports/directory.ts'
import type { Links } from './ports/links.ts'
import type { Logger } from './ports/logger.ts'
import type { ImageSources } from './ports/source.ts'
import type { Stored } from './ports/stored.ts'
import type { Uploads } from './uploads.ts'

/** What use cases work with: main.ts puts it together. */
export interface Services {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly blobs: BlobStore
  readonly digester: Digester
  readonly decompressor: Decompressor
  readonly directory: Directory
  readonly bills: Bills
  readonly links: Links
  readonly uploads: Uploads
  readonly stored: Stored
  readonly sources: ImageSources
  readonly logger: Logger
  readonly limits: Limits
}

export interface Limits {
  /** The most bytes that one image may have as stored. */
  readonly maxImageBytes: bigint
  /** The most bytes that a disk made from an image may have. */
  readonly maxVirtualBytes: bigint
  /** How long a deletion may be taken back, in hours; 0: not at all. */
  readonly deleteRecoveryHours: number
  /** For so many hours a resumable upload waits to be resumed. */
  readonly uploadExpiryHours: number
}

const HOUR = 3_600_000

/** When a deletion that begins now is final. */
export const finalDeletion = (now: Instant, { deleteRecoveryHours }: Limits): Instant =>
  instantFromMillis(millisOf(now) + deleteRecoveryHours * HOUR)
