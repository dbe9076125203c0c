import type { Stored, UnheldReference, UploadOfImage } from '../../application/ports/stored.ts'
import type { BlobKey, ImageId } from '../../domain/kernel/ids.ts'
import type { Recorded } from '../../domain/kernel/recorded.ts'
import type { LedgerEvent } from '../../domain/ledger-events.ts'
import type { SqlDatabase } from '../projection.ts'

// The part of the to-do list that is about bytes: what is kept for whom, and what is on its way.

export const tables = `
  CREATE TABLE blobs (
    key TEXT PRIMARY KEY, sha256 TEXT, size_bytes TEXT, status TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE blob_references (
    blob TEXT NOT NULL, image TEXT NOT NULL, held INTEGER NOT NULL, since TEXT NOT NULL, PRIMARY KEY (image, blob)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE incoming (
    image TEXT PRIMARY KEY, source TEXT NOT NULL, failed INTEGER NOT NULL, deleting INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE uploads (
    image TEXT PRIMARY KEY, upload TEXT NOT NULL, kind TEXT NOT NULL, size_bytes TEXT, done_bytes TEXT NOT NULL,
    heard_at TEXT NOT NULL, verifying INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE pieces (
    blob TEXT PRIMARY KEY, image TEXT NOT NULL, upload TEXT NOT NULL, left_over INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`
export const indexes = `
  CREATE INDEX blobs_content ON blobs (sha256, size_bytes) WHERE status = 'KEPT';
  CREATE INDEX blobs_condemned ON blobs (key) WHERE status = 'CONDEMNED';
  CREATE INDEX blob_references_unheld ON blob_references (since) WHERE held = 0;
  CREATE INDEX incoming_awaited ON incoming (source) WHERE failed = 0 AND deleting = 0;
  CREATE INDEX uploads_resumable ON uploads (heard_at) WHERE kind = 'RESUMABLE';
  CREATE INDEX pieces_upload ON pieces (upload);
  CREATE INDEX pieces_left ON pieces (upload) WHERE left_over = 1;
`

/** Applies an event that is about bytes; every other one is passed over. */
export const applier = (db: SqlDatabase): ((event: Recorded<LedgerEvent>) => void) => {
  const know = db.prepare("INSERT OR IGNORE INTO blobs (key, status) VALUES (?, 'KEPT')")
  const keep = db.prepare(
    "INSERT OR REPLACE INTO blobs (key, sha256, size_bytes, status) VALUES (?, ?, ?, 'KEPT')",
  )
  const condemn = db.prepare(
    "INSERT INTO blobs (key, status) VALUES (?, 'CONDEMNED') ON CONFLICT DO UPDATE SET status = 'CONDEMNED'",
  )
  const gone = db.prepare('DELETE FROM blobs WHERE key = ?')
  const found = db.prepare('UPDATE blobs SET status = ? WHERE key = ? AND status = ?')
  const refer = db.prepare(
    'INSERT OR IGNORE INTO blob_references (blob, image, held, since) VALUES (?, ?, 0, ?)',
  )
  const release = db.prepare('DELETE FROM blob_references WHERE blob = ? AND image = ?')
  const hold = db.prepare('UPDATE blob_references SET held = 1 WHERE blob = ? AND image = ?')
  const await_ = db.prepare('INSERT INTO incoming (image, source, failed, deleting) VALUES (?, ?, 0, 0)')
  const failed = db.prepare('UPDATE incoming SET failed = ? WHERE image = ?')
  const deleting = db.prepare('UPDATE incoming SET deleting = ? WHERE image = ?')
  const came = db.prepare('DELETE FROM incoming WHERE image = ?')
  const begin = db.prepare(
    'INSERT OR REPLACE INTO uploads (image, upload, kind, size_bytes, done_bytes, heard_at, verifying) VALUES (?, ?, ?, ?, ?, ?, 0)',
  )
  const hear = db.prepare('UPDATE uploads SET heard_at = ?, done_bytes = ? WHERE image = ? AND upload = ?')
  const verify = db.prepare(
    "UPDATE uploads SET heard_at = ?, done_bytes = '0', verifying = 1 WHERE image = ? AND upload = ?",
  )
  const end = db.prepare('DELETE FROM uploads WHERE image = ? AND upload = ?')
  const piece = db.prepare('INSERT INTO pieces (blob, image, upload, left_over) VALUES (?, ?, ?, 0)')
  const leave = db.prepare('UPDATE pieces SET left_over = 1 WHERE upload = ?')
  const forget = db.prepare('DELETE FROM pieces WHERE upload = ?')
  return (event) => {
    const id = event.stream.slice(event.stream.indexOf('-') + 1)
    switch (event.type) {
      case 'ImageRegistered': {
        const { from } = event.data.source
        if (from !== 'UPLOAD') await_.run(id, from)
        return
      }
      case 'ImageCreationFailed':
        failed.run(1, id)
        return
      case 'ImageCreationRetried':
        failed.run(0, id)
        return
      case 'ImageDeletionRequested':
        deleting.run(1, id)
        return
      case 'ImageRestored':
        deleting.run(0, id)
        return
      case 'ImageContentStored':
        // Before blobs had streams, this is all that is said of one.
        know.run(event.data.content.blob)
        hold.run(event.data.content.blob, id)
        came.run(id)
        return
      case 'ImageDeleted':
        came.run(id)
        return
      case 'BlobStored':
        keep.run(id, event.data.sha256, event.data.sizeBytes.toString())
        refer.run(id, event.data.image, event.metadata.occurredAt)
        return
      case 'BlobReferenced':
        know.run(id)
        refer.run(id, event.data.image, event.metadata.occurredAt)
        return
      case 'BlobReleased':
        release.run(id, event.data.image)
        return
      case 'BlobCondemned':
        condemn.run(id)
        return
      case 'BlobRemoved':
        gone.run(id)
        return
      case 'BlobVerified':
        found.run('KEPT', id, 'DAMAGED')
        return
      case 'BlobFoundDamaged':
        found.run('DAMAGED', id, 'KEPT')
        return
      case 'UploadBegan': {
        const { upload, kind, sizeBytes, at } = event.data
        begin.run(id, upload, kind, sizeBytes?.toString() ?? null, '0', at)
        return
      }
      case 'UploadContinued':
        hear.run(event.data.at, event.data.doneBytes.toString(), id, event.data.upload)
        return
      case 'UploadPieceReceived': {
        const { upload, at, piece: received } = event.data
        piece.run(received.blob, id, upload)
        hear.run(at, (received.offset + received.sizeBytes).toString(), id, upload)
        return
      }
      case 'UploadVerificationBegan':
        verify.run(event.data.at, id, event.data.upload)
        return
      case 'UploadEnded':
        end.run(id, event.data.upload)
        leave.run(event.data.upload)
        return
      case 'UploadPiecesRemoved':
        forget.run(event.data.upload)
        return
    }
  }
}

const RESUMABLE = "FROM uploads WHERE kind = 'RESUMABLE' AND heard_at < ?"

/** The queries of it. */
export const storedOf = (database: () => SqlDatabase): Stored => {
  const rows = <Row>(sql: string, ...values: (string | number)[]): readonly Row[] =>
    database()
      .prepare(sql)
      .all(...values)
      .map((row) => ({ ...row }) as unknown as Row)
  return {
    sameContent: (sha256, sizeBytes) =>
      rows<{ key: BlobKey }>(
        "SELECT key FROM blobs WHERE status = 'KEPT' AND sha256 = ? AND size_bytes = ? LIMIT 1",
        sha256,
        sizeBytes.toString(),
      )[0]?.key ?? null,
    knows: (key) =>
      rows('SELECT 1 FROM blobs WHERE key = ?1 UNION ALL SELECT 1 FROM pieces WHERE blob = ?1', key).length >
      0,
    condemned: (limit) =>
      rows<{ key: BlobKey }>("SELECT key FROM blobs WHERE status = 'CONDEMNED' LIMIT ?", limit).map(
        ({ key }) => key,
      ),
    unheldReferences: (before, limit) =>
      rows<UnheldReference>(
        'SELECT blob, image FROM blob_references WHERE held = 0 AND since < ? ORDER BY since LIMIT ?',
        before,
        limit,
      ),
    awaited: (from, heardBefore, limit) =>
      rows<{ image: ImageId }>(
        `SELECT image FROM incoming WHERE failed = 0 AND deleting = 0 AND source = ?
          AND NOT EXISTS (SELECT 1 FROM uploads WHERE uploads.image = incoming.image AND heard_at >= ?) LIMIT ?`,
        from,
        heardBefore,
        limit,
      ).map(({ image }) => image),
    complete: (heardBefore, limit) =>
      rows<UploadOfImage>(
        `SELECT image, upload ${RESUMABLE} AND (verifying = 1 OR done_bytes = size_bytes) ORDER BY heard_at LIMIT ?`,
        heardBefore,
        limit,
      ),
    idle: (heardBefore, limit) =>
      rows<UploadOfImage>(
        `SELECT image, upload ${RESUMABLE} AND verifying = 0 AND done_bytes <> size_bytes ORDER BY heard_at LIMIT ?`,
        heardBefore,
        limit,
      ),
    leftPieces: (limit) =>
      rows<UploadOfImage>('SELECT DISTINCT image, upload FROM pieces WHERE left_over = 1 LIMIT ?', limit),
    progressOf: (image) => {
      const [row] = rows<{ done_bytes: string; size_bytes: string | null; verifying: number }>(
        'SELECT done_bytes, size_bytes, verifying FROM uploads WHERE image = ?',
        image,
      )
      if (row === undefined) return null
      return {
        stage: row.verifying === 1 ? 'VERIFYING' : 'UPLOADING',
        doneBytes: BigInt(row.done_bytes),
        totalBytes: row.size_bytes === null ? null : BigInt(row.size_bytes),
      }
    },
  }
}
