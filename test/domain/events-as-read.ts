// What the program makes of each file in test/fixtures/events.

export const image = '0f8fad5b-d9cb-469f-a165-70867728950e'
const claim = '7c9e6679-7425-40de-944b-e07fc1f90ae7'
const otherClaim = '550e8400-e29b-41d4-a716-446655440000'
const blob = '6ba7b810-9dad-41d1-80b4-00c04fd430c8'
const price = 'c56a4180-65aa-42ec-a945-5fd21dec0538'
const sha256 = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'

/** What the program reads from each fixture, and how it tells a person of it. */
export const expected: Readonly<Record<string, { readonly data: object; readonly summary: string }>> = {
  'ImageRegistered.v1.json': {
    data: {
      account: 'acme',
      project: 'web',
      location: 'ams',
      name: 'ubuntu-24.04-base-v1.0',
      claimId: claim,
      kind: 'DISK',
      origin: 'UPLOAD',
      source: { from: 'UPLOAD' },
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
  'ImageRegistered.v2.json': {
    data: {
      account: 'acme',
      project: 'web',
      location: 'ams',
      name: 'ubuntu-24.04-base-v1.0',
      claimId: claim,
      kind: 'DISK',
      origin: 'URL',
      source: { from: 'URL', url: 'https://images.example.com/noble.qcow2' },
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
  'ImageSizeReported.v1.json': {
    data: {
      sizeBytes: 9_007_199_254_740_993n,
      measuredAt: '2026-02-28T18:00:00.000Z',
      effectiveFrom: '2026-02-15T00:00:00.000Z',
    },
    summary:
      '9007199254740993 bytes were measured at 2026-02-28T18:00:00.000Z, to count from 2026-02-15T00:00:00.000Z on.',
  },
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
  'ImageContentRemoved.v1.json': { data: { blob }, summary: 'Its bytes are no longer kept for it.' },
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
  'StorageRateSet.v1.json': {
    data: {
      priceId: price,
      scope: { project: 'web', account: 'acme', location: 'ams' },
      terms: {
        currency: 'EUR',
        ratePerGbMonth: '0.050',
        effectiveFrom: '2026-04-01T00:00:00.000Z',
        unit: 'GIB',
        hoursBasis: 'H730',
        hourPolicy: 'EXACT',
      },
    },
    summary:
      'From 2026-04-01T00:00:00.000Z on, a GiB and month costs project web, account acme, location ams 0.050 EUR.',
  },
  'BillingPeriodClosingBegan.v1.json': {
    data: { month: '2026-02', sealAt: '2026-03-04T00:00:00.000Z' },
    summary: '2026-02 is being closed, to be sealed at 2026-03-04T00:00:00.000Z.',
  },
  'BillingPeriodSealed.v1.json': {
    data: {
      month: '2026-02',
      position: '9007199254740993',
      sha256,
      lines: 3,
      pendingSize: 1,
      unpriced: 0,
      totals: [
        { amount: '12.34', currency: 'EUR' },
        { amount: '500', currency: 'JPY' },
      ],
    },
    summary: `2026-02 was sealed with 3 lines (sha256 ${sha256}).`,
  },
  'BudgetSet.v1.json': {
    data: {
      amount: '100.00',
      currency: 'EUR',
      thresholds: [
        { percent: 80, basis: 'ACTUAL' },
        { percent: 100, basis: 'FORECAST' },
      ],
    },
    summary: 'The budget of a month is 100.00 EUR.',
  },
  'BudgetRemoved.v1.json': { data: {}, summary: 'There is no budget any more.' },
  'BudgetThresholdReached.v1.json': {
    data: {
      percent: 80,
      basis: 'ACTUAL',
      month: '2026-02',
      amount: '80.000000000000000001',
      currency: 'EUR',
    },
    summary: 'What was used of 2026-02 reached 80 % of the budget: 80.000000000000000001 EUR.',
  },
  'UploadBegan.v1.json': {
    data: {
      upload: '9b2d8e0a-6a34-4c5b-9b43-1f0f1c1d7a10',
      kind: 'RESUMABLE',
      sizeBytes: 9007199254740993n,
      at: '2026-03-01T00:00:00.000Z',
    },
    summary: 'An upload began of 9007199254740993 bytes.',
  },
  'UploadContinued.v1.json': {
    data: {
      upload: '9b2d8e0a-6a34-4c5b-9b43-1f0f1c1d7a10',
      doneBytes: 4096n,
      at: '2026-03-01T00:00:00.000Z',
    },
    summary: '4096 bytes have come.',
  },
  'UploadPieceReceived.v1.json': {
    data: {
      upload: '9b2d8e0a-6a34-4c5b-9b43-1f0f1c1d7a10',
      piece: { blob: '6ba7b810-9dad-41d1-80b4-00c04fd430c8', offset: 4096n, sizeBytes: 512n },
      at: '2026-03-01T00:00:00.000Z',
    },
    summary: '512 bytes have come, from byte 4096 on.',
  },
  'UploadVerificationBegan.v1.json': {
    data: {
      upload: '9b2d8e0a-6a34-4c5b-9b43-1f0f1c1d7a10',
      by: '1c6f1b9e-3d0c-4a0a-8d57-0a4a2f7f6f55',
      at: '2026-03-01T00:00:00.000Z',
    },
    summary: 'All bytes have come, and are looked into.',
  },
  'UploadEnded.v1.json': {
    data: { upload: '9b2d8e0a-6a34-4c5b-9b43-1f0f1c1d7a10', outcome: 'BROKEN_OFF' },
    summary: 'The upload ended: broken off.',
  },
  'UploadPiecesRemoved.v1.json': {
    data: { upload: '9b2d8e0a-6a34-4c5b-9b43-1f0f1c1d7a10' },
    summary: 'What had come in pieces was removed from the store.',
  },
  'BlobStored.v1.json': {
    data: {
      image: '0f8fad5b-d9cb-469f-a165-70867728950e',
      sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      sizeBytes: 9007199254740993n,
    },
    summary: '9007199254740993 bytes are kept for image 0f8fad5b-d9cb-469f-a165-70867728950e.',
  },
  'BlobReferenced.v1.json': {
    data: { image: '0f8fad5b-d9cb-469f-a165-70867728950e' },
    summary: 'Kept for image 0f8fad5b-d9cb-469f-a165-70867728950e too.',
  },
  'BlobReleased.v1.json': {
    data: { image: '0f8fad5b-d9cb-469f-a165-70867728950e' },
    summary: 'No longer kept for image 0f8fad5b-d9cb-469f-a165-70867728950e.',
  },
  'BlobCondemned.v1.json': {
    data: {},
    summary: 'Kept for no image, and never for one again: the bytes are to be removed.',
  },
  'BlobRemoved.v1.json': { data: {}, summary: 'The bytes were removed from the store.' },
  'BlobVerified.v1.json': {
    data: { sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' },
    summary:
      'Read again, and found whole (sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08).',
  },
  'BlobFoundDamaged.v1.json': {
    data: {
      expected: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      found: '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae',
    },
    summary:
      'Read again, and found damaged: sha256 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae and not 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08.',
  },
}
