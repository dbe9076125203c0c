// Persistent, so that folding a thousand shares does not copy them each time (docs/adr/0007-libraries.md).
import Immutable from 'immutable'
import type { Aggregate } from '../kernel/aggregate.ts'
import { unreachable } from '../kernel/brand.ts'
import type { AccountId, BlobKey, ClaimId, ProjectId } from '../kernel/ids.ts'
import type { Instant } from '../kernel/instant.ts'
import {
  type Deactivator,
  type DeclaredContent,
  type DeprecationNotice,
  type ImageContent,
  type ImageDetails,
  type ImageEvent,
  type ImageKind,
  type ImageProperty,
  type ImageSource,
  type ImageVisibility,
  imageEvents,
} from './events.ts'
import type { ImageName } from './names.ts'

export const imageStatuses = ['CREATING', 'AVAILABLE', 'ERROR', 'DELETING', 'DELETED'] as const
export type ImageStatus = (typeof imageStatuses)[number]

/** What decisions about an image are made from, and nothing else. */
export type ImageState = NoImage | AbandonedImage | RegisteredImage

/** Nothing was ever written under this id. */
export interface NoImage {
  readonly status: 'NONE'
}

/** Its registration was given up by repair: no image will ever have this id. */
export interface AbandonedImage {
  readonly status: 'ABANDONED'
}

export interface RegisteredImage {
  readonly status: ImageStatus
  readonly account: AccountId
  /** Null once promoted: its account owns it. */
  readonly project: ProjectId | null
  readonly name: ImageName
  /** The claim in the account's stream that holds the name. */
  readonly claimId: ClaimId
  /** Claims that this image let go or that repair took from it: no rename may use them any more. */
  readonly deadClaims: readonly ClaimId[]
  readonly protected: boolean
  readonly details: ImageDetails
  /** Ordered by name. */
  readonly properties: readonly ImageProperty[]
  /** Ordered. */
  readonly tags: readonly string[]
  readonly kind: ImageKind
  readonly blockSize: number
  readonly source: ImageSource
  readonly declared: DeclaredContent
  /** Null until the bytes are in, and again once they are removed. */
  readonly content: ImageContent | null
  /** What was reported last of its size. */
  readonly sizeReport: SizeReport | null
  readonly visibility: ImageVisibility
  /** Every project that it was ever offered to. */
  readonly shares: Immutable.Map<ProjectId, Share>
  readonly deprecation: Deprecation | null
  /** Who withholds its bytes. */
  readonly deactivatedBy: Deactivator | null
  /** The deletion that was asked for. */
  readonly deletion: PendingDeletion | null
}

export type SizeReport = Extract<ImageEvent, { type: 'ImageSizeReported' }>['data']

/** The contract's statuses, and REVOKED for what is over. */
export const shareStatuses = ['PENDING', 'ACCEPTED', 'REJECTED', 'EXPIRED', 'REVOKED'] as const
export type ShareStatus = (typeof shareStatuses)[number]

export interface Share {
  readonly status: ShareStatus
  readonly message: string | null
  /** When an offer that nobody took up ends; an accepted share does not. */
  readonly expiresAt: Instant | null
}

export const deprecationStages = ['DEPRECATED', 'OBSOLETE'] as const
export type DeprecationStage = (typeof deprecationStages)[number]

export interface Deprecation extends DeprecationNotice {
  readonly stage: DeprecationStage
  /** The date of its deletion came while it was protected: that date is spent. */
  readonly deletionPrevented: boolean
}

export interface PendingDeletion {
  readonly deleteAt: Instant
  /** Not asked for by anybody now: its date came. */
  readonly scheduled: boolean
  /** What a restore leads back to. */
  readonly before: ImageStatus
}

/** An image has so many tags and properties at most. */
export const MAX_TAGS = 64
export const MAX_PROPERTIES = 128

const initial: ImageState = { status: 'NONE' }

/** The properties after some were set and others removed, ordered by name. */
export const applyProperties = (
  properties: readonly ImageProperty[],
  set: readonly ImageProperty[],
  removed: readonly string[],
): readonly ImageProperty[] => {
  const byName = new Map(properties.map((property) => [property.name, property]))
  for (const name of removed) byName.delete(name)
  for (const property of set) byName.set(property.name, property)
  return [...byName.values()].sort((a, b) => compareText(a.name, b.name))
}

/** The tags after some were added and others removed, ordered. */
export const applyTags = (
  tags: readonly string[],
  added: readonly string[],
  removed: readonly string[],
): readonly string[] => {
  const kept = new Set(tags)
  for (const tag of removed) kept.delete(tag)
  for (const tag of added) kept.add(tag)
  return [...kept].sort(compareText)
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const evolve = (state: ImageState, event: ImageEvent): ImageState => {
  switch (state.status) {
    case 'NONE':
    case 'ABANDONED':
      return begin(state, event)
    case 'CREATING':
    case 'AVAILABLE':
    case 'ERROR':
    case 'DELETING':
    case 'DELETED':
      return changed(state, event)
    default:
      return unreachable(state)
  }
}

const begin = (state: NoImage | AbandonedImage, event: ImageEvent): ImageState => {
  if (event.type === 'ImageRegistrationAbandoned') return { status: 'ABANDONED' }
  if (event.type !== 'ImageRegistered') return state
  const { account, project, name, claimId, kind, blockSize, source } = event.data
  const { declared, details, properties, tags } = event.data
  return {
    status: 'CREATING',
    account,
    project,
    name,
    claimId,
    deadClaims: [],
    protected: event.data.protected,
    details,
    properties,
    tags,
    kind,
    blockSize,
    source,
    declared,
    content: null,
    sizeReport: null,
    visibility: 'PRIVATE',
    shares: Immutable.Map(),
    deprecation: null,
    deactivatedBy: null,
    deletion: null,
  }
}

/** What an image that is there becomes by an event. */
export const changed = (state: RegisteredImage, event: ImageEvent): RegisteredImage => {
  switch (event.type) {
    case 'ImageRegistered':
    case 'ImageRegistrationAbandoned':
      return state
    case 'ImageRenamed': {
      const { name, claimId } = event.data
      return { ...state, name, claimId, deadClaims: [...state.deadClaims, state.claimId] }
    }
    case 'ImageClaimAbandoned':
      return { ...state, deadClaims: [...state.deadClaims, event.data.claimId] }
    case 'ImageDescribed':
      return { ...state, details: { ...state.details, ...definedOnly(event.data.changes) } }
    case 'ImagePropertiesChanged':
      return { ...state, properties: applyProperties(state.properties, event.data.set, event.data.removed) }
    case 'ImageTagsChanged':
      return { ...state, tags: applyTags(state.tags, event.data.added, event.data.removed) }
    case 'ImageProtected':
      return { ...state, protected: true }
    case 'ImageUnprotected':
      return { ...state, protected: false }
    case 'ImageContentStored':
      return { ...state, content: event.data.content }
    case 'ImageSizeReported':
      return { ...state, sizeReport: event.data }
    case 'ImageBecameAvailable':
      return { ...state, status: 'AVAILABLE' }
    case 'ImageCreationFailed':
      return { ...state, status: 'ERROR' }
    case 'ImageCreationRetried':
      return { ...state, status: 'CREATING' }
    case 'ImageVisibilityChanged':
      return { ...state, visibility: event.data.visibility }
    case 'ImageShared': {
      const { project, message, expiresAt } = event.data
      return { ...state, shares: state.shares.set(project, { status: 'PENDING', message, expiresAt }) }
    }
    case 'ImageShareAccepted':
      return withShare(state, event.data.project, 'ACCEPTED')
    case 'ImageShareRejected':
      return rejected(state, event.data.project)
    case 'ImageShareExpired':
      return withShare(state, event.data.project, 'EXPIRED')
    case 'ImageShareRevoked':
      return withShare(state, event.data.project, 'REVOKED')
    case 'ImagePromoted':
      return movedTo(state, null, event.data.claimId)
    case 'ImageDemoted':
      return movedTo(state, event.data.project, event.data.claimId)
    case 'ImageDeprecated': {
      const stage = state.deprecation?.stage ?? 'DEPRECATED'
      return { ...state, deprecation: { ...event.data, stage, deletionPrevented: false } }
    }
    case 'ImageObsoleted':
      return withDeprecation(state, { stage: 'OBSOLETE' })
    case 'ImageUndeprecated':
      return { ...state, deprecation: null }
    case 'ImageDeactivated':
      return { ...state, deactivatedBy: event.data.by }
    case 'ImageReactivated':
      return { ...state, deactivatedBy: null }
    case 'ImageDeletionRequested':
      return { ...state, status: 'DELETING', deletion: { ...event.data, before: state.status } }
    case 'ImageDeletionPrevented':
      return withDeprecation(state, { deletionPrevented: true })
    case 'ImageRestored': {
      const status = state.deletion?.before ?? state.status
      const restored = { ...state, status, deletion: null }
      // A date that came is spent: it must not take the image again.
      return state.deletion?.scheduled === true ? withDeprecation(restored, { deleteAt: null }) : restored
    }
    case 'ImageDeleted':
      return { ...state, status: 'DELETED' }
    case 'ImageContentRemoved':
      return { ...state, content: null }
    default:
      return unreachable(event)
  }
}

const withShare = (state: RegisteredImage, project: ProjectId, status: ShareStatus): RegisteredImage => {
  const share = state.shares.get(project)
  return share === undefined ? state : { ...state, shares: state.shares.set(project, { ...share, status }) }
}

/** What was accepted once does not expire any more, though it was given back. */
const rejected = (state: RegisteredImage, project: ProjectId): RegisteredImage => {
  const share = state.shares.get(project)
  if (share === undefined) return state
  const expiresAt = share.status === 'ACCEPTED' ? null : share.expiresAt
  return { ...state, shares: state.shares.set(project, { ...share, status: 'REJECTED', expiresAt }) }
}

const withDeprecation = (state: RegisteredImage, change: Partial<Deprecation>): RegisteredImage =>
  state.deprecation === null ? state : { ...state, deprecation: { ...state.deprecation, ...change } }

const movedTo = (state: RegisteredImage, project: ProjectId | null, claimId: ClaimId): RegisteredImage => ({
  ...state,
  project,
  claimId,
  deadClaims: [...state.deadClaims, state.claimId],
})

/** zod's partial objects may hold undefined: what is left out stays as it is. */
export const definedOnly = (
  changes: {
    readonly [Key in keyof ImageDetails]?: ImageDetails[Key] | undefined
  },
): Partial<ImageDetails> =>
  Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))

export const imageAggregate: Aggregate<ImageState, ImageEvent> = {
  category: 'image',
  definitions: imageEvents,
  initial,
  evolve,
}

/** True where there is an image: it was registered, and may be deleted by now. */
export const isRegistered = (state: ImageState): state is RegisteredImage =>
  state.status !== 'NONE' && state.status !== 'ABANDONED'

/** The bytes that reactions still have to remove. */
export const removableBlob = (state: ImageState): BlobKey | null =>
  state.status === 'DELETED' ? (state.content?.blob ?? null) : null
