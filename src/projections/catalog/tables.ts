import { versionSortKey } from '../../domain/image/versions.ts'
import type { ImageRow } from './rows.ts'

/**
 * The catalog: what exists and how it is right now. One row a thing; deleted images stay, for they still answer by id.
 *
 * Lists go through one index an order and a kind of owner, so that a page reads its own rows and nobody else's. `project` is
 * null for what is promoted to its account. The sort keys have no nulls: unknown sizes come as -1. Equal keys go by id, for the
 * number of a row would tell of other tenants.
 */
export const tables = `
  CREATE TABLE accounts (id TEXT PRIMARY KEY, name TEXT NOT NULL, image_limit INTEGER) STRICT, WITHOUT ROWID;
  CREATE TABLE projects (id TEXT PRIMARY KEY, account TEXT NOT NULL, name TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE locations (id TEXT PRIMARY KEY, name TEXT NOT NULL, images_enabled INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE images (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
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
    min_disk_bytes INTEGER NOT NULL,
    min_ram_bytes INTEGER NOT NULL,
    block_size INTEGER NOT NULL,
    properties TEXT NOT NULL,
    tags TEXT NOT NULL,
    size_bytes INTEGER,
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
    size_key INTEGER NOT NULL,
    version_key TEXT NOT NULL
  ) STRICT;
`

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
  SIZE: ({ size_bytes }) => (size_bytes === null ? -1 : Number(size_bytes)),
  VERSION: ({ version, name }) => versionSortKey(version, name),
}

/** Whose images a list goes through: a project's, an account's, or (for operators) everybody's. */
const ownerColumns = ['project', 'account', null] as const

const listIndexes = ownerColumns
  .flatMap((owner) =>
    Object.values(orderColumns).map(
      (column) =>
        `CREATE INDEX images_${owner ?? 'all'}_${column} ON images (${owner === null ? '' : `${owner}, `}deleted, ${column}, id);`,
    ),
  )
  .join('\n  ')

/**
 * A token that stands for an owner in the search index, so that a search reads the postings of that owner and not those of
 * everybody. In SQL, of an expression; ids become one token by their hexadecimal form.
 */
const ownerToken = (letter: 'p' | 'a', id: string) => `'${letter}' || lower(hex(${id}))`
/** The same for a value. */
export const searchOwner = (letter: 'p' | 'a', id: string): string =>
  letter + Buffer.from(id, 'utf8').toString('hex')

const searchable = ['name', 'description', 'os', 'family', 'tags'] as const
const searchRow = (of: string) =>
  `${of}row, coalesce(${ownerToken('p', `${of}project`)} || ' ', '') || ${ownerToken('a', `${of}account`)}, ` +
  searchable.map((column) => `${of}${column}`).join(', ')

/** Full-text search, kept up to date by triggers once the first catch-up is through. */
const search = `
  CREATE VIRTUAL TABLE images_search USING fts5(
    owner, ${searchable.join(', ')}, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2');
  INSERT INTO images_search (rowid, owner, ${searchable.join(', ')}) SELECT ${searchRow('')} FROM images;
  CREATE TRIGGER images_search_insert AFTER INSERT ON images BEGIN
    INSERT INTO images_search (rowid, owner, ${searchable.join(', ')}) VALUES (${searchRow('new.')});
  END;
  CREATE TRIGGER images_search_update AFTER UPDATE OF ${searchable.join(', ')}, project ON images BEGIN
    DELETE FROM images_search WHERE rowid = old.row;
    INSERT INTO images_search (rowid, owner, ${searchable.join(', ')}) VALUES (${searchRow('new.')});
  END;
`

export const indexes = `
  ${listIndexes}
  CREATE INDEX projects_account ON projects (account);
  ${search}
`
