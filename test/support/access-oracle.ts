import type { ImageAction } from '../../src/domain/access/image-access.ts'
import type { Principal } from '../../src/domain/access/principal.ts'
import type { ShareStatus } from '../../src/domain/image/state.ts'
import type { AccountId, ImageId, ProjectId } from '../../src/domain/kernel/ids.ts'
import { type Role, roles } from '../../src/domain/kernel/refusal.ts'
import { only } from '../laws/image-events.ts'
import type { Project, World } from './access-worlds.ts'

// Who sees, uses and lists which image, as DESIGN says it (tenancy and access), one image and one person at a time. What an
// image is, it is by its events.

/** Every action there is on an image: to see and use it, its owner’s, its account’s, operators’ and hypervisors’. */
export const imageActions = Object.keys({
  seeImage: true,
  listImage: true,
  downloadImage: true,
  seeOwnersSide: true,
  changeImage: true,
  uploadImage: true,
  shareImage: true,
  deprecateImage: true,
  deactivateImage: true,
  deleteImage: true,
  moveImage: true,
  publishImage: true,
  publishOwnImage: true,
  explainAccess: true,
  verifyImage: true,
  reportSize: true,
} satisfies Record<ImageAction, true>) as readonly ImageAction[]

export interface ToldImage {
  readonly id: ImageId
  readonly account: AccountId
  /** Null: promoted to its account. */
  readonly project: ProjectId | null
  readonly everybodys: boolean
  readonly deprecated: boolean
  readonly deleted: boolean
  readonly offers: ReadonlyMap<ProjectId, ShareStatus>
}

const statusBy = {
  ImageShared: 'PENDING',
  ImageShareAccepted: 'ACCEPTED',
  ImageShareRejected: 'REJECTED',
  ImageShareExpired: 'EXPIRED',
  ImageShareRevoked: 'REVOKED',
} as const

export const told = ({ id, events }: World['images'][number]): ToldImage => {
  const [registered] = only(events, 'ImageRegistered')
  if (registered === undefined) throw new Error(`Image ${id} was never registered`)
  const move = only(events, 'ImageRegistered', 'ImagePromoted', 'ImageDemoted').at(-1)
  const shown = only(events, 'ImageVisibilityChanged').at(-1)?.data.visibility
  const retired = only(events, 'ImageDeprecated', 'ImageUndeprecated').at(-1)?.type
  const about = only(
    events,
    'ImageShared',
    'ImageShareAccepted',
    'ImageShareRejected',
    'ImageShareExpired',
    'ImageShareRevoked',
  )
  return {
    id,
    account: registered.data.account,
    project: move === undefined || move.type === 'ImagePromoted' ? null : move.data.project,
    everybodys: shown === 'COMMUNITY' || shown === 'PUBLIC',
    deprecated: retired === 'ImageDeprecated',
    deleted: only(events, 'ImageDeleted').length > 0,
    offers: new Map(about.map(({ type, data }) => [data.project, statusBy[type]])),
  }
}

/** A role in the account that owns it or whose project does; or in the project that owns it. */
const rolesAsOwner = (who: Principal, image: ToldImage): readonly Role[] => [
  ...(who.account === image.account && who.accountRole !== null ? [who.accountRole] : []),
  ...[...who.projects].flatMap(([id, role]) => (id === image.project ? [role] : [])),
]

/** An account role holds in all of its account's projects; a project that the ledger does not know is none. */
const rolesIn = (who: Principal, { id, account }: Project): readonly Role[] => [
  ...[...who.projects].flatMap(([held, role]) => (held === id ? [role] : [])),
  ...(who.account === account && who.accountRole !== null ? [who.accountRole] : []),
]

const usedBy = (project: Project, image: ToldImage): boolean =>
  image.everybodys ||
  image.offers.get(project.id) === 'ACCEPTED' ||
  (image.project === null && image.account === project.account)

const rolesAsUser = (who: Principal, image: ToldImage, { projects }: World): readonly Role[] =>
  image.deleted
    ? []
    : [
        ...projects.filter((project) => usedBy(project, image)).flatMap((project) => rolesIn(who, project)),
        // A role in any account is enough for what is everybody's, though the account have no project (ADR 9).
        ...(image.everybodys && who.account !== null && who.accountRole !== null ? [who.accountRole] : []),
      ]

const isAtLeast = (least: Role) => (role: Role) => roles.indexOf(role) >= roles.indexOf(least)

export const owns = (who: Principal, image: ToldImage): boolean =>
  who.operator || rolesAsOwner(who, image).length > 0

/** What its owners alone do with an image, collaborators and admins of theirs. */
export const changes = (who: Principal, image: ToldImage): boolean =>
  who.operator || rolesAsOwner(who, image).some(isAtLeast('COLLABORATOR'))

/** Says what it takes on disk: hypervisors, whosever it is, deleted or not. */
export const reports = (who: Principal): boolean => who.operator || who.hypervisor !== null

/** Uses it, from this role on: as its owner, a project of its account, one that accepted, or as anybody. */
export const uses = (who: Principal, image: ToldImage, world: World, least: Role = 'VIEWER'): boolean =>
  who.operator || [...rolesAsOwner(who, image), ...rolesAsUser(who, image, world)].some(isAtLeast(least))

export const sees = (who: Principal, image: ToldImage, world: World): boolean =>
  uses(who, image, world) ||
  (!image.deleted &&
    world.projects.some(
      (project) => image.offers.get(project.id) === 'PENDING' && rolesIn(who, project).length > 0,
    ))

/** In a list without a project, if its status is asked for: deprecated and deleted ones to their owners. */
export const lists = (who: Principal, image: ToldImage, world: World): boolean =>
  image.deprecated || image.deleted ? owns(who, image) : uses(who, image, world)

export const isIn = (who: Principal, project: Project): boolean =>
  who.operator || rolesIn(who, project).length > 0

/**
 * In the list of one project. Deprecated and deleted ones to that project and, where promoted, to those with a role in the
 * account (ADR 9).
 */
export const listsFor = (who: Principal, project: Project, image: ToldImage): boolean => {
  const inAccount = who.operator || (who.account === project.account && who.accountRole !== null)
  const asOwner =
    image.project === project.id || (image.project === null && image.account === project.account && inAccount)
  return asOwner || (!image.deprecated && !image.deleted && usedBy(project, image))
}
