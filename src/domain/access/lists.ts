import type { AccountId, ProjectId } from '../kernel/ids.ts'
import type { Principal } from './principal.ts'

/** Whose images a list goes through. What belongs to one of the accounts is not named again among the projects. */
export type ImageScopeOfLists =
  | 'EVERYTHING'
  | { readonly accounts: readonly AccountId[]; readonly projects: readonly ProjectId[] }

/**
 * What a principal sees in a list without a project, and `authorize` says one by one: an operator everything, others what
 * is in their account, if they have a role there, and in their projects. `accountOf` says whose a project is, null where
 * there is no such project.
 */
export const imagesOf = (
  principal: Principal,
  accountOf: (project: ProjectId) => AccountId | null,
): ImageScopeOfLists => {
  if (principal.operator) return 'EVERYTHING'
  const accounts = principal.account !== null && principal.accountRole !== null ? [principal.account] : []
  const projects = [...principal.projects.keys()].filter((project) => {
    const account = accountOf(project)
    return account !== null && !accounts.includes(account)
  })
  return { accounts, projects }
}
