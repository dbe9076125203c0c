import type { ImageChanges, ImageCommand } from '../../../src/domain/image/decide.ts'
import type { ImageEvent } from '../../../src/domain/image/events.ts'
import { type ImageState, imageAggregate } from '../../../src/domain/image/state.ts'
import { blobKey, claimId, content, imageName, instant, registration } from '../../support/samples.ts'

export const now = instant('2026-03-01T12:00:00.000Z')
export const tomorrow = instant('2026-03-02T12:00:00.000Z')
export const nothing: readonly ImageEvent[] = []

export const registered: ImageEvent = { type: 'ImageRegistered', data: registration() }
const givenUp: ImageEvent = { type: 'ImageRegistrationAbandoned', data: { claimId: claimId(1) } }
export const stored: ImageEvent = { type: 'ImageContentStored', data: { content: content() } }
export const becameAvailable: ImageEvent = { type: 'ImageBecameAvailable', data: {} }
export const failed: ImageEvent = {
  type: 'ImageCreationFailed',
  data: { code: 'EMPTY_IMAGE', message: 'It is empty.' },
}
export const retried: ImageEvent = { type: 'ImageCreationRetried', data: {} }
export const requested: ImageEvent = { type: 'ImageDeletionRequested', data: { deleteAt: tomorrow } }
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

export const renamed: ImageEvent = {
  type: 'ImageRenamed',
  data: { from: imageName('debian'), name: imageName('debian-13'), claimId: claimId(2) },
}
const noChanges = { details: {}, setProperties: [], removeProperties: [], addTags: [], removeTags: [] }
export const rename = (name: string, n: number): ImageCommand => ({
  type: 'ChangeImage',
  changes: { ...noChanges, rename: { name: imageName(name), claimId: claimId(n) } },
})

export const change = (changes: Partial<ImageChanges>): ImageCommand => ({
  type: 'ChangeImage',
  changes: { ...noChanges, ...changes },
})

export const stateOf = (history: readonly ImageEvent[]): ImageState =>
  history.reduce(imageAggregate.evolve, imageAggregate.initial)
