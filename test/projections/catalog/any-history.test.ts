import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ImageEvent } from '../../../src/domain/image/events.ts'
import {
  type ImageState,
  imageAggregate,
  isRegistered,
  type RegisteredImage,
} from '../../../src/domain/image/state.ts'
import { versionSortKey } from '../../../src/domain/image/versions.ts'
import type { Recorded } from '../../../src/domain/kernel/recorded.ts'
import type { LedgerEvent } from '../../../src/domain/ledger-events.ts'
import { type ImageRow, propertiesOf, tagsOf } from '../../../src/projections/catalog/rows.ts'
import { imageId, instant } from '../../support/samples.ts'
import { testSize } from '../../support/size.ts'
import { worldHistories } from '../../support/world-histories.ts'
import { newCatalog } from './catalogs.ts'

const numRuns = testSize(100, 1_500)

const catalogAfter = (events: readonly Recorded<LedgerEvent>[]) => {
  const made = newCatalog()
  for (const event of events) made.apply(event)
  return made
}

/** The images of a history, as their aggregate has them, each with its own events. */
const imagesIn = (events: readonly Recorded<LedgerEvent>[]) =>
  [1, 2, 3, 4].map((n) => {
    const own = events.filter(({ stream }) => stream === `image-${imageId(n)}`)
    const state = own.reduce<ImageState>(
      (before, event) => imageAggregate.evolve(before, event as ImageEvent),
      imageAggregate.initial,
    )
    return { id: imageId(n), own, state }
  })

const factsOfRow = (row: ImageRow) => ({
  status: row.status,
  project: row.project,
  name: row.name,
  visibility: row.visibility,
  protected: row.protected === 1,
  deactivated: row.deactivated === 1,
  deprecation:
    row.deprecation_stage === null
      ? null
      : {
          stage: row.deprecation_stage,
          replacement: row.replacement,
          reason: row.deprecation_reason,
          obsoleteAt: row.obsolete_at,
          deleteAt: row.delete_at,
          deletionPrevented: row.deletion_prevented_at !== null,
        },
  os: row.os,
  version: row.version,
  minDiskBytes: BigInt(row.min_disk_bytes),
  properties: propertiesOf(row),
  tags: tagsOf(row),
})

const factsOfState = (state: RegisteredImage) => ({
  status: state.status,
  project: state.project,
  name: state.name,
  visibility: state.visibility,
  protected: state.protected,
  deactivated: state.deactivatedBy !== null,
  deprecation: state.deprecation === null ? null : { ...state.deprecation },
  os: state.details.os,
  version: state.details.version,
  minDiskBytes: state.details.minDiskBytes,
  properties: state.properties,
  tags: state.tags,
})

describe('After any history', () => {
  test('a row stands by the keys that follow from it', () => {
    fc.assert(
      fc.property(worldHistories, (events) => {
        const { catalog, db } = catalogAfter(events)
        const keys = db
          .prepare('SELECT id, deleted, size_key, version_key, listed_to_users, everybodys FROM images')
          .all()
        for (const { id, ...found } of keys) {
          const [row] = catalog.imagesById([String(id)])
          const listed = row?.status !== 'DELETED' && row?.deprecation_stage === null
          expect(found).toStrictEqual({
            deleted: Number(row?.status === 'DELETED'),
            size_key: (row?.size_bytes ?? '').padStart(row?.size_bytes == null ? 0 : 19, '0'),
            version_key: versionSortKey(
              row?.version ?? null,
              row?.name ?? '',
              row?.created_at ?? instant(''),
            ),
            listed_to_users: Number(listed),
            everybodys: Number(listed && (row?.visibility === 'COMMUNITY' || row?.visibility === 'PUBLIC')),
          })
        }
      }),
      { numRuns },
    )
  })

  test('a row says what the aggregate says, at the revision of the last event', () => {
    fc.assert(
      fc.property(worldHistories, (events) => {
        const { catalog } = catalogAfter(events)
        for (const { id, own, state } of imagesIn(events)) {
          const row = catalog.imagesById([id])[0] ?? null
          expect(row !== null).toBe(isRegistered(state))
          if (row === null || !isRegistered(state)) continue
          expect(factsOfRow(row)).toStrictEqual(factsOfState(state))
          expect(row.revision).toBe(own.length - 1)
        }
      }),
      { numRuns },
    )
  })

  test('the shares of an image are what the aggregate says, and none once it is deleted', () => {
    fc.assert(
      fc.property(worldHistories, (events) => {
        const { db } = catalogAfter(events)
        const select = db.prepare(
          'SELECT project, status, message, expires_at AS expiresAt FROM shares WHERE image = ? ORDER BY project',
        )
        for (const { id, state } of imagesIn(events)) {
          const shares = isRegistered(state) && state.status !== 'DELETED' ? [...state.shares] : []
          expect(select.all(id).map((row) => ({ ...row }))).toStrictEqual(
            shares
              .map(([project, { status, message, expiresAt }]) => ({ project, status, message, expiresAt }))
              .sort((a, b) => (a.project < b.project ? -1 : 1)),
          )
        }
      }),
      { numRuns },
    )
  })
})
