import type { ImageDetails } from '../../domain/image/events.ts'
import { applyProperties, applyTags, definedOnly } from '../../domain/image/state.ts'
import { versionSortKey } from '../../domain/image/versions.ts'
import { unreachable } from '../../domain/kernel/brand.ts'
import type { Instant } from '../../domain/kernel/instant.ts'
import type { Recorded } from '../../domain/kernel/recorded.ts'
import type { LedgerEvent } from '../../domain/ledger-events.ts'
import type { SqlValue } from '../projection.ts'
import { sizeKey } from './tables.ts'

export type Event = Recorded<LedgerEvent>
type EventOfType<Type extends LedgerEvent['type']> = Extract<Event, { type: Type }>

const detailColumns: Record<keyof ImageDetails, string> = {
  description: 'description',
  os: 'os',
  osFamily: 'os_family',
  version: 'version',
  arch: 'arch',
  family: 'family',
  cloudInit: 'cloud_init',
  compatibilityMode: 'compatibility_mode',
  minDiskBytes: 'min_disk_bytes',
  minRamBytes: 'min_ram_bytes',
}

/** The rows as they are so far. */
interface Images {
  readonly image: (id: string) => Record<string, SqlValue>
}

/** What changes the row of an image that is there. */
type ChangeOfImage = Exclude<
  Event,
  {
    type:
      | `Account${string}`
      | `Project${string}`
      | `Location${string}`
      | `ImageName${string}`
      | `Billing${string}`
      | `Budget${string}`
      | `Upload${string}`
      | `Blob${string}`
      | 'StorageRateSet'
      | `ImageShare${string}`
      | 'ImageRegistered'
      | 'ImageRegistrationAbandoned'
  }
>

/** Every event moves the revision; what only the service does for itself is no update to those who look. */
export const imageChanges = (to: Images, event: ChangeOfImage): Record<string, SqlValue> => {
  const { revision } = event
  const changes = columnsOf(to, event)
  return Object.keys(changes).length === 0
    ? { revision }
    : { ...changes, revision, updated_at: changedAt(event) }
}

/** What a report measured lies in the past, and is news all the same. */
const changedAt = (event: ChangeOfImage): Instant =>
  event.type === 'ImageSizeReported' ? event.recordedAt : event.metadata.occurredAt

const columnsOf = (to: Images, event: ChangeOfImage): Record<string, SqlValue> => {
  const { occurredAt } = event.metadata
  switch (event.type) {
    case 'ImageRenamed': {
      const { version, created_at: created } = to.image(idOf(event))
      const { name } = event.data
      return { name, version_key: versionSortKey(textOf(version), name, String(created) as Instant) }
    }
    case 'ImageDescribed':
      return described(to, event)
    case 'ImagePropertiesChanged': {
      const now = JSON.parse(String(to.image(idOf(event))['properties']))
      return { properties: JSON.stringify(applyProperties(now, event.data.set, event.data.removed)) }
    }
    case 'ImageTagsChanged': {
      const now = JSON.parse(String(to.image(idOf(event))['tags']))
      return { tags: JSON.stringify(applyTags(now, event.data.added, event.data.removed)) }
    }
    case 'ImageProtected':
      return { protected: 1 }
    case 'ImageUnprotected':
      return { protected: 0 }
    case 'ImageContentStored': {
      const { sizeBytes, virtualSizeBytes, format, compression, digests } = event.data.content
      return {
        ...sizeFrom(occurredAt, sizeBytes, ''),
        virtual_size_bytes: virtualSizeBytes,
        format,
        compression,
        digests: JSON.stringify(digests),
      }
    }
    case 'ImageSizeReported':
      return sizeReported(to, event)
    case 'ImageBecameAvailable':
      return { status: 'AVAILABLE', status_code: null, status_reason: null, available_at: occurredAt }
    case 'ImageCreationFailed':
      return { status: 'ERROR', status_code: event.data.code, status_reason: event.data.message }
    case 'ImageCreationRetried':
      return { status: 'CREATING', status_code: null, status_reason: null }
    case 'ImageVisibilityChanged':
      return { visibility: event.data.visibility }
    case 'ImagePromoted':
      return { project: null }
    case 'ImageDemoted':
      return { project: event.data.project }
    case 'ImageDeprecated': {
      const { replacement, reason, obsoleteAt, deleteAt } = event.data
      const { deprecation_stage: before, deprecated_at: since } = to.image(idOf(event))
      return {
        deprecation_stage: before ?? 'DEPRECATED',
        deprecated_at: before === null ? occurredAt : (since ?? occurredAt),
        deprecation_reason: reason,
        replacement,
        obsolete_at: obsoleteAt,
        delete_at: deleteAt,
        deletion_prevented_at: null,
      }
    }
    case 'ImageObsoleted':
      return { deprecation_stage: 'OBSOLETE' }
    case 'ImageUndeprecated':
      return undeprecated
    case 'ImageDeactivated':
      return { deactivated: 1 }
    case 'ImageReactivated':
      return { deactivated: 0 }
    case 'ImageDeletionRequested':
      return {
        status: 'DELETING',
        status_before: String(to.image(idOf(event))['status']),
        scheduled: Number(event.data.scheduled),
      }
    case 'ImageDeletionPrevented':
      return { deletion_prevented_at: occurredAt }
    case 'ImageRestored': {
      const { status_before: status, scheduled } = to.image(idOf(event))
      return { status: status ?? null, ...(scheduled === 1 ? { delete_at: null } : {}) }
    }
    case 'ImageDeleted':
      return { status: 'DELETED', deleted: 1, deleted_at: occurredAt }
    case 'ImageClaimAbandoned':
    case 'ImageContentRemoved':
      return {}
    default:
      return unreachable(event)
  }
}

/** The size that counts last, and of two for one instant the one that was measured last: as billing has it. */
const sizeReported = (to: Images, event: EventOfType<'ImageSizeReported'>): Record<string, SqlValue> => {
  const { sizeBytes, measuredAt, effectiveFrom } = event.data
  const { available_at: available, size_since: since, size_measured: measured } = to.image(idOf(event))
  const from = effectiveFrom ?? measuredAt
  const counts = typeof available === 'string' && available > from ? available : from
  const known = `${since ?? ''} ${measured ?? ''}`
  return known > `${counts} ${measuredAt}` ? {} : sizeFrom(counts, sizeBytes, measuredAt)
}

const sizeFrom = (since: string, sizeBytes: bigint, measured: string) => ({
  size_bytes: sizeBytes,
  size_key: sizeKey(sizeBytes),
  size_since: since,
  size_measured: measured,
})

const undeprecated = {
  deprecation_stage: null,
  deprecated_at: null,
  deprecation_reason: null,
  replacement: null,
  obsolete_at: null,
  delete_at: null,
  deletion_prevented_at: null,
}

export const registeredImage = (event: EventOfType<'ImageRegistered'>): Record<string, SqlValue> => {
  const { account, project, location, name, kind, origin, details, official, blockSize } = event.data
  const { occurredAt } = event.metadata
  return {
    id: idOf(event),
    account,
    project,
    location,
    name,
    kind,
    origin,
    ...columnsFrom(details),
    status: 'CREATING',
    visibility: 'PRIVATE',
    official: Number(official),
    protected: Number(event.data.protected),
    deactivated: 0,
    block_size: blockSize,
    properties: JSON.stringify(event.data.properties),
    tags: JSON.stringify(event.data.tags),
    revision: event.revision,
    created_at: occurredAt,
    updated_at: occurredAt,
    deleted: 0,
    size_key: sizeKey(null),
    version_key: versionSortKey(details.version, name, occurredAt),
  }
}

const described = (to: Images, event: EventOfType<'ImageDescribed'>): Record<string, SqlValue> => {
  const changes = definedOnly(event.data.changes)
  if (changes.version === undefined) return columnsFrom(changes)
  const { name, created_at: created } = to.image(idOf(event))
  const key = versionSortKey(changes.version, String(name), String(created) as Instant)
  return { ...columnsFrom(changes), version_key: key }
}

const columnsFrom = (details: Partial<ImageDetails>): Record<string, SqlValue> =>
  Object.fromEntries(
    Object.entries(details).map(([key, value]) => [
      detailColumns[key as keyof ImageDetails],
      typeof value === 'boolean' ? Number(value) : value,
    ]),
  )

const textOf = (value: SqlValue | undefined): string | null => (typeof value === 'string' ? value : null)

export const idOf = ({ stream }: Event): string => stream.slice(stream.indexOf('-') + 1)
