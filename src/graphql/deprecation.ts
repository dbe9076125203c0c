import { may } from '../domain/access/access.ts'
import { deprecationStages } from '../domain/image/state.ts'
import type { ImageRow } from '../projections/catalog/rows.ts'
import { builder, handed } from './builder.ts'
import { type Context, callerOf } from './context.ts'
import { Image } from './image.ts'
import { imageTarget } from './image-target.ts'

const DeprecationStage = builder.enumType('DeprecationStage', { values: deprecationStages })

/** A deprecated image, read as its deprecation. */
type Deprecated = ImageRow & { readonly deprecation_stage: NonNullable<ImageRow['deprecation_stage']> }

/** What may not be seen is not named either. */
const visibleReplacement = ({ replacement }: ImageRow, context: Context): ImageRow | null => {
  if (replacement === null) return null
  const [row] = context.catalog.imagesById([replacement])
  const { principal } = callerOf(context)
  return row && may(principal, 'seeImage', imageTarget(row, context.catalog)) ? row : null
}

const Deprecation = builder.objectRef<Deprecated>('Deprecation').implement({
  fields: (t) => ({
    stage: t.expose('deprecation_stage', { type: DeprecationStage, ...handed }),
    since: t.field({
      type: 'DateTime',
      ...handed,
      description: 'When it was deprecated.',
      resolve: ({ deprecated_at, updated_at }) => deprecated_at ?? updated_at,
    }),
    reason: t.exposeString('deprecation_reason', { nullable: true, ...handed }),
    replacement: t.field({
      type: Image,
      nullable: true,
      ...handed,
      description: 'What to use instead; null where the caller may not see it.',
      resolve: (row, _args, context) => visibleReplacement(row, context),
    }),
    obsoleteAt: t.expose('obsolete_at', { type: 'DateTime', nullable: true, ...handed }),
    deleteAt: t.expose('delete_at', { type: 'DateTime', nullable: true, ...handed }),
    deletionPreventedAt: t.expose('deletion_prevented_at', {
      type: 'DateTime',
      nullable: true,
      ...handed,
      description:
        'When the date of its deletion came and it stayed, for it is protected. That date is spent.',
    }),
  }),
})

const isDeprecated = (row: ImageRow): row is Deprecated => row.deprecation_stage !== null

builder.objectField(Image, 'deprecation', (t) =>
  t.field({
    type: Deprecation,
    nullable: true,
    ...handed,
    resolve: (row) => (isDeprecated(row) ? row : null),
  }),
)
