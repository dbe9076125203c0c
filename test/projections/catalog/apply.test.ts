import { describe, expect, test } from 'vitest'
import type { ImageEvent } from '../../../src/domain/image/events.ts'
import { digestsOf, propertiesOf, tagsOf } from '../../../src/projections/catalog/rows.ts'
import { blobKey, claimId, content, imageId, imageName, lab, ops, web } from '../../support/samples.ts'
import { at, available, plainRow, registered, rowAfter, stored, withBytes } from './image-rows.ts'

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
      'shows whom it is for',
      [
        { type: 'ImageVisibilityChanged', data: { from: 'PRIVATE', visibility: 'SHARED' } },
        { type: 'ImageVisibilityChanged', data: { from: 'SHARED', visibility: 'COMMUNITY' } },
      ],
      { visibility: 'COMMUNITY', revision: 2, updated_at: at(2) },
    ],
    [
      'belongs to no project once it is promoted to its account',
      [
        {
          type: 'ImagePromoted',
          data: { from: web, name: imageName('debian'), claimId: claimId(2) },
        },
      ],
      { project: null, revision: 1, updated_at: at(1) },
    ],
    [
      'belongs to the project that it is demoted to',
      [
        { type: 'ImagePromoted', data: { from: web, name: imageName('debian'), claimId: claimId(2) } },
        { type: 'ImageDemoted', data: { project: ops, name: imageName('debian'), claimId: claimId(3) } },
      ],
      { project: 'ops', revision: 2, updated_at: at(2) },
    ],
    [
      'shows that it is deactivated, by whomever',
      [{ type: 'ImageDeactivated', data: { by: 'OPERATOR' } }],
      { deactivated: 1, revision: 1, updated_at: at(1) },
    ],
    [
      'shows that it is active again',
      [
        { type: 'ImageDeactivated', data: { by: 'OWNER' } },
        { type: 'ImageReactivated', data: {} },
      ],
      { revision: 2, updated_at: at(2) },
    ],
    [
      'moves its revision, and not the time of its change, by offers and what becomes of them',
      [
        { type: 'ImageShared', data: { project: lab, message: 'Take it.', expiresAt: null } },
        { type: 'ImageShareAccepted', data: { project: lab } },
        { type: 'ImageShareRejected', data: { project: lab } },
        { type: 'ImageShareRevoked', data: { project: lab } },
        { type: 'ImageShared', data: { project: lab, message: null, expiresAt: null } },
        { type: 'ImageShareExpired', data: { project: lab } },
      ],
      { revision: 6 },
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
    const { digests } = content()
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
})
