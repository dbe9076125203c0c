import type { ImageChanges } from '../../../src/domain/image/changes.ts'
import type { ImageCommand } from '../../../src/domain/image/decide.ts'
import type { DeprecationNotice, ImageEvent, ImageVisibility } from '../../../src/domain/image/events.ts'
import { type ImageState, imageAggregate } from '../../../src/domain/image/state.ts'
import type { ProjectId } from '../../../src/domain/kernel/ids.ts'
import { type InvalidState, invalidState } from '../../../src/domain/kernel/refusal.ts'
import { blobKey, claimId, content, imageName, instant, registration, web } from '../../support/samples.ts'

export const yesterday = instant('2026-02-28T12:00:00.000Z')
export const now = instant('2026-03-01T12:00:00.000Z')
/** The first moment that is later than now. */
export const justAfter = instant('2026-03-01T12:00:00.001Z')
/** The last moment that is earlier than tomorrow. */
export const justBefore = instant('2026-03-02T11:59:59.999Z')
export const tomorrow = instant('2026-03-02T12:00:00.000Z')
export const nextWeek = instant('2026-03-08T12:00:00.000Z')
export const nothing: readonly ImageEvent[] = []

export const registered: ImageEvent = { type: 'ImageRegistered', data: registration() }
const givenUp: ImageEvent = { type: 'ImageRegistrationAbandoned', data: { claimId: claimId(1) } }
export const stored: ImageEvent = { type: 'ImageContentStored', data: { content: content() } }
export const becameAvailable: ImageEvent = { type: 'ImageBecameAvailable', data: {} }
type Report = Extract<ImageEvent, { type: 'ImageSizeReported' }>['data']
/** 2 MiB, measured yesterday. */
export const report = (said: Partial<Report> = {}): Report => ({
  sizeBytes: 2_097_152n,
  measuredAt: yesterday,
  effectiveFrom: null,
  ...said,
})
export const reported = (said: Partial<Report> = {}): ImageEvent => ({
  type: 'ImageSizeReported',
  data: report(said),
})
export const failed: ImageEvent = {
  type: 'ImageCreationFailed',
  data: { code: 'EMPTY_IMAGE', message: 'It is empty.' },
}
export const retried: ImageEvent = { type: 'ImageCreationRetried', data: {} }
export const requested: ImageEvent = {
  type: 'ImageDeletionRequested',
  data: { deleteAt: tomorrow, scheduled: false },
}
export const deleted: ImageEvent = { type: 'ImageDeleted', data: {} }
export const removed: ImageEvent = { type: 'ImageContentRemoved', data: { blob: blobKey(1) } }

export const states = {
  'nothing at all': [],
  'a registration given up': [givenUp],
  'an image in CREATING': [registered],
  'an image that is AVAILABLE': [registered, stored, becameAvailable],
  'an image in ERROR': [registered, failed],
  'an image in DELETING': [registered, stored, becameAvailable, requested],
  'an image that is DELETED': [registered, stored, becameAvailable, requested, deleted],
  'a DELETED image without its bytes': [registered, stored, becameAvailable, requested, deleted, removed],
} as const satisfies Record<string, readonly ImageEvent[]>
export type StateName = keyof typeof states

export const onlyWhatStays = (status: string): InvalidState =>
  invalidState(status, `The image is ${status}: only an image that stays can be changed.`)

export const renamed: ImageEvent = {
  type: 'ImageRenamed',
  data: { from: imageName('debian'), name: imageName('debian-13'), claimId: claimId(2) },
}
const noChanges = { details: {}, setProperties: [], removeProperties: [], addTags: [], removeTags: [] }

/** With claim n, made in a project or (null) in the account. */
export const rename = (name: string, n: number, project: ProjectId | null = web): ImageCommand => ({
  type: 'ChangeImage',
  changes: { ...noChanges, rename: { name: imageName(name), project, claimId: claimId(n) } },
})

export const change = (changes: Partial<ImageChanges>): ImageCommand => ({
  type: 'ChangeImage',
  changes: { ...noChanges, ...changes },
})

export const guarded: ImageEvent = { type: 'ImageProtected', data: {} }
export const unguarded: ImageEvent = { type: 'ImageUnprotected', data: {} }
export const restored: ImageEvent = { type: 'ImageRestored', data: {} }

export const seenBy = (visibility: ImageVisibility, from: ImageVisibility = 'PRIVATE'): ImageEvent => ({
  type: 'ImageVisibilityChanged',
  data: { from, visibility },
})

type Offer = Extract<ImageEvent, { type: 'ImageShared' }>['data']
export const offered = (project: ProjectId, terms: Partial<Offer> = {}): ImageEvent => ({
  type: 'ImageShared',
  data: { project, message: null, expiresAt: null, ...terms },
})
export const accepted = (project: ProjectId): ImageEvent => ({
  type: 'ImageShareAccepted',
  data: { project },
})
export const rejected = (project: ProjectId): ImageEvent => ({
  type: 'ImageShareRejected',
  data: { project },
})
export const expired = (project: ProjectId): ImageEvent => ({ type: 'ImageShareExpired', data: { project } })
export const revoked = (project: ProjectId): ImageEvent => ({ type: 'ImageShareRevoked', data: { project } })

/** Debian of project web moved to its account, by claim n there. */
export const promoted = (n: number): ImageEvent => ({
  type: 'ImagePromoted',
  data: { from: web, name: imageName('debian'), claimId: claimId(n) },
})
export const demoted = (project: ProjectId, n: number): ImageEvent => ({
  type: 'ImageDemoted',
  data: { project, name: imageName('debian'), claimId: claimId(n) },
})

export const notice = (said: Partial<DeprecationNotice> = {}): DeprecationNotice => ({
  replacement: null,
  reason: null,
  obsoleteAt: null,
  deleteAt: null,
  ...said,
})
export const deprecated = (said: Partial<DeprecationNotice> = {}): ImageEvent => ({
  type: 'ImageDeprecated',
  data: notice(said),
})
export const obsoleted: ImageEvent = { type: 'ImageObsoleted', data: {} }
export const undeprecated: ImageEvent = { type: 'ImageUndeprecated', data: {} }
export const prevented: ImageEvent = { type: 'ImageDeletionPrevented', data: {} }

export const stateOf = (history: readonly ImageEvent[]): ImageState =>
  history.reduce(imageAggregate.evolve, imageAggregate.initial)
