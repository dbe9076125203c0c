import type { ImageVisibility } from '../image/events.ts'
import { type ShareStatus, shareStatuses } from '../image/state.ts'
import type { AccountId, ProjectId } from '../kernel/ids.ts'
import { type Role, roles } from '../kernel/refusal.ts'
import type { Principal } from './principal.ts'

/** An image as far as access to it depends on. */
export interface ImageFacts {
  readonly owner: ImageOwner
  readonly visibility: ImageVisibility
  readonly deleted: boolean
  /** Whom it was offered to. Looked up only where it matters. */
  readonly shares: () => Iterable<Offer>
  /** Whose a project is; null where there is no such project. */
  readonly accountOf: (project: ProjectId) => AccountId | null
}

/** A project, whose account's roles count too. Once promoted, the account alone: then project is null. */
export interface ImageOwner {
  readonly account: AccountId
  readonly project: ProjectId | null
}

export interface Offer {
  readonly project: ProjectId
  readonly status: ShareStatus
}

/**
 * What somebody is to an image: the rows of DESIGN's table (tenancy and access). Each says in which role, null for not at
 * all. A deleted image answers to its owner only.
 */
const roleAs = {
  OWNER: (who, { owner }) =>
    highest([roleInAccount(who, owner.account), owner.project && who.projects.get(owner.project)]),
  /** By a role in the account that owns it, or whose project does. */
  OWNERS_ACCOUNT: (who, { owner }) => roleInAccount(who, owner.account),
  /** A project of the account that an image was promoted to. */
  ACCOUNT: (who, image) =>
    image.owner.project !== null || image.deleted
      ? null
      : highest(
          [...who.projects].map(([id, role]) => (image.accountOf(id) === image.owner.account ? role : null)),
        ),
  SHARE_ACCEPTED: (who, image) => asRecipient(who, image, 'ACCEPTED'),
  SHARE_PENDING: (who, image) => asRecipient(who, image, 'PENDING'),
  COMMUNITY: (who, image) => anywhere(who, image, 'COMMUNITY'),
  PUBLIC: (who, image) => anywhere(who, image, 'PUBLIC'),
  /** A hypervisor, which works on the bytes and for no tenant. */
  AGENT: (who) => (who.hypervisor === null ? null : 'VIEWER'),
} as const satisfies Record<string, (who: Principal, image: ImageFacts) => Role | null>

export type Relation = keyof typeof roleAs

/** The relations in which an image is used, and not only seen. */
const using = (role: Role) =>
  ({ OWNER: role, ACCOUNT: role, SHARE_ACCEPTED: role, COMMUNITY: role, PUBLIC: role }) as const

/** Who may what with an image, besides operators, who may everything: in which relation, from which role on. */
const rules = {
  seeImage: { as: { ...using('VIEWER'), SHARE_PENDING: 'VIEWER' }, words: 'see this image' },
  listImage: { as: using('VIEWER'), words: 'list this image' },
  downloadImage: { as: using('COLLABORATOR'), words: 'download this image' },
  seeOwnersSide: { as: { OWNER: 'VIEWER' }, words: 'see what is its owner’s business' },
  changeImage: { as: { OWNER: 'COLLABORATOR' }, words: 'change this image' },
  uploadImage: { as: { OWNER: 'COLLABORATOR' }, words: 'upload the bytes of this image' },
  shareImage: { as: { OWNER: 'COLLABORATOR' }, words: 'decide who this image is shared with' },
  deprecateImage: { as: { OWNER: 'COLLABORATOR' }, words: 'deprecate this image' },
  deactivateImage: { as: { OWNER: 'COLLABORATOR' }, words: 'deactivate or reactivate this image' },
  deleteImage: { as: { OWNER: 'COLLABORATOR' }, words: 'delete or restore this image' },
  moveImage: {
    as: { OWNERS_ACCOUNT: 'COLLABORATOR' },
    words: 'move this image between its project and its account',
  },
  publishImage: { as: {}, words: 'make this image public or community' },
  /** The same where the image's account may publish. */
  publishOwnImage: { as: { OWNERS_ACCOUNT: 'ADMIN' }, words: 'make this image public or community' },
  reportSize: { as: { AGENT: 'VIEWER' }, words: 'report the size of an image for a hypervisor' },
  verifyImage: { as: {}, words: 'verify the bytes of this image' },
  explainAccess: { as: {}, words: 'have access explained' },
} as const satisfies Record<string, { as: Partial<Record<Relation, Role>>; words: string }>

export type ImageAction = keyof typeof rules

/** The relations that somebody has to an image, and the role in each. */
export const relationsOf = (who: Principal, image: ImageFacts): ReadonlyMap<Relation, Role> =>
  new Map(
    Object.entries(roleAs).flatMap(([relation, roleOf]) => {
      const role = roleOf(who, image)
      return role === null ? [] : [[relation as Relation, role] as const]
    }),
  )

/** Whether a relation is one in which an image is used. */
export const isUse = (relation: Relation): boolean => relation in rules.listImage.as

/** Somebody who is in this project and nowhere else: what it is to an image, its project is. */
export const anyoneOf = (project: ProjectId, role: Role = 'VIEWER'): Principal => ({
  subject: '',
  issuer: '',
  operator: false,
  hypervisor: null,
  account: null,
  accountRole: null,
  projects: new Map([[project, role]]),
})

/** Whether somebody who is no operator may do it, in one of the relations that it is allowed in. */
export const mayWithImage = (who: Principal, action: ImageAction, image: ImageFacts): boolean =>
  relationsOfRule(action).some(([relation, least]) => {
    const role = roleAs[relation](who, image)
    return role !== null && roles.indexOf(role) >= roles.indexOf(least)
  })

/** For those who see an image but may not do it: the lowest role that it takes, and where it must be held. */
export const whatItTakes = (action: ImageAction) => {
  const { words } = rules[action]
  const [first, ...others] = relationsOfRule(action).filter(([relation]) => relation !== 'AGENT')
  if (first === undefined) return { takes: 'OPERATOR', words } as const
  const [relation, takes] = first
  const byOwner = relation === 'OWNER' ? 'in the project or account that owns it' : 'in its account'
  return { takes, words, where: others.length > 0 ? 'in a project that may use it' : byOwner }
}

const relationsOfRule = (action: ImageAction) => Object.entries(rules[action].as) as [Relation, Role][]

const roleInAccount = (who: Principal, account: AccountId): Role | null =>
  who.account === account ? who.accountRole : null

/** The same as far as somebody may know it: of an image that others own, the offers to its own projects. */
export const factsKnownTo = (who: Principal, image: ImageFacts): ImageFacts =>
  who.operator || mayWithImage(who, 'seeOwnersSide', image)
    ? image
    : {
        ...image,
        shares: () =>
          shareStatuses.flatMap((status) =>
            offersTo(who, image, status).map(({ project }) => ({ project, status })),
          ),
      }

const asRecipient = (who: Principal, image: ImageFacts, status: ShareStatus): Role | null =>
  highest(offersTo(who, image, status).map(({ role }) => role))

/**
 * The projects that somebody has a role in and that hold an offer in this status. An account's role holds in all of its
 * projects; a project that the ledger does not know holds none.
 */
export const offersTo = (
  who: Principal,
  image: ImageFacts,
  status: ShareStatus,
): readonly { readonly project: ProjectId; readonly role: Role }[] => {
  if (image.deleted) return []
  return [...image.shares()].flatMap((offer) => {
    const account = offer.status === status ? image.accountOf(offer.project) : null
    const held = account && highest([who.projects.get(offer.project), roleInAccount(who, account)])
    return held ? [{ project: offer.project, role: held }] : []
  })
}

const anywhere = (who: Principal, image: ImageFacts, visibility: ImageVisibility): Role | null => {
  if (image.visibility !== visibility || image.deleted) return null
  const inProjects = [...who.projects].map(([id, role]) => (image.accountOf(id) === null ? null : role))
  return highest([who.account === null ? null : who.accountRole, ...inProjects])
}

const highest = (held: readonly (Role | null | undefined)[]): Role | null =>
  roles.findLast((role) => held.includes(role)) ?? null
