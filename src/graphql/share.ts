import type { Caller } from '../application/command.ts'
import type { Done } from '../application/done.ts'
import type { Services } from '../application/services.ts'
import { imageShare } from '../application/use-cases/image-share.ts'
import { imageShareAccept } from '../application/use-cases/image-share-accept.ts'
import { imageShareReject } from '../application/use-cases/image-share-reject.ts'
import { imageUnshare } from '../application/use-cases/image-unshare.ts'
import { may } from '../domain/access/access.ts'
import { shareStatuses } from '../domain/image/state.ts'
import type { TaskEither } from '../domain/kernel/fp.ts'
import type { ProjectId, ShareKey } from '../domain/kernel/ids.ts'
import type { Refusal } from '../domain/kernel/refusal.ts'
import type { Recipients, SharePage } from '../projections/catalog/catalog.ts'
import { type ImageRow, type ShareRow, seenLastOf } from '../projections/catalog/rows.ts'
import { answer } from './answer.ts'
import { builder, handed } from './builder.ts'
import { type Context, callerOf } from './context.ts'
import { badUserInput } from './errors.ts'
import { Image } from './image.ts'
import { imageTarget } from './image-target.ts'
import { rowsOrErrors } from './loading.ts'
import { type PageArgs, pageComplexity, pageOf } from './paging.ts'
import { Project, type ProjectShape } from './project.ts'
import { refusalTypes, resultType } from './refusals.ts'
import { visibleProject } from './visible.ts'

const ShareStatus = builder.enumType('ShareStatus', {
  description:
    'An offer that was not taken up in time is EXPIRED; expiry never ends an accepted share. REVOKED is what imageUnshare leaves: it shows in no list.',
  values: shareStatuses,
})

export const Share = builder.loadableObjectRef<ShareRow, ShareKey>('Share', {
  load: async (keys, { catalog }) => rowsOrErrors('share', keys, catalog.sharesByKey(keys)),
})
Share.implement({
  fields: (t) => ({
    image: t.field({
      type: Image,
      ...handed,
      description: 'To recipients who rejected it or let the offer end: as it was then.',
      resolve: (share, _args, context) => imageSeenBy(context, share),
    }),
    project: t.field({
      type: Project,
      ...handed,
      description: 'To which it was offered. Those who offer it see its name once it has accepted.',
      resolve: (share, _args, { catalog }) => recipientOf(share, catalog.projectsById([share.project])[0]),
    }),
    offeredBy: t.string({
      nullable: true,
      ...handed,
      description:
        'The name of the project that offers it, or of the account that it was promoted to. Names are for people, and anybody may take any: go by offeredById.',
      resolve: ({ image }, _args, context) => offererOf(context, image)?.name ?? null,
    }),
    offeredById: t.id({
      nullable: true,
      ...handed,
      description: 'Its id.',
      resolve: ({ image }, _args, context) => offererOf(context, image)?.id ?? null,
    }),
    status: t.expose('status', { type: ShareStatus, ...handed }),
    message: t.exposeString('message', { nullable: true, ...handed }),
    offeredAt: t.expose('offered_at', { type: 'DateTime', ...handed }),
    expiresAt: t.expose('expires_at', { type: 'DateTime', nullable: true, ...handed }),
    decidedAt: t.expose('decided_at', { type: 'DateTime', nullable: true, ...handed }),
  }),
})

/** Whoever may not see the image any more sees what it last saw of it. */
const imageSeenBy = (context: Context, share: ShareRow): ImageRow | ImageRow['id'] => {
  const seenLast = seenLastOf(share)
  const [row] = seenLast === null ? [] : context.catalog.imagesById([share.image])
  if (seenLast === null || !row) return share.image
  const sees = may(callerOf(context).principal, 'seeImage', imageTarget(row, context.catalog))
  // What was its owner's business is not that of a former owner.
  return sees ? share.image : { ...seenLast, account: row.account, project: row.project }
}

/** Whether there is such a project stays hidden from those who offer it something (DESIGN, tenancy and access). */
const recipientOf = ({ project, status }: ShareRow, row: ProjectShape | null | undefined): ProjectShape => ({
  ...(row ?? { id: project, name: null, account: null }),
  named: status === 'ACCEPTED',
})

const offererOf = ({ catalog }: Context, image: ShareRow['image']) => {
  const [row] = catalog.imagesById([image])
  if (!row) return null
  const [owner] =
    row.project === null ? catalog.accountsById([row.account]) : catalog.projectsById([row.project])
  return owner ?? null
}

/** More than there can be. */
const ALL = Number.MAX_SAFE_INTEGER

const ShareConnection = builder.connectionObject(
  { type: Share, name: 'ShareConnection' },
  { name: 'ShareEdge' },
)

/** A page of shares; `read` gets one more than the page holds. A cursor tells when the offer was made, and to or of whom. */
const connectionOf = (
  { first, after }: Pick<PageArgs, 'first' | 'after'>,
  otherOf: (share: ShareRow) => string,
  read: (page: SharePage) => readonly ShareRow[],
) => {
  const { size } = pageOf({ first })
  const found = read({
    size: size + 1,
    after: after === null || after === undefined ? null : cursorIn(after),
  })
  const edges = found.slice(0, size).map((node) => ({
    cursor: Buffer.from(JSON.stringify([node.offered_at, otherOf(node)])).toString('base64url'),
    node,
  }))
  return {
    edges,
    pageInfo: {
      hasNextPage: found.length > size,
      hasPreviousPage: typeof after === 'string',
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  }
}

const cursorIn = (cursor: string): SharePage['after'] => {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    const [offeredAt, other] = Array.isArray(parsed) && parsed.length === 2 ? parsed : []
    if (typeof offeredAt === 'string' && typeof other === 'string') return { offeredAt, other }
  } catch {
    // Not even JSON: the same as any other text that is no cursor.
  }
  throw badUserInput('after: this is no cursor of a list of shares.')
}

/** Its owner sees all of an image's offers, others those made to projects that they have a role in. */
const recipientsSeenBy = (context: Context): Recipients => {
  const { account, accountRole, projects } = callerOf(context).principal
  const { accountOf } = context.catalog
  return {
    projects: [...projects.keys()].filter((id) => accountOf(id) !== null),
    accounts: account === null || accountRole === null ? [] : [account],
  }
}

/** Of an image that others own: what of it was offered to the caller. */
export const sharesSeen = ({ id }: ImageRow, context: Context): readonly ShareRow[] =>
  context.catalog.sharesOf(id, recipientsSeenBy(context), { size: ALL, after: null })

builder.objectField(Image, 'shares', (t) =>
  t.field({
    type: ShareConnection,
    ...handed,
    description: 'Offers of this image to other projects. Recipients see their own only.',
    complexity: pageComplexity,
    args: { first: t.arg.int(), after: t.arg.string() },
    resolve: (row, args, context) => {
      const { catalog } = context
      const ownsIt = may(callerOf(context).principal, 'seeOwnersSide', imageTarget(row, catalog))
      const of = ownsIt ? null : recipientsSeenBy(context)
      return connectionOf(
        args,
        ({ project }) => project,
        (page) => catalog.sharesOf(row.id, of, page),
      )
    },
  }),
)

builder.queryField('sharedWithMe', (t) =>
  t.field({
    type: ShareConnection,
    description: 'Offers made to a project: its inbox, the newest first.',
    authScopes: { authenticated: true },
    complexity: pageComplexity,
    args: {
      project: t.arg.id({ required: true }),
      status: t.arg({ type: [ShareStatus] }),
      first: t.arg.int(),
      after: t.arg.string(),
    },
    resolve: (_root, { project, status, ...args }, context) => {
      const row = visibleProject(context, project)
      const wanted = (status ?? shareStatuses).filter((each) => each !== 'REVOKED')
      return connectionOf(
        args,
        ({ image }) => image,
        (page) => (row === null ? [] : context.catalog.inbox(row.id as ProjectId, wanted, page)),
      )
    },
  }),
)

const refusals = ['NotFound', 'Forbidden', 'InvalidInput', 'InvalidState', 'IdempotencyConflict'] as const
const ShareResult = builder.unionType('ShareResult', {
  types: [Share, ...refusalTypes(refusals)],
  resolveType: resultType('Share'),
})

const ImageShareInput = builder.inputType('ImageShareInput', {
  fields: (t) => ({
    image: t.id({ required: true }),
    project: t.id({ required: true }),
    message: t.string(),
    expiresAt: t.field({ type: 'DateTime', description: 'When the offer ends if nobody takes it up.' }),
    idempotencyKey: t.string(),
  }),
})

const ImageShareRefInput = builder.inputType('ImageShareRefInput', {
  fields: (t) => ({
    image: t.id({ required: true }),
    project: t.id({ required: true }),
    reason: t.string(),
    idempotencyKey: t.string(),
  }),
})

const carryOut = <Input>(
  context: Context,
  useCase: (services: Services) => (caller: Caller, input: Input) => TaskEither<Refusal, Done<ShareKey>>,
  input: Input,
) =>
  answer(context, useCase(context.services)(callerOf(context), input), Share.getDataloader(context), refusals)

builder.mutationFields((t) => ({
  imageShare: t.field({
    type: ShareResult,
    authScopes: { authenticated: true },
    args: { input: t.arg({ type: ImageShareInput, required: true }) },
    resolve: (_root, { input }, context) => carryOut(context, imageShare, input),
  }),
  imageUnshare: t.field({
    type: ShareResult,
    authScopes: { authenticated: true },
    args: { input: t.arg({ type: ImageShareRefInput, required: true }) },
    resolve: (_root, { input }, context) => carryOut(context, imageUnshare, input),
  }),
  imageShareAccept: t.field({
    type: ShareResult,
    authScopes: { authenticated: true },
    args: { input: t.arg({ type: ImageShareRefInput, required: true }) },
    resolve: (_root, { input }, context) => carryOut(context, imageShareAccept, input),
  }),
  imageShareReject: t.field({
    type: ShareResult,
    authScopes: { authenticated: true },
    args: { input: t.arg({ type: ImageShareRefInput, required: true }) },
    resolve: (_root, { input }, context) => carryOut(context, imageShareReject, input),
  }),
}))
