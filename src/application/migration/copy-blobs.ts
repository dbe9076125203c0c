import { createHash } from 'node:crypto'
import { type Either, left, right } from '../../domain/kernel/fp.ts'
import type { BlobKey } from '../../domain/kernel/ids.ts'
import { readRecorded, START, type StoredEvent, type StreamName } from '../../domain/kernel/recorded.ts'
import { type LedgerEvent, ledgerEvents } from '../../domain/ledger-events.ts'
import type { BlobStore } from '../ports/blob-store.ts'
import type { EventLog } from '../ports/event-log.ts'
import { eventsAfter, named } from './reading.ts'

const PAGE = 1_000
/** So many blobs, or bytes, are a line on the way. */
const TELL_EVERY_BLOBS = 100
const TELL_EVERY_BYTES = 10n ** 9n
/** So many that are wrong are named. */
const MAX_NAMED = 20

/** What is in both stores now, whoever brought it. */
export interface Copied {
  readonly blobs: number
  readonly bytes: bigint
}

/** Bytes that an event refers to. */
interface Referred {
  readonly key: BlobKey
  /** Null for a piece of an upload, which goes when that is over. */
  readonly sha256: string | null
  /** Null where the event does not say it. */
  readonly sizeBytes: bigint | null
}

/**
 * Copies all bytes that events of the log refer to and that are not in the destination in their size yet: contents of images,
 * pieces of uploads under way, and statements of sealed months. What is copied must have the SHA-256 that its event says. Left: what is missing or
 * damaged, a line each; everything else has been copied then.
 */
export const copyBlobs = async (
  log: EventLog,
  source: BlobStore,
  destination: BlobStore,
  tell: (line: string) => void,
): Promise<Either<string, Copied>> => {
  // Images of one content share their bytes.
  const done = new Set<BlobKey>()
  let blobs = 0
  let bytes = 0n
  let told = { blobs, bytes }
  const wrong: string[] = []
  for await (const event of eventsAfter(log, START)) {
    const referred = referredBy(event)
    if (referred === null || done.has(referred.key)) continue
    const copied = await copyBlob(referred, source, destination)
    if (typeof copied === 'bigint') {
      done.add(referred.key)
      blobs += 1
      bytes += copied
    } else if (copied !== 'is missing' || !(await mayBeMissing(log, referred, event.stream)))
      wrong.push(`The blob ${referred.key} of ${named(event)} ${copied}.`)
    if (blobs - told.blobs >= TELL_EVERY_BLOBS || bytes - told.bytes >= TELL_EVERY_BYTES) {
      tell(`${blobs} blobs (${bytes} bytes) are copied.`)
      told = { blobs, bytes }
    }
  }
  if (wrong.length === 0) return right({ blobs, bytes })
  const more = wrong.length > MAX_NAMED ? [`${wrong.length - MAX_NAMED} more are wrong.`] : []
  const advice = 'Restore the bytes from a backup, or delete the image with the service, then run this again.'
  return left([...wrong.slice(0, MAX_NAMED), ...more, advice].join('\n'))
}

const referring: ReadonlySet<string> = new Set<LedgerEvent['type']>([
  'ImageContentStored',
  'UploadPieceReceived',
  'BillingPeriodSealed',
])

const referredBy = (event: StoredEvent): Referred | null => {
  if (!referring.has(event.type)) return null
  const recorded = readRecorded<LedgerEvent>(ledgerEvents, event)
  if (recorded._tag === 'Left') throw new Error(`${named(event)} cannot be read: ${recorded.left}`)
  switch (recorded.right.type) {
    case 'ImageContentStored': {
      const { blob, digests, sizeBytes } = recorded.right.data.content
      return { key: blob, sha256: digests.sha256, sizeBytes }
    }
    case 'UploadPieceReceived': {
      const { blob, sizeBytes } = recorded.right.data.piece
      return { key: blob, sha256: null, sizeBytes }
    }
    case 'BillingPeriodSealed': {
      const { sha256 } = recorded.right.data
      return { key: sha256 as BlobKey, sha256, sizeBytes: null }
    }
    default:
      return null
  }
}

/** The bytes of a deleted image go, and the pieces of an upload that is over, and that is as it should be. */
const mayBeMissing = async (log: EventLog, { sha256 }: Referred, stream: StreamName): Promise<boolean> => {
  if (sha256 === null) return true
  for (let from = 0; ; from += PAGE) {
    const page = await log.readStream(stream, { direction: 'forwards', from, limit: PAGE })
    if (page.some(({ type }) => type === 'ImageDeleted')) return true
    if (page.length < PAGE) return false
  }
}

/** Its size, when it is in the destination; or what is wrong with it in the source. */
const copyBlob = async (
  { key, sha256, sizeBytes }: Referred,
  source: BlobStore,
  destination: BlobStore,
): Promise<bigint | string> => {
  const size = await source.size(key)
  if (size === null) return 'is missing'
  if (sizeBytes !== null && size !== sizeBytes) return `has ${size} bytes and should have ${sizeBytes}`
  const there = await destination.size(key)
  if (there === size) return size
  // No store of ours shows half a blob: somebody copied it by hand, and was cut off.
  if (there !== null) await destination.remove(key)
  const bytes = await source.read(key)
  if (bytes === null) return 'is missing'
  const writer = await destination.create(key)
  try {
    const hash = createHash('sha256')
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      hash.update(chunk)
      await writer.write(chunk)
    }
    const found = hash.digest('hex')
    if (sha256 !== null && found !== sha256)
      return `is damaged: its SHA-256 is ${found} and should be ${sha256}`
    await writer.commit()
    return size
  } finally {
    await writer.abort()
  }
}
