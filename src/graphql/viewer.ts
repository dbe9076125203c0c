import { rankOver } from '../domain/access/access.ts'
import type { Principal } from '../domain/access/principal.ts'
import { type Role as RoleName, roles } from '../domain/kernel/refusal.ts'
import type { ProjectRow } from '../projections/catalog/rows.ts'
import { Account } from './account.ts'
import { builder, handed } from './builder.ts'
import { type Context, callerOf } from './context.ts'
import { Project } from './project.ts'

const Role = builder.enumType('Role', { values: roles })

interface ViewerProjectShape {
  readonly project: ProjectRow
  readonly role: RoleName
}

const ViewerProject = builder.objectRef<ViewerProjectShape>('ViewerProject').implement({
  fields: (t) => ({
    project: t.field({ type: Project, ...handed, resolve: ({ project }) => project }),
    role: t.expose('role', { type: Role, ...handed }),
  }),
})

const Viewer = builder.objectRef<Principal>('Viewer').implement({
  description: 'Who asks, as the token says it and as far as the ledger knows it.',
  fields: (t) => ({
    subject: t.exposeString('subject', handed),
    operator: t.exposeBoolean('operator', handed),
    account: t.field({
      type: Account,
      nullable: true,
      ...handed,
      resolve: ({ account }, _args, { catalog }) =>
        account === null ? null : (catalog.accountsById([account])[0] ?? null),
    }),
    accountRole: t.expose('accountRole', { type: Role, nullable: true, ...handed }),
    projects: t.field({
      type: [ViewerProject],
      ...handed,
      resolve: (_me, _args, context) => projectsOf(context),
    }),
  }),
})

/** An account with more projects than this is not told of all of them here. */
const MOST_PROJECTS = 1_000

/** Those the token names, and with a role in the account all of its projects, in the order of their ids. */
const projectsOf = (context: Context): ViewerProjectShape[] => {
  const { principal } = callerOf(context)
  const { catalog } = context
  const named = catalog.projectsById([...principal.projects.keys()]).filter((row) => row !== null)
  const ofAccount =
    principal.account !== null && principal.accountRole !== null
      ? catalog.projectsOfAccount(principal.account, MOST_PROJECTS)
      : []
  const all = new Map([...named, ...ofAccount].map((row) => [row.id, row]))
  return [...all.values()]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .flatMap((project) => {
      const { id, account } = project
      const rank = rankOver({ ...principal, operator: false }, { kind: 'project', id, account })
      const role = roles.find((name) => name === rank)
      return role === undefined ? [] : [{ project, role }]
    })
}

builder.queryField('viewer', (t) =>
  t.field({
    type: Viewer,
    authScopes: { authenticated: true },
    resolve: (_root, _args, context) => callerOf(context).principal,
  }),
)
