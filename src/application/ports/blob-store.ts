import type { Readable } from 'node:stream'
import type { BlobKey } from '../../domain/kernel/ids.ts'

/** The bytes from `start` to `end`, both inclusive and counted from 0. */
export interface ByteRange {
  readonly start: bigint
  readonly end: bigint
}

/**
 * Takes one blob's bytes in order. Until commit() nothing of it can be read under its key; after abort(), or after the
 * process died, nothing of it is left.
 */
export interface BlobWriter {
  /**
   * Resolves when more may be written. The writer keeps no reference to `chunk` after that.
   * Throws StorageFull where the store has no room for it; the writer must be aborted then.
   */
  write(chunk: Uint8Array): Promise<void>
  /** Makes the blob durable and readable, all at once. Resolves only when it would survive power loss. */
  commit(): Promise<void>
  /** Discards what was written. Does nothing after commit(), or a second time. */
  abort(): Promise<void>
}

export interface ListedBlob {
  readonly key: BlobKey
  /** When its last byte was written, by the store's clock. */
  readonly writtenAt: Date
}

/** Image bytes, immutable once committed. test/contracts/blob-store.ts holds every adapter to this. */
export interface BlobStore {
  /** Begins a blob under a key that was never used before. */
  create(key: BlobKey): Promise<BlobWriter>
  /** The committed bytes, or a part of them; null where there is no such blob. `range` must lie within its size. */
  read(key: BlobKey, range?: ByteRange): Promise<Readable | null>
  /** The size in bytes; null where there is no such blob. */
  size(key: BlobKey): Promise<bigint | null>
  /**
   * Where the store hands bytes out itself: a link to the blob, good for a short time and for whoever holds it, under which it is
   * saved as `name`. It says nothing of whether there is such a blob.
   */
  link?(key: BlobKey, name: string): Promise<string>
  /** Every committed blob, in no particular order; one that comes or goes meanwhile may be among them or not. */
  list(): AsyncIterable<ListedBlob>
  /** Removes it; resolves too where it is gone already. Reads that have begun go on. */
  remove(key: BlobKey): Promise<void>
}

/** The store cannot be reached right now. Nothing is known to be stored. Retry later. */
export class BlobsUnavailable extends Error {
  override readonly name = 'BlobsUnavailable'
}

/** No room for these bytes. What was written of the blob is freed by abort(). */
export class StorageFull extends Error {
  override readonly name = 'StorageFull'
}
