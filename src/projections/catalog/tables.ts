import { versionSortKey } from '../../domain/image/versions.ts'
import { type Instant, millisOf } from '../../domain/kernel/instant.ts'
import type { ImageRow } from './rows.ts'
import { searchIndex } from './search.ts'

/**
 * The catalog: what exists and how it is right now. One row a thing; deleted images stay, for they still answer by id.
 *
 * Lists go through one index an order and a kind of audience, so that a page reads its own rows and nobody else's. `project`
 * is null for what is promoted to its account. The sort keys have no nulls: unknown sizes come as -1. Equal keys go by id, for
 * the number of a row would tell of other tenants; it goes by the time of creation, see firstRowAt.
 */
export const tables = `
  CREATE TABLE accounts (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, image_limit INTEGER, may_publish INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE projects (id TEXT PRIMARY KEY, account TEXT NOT NULL, name TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE locations (id TEXT PRIMARY KEY, name TEXT NOT NULL, images_enabled INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE images (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    account TEXT NOT NULL,
    project TEXT,
    location TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    kind TEXT NOT NULL,
    origin TEXT NOT NULL,
    status TEXT NOT NULL,
    status_code TEXT,
    status_reason TEXT,
    status_before TEXT,
    scheduled INTEGER,
    visibility TEXT NOT NULL,
    os TEXT,
    os_family TEXT,
    version TEXT,
    arch TEXT,
    family TEXT,
    cloud_init INTEGER NOT NULL,
    compatibility_mode INTEGER NOT NULL,
    official INTEGER NOT NULL,
    protected INTEGER NOT NULL,
    deactivated INTEGER NOT NULL,
    deprecation_stage TEXT,
    deprecated_at TEXT,
    deprecation_reason TEXT,
    replacement TEXT,
    obsolete_at TEXT,
    delete_at TEXT,
    deletion_prevented_at TEXT,
    min_disk_bytes INTEGER NOT NULL,
    min_ram_bytes INTEGER NOT NULL,
    block_size INTEGER NOT NULL,
    properties TEXT NOT NULL,
    tags TEXT NOT NULL,
    size_bytes INTEGER,
    size_since TEXT,
    size_measured TEXT,
    virtual_size_bytes INTEGER,
    format TEXT,
    compression TEXT,
    digests TEXT,
    revision INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    available_at TEXT,
    deleted_at TEXT,
    deleted INTEGER NOT NULL,
    size_key TEXT NOT NULL,
    version_key TEXT NOT NULL,
    listed_to_users INTEGER NOT NULL AS (NOT deleted AND deprecation_stage IS NULL),
    everybodys INTEGER NOT NULL AS (listed_to_users AND visibility IN ('COMMUNITY', 'PUBLIC'))
  ) STRICT;
  CREATE UNIQUE INDEX images_id ON images (id);
  CREATE TABLE shares (
    image TEXT NOT NULL,
    project TEXT NOT NULL,
    status TEXT NOT NULL,
    message TEXT,
    offered_at TEXT NOT NULL,
    expires_at TEXT,
    decided_at TEXT,
    seen_last TEXT,
    PRIMARY KEY (image, project)
  ) STRICT, WITHOUT ROWID;
`

/** Sizes as text whose order is theirs, for they exceed what a JavaScript number holds; first comes what has none. */
export const sizeKey = (sizeBytes: bigint | string | null): string =>
  sizeBytes === null ? '' : String(sizeBytes).padStart(19, '0')

/** The contract's orders, and the column that each goes by. */
export const orderColumns = {
  NAME: 'name',
  CREATED_AT: 'created_at',
  UPDATED_AT: 'updated_at',
  SIZE: 'size_key',
  VERSION: 'version_key',
} as const
export type ImageOrderField = keyof typeof orderColumns

/** The same of a row that was read. */
export const orderKeys: Record<ImageOrderField, (row: ImageRow) => string | number> = {
  NAME: ({ name }) => name,
  CREATED_AT: ({ created_at }) => created_at,
  UPDATED_AT: ({ updated_at }) => updated_at,
  SIZE: ({ size_bytes }) => sizeKey(size_bytes),
  VERSION: ({ version, name, created_at }) => versionSortKey(version, name, created_at),
}

/**
 * Rows are numbered by the millisecond that they were created in, so that the search index, which only knows numbers of rows,
 * can be read newest first: this is the first number of a millisecond, and there are as many as ROWS_A_MILLISECOND.
 */
export const firstRowAt = (created: Instant): bigint => BigInt(millisOf(created)) * ROWS_A_MILLISECOND
export const ROWS_A_MILLISECOND = 2n ** 20n

/** Who a list is for: by column, or everybody; and operators, who list all there is. */
const audiences = [
  { name: 'project', columns: 'project, deleted, ', where: '' },
  { name: 'account', columns: 'account, deleted, ', where: '' },
  { name: 'promoted', columns: 'account, deleted, ', where: ' WHERE project IS NULL' },
  { name: 'everybodys', columns: '', where: ' WHERE everybodys' },
  { name: 'all', columns: 'deleted, ', where: '' },
] as const

const listIndexes = audiences
  .flatMap(({ name, columns, where }) => [
    ...Object.values(orderColumns).map(
      (column) => `CREATE INDEX images_${name}_${column} ON images (${columns}${column}, id)${where};`,
    ),
    // The newest of a family of releases.
    `CREATE INDEX images_${name}_family ON images (${columns}family, version_key, id)${where};`,
  ])
  .join('\n  ')

export const indexes = `
  ${listIndexes}
  CREATE INDEX images_everybodys_owner ON images (account, project) WHERE everybodys;
  CREATE INDEX images_all_replacement ON images (replacement) WHERE replacement IS NOT NULL;
  CREATE INDEX images_account_replacement ON images (account, replacement) WHERE replacement IS NOT NULL;
  CREATE INDEX images_project_replacement ON images (project, replacement) WHERE replacement IS NOT NULL;
  CREATE INDEX shares_recipient ON shares (project, status, image);
  CREATE INDEX shares_inbox ON shares (project, offered_at, image);
  CREATE INDEX projects_account ON projects (account);
  ${searchIndex}
`
