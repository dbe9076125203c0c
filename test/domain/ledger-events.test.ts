import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  decodeEvent,
  type EventDefinitions,
  encodeEvent,
  type JsonObject,
} from '../../src/domain/kernel/event.ts'
import { right } from '../../src/domain/kernel/fp.ts'
import { readRecorded, type StoredEvent } from '../../src/domain/kernel/recorded.ts'
import { type LedgerEvent, ledgerEvents } from '../../src/domain/ledger-events.ts'
import { web } from '../support/samples.ts'

// Events are stored for good, so what was ever written must be read for good. Each file in test/fixtures/events is the stored
// form of one version of one type. None is ever edited or removed: a new version comes with a file of its own, and here with
// what the program makes of it.

const directory = join(import.meta.dirname, '../fixtures/events')

interface Fixture {
  readonly data: JsonObject
  readonly metadata: JsonObject
}

const fixture = (name: string): Fixture => JSON.parse(readFileSync(join(directory, name), 'utf8'))

const image = '0f8fad5b-d9cb-469f-a165-70867728950e'
const claim = '7c9e6679-7425-40de-944b-e07fc1f90ae7'
const otherClaim = '550e8400-e29b-41d4-a716-446655440000'
const blob = '6ba7b810-9dad-41d1-80b4-00c04fd430c8'
const sha256 = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'

/** What the program reads from each fixture, and how it tells a person of it. */
const expected: Readonly<Record<string, { readonly data: object; readonly summary: string }>> = {
  'ImageRegistered.v1.json': {
    data: {
      account: 'acme',
      project: 'web',
      location: 'ams',
      name: 'ubuntu-24.04-base-v1.0',
      claimId: claim,
      kind: 'DISK',
      origin: 'UPLOAD',
      declared: { format: 'QCOW2', sizeBytes: 9_007_199_254_740_993n, sha256 },
      details: {
        description: 'Ubuntu 24.04 LTS, the base of all others.',
        os: 'ubuntu',
        osFamily: 'LINUX',
        version: '24.04',
        arch: 'x86_64',
        family: 'ubuntu-24.04-base',
        cloudInit: true,
        compatibilityMode: false,
        minDiskBytes: 10_737_418_240n,
        minRamBytes: 1_073_741_824n,
      },
      official: true,
      protected: false,
      blockSize: 512,
      properties: [{ name: 'hw_disk_bus', value: 'virtio' }],
      tags: ['lts', 'noble'],
    },
    summary: 'Image ubuntu-24.04-base-v1.0 was registered in project web.',
  },
  'ImageRegistrationAbandoned.v1.json': {
    data: { claimId: claim },
    summary: 'The registration was given up before it was complete; its name is free again.',
  },
  'ImageRenamed.v1.json': {
    data: { from: 'ubuntu-24.04-base-v1.0', name: 'ubuntu-24.04-base-v1.1', claimId: otherClaim },
    summary: 'Renamed from ubuntu-24.04-base-v1.0 to ubuntu-24.04-base-v1.1.',
  },
  'ImageClaimAbandoned.v1.json': {
    data: { claimId: otherClaim },
    summary: 'A change of name was given up before it was complete; the new name is free again.',
  },
  'ImageDescribed.v1.json': {
    data: { changes: { description: '', os: null, version: '24.04.1', cloudInit: false, minDiskBytes: 0n } },
    summary: 'Described anew: description, os, version, cloudInit, minDiskBytes.',
  },
  'ImagePropertiesChanged.v1.json': {
    data: { set: [{ name: 'hw_disk_bus', value: 'scsi' }], removed: ['hw_vif_model'] },
    summary: 'Properties changed: hw_disk_bus set, hw_vif_model removed.',
  },
  'ImageTagsChanged.v1.json': {
    data: { added: ['lts'], removed: ['beta', 'old'] },
    summary: 'Tags changed: +lts -beta -old.',
  },
  'ImageProtected.v1.json': { data: {}, summary: 'Protected against deletion.' },
  'ImageUnprotected.v1.json': { data: {}, summary: 'No longer protected against deletion.' },
  'ImageContentStored.v1.json': {
    data: {
      content: {
        blob,
        sizeBytes: 1_048_576n,
        virtualSizeBytes: 10_737_418_240n,
        format: 'QCOW2',
        compression: 'NONE',
        digests: {
          sha256,
          sha512:
            'ee26b0dd4af7e749aa1a8ee3c10ae9923f618980772e473f8819a5d4940e0db27ac185f8a0e1d5f84f88bc887fd67b143732c304cc5fa9ad8e6f57f50028a8ff',
          sha1: 'a94a8fe5ccb19ba61c4c0873d391e987982fbbd3',
          md5: '098f6bcd4621d373cade4e832627b4f6',
        },
      },
    },
    summary: `1048576 bytes of QCOW2 were stored (sha256 ${sha256}).`,
  },
  'ImageBecameAvailable.v1.json': { data: {}, summary: 'Became available.' },
  'ImageCreationFailed.v1.json': {
    data: { code: 'CHECKSUM_MISMATCH', message: 'Another checksum was declared.' },
    summary: 'Its creation failed with CHECKSUM_MISMATCH: Another checksum was declared.',
  },
  'ImageCreationRetried.v1.json': { data: {}, summary: 'Its creation was begun again.' },
  'ImageVisibilityChanged.v1.json': {
    data: { from: 'SHARED', visibility: 'COMMUNITY' },
    summary: 'Its visibility went from SHARED to COMMUNITY.',
  },
  'ImageShared.v1.json': {
    data: {
      project: 'shop',
      message: 'The base of all our images.',
      expiresAt: '2026-03-15T00:00:00.000Z',
    },
    summary: 'Offered to project shop until 2026-03-15T00:00:00.000Z.',
  },
  'ImageShareAccepted.v1.json': { data: { project: 'shop' }, summary: 'Project shop accepted the offer.' },
  'ImageShareRejected.v1.json': { data: { project: 'shop' }, summary: 'Project shop rejected the offer.' },
  'ImageShareExpired.v1.json': {
    data: { project: 'shop' },
    summary: 'The offer to project shop was not taken up in time.',
  },
  'ImageShareRevoked.v1.json': { data: { project: 'shop' }, summary: 'No longer shared with project shop.' },
  'ImagePromoted.v1.json': {
    data: { from: 'web', name: 'ubuntu-24.04-base-v1.0', claimId: otherClaim },
    summary: 'Promoted from project web to its account.',
  },
  'ImageDemoted.v1.json': {
    data: { project: 'ops', name: 'ubuntu-24.04-base-v1.0', claimId: otherClaim },
    summary: 'Demoted from its account to project ops.',
  },
  'ImageDeprecated.v1.json': {
    data: {
      replacement: image,
      reason: 'Security fixes come to 24.04.2 only.',
      obsoleteAt: '2026-04-01T00:00:00.000Z',
      deleteAt: '2026-05-01T00:00:00.000Z',
    },
    summary: `Deprecated in favour of image ${image}, obsolete at 2026-04-01T00:00:00.000Z, to be deleted at 2026-05-01T00:00:00.000Z.`,
  },
  'ImageObsoleted.v1.json': { data: {}, summary: 'Became obsolete: for no new use.' },
  'ImageUndeprecated.v1.json': { data: {}, summary: 'No longer deprecated.' },
  'ImageDeactivated.v1.json': {
    data: { by: 'OPERATOR' },
    summary: 'Deactivated by an operator: its bytes are withheld.',
  },
  'ImageReactivated.v1.json': { data: {}, summary: 'Reactivated.' },
  'ImageDeletionRequested.v1.json': {
    data: { deleteAt: '2026-03-02T00:00:00.000Z', scheduled: false },
    summary: 'Its deletion was asked for, to be final at 2026-03-02T00:00:00.000Z.',
  },
  'ImageDeletionRequested.v2.json': {
    data: { deleteAt: '2026-03-02T00:00:00.000Z', scheduled: true },
    summary: 'The date of its deletion came, to be final at 2026-03-02T00:00:00.000Z.',
  },
  'ImageDeletionPrevented.v1.json': {
    data: {},
    summary: 'The date of its deletion came, but it is protected: it stays.',
  },
  'ImageRestored.v1.json': { data: {}, summary: 'Its deletion was taken back.' },
  'ImageDeleted.v1.json': { data: {}, summary: 'Deleted for good.' },
  'ImageContentRemoved.v1.json': { data: { blob }, summary: 'Its bytes were removed from the store.' },
  'AccountCreated.v1.json': {
    data: { name: 'Acme', imageLimit: 10 },
    summary: 'Account Acme was created.',
  },
  'AccountImageLimitSet.v1.json': { data: { limit: null }, summary: 'The limit of images was lifted.' },
  'AccountMayPublishSet.v1.json': {
    data: { mayPublish: true },
    summary: 'Its admins may make its images public or community from now on.',
  },
  'ImageNameClaimed.v1.json': {
    data: {
      claimId: claim,
      imageId: image,
      scope: { kind: 'PROJECT', project: 'web' },
      name: 'ubuntu-24.04-base-v1.0',
    },
    summary: `The name ubuntu-24.04-base-v1.0 was claimed for image ${image}.`,
  },
  'ImageNameReleased.v1.json': {
    data: { claimId: claim, imageId: image, scope: { kind: 'ACCOUNT' }, name: 'ubuntu-24.04-base-v1.0' },
    summary: `The name ubuntu-24.04-base-v1.0 of image ${image} became free.`,
  },
  'ProjectCreated.v1.json': {
    data: { account: 'acme', name: 'Web' },
    summary: 'Project Web of account acme was created.',
  },
  'LocationCreated.v1.json': {
    data: { name: 'Amsterdam', imagesEnabled: true },
    summary: 'Location Amsterdam was created, with images enabled.',
  },
  'LocationImagesEnabled.v1.json': { data: {}, summary: 'Images were enabled.' },
  'LocationImagesDisabled.v1.json': { data: {}, summary: 'Images were disabled.' },
}

const partsOf = (file: string): { readonly type: string; readonly version: number } => {
  const [, type = '', version] = /^(\w+)\.v(\d+)\.json$/.exec(file) ?? []
  return { type, version: Number(version) }
}

const definitions: EventDefinitions = ledgerEvents

const everyVersion = Object.values(ledgerEvents).flatMap(({ type, version }) =>
  Array.from({ length: version }, (_, before) => `${type}.v${before + 1}.json`),
)

describe('The fixtures of events', () => {
  test('are one for every version of every type, and no more', () => {
    expect(readdirSync(directory).sort()).toStrictEqual([...everyVersion].sort())
    expect(Object.keys(expected).sort()).toStrictEqual([...everyVersion].sort())
  })

  test('are listed under the names that the events have', () => {
    for (const [name, { type }] of Object.entries(ledgerEvents)) expect(name).toBe(type)
  })
})

describe.each(Object.entries(expected))('What is stored in %s', (file, { data, summary }) => {
  const { type, version } = partsOf(file)

  test('is read as it was meant', () => {
    expect(decodeEvent(ledgerEvents, type, fixture(file).data, version)).toStrictEqual(right({ type, data }))
  })

  test('is told to a person in a sentence', () => {
    expect(definitions[type]?.summary(data)).toBe(summary)
  })

  test('is read with its metadata', () => {
    const { metadata, data: stored } = fixture(file)
    expect(metadata['schemaVersion']).toBe(version)
    const event: StoredEvent = {
      id: image,
      type,
      data: stored,
      metadata,
      stream: 'image-1' as StoredEvent['stream'],
      revision: 0,
      position: 1n as StoredEvent['position'],
      recordedAt: '2026-03-01T00:00:00.000Z' as StoredEvent['recordedAt'],
    }
    expect(readRecorded(ledgerEvents, event)).toStrictEqual(right({ ...event, data, metadata }))
  })

  test.runIf(version === definitions[type]?.version)('is written again as it is stored', () => {
    expect(encodeEvent(ledgerEvents, { type, data })).toStrictEqual(fixture(file).data)
  })
})

describe('What the fixtures leave unsaid is told to a person as well', () => {
  test.each<[string, LedgerEvent]>([
    [
      'Offered to project web.',
      { type: 'ImageShared', data: { project: web, message: 'Take it.', expiresAt: null } },
    ],
    [
      'Deprecated.',
      {
        type: 'ImageDeprecated',
        data: { replacement: null, reason: null, obsoleteAt: null, deleteAt: null },
      },
    ],
    [
      'Deactivated by its owner: its bytes are withheld.',
      { type: 'ImageDeactivated', data: { by: 'OWNER' } },
    ],
    [
      'Only operators make its images public or community from now on.',
      { type: 'AccountMayPublishSet', data: { mayPublish: false } },
    ],
    ['At most 3 images from now on.', { type: 'AccountImageLimitSet', data: { limit: 3 } }],
    [
      'Location Rotterdam was created, with images disabled.',
      { type: 'LocationCreated', data: { name: 'Rotterdam', imagesEnabled: false } },
    ],
  ])('%s', (summary, { type, data }) => {
    expect(definitions[type]?.summary(data)).toBe(summary)
  })
})
