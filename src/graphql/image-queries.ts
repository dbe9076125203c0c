import { imagesOf, imagesOfProject, type ListScope, nothing } from '../domain/access/lists.ts'
import type { ImageFilter } from '../projections/catalog/filter.ts'
import { cursorOf, type ImageOrder } from '../projections/catalog/list.ts'
import type { ImageRow, ProjectRow } from '../projections/catalog/rows.ts'
import { builder, handed } from './builder.ts'
import { type Context, callerOf } from './context.ts'
import { badUserInput } from './errors.ts'
import { Image } from './image.ts'
import { ImageFilterInput, ImageOrderInput } from './image-types.ts'
import { type PageArgs, pageComplexity, pageOf } from './paging.ts'
import { visibleImage, visibleProject } from './visible.ts'

/** Whose images a list goes through. Of a project that the caller may not know of it goes through nobody's. */
const scopeOf = (context: Context, project: string | null): ListScope => {
  const { principal } = callerOf(context)
  if (project === null) return imagesOf(principal, context.catalog.accountOf)
  const row = visibleProject(context, project)
  return row === null ? nothing : imagesOfProject(principal, row)
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

const imageConnection = (args: ListArgs, context: Context) =>
  connectionOf(context, scopeOf(context, args.project ?? null), filterOf(args.filter), args)

/** A page of the images of a scope. */
export const connectionOf = (
  { catalog }: Context,
  scope: ListScope,
  filter: ImageFilter,
  args: Omit<ListArgs, 'project' | 'filter'>,
) => {
  const order = args.orderBy ?? NEWEST_FIRST
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

export const ImageConnection = builder.connectionObject<typeof Image, ReturnType<typeof connectionOf>>(
  {
    type: Image,
    name: 'ImageConnection',
    fields: (connection) => ({
      // Counted only when it is asked for.
      totalCount: connection.int({ ...handed, resolve: ({ totalCount }) => totalCount() }),
    }),
  },
  { name: 'ImageEdge' },
)

/**
 * The newest release of a family: of what the project owns, or its account does, or it accepted; else of what operators
 * made public; else of what anybody offers to all. So nobody slips a release into another's family (docs/adr/0010-families.md).
 */
const newestOf = (context: Context, project: ProjectRow, family: string): ImageRow | null => {
  const scope = imagesOfProject(callerOf(context).principal, project)
  const own: ListScope = { ...scope, usable: { ...scope.usable, everybodys: false } }
  const everybodys: ListScope = { ...nothing, usable: { ...nothing.usable, everybodys: true } }
  const tiers: readonly (readonly [ListScope, ImageFilter])[] = [
    [own, {}],
    [everybodys, { visibility: ['PUBLIC'] }],
    [everybodys, { visibility: ['COMMUNITY'] }],
  ]
  const eligible = { family, status: ['AVAILABLE'], deprecated: false, deactivated: false }
  for (const [among, narrowed] of tiers) {
    const page = context.catalog.images(
      among,
      { ...eligible, ...narrowed },
      { field: 'VERSION', direction: 'DESC' },
      { size: 1, walk: 'FORWARD', after: null, before: null },
    )
    const [newest] = page._tag === 'Right' ? page.right.rows : []
    if (newest !== undefined) return newest
  }
  return null
}

builder.queryFields((t) => ({
  image: t.field({
    type: Image,
    nullable: true,
    description: 'Null where it does not exist or the caller may not see it. Deprecated images answer here.',
    authScopes: { authenticated: true },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => visibleImage(context, id),
  }),
  imageByName: t.field({
    type: Image,
    nullable: true,
    description: "By name, in a project's own images or else its account's.",
    authScopes: { authenticated: true },
    args: { project: t.arg.id({ required: true }), name: t.arg.string({ required: true }) },
    resolve: (_root, { project, name }, context) => {
      const row = visibleProject(context, project)
      return row === null ? null : context.catalog.imageByName(row.id, row.account, name)
    },
  }),
  imageFamily: t.field({
    type: Image,
    nullable: true,
    description:
      'The newest version in a family that is available and neither deprecated nor deactivated: of those that the project or its account owns or that it accepted, or else of public, or else of community images.',
    authScopes: { authenticated: true },
    args: { project: t.arg.id({ required: true }), family: t.arg.string({ required: true }) },
    resolve: (_root, { project, family }, context) => {
      const row = visibleProject(context, project)
      return row === null ? null : newestOf(context, row, family)
    },
  }),
  images: t.field({
    type: ImageConnection,
    description:
      "What one project may use: its own, its account's, those it accepted, community and public.\nWithout a project: the same for all of the caller's projects; for an operator, everything.",
    authScopes: { authenticated: true },
    complexity: pageComplexity,
    args: {
      project: t.arg.id(),
      filter: t.arg({ type: ImageFilterInput }),
      orderBy: t.arg({ type: ImageOrderInput }),
      ...t.arg.connectionArgs(),
    },
    resolve: (_root, args, context) => imageConnection(args, context),
  }),
}))
