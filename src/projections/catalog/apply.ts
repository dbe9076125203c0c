import type { ImageDetails } from '../../domain/image/events.ts'
import { applyProperties, applyTags, definedOnly } from '../../domain/image/state.ts'
import { versionSortKey } from '../../domain/image/versions.ts'
import { unreachable } from '../../domain/kernel/brand.ts'
import type { Recorded } from '../../domain/kernel/recorded.ts'
import type { LedgerEvent } from '../../domain/ledger-events.ts'
import type { Projection, SqlDatabase, SqlStatement, SqlValue } from '../projection.ts'
import { indexes, tables } from './tables.ts'

type Event = Recorded<LedgerEvent>
type EventOfType<Type extends LedgerEvent['type']> = Extract<Event, { type: Type }>

/** How the catalog follows from the ledger. */
export const catalog: Projection = {
  name: 'catalog',
  version: 1,
  tables,
  indexes,
  applier: (db) => {
    const statements = prepare(db)
    // The runner decodes with all of the ledger's definitions, so this is one of its events.
    return (event) => apply(statements, event as Event)
  },
}

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

interface Statements {
  readonly insert: (table: string, row: Record<string, SqlValue>) => void
  /** Changes a row by its id. */
  readonly update: (table: string, id: string, changes: Record<string, SqlValue>) => void
  readonly image: (id: string) => Record<string, SqlValue>
}

const prepare = (db: SqlDatabase): Statements => {
  const cache = new Map<string, SqlStatement>()
  // By the columns, for the same events change the same ones; the SQL is only made for those not seen before.
  const statement = (kind: string, columns: readonly string[], sql: () => string): SqlStatement => {
    const key = `${kind} ${columns.join()}`
    const known = cache.get(key)
    if (known !== undefined) return known
    const prepared = db.prepare(sql())
    cache.set(key, prepared)
    return prepared
  }
  const image = db.prepare('SELECT name, version, properties, tags FROM images WHERE id = ?')
  return {
    insert: (table, row) => {
      const columns = Object.keys(row)
      const sql = () => `INSERT INTO ${table} (${columns.join()}) VALUES (${columns.map(() => '?').join()})`
      statement(`insert ${table}`, columns, sql).run(...Object.values(row))
    },
    update: (table, id, changes) => {
      const columns = Object.keys(changes)
      const sql = () => `UPDATE ${table} SET ${columns.join(' = ?, ')} = ? WHERE id = ?`
      statement(`update ${table}`, columns, sql).run(...Object.values(changes), id)
    },
    image: (id) => {
      const row = image.get(id)
      if (row === undefined) throw new Error(`Image ${id} is not in the catalog`)
      return row
    },
  }
}

const apply = (to: Statements, event: Event): void => {
  switch (event.type) {
    case 'AccountCreated': {
      const { name, imageLimit } = event.data
      to.insert('accounts', { id: idOf(event), name, image_limit: imageLimit })
      return
    }
    case 'AccountImageLimitSet':
      to.update('accounts', idOf(event), { image_limit: event.data.limit })
      return
    case 'ProjectCreated':
      to.insert('projects', { id: idOf(event), ...event.data })
      return
    case 'LocationCreated': {
      const { name, imagesEnabled } = event.data
      to.insert('locations', { id: idOf(event), name, images_enabled: Number(imagesEnabled) })
      return
    }
    case 'LocationImagesEnabled':
      to.update('locations', idOf(event), { images_enabled: 1 })
      return
    case 'LocationImagesDisabled':
      to.update('locations', idOf(event), { images_enabled: 0 })
      return
    // Claims are the commands' business; an image that was given up never was one.
    case 'ImageNameClaimed':
    case 'ImageNameReleased':
    case 'ImageRegistrationAbandoned':
      return
    case 'ImageRegistered':
      to.insert('images', registered(event))
      return
    default:
      to.update('images', idOf(event), imageChanges(to, event))
      return
  }
}

type ChangeOfImage = Exclude<
  Event,
  {
    type:
      | `Account${string}`
      | `Project${string}`
      | `Location${string}`
      | `ImageName${string}`
      | 'ImageRegistered'
      | 'ImageRegistrationAbandoned'
  }
>

/** Every event moves the revision; what only the service does for itself is no update to those who look. */
const imageChanges = (to: Statements, event: ChangeOfImage): Record<string, SqlValue> => {
  const { revision, metadata } = event
  const changes = columnsOf(to, event)
  return Object.keys(changes).length === 0
    ? { revision }
    : { ...changes, revision, updated_at: metadata.occurredAt }
}

const columnsOf = (to: Statements, event: ChangeOfImage): Record<string, SqlValue> => {
  const { occurredAt } = event.metadata
  switch (event.type) {
    case 'ImageRenamed': {
      const { version } = to.image(idOf(event))
      const { name } = event.data
      return { name, version_key: versionSortKey(textOf(version), name) }
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
        size_bytes: sizeBytes,
        size_key: sizeBytes,
        virtual_size_bytes: virtualSizeBytes,
        format,
        compression,
        digests: JSON.stringify(digests),
      }
    }
    case 'ImageBecameAvailable':
      return { status: 'AVAILABLE', status_code: null, status_reason: null, available_at: occurredAt }
    case 'ImageCreationFailed':
      return { status: 'ERROR', status_code: event.data.code, status_reason: event.data.message }
    case 'ImageCreationRetried':
      return { status: 'CREATING', status_code: null, status_reason: null }
    case 'ImageDeletionRequested':
      return { status: 'DELETING' }
    case 'ImageDeleted':
      return { status: 'DELETED', deleted: 1, deleted_at: occurredAt }
    case 'ImageClaimAbandoned':
    case 'ImageContentRemoved':
      return {}
    default:
      return unreachable(event)
  }
}

const registered = (event: EventOfType<'ImageRegistered'>): Record<string, SqlValue> => {
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
    size_key: -1,
    version_key: versionSortKey(details.version, name),
  }
}

const described = (to: Statements, event: EventOfType<'ImageDescribed'>): Record<string, SqlValue> => {
  const changes = definedOnly(event.data.changes)
  if (changes.version === undefined) return columnsFrom(changes)
  const name = String(to.image(idOf(event))['name'])
  return { ...columnsFrom(changes), version_key: versionSortKey(changes.version, name) }
}

const columnsFrom = (details: Partial<ImageDetails>): Record<string, SqlValue> =>
  Object.fromEntries(
    Object.entries(details).map(([key, value]) => [
      detailColumns[key as keyof ImageDetails],
      typeof value === 'boolean' ? Number(value) : value,
    ]),
  )

const textOf = (value: SqlValue | undefined): string | null => (typeof value === 'string' ? value : null)

const idOf = ({ stream }: Event): string => stream.slice(stream.indexOf('-') + 1)
