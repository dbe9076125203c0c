import { unreachable } from '../kernel/brand.ts'
import { type Either, left, right } from '../kernel/fp.ts'
import type { BlobKey, ClaimId } from '../kernel/ids.ts'
import type { Instant } from '../kernel/instant.ts'
import { imageProtected, invalidInput, invalidState, type Refusal } from '../kernel/refusal.ts'
import type { ImageContent, ImageDetails, ImageEvent, ImageProperty, imageEvents } from './events.ts'
import type { ImageName } from './names.ts'
import {
  applyProperties,
  applyTags,
  type ImageState,
  isRegistered,
  MAX_PROPERTIES,
  MAX_TAGS,
  type RegisteredImage,
  removableBlob,
} from './state.ts'

/** What may be asked of one image. Names are claimed in the account's stream before they come here. */
export type ImageCommand =
  | { readonly type: 'RegisterImage'; readonly registration: Registration }
  | { readonly type: 'ChangeImage'; readonly changes: ImageChanges }
  | { readonly type: 'StoreContent'; readonly content: ImageContent }
  | { readonly type: 'FailCreation'; readonly code: string; readonly message: string }
  | { readonly type: 'RetryCreation' }
  | { readonly type: 'RequestDeletion'; readonly now: Instant; readonly deleteAt: Instant }
  | { readonly type: 'CompleteDeletion' }
  | { readonly type: 'RecordContentRemoved'; readonly blob: BlobKey }
  | { readonly type: 'AbandonClaim'; readonly claimId: ClaimId }

export type Registration = (typeof imageEvents)['ImageRegistered']['schema']['_zod']['output']

/** What is left out stays as it is. */
export interface ImageChanges {
  /** A new name comes with the claim that holds it. */
  readonly rename?: { readonly name: ImageName; readonly claimId: ClaimId }
  readonly details: Partial<ImageDetails>
  readonly protected?: boolean
  readonly setProperties: readonly ImageProperty[]
  readonly removeProperties: readonly string[]
  readonly addTags: readonly string[]
  readonly removeTags: readonly string[]
}

type Decision = Either<Refusal, readonly ImageEvent[]>

/**
 * Decides what a command changes. Asking for what is already so gives no event. The refusals: InvalidState,
 * InvalidInput where tags or properties would become too many, ImageProtected.
 */
export const decide = (command: ImageCommand, state: ImageState): Decision => {
  if (command.type === 'RegisterImage') return register(command.registration, state)
  if (command.type === 'AbandonClaim') return abandonClaim(command.claimId, state)
  if (!isRegistered(state)) return left(invalidState('NONE', 'There is no image under this id.'))
  switch (command.type) {
    case 'ChangeImage':
      return changeImage(command.changes, state)
    case 'StoreContent':
      return storeContent(command.content, state)
    case 'FailCreation':
      return awaitingContent(state, [
        { type: 'ImageCreationFailed', data: { code: command.code, message: command.message } },
      ])
    case 'RetryCreation':
      return retryCreation(state)
    case 'RequestDeletion':
      return requestDeletion(command.now, command.deleteAt, state)
    case 'CompleteDeletion':
      return completeDeletion(state)
    case 'RecordContentRemoved':
      return right(
        removableBlob(state) === command.blob
          ? [{ type: 'ImageContentRemoved', data: { blob: command.blob } }]
          : [],
      )
    default:
      return unreachable(command)
  }
}

const register = (registration: Registration, state: ImageState): Decision => {
  if (state.status === 'NONE') return right([{ type: 'ImageRegistered', data: registration }])
  return left(
    invalidState(state.status, 'There is something under this id already: create the image under a new one.'),
  )
}

/** Fences a claim off, so that the command it was made for can no longer use it. Repair's half of the rule in ADR 0002. */
const abandonClaim = (claimId: ClaimId, state: ImageState): Decision => {
  if (state.status === 'NONE') return right([{ type: 'ImageRegistrationAbandoned', data: { claimId } }])
  if (state.status === 'ABANDONED') return right([])
  const settled = state.claimId === claimId || state.deadClaims.includes(claimId)
  return right(settled ? [] : [{ type: 'ImageClaimAbandoned', data: { claimId } }])
}

const changeImage = (changes: ImageChanges, state: RegisteredImage): Decision => {
  if (state.status === 'DELETING' || state.status === 'DELETED')
    return left(
      invalidState(state.status, `The image is ${state.status}: only an image that stays can be changed.`),
    )
  const excess = tooMany(changes, state)
  if (excess !== null) return left(excess)
  const events: ImageEvent[] = []
  const { rename } = changes
  if (rename !== undefined && rename.name !== state.name) {
    if (state.deadClaims.includes(rename.claimId))
      return left(
        invalidState(state.status, 'The change of name took too long and was given up: ask for it again.'),
      )
    events.push({ type: 'ImageRenamed', data: { from: state.name, ...rename } })
  }
  const described = differing(changes.details, state.details)
  if (Object.keys(described).length > 0) events.push({ type: 'ImageDescribed', data: { changes: described } })
  events.push(...propertiesChanged(changes, state), ...tagsChanged(changes, state))
  if (changes.protected !== undefined && changes.protected !== state.protected)
    events.push({ type: changes.protected ? 'ImageProtected' : 'ImageUnprotected', data: {} })
  return right(events)
}

/** Each change is bounded by itself; what they add up to must be too. */
const tooMany = (changes: ImageChanges, state: RegisteredImage): Refusal | null => {
  const refuse = (field: string, what: string, most: number, found: number) =>
    invalidInput([
      {
        path: [field],
        message: `would make ${found} ${what}: an image has at most ${most}, remove some first`,
      },
    ])
  const { setProperties, removeProperties, addTags, removeTags } = changes
  const tags = applyTags(state.tags, addTags, removeTags).length
  if (tags > MAX_TAGS) return refuse('addTags', 'tags', MAX_TAGS, tags)
  const properties = applyProperties(state.properties, setProperties, removeProperties).length
  return properties > MAX_PROPERTIES
    ? refuse('setProperties', 'properties', MAX_PROPERTIES, properties)
    : null
}

const differing = (changes: Partial<ImageDetails>, details: ImageDetails): Partial<ImageDetails> =>
  Object.fromEntries(
    Object.entries(changes).filter(
      ([key, value]) => value !== undefined && value !== details[key as keyof ImageDetails],
    ),
  )

const propertiesChanged = (changes: ImageChanges, state: RegisteredImage): readonly ImageEvent[] => {
  const now = new Map(state.properties.map(({ name, value }) => [name, value]))
  const wanted = new Map(
    applyProperties(state.properties, changes.setProperties, changes.removeProperties).map(
      ({ name, value }) => [name, value],
    ),
  )
  const set = [...wanted]
    .filter(([name, value]) => now.get(name) !== value)
    .map(([name, value]) => ({ name, value }))
  const removed = [...now.keys()].filter((name) => !wanted.has(name))
  return set.length + removed.length > 0 ? [{ type: 'ImagePropertiesChanged', data: { set, removed } }] : []
}

const tagsChanged = (changes: ImageChanges, state: RegisteredImage): readonly ImageEvent[] => {
  const wanted = applyTags(state.tags, changes.addTags, changes.removeTags)
  const added = wanted.filter((tag) => !state.tags.includes(tag))
  const removed = state.tags.filter((tag) => !wanted.includes(tag))
  return added.length + removed.length > 0 ? [{ type: 'ImageTagsChanged', data: { added, removed } }] : []
}

const awaitingContent = (state: RegisteredImage, events: readonly ImageEvent[]): Decision => {
  if (state.status === 'CREATING') return right(events)
  const remedy =
    state.status === 'ERROR'
      ? 'ask for imageRetry first, then send the bytes again.'
      : state.status === 'AVAILABLE'
        ? 'bytes never change once they are in: release a new version as an image of its own.'
        : 'it takes no bytes any more.'
  return left(invalidState(state.status, `The image is ${state.status}: ${remedy}`))
}

const storeContent = (content: ImageContent, state: RegisteredImage): Decision =>
  awaitingContent(state, [
    { type: 'ImageContentStored', data: { content } },
    { type: 'ImageBecameAvailable', data: {} },
  ])

const retryCreation = (state: RegisteredImage): Decision => {
  if (state.status === 'CREATING') return right([])
  if (state.status === 'ERROR') return right([{ type: 'ImageCreationRetried', data: {} }])
  return left(
    invalidState(state.status, `The image is ${state.status}: only an image in ERROR can be tried again.`),
  )
}

/** Final at once where there is no recovery window (DELETE_RECOVERY_HOURS 0). */
const requestDeletion = (now: Instant, deleteAt: Instant, state: RegisteredImage): Decision => {
  if (state.status === 'DELETING' || state.status === 'DELETED') return right([])
  if (state.protected) return left(imageProtected())
  const requested: ImageEvent = { type: 'ImageDeletionRequested', data: { deleteAt } }
  return right(deleteAt <= now ? [requested, { type: 'ImageDeleted', data: {} }] : [requested])
}

const completeDeletion = (state: RegisteredImage): Decision => {
  if (state.status === 'DELETED') return right([])
  if (state.status === 'DELETING') return right([{ type: 'ImageDeleted', data: {} }])
  return left(invalidState(state.status, `The image is ${state.status}: its deletion was not asked for.`))
}
