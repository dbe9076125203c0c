import { imagesOf } from '../domain/access/lists.ts'
import type { ImageRow } from '../projections/catalog/rows.ts'
import { builder, handed } from './builder.ts'
import { type Context, callerOf } from './context.ts'
import { Image } from './image.ts'
import { connectionOf, ImageConnection } from './image-queries.ts'
import { pageComplexity } from './paging.ts'
import { visibleImage } from './visible.ts'

const shareCount = ({ id }: ImageRow, { catalog }: Context, status: 'ACCEPTED' | 'PENDING'): number =>
  catalog.shareCounts(id).get(status) ?? 0

const Impact = builder.objectRef<ImageRow>('ImageImpact').implement({
  description:
    'Whom it would touch to delete or to deprecate an image. What runs from it runs on in either case.',
  fields: (t) => ({
    image: t.field({
      type: Image,
      ...handed,
      description: 'Its shares say who accepted it, and who has yet to answer.',
      resolve: (row) => row,
    }),
    usableByEverybody: t.boolean({
      ...handed,
      description: 'It is public or community: every project may use it.',
      resolve: ({ visibility }) => visibility === 'PUBLIC' || visibility === 'COMMUNITY',
    }),
    usableByAccount: t.boolean({
      ...handed,
      description: 'It was promoted: every project of its account may use it.',
      resolve: ({ project }) => project === null,
    }),
    acceptedShares: t.int({
      ...handed,
      description: 'How many projects accepted it.',
      resolve: (row, _args, context) => shareCount(row, context, 'ACCEPTED'),
    }),
    pendingShares: t.int({
      ...handed,
      description: 'How many projects have yet to answer.',
      resolve: (row, _args, context) => shareCount(row, context, 'PENDING'),
    }),
    protected: t.boolean({
      ...handed,
      description: 'Its deletion would be refused, by command and by date.',
      resolve: (row) => row.protected === 1,
    }),
    replacementOf: t.field({
      type: ImageConnection,
      ...handed,
      description: 'Images that name it as their replacement, of those that the caller lists.',
      complexity: pageComplexity,
      args: { first: t.arg.int(), after: t.arg.string() },
      resolve: ({ id }, args, context) => {
        const scope = imagesOf(callerOf(context).principal, context.catalog.accountOf)
        return connectionOf(context, scope, { replacement: id }, args)
      },
    }),
  }),
})

builder.queryFields((t) => ({
  imageDeleteImpact: t.field({
    type: Impact,
    nullable: true,
    description: 'Whom it would touch to delete an image. For its owner.',
    authScopes: { authenticated: true },
    args: { image: t.arg.id({ required: true }) },
    resolve: (_root, { image }, context) => visibleImage(context, image, 'seeOwnersSide'),
  }),
  imageDeprecateImpact: t.field({
    type: Impact,
    nullable: true,
    description: 'Whom it would touch to deprecate an image. For its owner.',
    authScopes: { authenticated: true },
    args: { image: t.arg.id({ required: true }) },
    resolve: (_root, { image }, context) => visibleImage(context, image, 'seeOwnersSide'),
  }),
}))
