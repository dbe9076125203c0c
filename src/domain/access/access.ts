import { type Either, left, right } from '../kernel/fp.ts'
import type { AccountId, ProjectId } from '../kernel/ids.ts'
import { type Forbidden, forbidden, type NotFound, notFound, type Role, roles } from '../kernel/refusal.ts'
import {
  type ImageAction,
  type ImageFacts,
  type ImageOwner,
  mayWithImage,
  whatItTakes,
} from './image-access.ts'
import type { Principal } from './principal.ts'

/**
 * Who may what: the one place where access is decided, with image-access.ts for images (DESIGN, tenancy and access). Whoever
 * has no rank over a thing may not know that it exists; whoever has too low a rank is told which one it takes.
 */
const rules = {
  seeProject: { takes: 'VIEWER', words: 'see this project' },
  createImage: { takes: 'COLLABORATOR', words: 'create images in this project' },
  answerOffer: {
    takes: 'COLLABORATOR',
    words: 'accept or reject an offer for the project that it was made to',
  },
  makeOfficial: { takes: 'OPERATOR', words: 'make an image official' },
  createPublic: { takes: 'OPERATOR', words: 'create images that are public or community' },
  seeAccount: { takes: 'MEMBER', words: 'see this account' },
  seeAccountUse: { takes: 'VIEWER', words: 'see what this account uses' },
  publishForAccount: { takes: 'ADMIN', words: 'create images that are public or community' },
  createProject: { takes: 'ADMIN', words: 'create projects in this account' },
  chooseProjectId: { takes: 'OPERATOR', words: 'choose the id of a project' },
  setImageLimit: { takes: 'OPERATOR', words: 'set the limit of images' },
  setMayPublish: { takes: 'OPERATOR', words: 'let an account publish' },
  setPrices: { takes: 'OPERATOR', words: 'set prices' },
  seeUsage: { takes: 'VIEWER', words: 'see the usage of the account as a whole' },
  seeProjectUsage: { takes: 'VIEWER', words: 'see the usage of this project' },
  setBudget: { takes: 'ADMIN', words: 'set the budget of this account' },
  closePeriod: { takes: 'OPERATOR', words: 'close a month of an account' },
  seeLocation: { takes: 'ANYONE', words: 'see locations' },
  createAccount: { takes: 'OPERATOR', words: 'create accounts' },
  createLocation: { takes: 'OPERATOR', words: 'create locations' },
  configureLocation: { takes: 'OPERATOR', words: 'enable or disable images in a location' },
} as const satisfies Record<string, { takes: Rank | 'ANYONE'; words: string }>

/** What somebody is to a thing, from least to most. MEMBER: concerned with it, without a role over it as a whole. */
export type Rank = 'MEMBER' | Role | 'OPERATOR'
const ranks: readonly Rank[] = ['MEMBER', ...roles, 'OPERATOR']

export interface ImageTarget {
  readonly kind: 'image'
  readonly id: string
  readonly facts: ImageFacts
}

/** What else an action is done to. */
export type Target =
  | { readonly kind: 'project'; readonly id: ProjectId; readonly account: AccountId }
  | { readonly kind: 'account'; readonly id: AccountId }
  /** An image as it was offered to a project, whose account is null where there is no such project. */
  | {
      readonly kind: 'offer'
      readonly id: string
      readonly project: ProjectId
      readonly account: AccountId | null
      readonly owner: ImageOwner
    }
  | { readonly kind: 'platform' }

export type Action = keyof typeof rules

/** An action, and what it is to be done to. */
export type Ask = readonly [ImageAction, ImageTarget] | readonly [Action, Target]

/** The higher of the role in the project and the role in its account; null for strangers. */
export const rankOver = (principal: Principal, target: Target): Rank | null => {
  if (principal.operator) return 'OPERATOR'
  switch (target.kind) {
    case 'project':
      return inProject(principal, target.id, target.account)
    case 'account':
      return inAccount(principal, target.id) ?? (principal.account === target.id ? 'MEMBER' : null)
    case 'offer': {
      const { project, account, owner } = target
      const asRecipient = account === null ? null : inProject(principal, project, account)
      // Its owner sees the offer, and never answers it.
      const asOwner =
        inAccount(principal, owner.account) ??
        (owner.project === null ? undefined : principal.projects.get(owner.project))
      return asRecipient ?? (asOwner ? 'MEMBER' : null)
    }
    case 'platform':
      return null
  }
}

const inAccount = (principal: Principal, account: AccountId): Role | null =>
  principal.account === account ? principal.accountRole : null

const inProject = (principal: Principal, project: ProjectId, account: AccountId): Role | null => {
  const held = [inAccount(principal, account), principal.projects.get(project)]
  return roles.findLast((role) => held.includes(role)) ?? null
}

/**
 * May this principal do it? Left NotFound: it may not know that the target exists; the same answer as for what is
 * missing. Left Forbidden: it may see the target, and the answer names the role that the action takes.
 */
export const authorize = (principal: Principal, ...ask: Ask): Either<NotFound | Forbidden, true> => {
  if (isOfImage(ask)) return authorizeImage(principal, ...ask)
  const [action, target] = ask
  const { takes, words } = rules[action]
  if (takes === 'ANYONE') return right(true)
  const rank = rankOver(principal, target)
  if (rank === null && target.kind !== 'platform') return left(notFound(target.kind, target.id))
  return rank !== null && ranks.indexOf(rank) >= ranks.indexOf(takes)
    ? right(true)
    : left(forbidden(takes, words))
}

const isOfImage = (ask: Ask): ask is readonly [ImageAction, ImageTarget] => ask[1].kind === 'image'

const authorizeImage = (
  principal: Principal,
  action: ImageAction,
  { id, facts }: ImageTarget,
): Either<NotFound | Forbidden, true> => {
  if (principal.operator || mayWithImage(principal, action, facts)) return right(true)
  if (!mayWithImage(principal, 'seeImage', facts)) return left(notFound('image', id))
  const { takes, words, where } = whatItTakes(action)
  return left(forbidden(takes, words, where))
}

/** The short form for where a yes or no is all that counts. */
export const may = (principal: Principal, ...ask: Ask): boolean => {
  if (!isOfImage(ask)) return authorize(principal, ...ask)._tag === 'Right'
  const [action, { facts }] = ask
  return principal.operator || mayWithImage(principal, action, facts)
}
