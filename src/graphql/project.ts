import { projectCreate } from '../application/use-cases/project-create.ts'
import type { AccountId, ProjectId } from '../domain/kernel/ids.ts'
import { Account } from './account.ts'
import { answer } from './answer.ts'
import { builder, handed } from './builder.ts'
import { callerOf } from './context.ts'
import { rowsOrErrors } from './loading.ts'
import { refusalTypes, resultType } from './refusals.ts'
import { visibleProject } from './visible.ts'

/** A project, or an id that somebody took for one: what there is to know of it then is null. */
export interface ProjectShape {
  readonly id: ProjectId
  readonly name: string | null
  readonly account: AccountId | null
  /** Its name is told to whoever was handed it. */
  readonly named?: boolean
}

const scopeOf = ({ id, account }: ProjectShape) =>
  account === null ? false : { may: ['seeProject', { kind: 'project', id, account }] as const }

/** What is the project's own business is null for those without a role in it or its account. */
const ofProject = { nullable: true, authScopes: scopeOf, unauthorizedResolver: () => null } as const

export const Project = builder.loadableObjectRef<ProjectShape, string>('Project', {
  load: async (ids, { catalog }) => rowsOrErrors('project', ids, catalog.projectsById(ids)),
})
Project.implement({
  fields: (t) => ({
    id: t.exposeID('id', handed),
    name: t.exposeString('name', {
      ...ofProject,
      authScopes: (project) => project.named === true || scopeOf(project),
    }),
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
    resolve: (_root, { id }, context) => visibleProject(context, id),
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
