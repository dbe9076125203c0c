import { streamOf } from '../application/ledger.ts'
import { may } from '../domain/access/access.ts'
import { imageAggregate } from '../domain/image/state.ts'
import { notFound } from '../domain/kernel/refusal.ts'
import type { ImageRow } from '../projections/catalog/rows.ts'
import { builder } from './builder.ts'
import { type Context, callerOf } from './context.ts'
import { refusedError } from './errors.ts'
import { Image } from './image.ts'
import { imageTarget } from './image-target.ts'
import { sharesSeen } from './share.ts'
import { listening, orThrow } from './subscription.ts'
import { visibleImage } from './visible.ts'

/**
 * Two of these are equal where nothing that the caller may see lies between them. Every event is for those of its owner. Others
 * see neither the revision nor the offers to others, and so must not be told when nothing else has changed.
 */
const seenOf = (row: ImageRow, context: Context): string =>
  may(callerOf(context).principal, 'seeOwnersSide', imageTarget(row, context.catalog))
    ? String(row.revision)
    : JSON.stringify([{ ...row, revision: null }, sharesSeen(row, context)])

/** The image now, and whenever what the caller sees of it has changed; throws where it sees nothing of it, or no more. */
async function* changesOf(context: Context, id: string, over: AbortSignal): AsyncGenerator<ImageRow> {
  // Before the first reading, so that no change falls between.
  const watch = context.changes.of(streamOf(imageAggregate, id), over)
  try {
    let told: string | null = null
    do {
      const row = visibleImage(context, id)
      if (row === null) throw refusedError(notFound('image', id))
      const seen = seenOf(row, context)
      if (seen !== told) yield row
      told = seen
    } while (await watch.next())
  } finally {
    watch.end()
  }
}

builder.subscriptionField('imageChanged', (t) =>
  t.field({
    type: Image,
    description: 'An image, now and after each change that the caller may see.',
    authScopes: { authenticated: true },
    args: { image: t.arg.id({ required: true }) },
    subscribe: (_root, { image }, context) => listening(context, (over) => changesOf(context, image, over)),
    resolve: (told) => orThrow(told),
  }),
)
