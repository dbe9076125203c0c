import type { Model } from './model.ts'
import {
  asOwner,
  asUser,
  COLLABORATOR,
  inAccount,
  inProject,
  isUsedBy,
  type ModelImage,
  sees,
  VIEWER,
} from './who.ts'
import { accountOf, type Person, projectsAndNone } from './world.ts'

/** What is looked for by name and by family. */
export interface Sought {
  readonly names: readonly string[]
  readonly families: readonly string[]
}

/** All that one caller is shown. Images by their labels, sorted; what has no order in the model has none here. */
export interface View {
  /** Without a project under '*'. */
  readonly lists: Readonly<Record<string, List>>
  /** The same, of images that are deleted. */
  readonly deleted: Readonly<Record<string, List>>
  /** Null for what the caller may not know of. */
  readonly images: Readonly<Record<string, ShownImage | null>>
  readonly inboxes: Readonly<Record<string, readonly string[]>>
  /** Under the project and the name. */
  readonly byName: Readonly<Record<string, string | null>>
  readonly byFamily: Readonly<Record<string, string | null>>
  /** The status that GET and HEAD of its content answer with. */
  readonly contents: Readonly<Record<string, number>>
}

export interface List {
  readonly totalCount: number
  readonly labels: readonly string[]
}

export interface ShownImage {
  readonly name: string
  readonly status: string
  readonly visibility: string
  readonly scope: string
  readonly protected: boolean
  readonly deactivated: boolean
  readonly stage: string | null
  readonly replacement: string | null
  readonly project: string | null
  readonly account: string | null
  /** Each a project and a status. */
  readonly shares: readonly string[]
}

export const listOf = (labels: readonly string[], totalCount = labels.length): List => ({
  totalCount,
  labels: [...labels].sort(),
})

const record = <Value>(keys: readonly string[], of: (key: string) => Value): Record<string, Value> =>
  Object.fromEntries(keys.map((key) => [key, of(key)]))

/** What this person must be shown. */
export const viewOf = (model: Model, person: Person, sought: Sought): View => {
  const { images } = model
  const labelled = <Value>(of: (image: ModelImage) => Value): Record<string, Value> =>
    Object.fromEntries(images.map((image) => [image.label, of(image)]))
  const among = (is: (image: ModelImage) => boolean) => listOf(images.filter(is).map(({ label }) => label))
  const isDeleted = ({ status }: ModelImage) => status === 'DELETED'
  return {
    lists: {
      '*': among((image) => !isDeleted(image) && isListed(person, image)),
      ...record(projectsAndNone, (project) =>
        among((image) => !isDeleted(image) && isListedIn(person, project, image)),
      ),
    },
    deleted: {
      '*': among((image) => isDeleted(image) && asOwner(person, image) >= VIEWER),
      ...record(projectsAndNone, (project) =>
        among((image) => isDeleted(image) && isListedIn(person, project, image)),
      ),
    },
    images: labelled((image) => shown(person, image)),
    inboxes: record(projectsAndNone, (project) =>
      inProject(person, project) < VIEWER
        ? []
        : images
            .filter((image) => !isDeleted(image))
            .flatMap((image) => offerTo(project, image))
            .sort(),
    ),
    byName: inEach(sought.names, (project, name) =>
      inProject(person, project) < VIEWER ? null : byName(images, project, name),
    ),
    byFamily: inEach(sought.families, (project, family) =>
      inProject(person, project) < VIEWER ? null : newestOf(images, project, family),
    ),
    contents: labelled((image) => contentStatus(person, image)),
  }
}

const inEach = <Value>(
  values: readonly string[],
  find: (project: string, value: string) => Value,
): Record<string, Value> =>
  Object.fromEntries(
    projectsAndNone.flatMap((project) =>
      values.map((value) => [`${project}/${value}`, find(project, value)] as const),
    ),
  )

/** Deprecated images are hidden from everyone's lists but the owner's. */
const isListedIn = (person: Person, project: string, image: ModelImage): boolean => {
  if (inProject(person, project) < VIEWER) return false
  if (image.project === project) return true
  const isOfAccount = image.project === null && image.account === accountOf.get(project)
  if (isOfAccount && inAccount(person, image.account) >= VIEWER) return true
  return image.notice === null && isUsedBy(project, image)
}

const isListed = (person: Person, image: ModelImage): boolean =>
  asOwner(person, image) >= VIEWER || (image.notice === null && asUser(person, image) >= VIEWER)

const shown = (person: Person, image: ModelImage): ShownImage | null => {
  if (!sees(person, image)) return null
  const isOwner = asOwner(person, image) >= VIEWER
  const { notice } = image
  const replacement = notice?.replacement ?? null
  return {
    name: image.name,
    status: image.status,
    visibility: image.visibility,
    scope: image.project === null ? 'ACCOUNT' : 'PROJECT',
    protected: image.protected,
    deactivated: image.deactivatedBy !== null,
    stage: notice?.stage ?? null,
    replacement: replacement !== null && sees(person, replacement) ? replacement.label : null,
    project: isOwner ? image.project : null,
    account: isOwner ? image.account : null,
    // With the image its offers are over.
    shares: (image.status === 'DELETED' ? [] : [...image.shares])
      .filter(([project, { status }]) => status !== 'REVOKED' && (isOwner || inProject(person, project) > 0))
      .map(([project, { status }]) => `${project} ${status}`)
      .sort(),
  }
}

const offerTo = (project: string, { label, shares }: ModelImage): readonly string[] => {
  const offer = shares.get(project)
  return offer === undefined || offer.status === 'REVOKED' ? [] : [`${label} ${offer.status}`]
}

/** In a project's own images or else its account's. */
const byName = (images: readonly ModelImage[], project: string, name: string): string | null => {
  const called = images.filter((image) => image.status !== 'DELETED' && image.name === name)
  const own = called.find((image) => image.project === project)
  const ofAccount = called.find((image) => image.project === null && image.account === accountOf.get(project))
  return (own ?? ofAccount)?.label ?? null
}

/**
 * The newest that is available, of what the project owns, its account does or it accepted; else of what is public, else of
 * what is community.
 */
const newestOf = (images: readonly ModelImage[], project: string, family: string): string | null => {
  const eligible = images.filter(
    (image) =>
      image.family === family &&
      image.status === 'AVAILABLE' &&
      image.deactivatedBy === null &&
      image.notice === null &&
      isUsedBy(project, image),
  )
  const own = eligible.filter((image) => isUsedBy(project, { ...image, visibility: 'PRIVATE' }))
  const published = eligible.filter(({ visibility }) => visibility === 'PUBLIC')
  const [tier] = [own, published, eligible].filter(({ length }) => length > 0)
  if (tier === undefined) return null
  const newest = Math.max(...tier.map(releaseOf))
  return tier
    .filter((image) => releaseOf(image) === newest)
    .map(({ label }) => label)
    .join(' or ')
}

/** 1.10 comes after 1.9; a name that tells no release comes before all that do. */
const releaseOf = ({ name }: ModelImage): number => {
  const [, major, minor] = /-v(\d+)\.(\d+)$/.exec(name) ?? []
  return major === undefined ? -1 : Number(major) * 1_000 + Number(minor)
}

const contentStatus = (person: Person, image: ModelImage): number => {
  if (!sees(person, image)) return 404
  if (asUser(person, image) < COLLABORATOR) return 403
  if (image.status !== 'AVAILABLE') return 409
  if (image.deactivatedBy !== null && !person.operator) return 409
  return image.notice?.stage === 'OBSOLETE' && asOwner(person, image) < VIEWER ? 409 : 200
}
