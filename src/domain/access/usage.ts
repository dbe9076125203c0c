import { type Either, left, right } from '../kernel/fp.ts'
import type { AccountId, ProjectId } from '../kernel/ids.ts'
import { type Forbidden, type NotFound, notFound } from '../kernel/refusal.ts'
import { authorize, may } from './access.ts'
import type { Principal } from './principal.ts'

/** Whose usage is asked for, by the ids as they were given. */
export interface UsageAsked {
  readonly account: string
  /** Null for all that may be told. */
  readonly projects: readonly string[] | null
}

/** What may be told of it. */
export interface UsageShown {
  readonly account: AccountId
  /** Only what these own; null for all of the account. */
  readonly projects: ReadonlySet<ProjectId> | null
}

interface Tenancy {
  readonly isAccount: (id: string) => id is AccountId
  readonly accountOf: (project: ProjectId) => AccountId | null
}

/**
 * Who may know what an account uses: operators and those with a role in it all of it, others what the projects own that they
 * have a role in. Nobody else learns that there is such an account. What is asked for beyond is NotFound.
 */
export const usageShown = (
  principal: Principal,
  asked: UsageAsked,
  { isAccount, accountOf }: Tenancy,
): Either<NotFound | Forbidden, UsageShown> => {
  const { account } = asked
  if (!isAccount(account)) return left(notFound('account', account))
  const target = { kind: 'account', id: account } as const
  const all = may(principal, 'seeUsage', target)
  const own = [...principal.projects.keys()].filter(
    (id) => accountOf(id) === account && may(principal, 'seeProjectUsage', { kind: 'project', id, account }),
  )
  if (!all && own.length === 0) {
    const allowed = authorize(principal, 'seeUsage', target)
    return allowed._tag === 'Left' ? allowed : left(notFound('account', account))
  }
  if (asked.projects === null) return right({ account, projects: all ? null : new Set(own) })
  const readable = (id: string): id is ProjectId =>
    all ? accountOf(id as ProjectId) === account : own.some((each) => each === id)
  const foreign = asked.projects.find((id) => !readable(id))
  if (foreign !== undefined) return left(notFound('project', foreign))
  return right({ account, projects: new Set(asked.projects.filter(readable)) })
}
