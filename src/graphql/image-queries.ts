import { may } from '../domain/access/access.ts'
import { type ImageScopeOfLists, imagesOf } from '../domain/access/lists.ts'
import type { AccountId, ProjectId } from '../domain/kernel/ids.ts'
import type { ImageFilter } from '../projections/catalog/filter.ts'
import { cursorOf, type ImageOrder } from '../projections/catalog/list.ts'
import type { ImageRow, ProjectRow } from '../projections/catalog/rows.ts'
import { builder, handed } from './builder.ts'
import { type Context, callerOf } from './context.ts'
import { badUserInput } from './errors.ts'
import { Image, imageTarget } from './image.ts'
import { ImageFilterInput, ImageOrderInput } from './image-types.ts'
import { type PageArgs, pageComplexity, pageOf } from './paging.ts'

/** The project, if the caller may know of it. */
const visibleProject = (context: Context, id: string): ProjectRow | null => {
  const [row] = context.catalog.projectsById([id])
  if (row === undefined || row === null) return null
  const target = { kind: 'project', id: row.id, account: row.account } as const
  return may(callerOf(context).principal, 'seeProject', target) ? row : null
}

/** Whose images a list goes through. Of a project that the caller may not know of it goes through nobody's. */
const scopeOf = (context: Context, project: string | null): ImageScopeOfLists => {
  const { principal } = callerOf(context)
  if (project !== null) {
    const row = visibleProject(context, project)
    return { accounts: [], projects: row === null ? [] : [row.id] }
  }
  const ids = [...principal.projects.keys()]
  const rows = principal.operator ? [] : context.catalog.projectsById(ids)
  const accounts = new Map<ProjectId, AccountId>(
    rows.flatMap((row) => (row === null ? [] : [[row.id, row.account] as const])),
  )
  return imagesOf(principal, (id) => accounts.get(id) ?? null)
}

const NEWEST_FIRST: ImageOrder = { field: 'CREATED_AT', direction: 'DESC' }

/** Each costs a look into an index or at every image of the list: no more of them than an image has, or a person types. */
const largestFilters = { search: 200, tags: 64, properties: 128 } as const

/** The filter, if it is of a size that can be answered soon. */
const filterOf = (given: ImageFilter | null | undefined): ImageFilter => {
  const filter = given ?? {}
  for (const [name, most] of Object.entries(largestFilters)) {
    const length = filter[name as keyof typeof largestFilters]?.length ?? 0
    const what = name === 'search' ? 'characters' : name
    if (length > most) throw badUserInput(`filter.${name} must have at most ${most} ${what}, not ${length}.`)
  }
  return filter
}

interface ListArgs extends PageArgs {
  readonly project?: string | null | undefined
  readonly filter?: ImageFilter | null | undefined
  readonly orderBy?: ImageOrder | null | undefined
}

const imageConnection = (args: ListArgs, context: Context) => {
  const { catalog } = context
  const scope = scopeOf(context, args.project ?? null)
  const order = args.orderBy ?? NEWEST_FIRST
  const filter = filterOf(args.filter)
  const page = catalog.images(scope, filter, order, pageOf(args))
  if (page._tag === 'Left') throw badUserInput(page.left)
  const { rows, hasNextPage, hasPreviousPage } = page.right
  const edges = rows.map((node) => ({ cursor: cursorOf(order, node), node }))
  return {
    edges,
    pageInfo: {
      hasNextPage,
      hasPreviousPage,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    // Counted only when it is asked for.
    totalCount: () => catalog.imageCount(scope, filter),
  }
}

const visibleImage = (context: Context, row: ImageRow | null | undefined): ImageRow | null =>
  row !== null && row !== undefined && may(callerOf(context).principal, 'seeImage', imageTarget(row))
    ? row
    : null

builder.queryFields((t) => ({
  image: t.field({
    type: Image,
    nullable: true,
    description: 'Null where it does not exist or the caller may not see it. Deprecated images answer here.',
    authScopes: { authenticated: true },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => visibleImage(context, context.catalog.imagesById([id])[0]),
  }),
  imageByName: t.field({
    type: Image,
    nullable: true,
    description: "By name, in a project's own images or else its account's.",
    authScopes: { authenticated: true },
    args: { project: t.arg.id({ required: true }), name: t.arg.string({ required: true }) },
    resolve: (_root, { project, name }, context) => {
      const row = visibleProject(context, project)
      return row === null
        ? null
        : visibleImage(context, context.catalog.imageByName(row.id, row.account, name))
    },
  }),
  images: t.connection(
    {
      type: Image,
      description:
        "What one project may use: its own images.\nWithout a project: the same for all of the caller's projects; for an operator, everything.",
      authScopes: { authenticated: true },
      complexity: pageComplexity,
      args: {
        project: t.arg.id(),
        filter: t.arg({ type: ImageFilterInput }),
        orderBy: t.arg({ type: ImageOrderInput }),
      },
      resolve: (_root, args, context) => imageConnection(args, context),
    },
    {
      name: 'ImageConnection',
      fields: (connection) => ({
        totalCount: connection.int({ ...handed, resolve: ({ totalCount }) => totalCount() }),
      }),
    },
    { name: 'ImageEdge' },
  ),
}))
