import type { AccountId, ProjectId } from '../kernel/ids.ts'
import type { Principal } from './principal.ts'

/**
 * Whose images a list goes through: what `listImage` says one by one, as sets that an index can be asked for. A law holds
 * the two together (test/laws/access.test.ts).
 */
export type ListScope = 'EVERYTHING' | ListedImages

export interface ListedImages {
  readonly own: OwnImages
  readonly usable: UsableImages
}

/** Those that their owner lists: deprecated ones too, and deleted ones where asked for. */
export interface OwnImages {
  /** All of these accounts. */
  readonly accounts: readonly AccountId[]
  /** What these accounts had promoted to them. */
  readonly promoted: readonly AccountId[]
  readonly projects: readonly ProjectId[]
}

/** Those that others list: neither deprecated nor deleted. */
export interface UsableImages {
  /** What was promoted to these accounts. */
  readonly promoted: readonly AccountId[]
  /** What these projects accepted. */
  readonly acceptedBy: readonly ProjectId[]
  /** What any project of these accounts accepted. */
  readonly acceptedIn: readonly AccountId[]
  /** Community and public images. */
  readonly everybodys: boolean
}

export const nothing: ListedImages = {
  own: { accounts: [], promoted: [], projects: [] },
  usable: { promoted: [], acceptedBy: [], acceptedIn: [], everybodys: false },
}

/**
 * What a principal sees in a list without a project: an operator everything, others what is in their account, if they have
 * a role there, and what their projects may use. `accountOf` says whose a project is, null where there is no such project.
 */
export const imagesOf = (
  principal: Principal,
  accountOf: (project: ProjectId) => AccountId | null,
): ListScope => {
  if (principal.operator) return 'EVERYTHING'
  const accounts = principal.account !== null && principal.accountRole !== null ? [principal.account] : []
  const promoted = new Set<AccountId>()
  const projects = [...principal.projects.keys()].filter((project) => {
    const account = accountOf(project)
    if (account === null || accounts.includes(account)) return false
    promoted.add(account)
    return true
  })
  return {
    own: { accounts, promoted: [], projects },
    usable: {
      promoted: [...promoted],
      acceptedBy: projects,
      acceptedIn: accounts,
      everybodys: accounts.length + projects.length > 0,
    },
  }
}

/** What one project may use. Its account's images are shown as an owner sees them to those who own them too. */
export const imagesOfProject = (
  principal: Principal,
  { id, account }: { readonly id: ProjectId; readonly account: AccountId },
): ListedImages => {
  const owns = principal.operator || (principal.account === account && principal.accountRole !== null)
  return {
    own: { accounts: [], promoted: owns ? [account] : [], projects: [id] },
    usable: { promoted: owns ? [] : [account], acceptedBy: [id], acceptedIn: [], everybodys: true },
  }
}
