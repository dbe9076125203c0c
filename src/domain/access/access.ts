import { type Either, left, right } from '../kernel/fp.ts'
import type { AccountId, ProjectId } from '../kernel/ids.ts'
import { type Forbidden, forbidden, type NotFound, notFound, type Role, roles } from '../kernel/refusal.ts'
import type { Principal } from './principal.ts'

/**
 * Who may what: the one place where access is decided (DESIGN, tenancy and access). Whoever has no rank over a thing may
 * not know that it exists; whoever has too low a rank is told which one it takes.
 */
const rules = {
  seeImage: { takes: 'VIEWER', words: 'see this image' },
  changeImage: { takes: 'COLLABORATOR', words: 'change this image' },
  deleteImage: { takes: 'COLLABORATOR', words: 'delete this image' },
  uploadImage: { takes: 'COLLABORATOR', words: 'upload the bytes of this image' },
  downloadImage: { takes: 'COLLABORATOR', words: 'download this image' },
  seeProject: { takes: 'VIEWER', words: 'see this project' },
  createImage: { takes: 'COLLABORATOR', words: 'create images in this project' },
  makeOfficial: { takes: 'OPERATOR', words: 'make an image official' },
  seeAccount: { takes: 'MEMBER', words: 'see this account' },
  seeAccountUse: { takes: 'VIEWER', words: 'see what this account uses' },
  createProject: { takes: 'ADMIN', words: 'create projects in this account' },
  chooseProjectId: { takes: 'OPERATOR', words: 'choose the id of a project' },
  setImageLimit: { takes: 'OPERATOR', words: 'set the limit of images' },
  seeLocation: { takes: 'ANYONE', words: 'see locations' },
  createAccount: { takes: 'OPERATOR', words: 'create accounts' },
  createLocation: { takes: 'OPERATOR', words: 'create locations' },
  configureLocation: { takes: 'OPERATOR', words: 'enable or disable images in a location' },
} as const satisfies Record<string, { takes: Rank | 'ANYONE'; words: string }>

export type Action = keyof typeof rules

/** What somebody is to a thing, from least to most. MEMBER: of the account, without a role in it as a whole. */
export type Rank = 'MEMBER' | Role | 'OPERATOR'
const ranks: readonly Rank[] = ['MEMBER', ...roles, 'OPERATOR']

/** What an action is done to. */
export type Target =
  | { readonly kind: 'image'; readonly id: string; readonly owner: ImageOwner }
  | { readonly kind: 'project'; readonly id: ProjectId; readonly account: AccountId }
  | { readonly kind: 'account'; readonly id: AccountId }
  | { readonly kind: 'platform' }

/** A project, whose account's roles count too. Once promoted, the account alone: then project is null. */
export interface ImageOwner {
  readonly account: AccountId
  readonly project: ProjectId | null
}

/** The higher of the role in the project and the role in its account; null for strangers. */
export const rankOver = (principal: Principal, target: Target): Rank | null => {
  if (principal.operator) return 'OPERATOR'
  switch (target.kind) {
    case 'image':
      return higher(
        inAccount(principal, target.owner.account),
        target.owner.project === null ? null : (principal.projects.get(target.owner.project) ?? null),
      )
    case 'project':
      return higher(inAccount(principal, target.account), principal.projects.get(target.id) ?? null)
    case 'account':
      return inAccount(principal, target.id) ?? (principal.account === target.id ? 'MEMBER' : null)
    case 'platform':
      return null
  }
}

const inAccount = (principal: Principal, account: AccountId): Role | null =>
  principal.account === account ? principal.accountRole : null

const higher = (a: Role | null, b: Role | null): Role | null =>
  roles.findLast((role) => role === a || role === b) ?? null

/**
 * May this principal do it? Left NotFound: it may not know that the target exists; the same answer as for what is
 * missing. Left Forbidden: it may see the target, and the answer names the role that the action takes.
 */
export const authorize = (
  principal: Principal,
  action: Action,
  target: Target,
): Either<NotFound | Forbidden, Rank | null> => {
  const { takes, words } = rules[action]
  const rank = rankOver(principal, target)
  if (takes === 'ANYONE') return right(rank)
  if (rank === null && target.kind !== 'platform') return left(notFound(target.kind, target.id))
  return rank !== null && ranks.indexOf(rank) >= ranks.indexOf(takes)
    ? right(rank)
    : left(forbidden(takes, words))
}

/** The short form for where a yes or no is all that counts. */
export const may = (principal: Principal, action: Action, target: Target): boolean =>
  authorize(principal, action, target)._tag === 'Right'
