import { LRUCache } from 'lru-cache'
import type { Directory } from '../../application/ports/directory.ts'
import type { Offer } from '../../domain/access/image-access.ts'
import type { ListScope } from '../../domain/access/lists.ts'
import type { ShareStatus } from '../../domain/image/state.ts'
import { type Either, right } from '../../domain/kernel/fp.ts'
import type { AccountId, ImageId, ProjectId, ShareKey } from '../../domain/kernel/ids.ts'
import type { SqlDatabase, SqlStatement } from '../projection.ts'
import type { ImageFilter } from './filter.ts'
import { countImages, type ImageOrder, listKeys, type PageRequest } from './list.ts'
import {
  type AccountRow,
  type ImageRow,
  imageColumns,
  type LocationRow,
  type ProjectRow,
  type RowKey,
  type ShareRow,
  typed,
} from './rows.ts'

export interface ImagePage {
  /** In the order that was asked for, whichever way the page was walked. */
  readonly rows: readonly ImageRow[]
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
}

/** Rows of images that are kept once read: reading a page of keys costs a fifth of reading a page of rows. */
const ROWS_KEPT = 5_000
const PROJECTS_KEPT = 10_000

/** The questions that the catalog answers, as it stands. Who may ask is decided before (src/domain/access). */
export interface Catalog extends Directory {
  images(
    scope: ListScope,
    filter: ImageFilter,
    order: ImageOrder,
    page: PageRequest,
  ): Either<string, ImagePage>
  imageCount(scope: ListScope, filter: ImageFilter): number
  /** Among a project's own, or else among what is promoted to its account. */
  imageByName(project: ProjectId, account: AccountId, name: string): ImageRow | null
  /** In the order of the ids; null for what does not exist. */
  imagesById(ids: readonly string[]): readonly (ImageRow | null)[]
  accountsById(ids: readonly string[]): readonly (AccountRow | null)[]
  projectsById(ids: readonly string[]): readonly (ProjectRow | null)[]
  locationsById(ids: readonly string[]): readonly (LocationRow | null)[]
  /** What of an image was offered to the projects, in the order of the offers; null: to all of them. Without what is over. */
  sharesOf(image: ImageId, of: Recipients | null, page: SharePage): readonly ShareRow[]
  /** Offers to a project in one of the statuses, the newest first. Without those of images that are deleted. */
  inbox(project: ProjectId, statuses: readonly ShareStatus[], page: SharePage): readonly ShareRow[]
  /** In the order of the keys, revoked ones too; null for what does not exist. */
  sharesByKey(keys: readonly ShareKey[]): readonly (ShareRow | null)[]
  /** How many projects hold an image in each status. */
  shareCounts(image: ImageId): ReadonlyMap<ShareStatus, number>
  /** At most `limit` projects, in the order of their ids. */
  projectsOfAccount(account: AccountId, limit: number): readonly ProjectRow[]
  /** How many images an account has that are not deleted. */
  imagesInUse(account: AccountId): number
  /** Every offer of an image, also those that are over: what access to it depends on. */
  offersOf(image: ImageId): readonly Offer[]
}

/** Those whose shares somebody sees. */
export interface Recipients {
  readonly projects: readonly ProjectId[]
  readonly accounts: readonly AccountId[]
}

/** `after`: the last share of the page before. */
export interface SharePage {
  readonly size: number
  readonly after: { readonly offeredAt: string; readonly other: string } | null
}

/** `database` is asked each time: a rebuild opens another. */
export const catalogOf = (database: () => SqlDatabase): Catalog => {
  const statements = new LRUCache<string, SqlStatement>({ max: 500 })
  const kept = new LRUCache<ImageId, ImageRow>({ max: ROWS_KEPT })
  const accounts = new LRUCache<ProjectId, AccountId>({ max: PROJECTS_KEPT })
  let prepared: SqlDatabase | null = null
  const prepare = (sql: string): SqlStatement => {
    const db = database()
    if (db !== prepared) {
      statements.clear()
      kept.clear()
      accounts.clear()
    }
    prepared = db
    const known = statements.get(sql)
    if (known !== undefined) return known
    const statement = db.prepare(sql)
    statements.set(sql, statement)
    return statement
  }
  const byId =
    <Row extends { readonly id: string }>(table: string, columns: string) =>
    (ids: readonly string[]): readonly (Row | null)[] => {
      const rows = prepare(
        `SELECT ${columns} FROM ${table} WHERE id IN (SELECT value FROM json_each(?))`,
      ).all(JSON.stringify(ids))
      const found = new Map(rows.map((row) => [row['id'], typed<Row>(row)]))
      return ids.map((id) => found.get(id) ?? null)
    }
  const imagesById = byId<ImageRow>('images', imageColumns)
  const rowsAt = (keys: readonly RowKey[]): readonly ImageRow[] => {
    const isKept = ({ id, revision }: RowKey) => kept.get(id)?.revision === revision
    const missing = keys.filter((key) => !isKept(key)).map(({ id }) => id)
    const read = missing.length === 0 ? [] : imagesById(missing)
    const fresh = new Map(read.flatMap((row) => (row === null ? [] : [[row.id, row] as const])))
    for (const [id, row] of fresh) kept.set(id, row)
    return keys.flatMap(({ id }) => fresh.get(id) ?? kept.get(id) ?? [])
  }
  return {
    images: (...request) => {
      const page = listKeys(prepare, ...request)
      if (page._tag === 'Left') return page
      const { keys, ...rest } = page.right
      return right({ ...rest, rows: rowsAt(keys) })
    },
    imageCount: (...request) => countImages(prepare, ...request),
    imageByName: (project, account, name) => {
      const select = `SELECT ${imageColumns} FROM images WHERE`
      const own = prepare(`${select} project = ? AND deleted = 0 AND name = ?`).get(project, name)
      const found =
        own ??
        prepare(`${select} account = ? AND deleted = 0 AND name = ? AND project IS NULL`).get(account, name)
      return found === undefined ? null : typed<ImageRow>(found)
    },
    imagesById,
    accountsById: byId<AccountRow>('accounts', '*'),
    projectsById: byId<ProjectRow>('projects', '*'),
    locationsById: byId<LocationRow>('locations', '*'),
    sharesOf: (image, of, { size, after }) => {
      const within =
        of === null
          ? { sql: '', values: [] }
          : {
              sql: `AND (project IN (SELECT value FROM json_each(?)) OR project IN
                (SELECT id FROM projects WHERE account IN (SELECT value FROM json_each(?))))`,
              values: [JSON.stringify(of.projects), JSON.stringify(of.accounts)],
            }
      return prepare(
        `SELECT * FROM shares WHERE image = ? AND status <> 'REVOKED' AND (offered_at, project) > (?, ?) ${within.sql}
          ORDER BY offered_at, project LIMIT ?`,
      )
        .all(image, after?.offeredAt ?? '', after?.other ?? '', ...within.values, size)
        .map((row) => typed<ShareRow>(row))
    },
    inbox: (project, statuses, { size, after }) =>
      prepare(
        `SELECT * FROM shares WHERE project = ? AND status IN (SELECT value FROM json_each(?))
          AND (offered_at, image) < (?, ?) ORDER BY offered_at DESC, image DESC LIMIT ?`,
      )
        .all(project, JSON.stringify(statuses), after?.offeredAt ?? '~', after?.other ?? '', size)
        .map((row) => typed<ShareRow>(row)),
    sharesByKey: (keys) => {
      const one = prepare('SELECT * FROM shares WHERE image = ? AND project = ?')
      return keys.map((key) => {
        const row = one.get(...key.split('/'))
        return row === undefined ? null : typed<ShareRow>(row)
      })
    },
    shareCounts: (image) =>
      new Map(
        prepare('SELECT status, count(*) AS n FROM shares WHERE image = ? GROUP BY status')
          .all(image)
          .map((row) => typed<{ status: ShareStatus; n: number }>(row))
          .map(({ status, n }) => [status, n]),
      ),
    offersOf: (image) =>
      prepare('SELECT project, status FROM shares WHERE image = ?')
        .all(image)
        .map((row) => typed<Offer>(row)),
    accountOf: (project) => {
      // A project is its account's for good.
      const known = accounts.get(project)
      if (known !== undefined) return known
      const row = prepare('SELECT account FROM projects WHERE id = ?').get(project)
      if (row === undefined) return null
      const { account } = typed<{ account: AccountId }>(row)
      accounts.set(project, account)
      return account
    },
    pendingOffersTo: (project) =>
      Number(
        prepare("SELECT count(*) AS n FROM shares WHERE project = ? AND status = 'PENDING'").get(project)?.[
          'n'
        ] ?? 0,
      ),
    projectsOfAccount: (account, limit) =>
      prepare('SELECT * FROM projects WHERE account = ? ORDER BY id LIMIT ?')
        .all(account, limit)
        .map((row) => typed<ProjectRow>(row)),
    imagesInUse: (account) =>
      Number(
        prepare('SELECT count(*) AS n FROM images WHERE account = ? AND deleted = 0').get(account)?.['n'] ??
          0,
      ),
    onlyLocation: () => {
      const rows = prepare('SELECT * FROM locations LIMIT 2').all()
      const [first] = rows
      return rows.length === 1 && first !== undefined ? typed<LocationRow>(first).id : null
    },
  }
}
