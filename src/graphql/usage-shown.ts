import { authorize } from '../domain/access/access.ts'
import type { Principal } from '../domain/access/principal.ts'
import { type UsageAsked, type UsageShown, usageShown } from '../domain/access/usage.ts'
import type { AccountId } from '../domain/kernel/ids.ts'
import { notFound } from '../domain/kernel/refusal.ts'
import type { Catalog } from '../projections/catalog/catalog.ts'
import { type Context, callerOf } from './context.ts'
import { refusedError } from './errors.ts'

/** The same for GraphQL and for exports: what of an account's usage a principal may be told. */
export const shownBy = (catalog: Catalog, principal: Principal, asked: UsageAsked) =>
  usageShown(principal, asked, {
    isAccount: (id): id is AccountId => (catalog.accountsById([id])[0] ?? null) !== null,
    accountOf: (project) => catalog.accountOf(project),
  })

/** For queries: throws NOT_FOUND or FORBIDDEN. Billing shows by then what the catalog shows. */
export const usageOf = async (
  context: Context,
  account: string,
  projects: readonly string[] | null | undefined,
): Promise<UsageShown> => {
  const { principal } = callerOf(context)
  const shown = shownBy(context.catalog, principal, { account, projects: projects ?? null })
  if (shown._tag === 'Left') throw refusedError(shown.left)
  await context.billed()
  return shown.right
}

/** The same for what is told of an account as a whole: it takes a role in it. */
export const wholeUsageOf = async (context: Context, account: string): Promise<AccountId> => {
  const [row] = context.catalog.accountsById([account])
  if (!row) throw refusedError(notFound('account', account))
  const allowed = authorize(callerOf(context).principal, 'seeUsage', { kind: 'account', id: row.id })
  if (allowed._tag === 'Left') throw refusedError(allowed.left)
  await context.billed()
  return row.id
}
