import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ImageEvent } from '../../../src/domain/image/events.ts'
import { imageAggregate, isRegistered } from '../../../src/domain/image/state.ts'
import { versionSortKey } from '../../../src/domain/image/versions.ts'
import { catalog as projection } from '../../../src/projections/catalog/apply.ts'
import { catalogOf } from '../../../src/projections/catalog/catalog.ts'
import { digestsOf, propertiesOf, tagsOf } from '../../../src/projections/catalog/rows.ts'
import { liveModel, recorder } from '../../support/projected.ts'
import {
  blobKey,
  claimId,
  content,
  imageId,
  imageName,
  instant,
  plainDetails,
  registration,
} from '../../support/samples.ts'
import { testSize } from '../../support/size.ts'
import { worldHistories } from '../../support/world-histories.ts'

const newCatalog = () => {
  const { db, apply } = liveModel(projection)
  const ledger = recorder()
  const tell = (...args: Parameters<typeof ledger.record>) => apply(ledger.record(...args))
  return { db, tell, apply, catalog: catalogOf(() => db) }
}

const stream = `image-${imageId(1)}`
const at = (second: number): string => `2026-03-01T00:00:0${second}.000Z`

/** Image 1 after these events, a second apart. */
const rowAfter = (...events: readonly ImageEvent[]) => {
  const { catalog, tell } = newCatalog()
  for (const [index, event] of events.entries()) tell(stream, event, at(index))
  return catalog.imagesById([imageId(1)])[0]
}

const registered: ImageEvent = {
  type: 'ImageRegistered',
  data: registration({
    details: { ...plainDetails, os: 'debian', version: '13', minDiskBytes: 2n ** 62n, minRamBytes: 7n },
    properties: [{ name: 'a', value: '1' }],
    tags: ['lts'],
    official: true,
  }),
}
const stored: ImageEvent = { type: 'ImageContentStored', data: { content: content() } }
const available: ImageEvent = { type: 'ImageBecameAvailable', data: {} }

const plainRow = {
  id: imageId(1),
  account: 'acme',
  project: 'web',
  location: 'ams',
  name: 'debian',
  description: '',
  kind: 'DISK',
  origin: 'UPLOAD',
  status: 'CREATING',
  status_code: null,
  status_reason: null,
  visibility: 'PRIVATE',
  os: 'debian',
  os_family: null,
  version: '13',
  arch: null,
  family: null,
  cloud_init: 0,
  compatibility_mode: 0,
  official: 1,
  protected: 0,
  deactivated: 0,
  min_disk_bytes: '4611686018427387904',
  min_ram_bytes: '7',
  block_size: 512,
  properties: '[{"name":"a","value":"1"}]',
  tags: '["lts"]',
  size_bytes: null,
  virtual_size_bytes: null,
  format: null,
  compression: null,
  digests: null,
  revision: 0,
  created_at: at(0),
  updated_at: at(0),
  available_at: null,
  deleted_at: null,
}
const { digests } = content()
const withBytes = {
  size_bytes: '1048576',
  virtual_size_bytes: '10737418240',
  format: 'QCOW2',
  compression: 'NONE',
  digests: JSON.stringify(digests),
}

describe('The row of an image', () => {
  test.each<[string, readonly ImageEvent[], object]>([
    ['is as it was registered', [], {}],
    [
      'shows a new name',
      [
        {
          type: 'ImageRenamed',
          data: { from: imageName('debian'), name: imageName('trixie'), claimId: claimId(2) },
        },
      ],
      { name: 'trixie', revision: 1, updated_at: at(1) },
    ],
    [
      'shows what is said of it anew, and what is cleared',
      [
        {
          type: 'ImageDescribed',
          data: {
            changes: {
              description: 'New.',
              os: null,
              osFamily: 'LINUX',
              cloudInit: true,
              compatibilityMode: true,
              minDiskBytes: 2n ** 63n - 1n,
            },
          },
        },
      ],
      {
        description: 'New.',
        os: null,
        os_family: 'LINUX',
        cloud_init: 1,
        compatibility_mode: 1,
        min_disk_bytes: '9223372036854775807',
        revision: 1,
        updated_at: at(1),
      },
    ],
    [
      'shows properties and tags, ordered',
      [
        {
          type: 'ImagePropertiesChanged',
          data: { set: [{ name: 'B', value: '2' }], removed: ['a'] },
        },
        { type: 'ImageTagsChanged', data: { added: ['beta', 'Z'], removed: [] } },
      ],
      {
        properties: '[{"name":"B","value":"2"}]',
        tags: '["Z","beta","lts"]',
        revision: 2,
        updated_at: at(2),
      },
    ],
    [
      'shows that it is protected',
      [{ type: 'ImageProtected', data: {} }],
      { protected: 1, revision: 1, updated_at: at(1) },
    ],
    [
      'shows that it is not protected any more',
      [
        { type: 'ImageProtected', data: {} },
        { type: 'ImageUnprotected', data: {} },
      ],
      { revision: 2, updated_at: at(2) },
    ],
    [
      'shows its bytes',
      [stored, available],
      { ...withBytes, status: 'AVAILABLE', available_at: at(2), revision: 2, updated_at: at(2) },
    ],
    [
      'shows why its creation failed',
      [{ type: 'ImageCreationFailed', data: { code: 'EMPTY_IMAGE', message: 'It is empty.' } }],
      {
        status: 'ERROR',
        status_code: 'EMPTY_IMAGE',
        status_reason: 'It is empty.',
        revision: 1,
        updated_at: at(1),
      },
    ],
    [
      'forgets why its creation failed when it is tried again',
      [
        { type: 'ImageCreationFailed', data: { code: 'EMPTY_IMAGE', message: 'It is empty.' } },
        { type: 'ImageCreationRetried', data: {} },
      ],
      { revision: 2, updated_at: at(2) },
    ],
    [
      'shows that its deletion was asked for',
      [{ type: 'ImageDeletionRequested', data: { deleteAt: instant(at(9)) } }],
      { status: 'DELETING', revision: 1, updated_at: at(1) },
    ],
    [
      'stays when it is deleted',
      [
        { type: 'ImageDeletionRequested', data: { deleteAt: instant(at(9)) } },
        { type: 'ImageDeleted', data: {} },
      ],
      { status: 'DELETED', deleted_at: at(2), revision: 2, updated_at: at(2) },
    ],
    [
      'moves its revision, and not the time of its change, by what the service does for itself',
      [
        { type: 'ImageClaimAbandoned', data: { claimId: claimId(2) } },
        { type: 'ImageContentRemoved', data: { blob: blobKey(1) } },
      ],
      { revision: 2 },
    ],
  ])('%s', (_, events, changes) => {
    expect({ ...rowAfter(registered, ...events) }).toStrictEqual({ ...plainRow, ...changes })
  })

  test('is none for what was given up before it was registered', () => {
    expect(rowAfter({ type: 'ImageRegistrationAbandoned', data: { claimId: claimId(1) } })).toBeNull()
  })

  test('is a bug where something happens to an image that never was', () => {
    expect(() => rowAfter({ type: 'ImageTagsChanged', data: { added: ['a'], removed: [] } })).toThrow(
      `Image ${imageId(1)} is not in the catalog`,
    )
  })

  test('tells its lists apart', () => {
    const row = rowAfter(registered, stored)
    if (row === null || row === undefined) throw new Error('There should be a row')
    expect(propertiesOf(row)).toStrictEqual([{ name: 'a', value: '1' }])
    expect(tagsOf(row)).toStrictEqual(['lts'])
    expect(digestsOf(row)).toStrictEqual([
      { algorithm: 'sha256', hex: digests.sha256 },
      { algorithm: 'sha512', hex: digests.sha512 },
      { algorithm: 'sha1', hex: digests.sha1 },
      { algorithm: 'md5', hex: digests.md5 },
    ])
    expect(digestsOf({ ...row, digests: null })).toStrictEqual([])
  })

  test('stands by the keys that follow from it, after any history', () => {
    fc.assert(
      fc.property(worldHistories, (events) => {
        const { catalog, apply, db } = newCatalog()
        for (const event of events) apply(event)
        const keys = db.prepare('SELECT id, deleted, size_key, version_key FROM images').all()
        for (const { id, ...found } of keys) {
          const [row] = catalog.imagesById([String(id)])
          expect(found).toStrictEqual({
            deleted: Number(row?.status === 'DELETED'),
            size_key: Number(row?.size_bytes ?? -1),
            version_key: versionSortKey(row?.version ?? null, row?.name ?? ''),
          })
        }
      }),
      { numRuns: testSize(100, 5_000) },
    )
  })

  test('says of any history what the aggregate says', () => {
    fc.assert(
      fc.property(worldHistories, (events) => {
        const { catalog, apply } = newCatalog()
        for (const event of events) apply(event)
        for (const n of [1, 2, 3, 4]) {
          const own = events.filter(({ stream: name }) => name === `image-${imageId(n)}`)
          const state = own.reduce(
            (before, event) => imageAggregate.evolve(before, event as ImageEvent),
            imageAggregate.initial,
          )
          const row = catalog.imagesById([imageId(n)])[0] ?? null
          expect(row !== null).toBe(isRegistered(state))
          if (row === null || !isRegistered(state)) continue
          expect({
            status: row.status,
            name: row.name,
            protected: row.protected === 1,
            os: row.os,
            version: row.version,
            minDiskBytes: BigInt(row.min_disk_bytes),
            properties: propertiesOf(row),
            tags: tagsOf(row),
            revision: row.revision,
          }).toStrictEqual({
            status: state.status,
            name: state.name,
            protected: state.protected,
            os: state.details.os,
            version: state.details.version,
            minDiskBytes: state.details.minDiskBytes,
            properties: state.properties,
            tags: state.tags,
            revision: own.length - 1,
          })
        }
      }),
      { numRuns: testSize(100, 5_000) },
    )
  })
})
