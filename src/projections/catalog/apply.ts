import type { ShareStatus } from '../../domain/image/state.ts'
import type { Instant } from '../../domain/kernel/instant.ts'
import type { Projection, SqlDatabase, SqlStatement, SqlValue } from '../projection.ts'
import { type Event, idOf, imageChanges, registeredImage } from './image-changes.ts'
import { imageJson } from './rows.ts'
import { firstRowAt, indexes, ROWS_A_MILLISECOND, tables } from './tables.ts'

/** How the catalog follows from the ledger. */
export const catalog: Projection = {
  name: 'catalog',
  version: 5,
  tables,
  indexes,
  applier: (db) => {
    const statements = prepare(db)
    // The runner decodes with all of the ledger's definitions, so this is one of its events.
    return (event) => apply(statements, event as Event)
  },
}

interface Statements {
  readonly insert: (table: string, row: Record<string, SqlValue>) => void
  /** Changes a row by its id. */
  readonly update: (table: string, id: string, changes: Record<string, SqlValue>) => void
  readonly image: (id: string) => Record<string, SqlValue>
  /** Changes what an image was offered to a project. */
  readonly decideShare: (image: string, project: string, status: ShareStatus, at: Instant) => void
  readonly offer: (row: Record<string, SqlValue>) => void
  readonly endShares: (image: string) => void
  /** The next free number of a row that is created at this moment. */
  readonly nextRow: (created: Instant) => bigint
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
  const image = db.prepare(
    'SELECT name, version, created_at, properties, tags, status, status_before, scheduled, deprecation_stage, deprecated_at, available_at, size_since, size_measured FROM images WHERE id = ?',
  )
  const shares = db.prepare('DELETE FROM shares WHERE image = ?')
  // What was accepted once does not expire any more, though it was given back. Whoever loses sight of an image keeps what it saw.
  const decide = db.prepare(`
    UPDATE shares SET
      expires_at = iif(status = 'ACCEPTED' AND ?1 = 'REJECTED', NULL, expires_at),
      seen_last = iif(?1 IN ('REJECTED', 'EXPIRED'), coalesce(seen_last, (SELECT ${imageJson} FROM images WHERE id = shares.image)), NULL),
      status = ?1, decided_at = ?2
    WHERE image = ?3 AND project = ?4`)
  const lastRow = db.prepare('SELECT CAST(max(row) AS TEXT) AS row FROM images WHERE row >= ? AND row < ?')
  const insert = (verb: string) => (table: string, row: Record<string, SqlValue>) => {
    const columns = Object.keys(row)
    const sql = () => `${verb} INTO ${table} (${columns.join()}) VALUES (${columns.map(() => '?').join()})`
    statement(`${verb} ${table}`, columns, sql).run(...Object.values(row))
  }
  return {
    insert: insert('INSERT'),
    offer: (row) => insert('INSERT OR REPLACE')('shares', row),
    decideShare: (of, project, status, at) => void decide.run(status, at, of, project),
    endShares: (of) => void shares.run(of),
    nextRow: (created) => {
      const first = firstRowAt(created)
      const last = lastRow.get(first, first + ROWS_A_MILLISECOND)?.['row']
      return typeof last === 'string' ? BigInt(last) + 1n : first
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
      to.insert('accounts', { id: idOf(event), name, image_limit: imageLimit, may_publish: 0 })
      return
    }
    case 'AccountImageLimitSet':
      to.update('accounts', idOf(event), { image_limit: event.data.limit })
      return
    case 'AccountMayPublishSet':
      to.update('accounts', idOf(event), { may_publish: Number(event.data.mayPublish) })
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
    // Billing reads these.
    case 'StorageRateSet':
    case 'BillingPeriodClosingBegan':
    case 'BillingPeriodSealed':
    case 'BudgetSet':
    case 'BudgetRemoved':
    case 'BudgetThresholdReached':
    // What is kept for whom, and how it comes: see to-do/.
    case 'UploadBegan':
    case 'UploadContinued':
    case 'UploadPieceReceived':
    case 'UploadVerificationBegan':
    case 'UploadEnded':
    case 'UploadPiecesRemoved':
    case 'BlobStored':
    case 'BlobReferenced':
    case 'BlobReleased':
    case 'BlobCondemned':
    case 'BlobRemoved':
    case 'BlobVerified':
    case 'BlobFoundDamaged':
      return
    case 'ImageRegistered':
      to.insert('images', {
        row: to.nextRow(event.metadata.occurredAt),
        ...registeredImage(event),
      })
      return
    case 'ImageShared': {
      const { project, message, expiresAt } = event.data
      const offer = { message, offered_at: event.metadata.occurredAt, expires_at: expiresAt }
      to.offer({ image: idOf(event), project, status: 'PENDING', ...offer })
      to.update('images', idOf(event), { revision: event.revision })
      return
    }
    case 'ImageShareAccepted':
    case 'ImageShareRejected':
    case 'ImageShareExpired':
    case 'ImageShareRevoked':
      to.decideShare(idOf(event), event.data.project, shareStatusAfter[event.type], event.metadata.occurredAt)
      // No change of the image to those who look at it: others need not know whom it is shared with.
      to.update('images', idOf(event), { revision: event.revision })
      return
    case 'ImageDeleted':
      to.endShares(idOf(event))
      to.update('images', idOf(event), imageChanges(to, event))
      return
    default:
      to.update('images', idOf(event), imageChanges(to, event))
      return
  }
}

const shareStatusAfter = {
  ImageShareAccepted: 'ACCEPTED',
  ImageShareRejected: 'REJECTED',
  ImageShareExpired: 'EXPIRED',
  ImageShareRevoked: 'REVOKED',
} as const
