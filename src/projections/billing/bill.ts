import type { BlobStore } from '../../application/ports/blob-store.ts'
import type { BlobKey } from '../../domain/kernel/ids.ts'
import { type Month, startOfMonth } from '../../domain/kernel/month.ts'
import type { SqlDatabase } from '../projection.ts'
import { readStatement, StatementDamaged, type StatementHead } from './statement.ts'

/** A month of an account, with what its lines refer to. */
export interface Bill extends Pick<StatementHead, 'accountName' | 'projects' | 'locations' | 'provider'> {
  readonly account: string
  readonly month: Month
}

/** See Billing.bill. */
export const billOf = async (
  db: SqlDatabase,
  blobs: BlobStore,
  provider: string,
  account: string,
  month: Month,
): Promise<Bill> => {
  const sha256 = db
    .prepare('SELECT sha256 FROM periods WHERE account = ? AND month = ?')
    .get(account, startOfMonth(month))?.['sha256']
  if (typeof sha256 !== 'string') return { account, month, provider, ...namesIn(db, account) }
  const { head, close } = await openStatement(blobs, sha256)
  close()
  const { accountName, projects, locations } = head
  return { account, month, provider: head.provider, accountName, projects, locations }
}

/** The statement of a sealed month. */
export const openStatement = async (blobs: BlobStore, sha256: string) => {
  const bytes = await blobs.read(sha256 as BlobKey)
  if (bytes === null)
    throw new StatementDamaged(`The statement ${sha256} is not in the blob store: restore it from a backup.`)
  return readStatement(bytes, sha256)
}

/** What an account, its projects and all locations are called now. */
export const namesIn = (db: SqlDatabase, account: string) => {
  const named = (kind: string, of: string | null) =>
    db
      .prepare('SELECT id, name FROM names WHERE kind = ? AND (?2 IS NULL OR account = ?2) ORDER BY id')
      .all(kind, of)
      .map((row) => [String(row['id']), String(row['name'])] as const)
  const own = db.prepare("SELECT name FROM names WHERE kind = 'account' AND id = ?").get(account)
  return {
    accountName: String(own?.['name'] ?? account),
    projects: Object.fromEntries(named('project', account)),
    locations: Object.fromEntries(named('location', null)),
  }
}
