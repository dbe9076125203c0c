import type {
  DuePeriod,
  ExpiredOffer,
  RemovableContent,
  ToDo,
  UnsettledClaim,
} from '../../application/ports/to-do.ts'
import type { AccountId, ImageId } from '../../domain/kernel/ids.ts'
import type { Recorded } from '../../domain/kernel/recorded.ts'
import type { LedgerEvent } from '../../domain/ledger-events.ts'
import type { Projection, SqlDatabase } from '../projection.ts'
import * as stored from './stored.ts'

/**
 * What is left to be done, read off the ledger. A claim is settled while its image lives by it; a claim not settled is one
 * that a command is just about to use or free, or that it left behind.
 */
const tables = `
  CREATE TABLE claims (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, image TEXT NOT NULL, settled INTEGER NOT NULL, since TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX claims_image ON claims (image);
  CREATE TABLE deletions (image TEXT PRIMARY KEY, due_at TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE dates (
    image TEXT PRIMARY KEY, obsolete_at TEXT, delete_at TEXT, obsolete INTEGER NOT NULL,
    deleting INTEGER NOT NULL, scheduled INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE offers (
    image TEXT NOT NULL, project TEXT NOT NULL, expires_at TEXT NOT NULL, PRIMARY KEY (image, project)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE closings (account TEXT NOT NULL, month TEXT NOT NULL, seal_at TEXT NOT NULL, PRIMARY KEY (account, month))
    STRICT, WITHOUT ROWID;
  CREATE TABLE budgets (account TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  CREATE TABLE contents (image TEXT PRIMARY KEY, blob TEXT NOT NULL, removable INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`
const indexes = `
  CREATE INDEX claims_unsettled ON claims (since) WHERE settled = 0;
  CREATE INDEX deletions_due ON deletions (due_at);
  CREATE INDEX dates_obsolete ON dates (obsolete_at) WHERE deleting = 0;
  CREATE INDEX dates_delete ON dates (delete_at) WHERE deleting = 0;
  CREATE INDEX offers_expiring ON offers (expires_at);
  CREATE INDEX contents_removable ON contents (image) WHERE removable = 1;
`

export const toDoProjection: Projection = {
  name: 'to-do',
  version: 4,
  tables: tables + stored.tables,
  indexes: indexes + stored.indexes,
  applier: (db) => {
    const claim = db.prepare('INSERT INTO claims (id, account, image, settled, since) VALUES (?, ?, ?, 0, ?)')
    const settle = db.prepare('UPDATE claims SET settled = (id = ?), since = ? WHERE image = ?')
    const release = db.prepare('DELETE FROM claims WHERE id = ?')
    const request = db.prepare('INSERT OR REPLACE INTO deletions (image, due_at) VALUES (?, ?)')
    const finish = db.prepare('DELETE FROM deletions WHERE image = ?')
    const store = db.prepare('INSERT OR REPLACE INTO contents (image, blob, removable) VALUES (?, ?, 0)')
    const doom = db.prepare('UPDATE contents SET removable = 1 WHERE image = ?')
    const remove = db.prepare('DELETE FROM contents WHERE image = ?')
    // What is obsolete does not become so again.
    const announce = db.prepare(`
      INSERT INTO dates (image, obsolete_at, delete_at, obsolete, deleting, scheduled) VALUES (?, ?, ?, 0, 0, 0)
      ON CONFLICT DO UPDATE SET
        obsolete_at = iif(obsolete, NULL, excluded.obsolete_at), delete_at = excluded.delete_at`)
    const obsoleted = db.prepare('UPDATE dates SET obsolete_at = NULL, obsolete = 1 WHERE image = ?')
    const spent = db.prepare('UPDATE dates SET delete_at = NULL WHERE image = ?')
    const pause = db.prepare('UPDATE dates SET deleting = 1, scheduled = ? WHERE image = ?')
    const resume = db.prepare(
      'UPDATE dates SET deleting = 0, delete_at = iif(scheduled, NULL, delete_at) WHERE image = ?',
    )
    const forget = db.prepare('DELETE FROM dates WHERE image = ?')
    const offer = db.prepare('INSERT OR REPLACE INTO offers (image, project, expires_at) VALUES (?, ?, ?)')
    const decide = db.prepare('DELETE FROM offers WHERE image = ? AND project = ?')
    const end = db.prepare('DELETE FROM offers WHERE image = ?')
    const close = db.prepare('INSERT INTO closings (account, month, seal_at) VALUES (?, ?, ?)')
    const seal = db.prepare('DELETE FROM closings WHERE account = ? AND month = ?')
    const budget = db.prepare('INSERT OR IGNORE INTO budgets (account) VALUES (?)')
    const noBudget = db.prepare('DELETE FROM budgets WHERE account = ?')
    const applyToStored = stored.applier(db)
    return (recorded) => {
      const event = recorded as Recorded<LedgerEvent>
      applyToStored(event)
      const { occurredAt } = event.metadata
      const id = event.stream.slice(event.stream.indexOf('-') + 1)
      switch (event.type) {
        case 'ImageNameClaimed':
          claim.run(event.data.claimId, id, event.data.imageId, occurredAt)
          return
        case 'ImageRegistered':
        case 'ImageRenamed':
        case 'ImagePromoted':
        case 'ImageDemoted':
          // The one it lives by is settled, any other it had is left over.
          settle.run(event.data.claimId, occurredAt, id)
          return
        case 'ImageNameReleased':
          release.run(event.data.claimId)
          return
        case 'ImageDeletionRequested':
          request.run(id, event.data.deleteAt)
          pause.run(Number(event.data.scheduled), id)
          return
        case 'ImageRestored':
          finish.run(id)
          resume.run(id)
          return
        case 'ImageDeprecated': {
          const { obsoleteAt, deleteAt } = event.data
          announce.run(id, obsoleteAt, deleteAt)
          return
        }
        case 'ImageObsoleted':
          obsoleted.run(id)
          return
        case 'ImageDeletionPrevented':
          spent.run(id)
          return
        case 'ImageUndeprecated':
          forget.run(id)
          return
        case 'ImageShared': {
          const { project, expiresAt } = event.data
          if (expiresAt !== null) offer.run(id, project, expiresAt)
          return
        }
        case 'ImageShareAccepted':
        case 'ImageShareExpired':
        case 'ImageShareRevoked':
          decide.run(id, event.data.project)
          return
        case 'ImageDeleted':
          settle.run('', occurredAt, id)
          finish.run(id)
          forget.run(id)
          end.run(id)
          doom.run(id)
          return
        case 'ImageContentStored':
          store.run(id, event.data.content.blob)
          return
        case 'ImageContentRemoved':
          remove.run(id)
          return
        case 'BillingPeriodClosingBegan':
          close.run(id, event.data.month, event.data.sealAt)
          return
        case 'BillingPeriodSealed':
          seal.run(id, event.data.month)
          return
        case 'BudgetSet':
          budget.run(id)
          return
        case 'BudgetRemoved':
          noBudget.run(id)
          return
      }
    }
  },
}

/** The queries of the to-do list. */
export const toDoOf = (database: () => SqlDatabase): ToDo => ({
  unsettledClaims: (before, limit) =>
    database()
      .prepare(
        'SELECT id AS claimId, account, image AS imageId FROM claims WHERE settled = 0 AND since < ? ORDER BY since LIMIT ?',
      )
      .all(before, limit)
      .map((row) => ({ ...row }) as unknown as UnsettledClaim),
  dueDeletions: (now, limit) =>
    database()
      .prepare('SELECT image FROM deletions WHERE due_at <= ? ORDER BY due_at LIMIT ?')
      .all(now, limit)
      .map((row) => row['image'] as ImageId),
  dueDates: (now, limit) =>
    database()
      .prepare(
        `SELECT image FROM dates WHERE deleting = 0 AND obsolete_at <= ?1
          UNION SELECT image FROM dates WHERE deleting = 0 AND delete_at <= ?1 LIMIT ?2`,
      )
      .all(now, limit)
      .map((row) => row['image'] as ImageId),
  expiredOffers: (now, limit) =>
    database()
      .prepare(
        'SELECT image AS imageId, project FROM offers WHERE expires_at <= ? ORDER BY expires_at LIMIT ?',
      )
      .all(now, limit)
      .map((row) => ({ ...row }) as unknown as ExpiredOffer),
  duePeriods: (now, limit) =>
    database()
      .prepare('SELECT account, month FROM closings WHERE seal_at <= ? ORDER BY month LIMIT ?')
      .all(now, limit)
      .map((row) => ({ ...row }) as unknown as DuePeriod),
  budgetedAccounts: () =>
    database()
      .prepare('SELECT account FROM budgets')
      .all()
      .map((row) => row['account'] as AccountId),
  removableContents: (limit) =>
    database()
      .prepare('SELECT image AS imageId, blob FROM contents WHERE removable = 1 LIMIT ?')
      .all(limit)
      .map((row) => ({ ...row }) as unknown as RemovableContent),
})
