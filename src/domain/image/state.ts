import type { Aggregate } from '../kernel/aggregate.ts'
import { unreachable } from '../kernel/brand.ts'
import type { AccountId, BlobKey, ClaimId, ProjectId } from '../kernel/ids.ts'
import type { Instant } from '../kernel/instant.ts'
import {
  type DeclaredContent,
  type ImageContent,
  type ImageDetails,
  type ImageEvent,
  type ImageProperty,
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
  readonly project: ProjectId
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
  readonly declared: DeclaredContent
  /** Null until the bytes are in, and again once they are removed. */
  readonly content: ImageContent | null
  /** When the deletion that was asked for becomes final. */
  readonly deleteAt: Instant | null
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
      return change(state, event)
    default:
      return unreachable(state)
  }
}

const begin = (state: NoImage | AbandonedImage, event: ImageEvent): ImageState => {
  if (event.type === 'ImageRegistrationAbandoned') return { status: 'ABANDONED' }
  if (event.type !== 'ImageRegistered') return state
  const { account, project, name, claimId, declared, details, properties, tags } = event.data
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
    declared,
    content: null,
    deleteAt: null,
  }
}

const change = (state: RegisteredImage, event: ImageEvent): RegisteredImage => {
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
    case 'ImageBecameAvailable':
      return { ...state, status: 'AVAILABLE' }
    case 'ImageCreationFailed':
      return { ...state, status: 'ERROR' }
    case 'ImageCreationRetried':
      return { ...state, status: 'CREATING' }
    case 'ImageDeletionRequested':
      return { ...state, status: 'DELETING', deleteAt: event.data.deleteAt }
    case 'ImageDeleted':
      return { ...state, status: 'DELETED' }
    case 'ImageContentRemoved':
      return { ...state, content: null }
    default:
      return unreachable(event)
  }
}

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
