import type { ContentLink } from '../application/ports/links.ts'
import { collaboratorOf, holderFor } from '../domain/access/holder.ts'
import { whyWithheld } from '../domain/access/withheld.ts'
import { digestsOf, type ImageRow } from '../projections/catalog/rows.ts'
import { builder, handed } from './builder.ts'
import { type Context, callerOf } from './context.ts'
import { badUserInput } from './errors.ts'
import { Image } from './image.ts'
import { imageTarget } from './image-target.ts'
import { visibleProject } from './visible.ts'

const DEFAULT_TTL_SECONDS = 3_600
const LONGEST_TTL_SECONDS = 604_800

const checkedTtl = (given: number | null | undefined): number => {
  const seconds = given ?? DEFAULT_TTL_SECONDS
  if (seconds < 1 || seconds > LONGEST_TTL_SECONDS)
    throw badUserInput(`ttlSeconds must be 1 to ${LONGEST_TTL_SECONDS}, not ${seconds}.`)
  return seconds
}

/** What a link would open that is used at once; null where it would be refused. */
const linkTo = (row: ImageRow, project: string | null | undefined, context: Context): ContentLink | null => {
  const sha256 = digestsOf(row).find(({ algorithm }) => algorithm === 'sha256')?.hex
  if (row.status !== 'AVAILABLE' || sha256 === undefined) return null
  const asked = typeof project === 'string' ? visibleProject(context, project) : undefined
  if (asked === null) return null
  const { facts } = imageTarget(row, context.catalog)
  const holder = holderFor(callerOf(context).principal, facts, asked?.id ?? null)
  if (holder === null) return null
  const { deprecation_stage: stage, obsolete_at: obsoleteAt } = row
  const deprecation = stage === null ? null : { stage, obsoleteAt }
  const image = { deactivated: row.deactivated === 1, deprecation, facts }
  const why = whyWithheld(collaboratorOf(holder), image, context.services.clock.now())
  return why === null ? { image: row.id, sha256, holder } : null
}

builder.objectField(Image, 'contentUrl', (t) =>
  t.string({
    nullable: true,
    ...handed,
    description:
      'A link that fetches the bytes without further credentials until it expires; null where the caller may not download.\nIt is for the project (or account) by which the caller may, its owner first, and good as long as that one may. It ends with the token that it was asked with, or after ttlSeconds: 1 to 604800, by default 3600.',
    complexity: 2,
    args: {
      ttlSeconds: t.arg.int(),
      project: t.arg.id({ description: 'For which of the caller’s projects. Null where that one may not.' }),
    },
    resolve: async ({ id }, { ttlSeconds, project }, context) => {
      const seconds = checkedTtl(ttlSeconds)
      // As it is now: an inbox shows images as they were.
      const row = await Image.getDataloader(context).load(id)
      const link = linkTo(row, project, context)
      if (link === null) return null
      const expiresAt = Math.min(Math.ceil(Date.now() / 1000 + seconds) * 1000, context.tokenExpiresAt)
      const signed = await context.services.links.sign(link, expiresAt)
      return `${context.origin}/images/${id}/content?link=${signed}`
    },
  }),
)
