import type { Compression, ImageFormat } from '../../domain/formats/content.ts'
import type {
  ImageKind,
  ImageOrigin,
  ImageProperty,
  ImageVisibility,
  OsFamily,
} from '../../domain/image/events.ts'
import type { DeprecationStage, ImageStatus, ShareStatus } from '../../domain/image/state.ts'
import type { AccountId, ImageId, LocationId, ProjectId } from '../../domain/kernel/ids.ts'
import type { Instant } from '../../domain/kernel/instant.ts'
import type { SqlRow } from '../projection.ts'

/** Rows of the catalog as they are read: columns by their names, numbers of bytes as decimal text. */
export interface ImageRow {
  readonly id: ImageId
  readonly account: AccountId
  readonly project: ProjectId | null
  readonly location: LocationId
  readonly name: string
  readonly description: string
  readonly kind: ImageKind
  readonly origin: ImageOrigin
  readonly status: ImageStatus
  readonly status_code: string | null
  readonly status_reason: string | null
  readonly visibility: ImageVisibility
  readonly os: string | null
  readonly os_family: OsFamily | null
  readonly version: string | null
  readonly arch: string | null
  readonly family: string | null
  readonly cloud_init: number
  readonly compatibility_mode: number
  readonly official: number
  readonly protected: number
  readonly deactivated: number
  readonly deprecation_stage: DeprecationStage | null
  readonly deprecated_at: Instant | null
  readonly deprecation_reason: string | null
  readonly replacement: ImageId | null
  readonly obsolete_at: Instant | null
  readonly delete_at: Instant | null
  readonly deletion_prevented_at: Instant | null
  readonly min_disk_bytes: string
  readonly min_ram_bytes: string
  readonly block_size: number
  /** JSON of ImageProperty[]. */
  readonly properties: string
  /** JSON of string[]. */
  readonly tags: string
  readonly size_bytes: string | null
  readonly virtual_size_bytes: string | null
  readonly format: ImageFormat | null
  readonly compression: Compression | null
  /** JSON of Digests; null until the bytes are in. */
  readonly digests: string | null
  readonly revision: number
  readonly created_at: Instant
  readonly updated_at: Instant
  readonly available_at: Instant | null
  readonly deleted_at: Instant | null
}

/** A row follows from the events of its image: at the same revision it is the same row. */
export interface RowKey {
  readonly id: ImageId
  readonly revision: number
}

export interface AccountRow {
  readonly id: AccountId
  readonly name: string
  readonly image_limit: number | null
  readonly may_publish: number
}

export interface ProjectRow {
  readonly id: ProjectId
  readonly account: AccountId
  readonly name: string
}

export interface ShareRow {
  readonly image: ImageId
  readonly project: ProjectId
  readonly status: ShareStatus
  readonly message: string | null
  readonly offered_at: Instant
  readonly expires_at: Instant | null
  readonly decided_at: Instant | null
  /** JSON of the ImageRow as it was when the recipient lost sight of it: rejected, expired. Null while it is seen. */
  readonly seen_last: string | null
}

export interface LocationRow {
  readonly id: LocationId
  readonly name: string
  readonly images_enabled: number
}

/** 64-bit numbers come as text: they may exceed 2^53, and text is what the API answers with. */
export const imageColumns = `id, account, project, location, name, description, kind, origin, status, status_code,
  status_reason, visibility, os, os_family, version, arch, family, cloud_init, compatibility_mode, official, protected,
  deactivated, deprecation_stage, deprecated_at, deprecation_reason, replacement, obsolete_at, delete_at,
  deletion_prevented_at, CAST(min_disk_bytes AS TEXT) AS min_disk_bytes, CAST(min_ram_bytes AS TEXT) AS min_ram_bytes, block_size,
  properties, tags, CAST(size_bytes AS TEXT) AS size_bytes, CAST(virtual_size_bytes AS TEXT) AS virtual_size_bytes, format,
  compression, digests, revision, created_at, updated_at, available_at, deleted_at`

/** A row as JSON, in SQL: its columns by their names. */
export const imageJson = `json_object(${imageColumns
  .split(',')
  .map((column) => column.trim())
  .map((column) => `'${column.split(' AS ').at(-1)}', ${column.replace(/ AS \w+$/, '')}`)
  .join(', ')})`

/** The tables are STRICT and written by apply.ts alone, so a row has the types of its columns. */
export const typed = <Row>(row: SqlRow): Row => row as Row

export const seenLastOf = (share: ShareRow): ImageRow | null =>
  share.seen_last === null ? null : JSON.parse(share.seen_last)

export const propertiesOf = (row: ImageRow): readonly ImageProperty[] => JSON.parse(row.properties)
export const tagsOf = (row: ImageRow): readonly string[] => JSON.parse(row.tags)
export const digestsOf = (row: ImageRow): readonly { readonly algorithm: string; readonly hex: string }[] =>
  row.digests === null
    ? []
    : Object.entries<string>(JSON.parse(row.digests)).map(([algorithm, hex]) => ({ algorithm, hex }))
