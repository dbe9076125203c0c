import type { ImageEvent } from '../../../src/domain/image/events.ts'
import type { ImageRow } from '../../../src/projections/catalog/rows.ts'
import { content, imageId, plainDetails, registration } from '../../support/samples.ts'
import { newCatalog } from './catalogs.ts'

export const stream = `image-${imageId(1)}`
export const at = (second: number): string => `2026-03-01T00:00:0${second}.000Z`

/** Image 1 after these events, a second apart. */
export const rowAfter = (...events: readonly ImageEvent[]): ImageRow | null | undefined => {
  const { catalog, tell } = newCatalog()
  for (const [index, event] of events.entries()) tell(stream, event, at(index))
  return catalog.imagesById([imageId(1)])[0]
}

export const registered: ImageEvent = {
  type: 'ImageRegistered',
  data: registration({
    details: { ...plainDetails, os: 'debian', version: '13', minDiskBytes: 2n ** 62n, minRamBytes: 7n },
    properties: [{ name: 'a', value: '1' }],
    tags: ['lts'],
    official: true,
  }),
}
export const stored: ImageEvent = { type: 'ImageContentStored', data: { content: content() } }
export const available: ImageEvent = { type: 'ImageBecameAvailable', data: {} }

/** The row of the image that was just registered. */
export const plainRow = {
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
  deprecation_stage: null,
  deprecated_at: null,
  deprecation_reason: null,
  replacement: null,
  obsolete_at: null,
  delete_at: null,
  deletion_prevented_at: null,
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
/** What the bytes change of it. */
export const withBytes = {
  size_bytes: '1048576',
  virtual_size_bytes: '10737418240',
  format: 'QCOW2',
  compression: 'NONE',
  digests: JSON.stringify(content().digests),
}
