import { projectCreate } from '../application/use-cases/project-create.ts'
import { may } from '../domain/access/access.ts'
import type { ProjectRow } from '../projections/catalog/rows.ts'
import { Account } from './account.ts'
import { answer } from './answer.ts'
import { builder, handed } from './builder.ts'
import { callerOf } from './context.ts'
import { rowsOrErrors } from './loading.ts'
import { refusalTypes, resultType } from './refusals.ts'

/** What is the project's own business is null for those without a role in it or its account. */
const ofProject = {
  nullable: true,
  authScopes: ({ id, account }: ProjectRow) => ({
    may: ['seeProject', { kind: 'project', id, account }] as const,
  }),
  unauthorizedResolver: () => null,
} as const

export const Project = builder.loadableObjectRef<ProjectRow, string>('Project', {
  load: async (ids, { catalog }) => rowsOrErrors('project', ids, catalog.projectsById(ids)),
})
Project.implement({
  fields: (t) => ({
    id: t.exposeID('id', handed),
    name: t.exposeString('name', ofProject),
    account: t.field({ type: Account, ...ofProject, resolve: ({ account }) => account }),
  }),
})

const refusals = ['NotFound', 'Forbidden', 'InvalidInput', 'NameTaken', 'IdempotencyConflict'] as const
const ProjectResult = builder.unionType('ProjectResult', {
  types: [Project, ...refusalTypes(refusals)],
  resolveType: resultType('Project'),
})

const ProjectCreateInput = builder.inputType('ProjectCreateInput', {
  fields: (t) => ({
    id: t.id(),
    account: t.id({ required: true }),
    name: t.string({ required: true }),
    idempotencyKey: t.string(),
  }),
})

builder.queryField('project', (t) =>
  t.field({
    type: Project,
    nullable: true,
    authScopes: { authenticated: true },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => {
      const [row] = context.catalog.projectsById([id])
      if (row === undefined || row === null) return null
      const target = { kind: 'project', id: row.id, account: row.account } as const
      return may(callerOf(context).principal, 'seeProject', target) ? row : null
    },
  }),
)

builder.mutationField('projectCreate', (t) =>
  t.field({
    type: ProjectResult,
    authScopes: { authenticated: true },
    args: { input: t.arg({ type: ProjectCreateInput, required: true }) },
    resolve: (_root, { input }, context) =>
      answer(
        context,
        projectCreate(context.services)(callerOf(context), input),
        Project.getDataloader(context),
        refusals,
      ),
  }),
)
