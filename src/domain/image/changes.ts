import { type Either, left, right } from '../kernel/fp.ts'
import type { ClaimId, ProjectId } from '../kernel/ids.ts'
import { invalidInput, type Refusal } from '../kernel/refusal.ts'
import type { ImageDetails, ImageEvent, ImageProperty } from './events.ts'
import type { ImageName } from './names.ts'
import { applyProperties, applyTags, MAX_PROPERTIES, MAX_TAGS, type RegisteredImage } from './state.ts'
import { gone, movedMeanwhile, outdated } from './staying.ts'

/** What is left out stays as it is. */
export interface ImageChanges {
  /** A new name comes with the claim that holds it, in a project or (null) in the account. */
  readonly rename?: {
    readonly name: ImageName
    readonly project: ProjectId | null
    readonly claimId: ClaimId
  }
  readonly details: Partial<ImageDetails>
  readonly protected?: boolean
  readonly setProperties: readonly ImageProperty[]
  readonly removeProperties: readonly string[]
  readonly addTags: readonly string[]
  readonly removeTags: readonly string[]
}

/** Refusals: InvalidState, InvalidInput where tags or properties would become too many. */
export const changeImage = (
  changes: ImageChanges,
  state: RegisteredImage,
): Either<Refusal, readonly ImageEvent[]> => {
  const refused = gone(state) ?? tooMany(changes, state)
  if (refused !== null) return left(refused)
  const events: ImageEvent[] = []
  const { rename } = changes
  if (rename !== undefined && rename.name !== state.name) {
    const { name, claimId, project } = rename
    const late = project === state.project ? outdated(state.name, claimId, state) : movedMeanwhile(state)
    if (late !== null) return left(late)
    events.push({ type: 'ImageRenamed', data: { from: state.name, name, claimId } })
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
