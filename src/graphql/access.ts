import { may } from '../domain/access/access.ts'
import { type AccessRule, accessRules, explainUse, sentenceOf } from '../domain/access/explain.ts'
import { type ImageFacts, offersTo, type Relation, relationsOf } from '../domain/access/image-access.ts'
import type { Principal } from '../domain/access/principal.ts'
import type { ProjectId } from '../domain/kernel/ids.ts'
import type { LedgerEvent } from '../domain/ledger-events.ts'
import type { ImageRow } from '../projections/catalog/rows.ts'
import { builder, handed } from './builder.ts'
import { type Context, callerOf } from './context.ts'
import { type Decides, decidingEvents } from './deciding-event.ts'
import { Event, type EventRow } from './event.ts'
import { Image } from './image.ts'
import { imageTarget } from './image-target.ts'
import { Project } from './project.ts'
import { visibleImage } from './visible.ts'

/** Why somebody sees an image: DESIGN's table, and operators, who see everything. */
const visibleReasons = [
  'OPERATOR',
  'OWNER',
  'ACCOUNT',
  'SHARE_ACCEPTED',
  'SHARE_PENDING',
  'COMMUNITY',
  'PUBLIC',
] as const
type Reason = (typeof visibleReasons)[number]

const VisibleReason = builder.enumType('VisibleReason', { values: visibleReasons })

const ofType =
  (...types: readonly LedgerEvent['type'][]): Decides =>
  ({ type }) =>
    types.includes(type)

const ofShare =
  (type: LedgerEvent['type'], project: string): Decides =>
  (event) =>
    event.type === type && 'project' in event.data && event.data.project === project

const becameVisible =
  (visibility: string): Decides =>
  (event) =>
    event.type === 'ImageVisibilityChanged' && event.data.visibility === visibility

interface WhyShape {
  readonly reason: Reason
  readonly project: ProjectId | null
  readonly event: EventRow
  /** Whether the whole event is for the caller, which tells of its owner. */
  readonly owns: boolean
}

const Why = builder.objectRef<WhyShape>('VisibleBecause').implement({
  description: 'One reason for which the caller sees an image, and the event that made it so.',
  fields: (t) => ({
    reason: t.expose('reason', { type: VisibleReason, ...handed }),
    project: t.field({
      type: Project,
      nullable: true,
      ...handed,
      description: 'The project of the caller that it was offered to.',
      resolve: ({ project }) => project,
    }),
    eventId: t.id({ ...handed, resolve: ({ event }) => event.stored.id }),
    eventType: t.string({ ...handed, resolve: ({ event }) => event.stored.type }),
    since: t.field({
      type: 'DateTime',
      ...handed,
      resolve: ({ event }) => event.recorded.metadata.occurredAt,
    }),
    event: t.field({
      type: Event,
      nullable: true,
      ...handed,
      description: 'The whole event, for those of its owner.',
      resolve: ({ event, owns }) => (owns ? event : null),
    }),
  }),
})

/** What makes each reason so. */
const reasonsOf = (
  principal: Principal,
  facts: ImageFacts,
): readonly { readonly reason: Reason; readonly project: ProjectId | null; readonly decides: Decides }[] => {
  if (principal.operator) return [{ reason: 'OPERATOR', project: null, decides: ofType('ImageRegistered') }]
  const relations = relationsOf(principal, facts)
  const shares = (['SHARE_ACCEPTED', 'SHARE_PENDING'] as const).flatMap((reason) => {
    const [status, type] =
      reason === 'SHARE_ACCEPTED'
        ? (['ACCEPTED', 'ImageShareAccepted'] as const)
        : (['PENDING', 'ImageShared'] as const)
    return offersTo(principal, facts, status).map(({ project }) => ({
      reason,
      project,
      decides: ofShare(type, project),
    }))
  })
  const others: Partial<Record<Relation, Decides>> = {
    OWNER: ofType('ImageRegistered', 'ImagePromoted', 'ImageDemoted'),
    ACCOUNT: ofType('ImagePromoted'),
    COMMUNITY: becameVisible('COMMUNITY'),
    PUBLIC: becameVisible('PUBLIC'),
  }
  return [
    ...Object.entries(others)
      .filter(([relation]) => relations.has(relation as Relation))
      .map(([relation, decides]) => ({ reason: relation as Reason, project: null, decides })),
    ...shares,
  ]
}

const whyVisible = async (row: ImageRow, context: Context): Promise<WhyShape[]> => {
  const { principal } = callerOf(context)
  const target = imageTarget(row, context.catalog)
  const reasons = reasonsOf(principal, target.facts)
  const owns = may(principal, 'seeOwnersSide', target)
  const events = await decidingEvents(
    context.log,
    row,
    reasons.map(({ decides }) => decides),
  )
  return reasons.map(({ reason, project }, index) => {
    const event = events[index]
    if (!event) throw new Error(`No event of image ${row.id} made ${reason} so`)
    return { reason, project, event, owns }
  })
}

builder.objectField(Image, 'visibleBecause', (t) =>
  t.field({
    type: [Why],
    ...handed,
    description:
      'Why the caller sees it, each reason with the event that made it so. Empty for what is only seen through an offer that is over.',
    complexity: 10,
    resolve: (row, _args, context) => whyVisible(row, context),
  }),
)

interface ExplanationShape {
  readonly allowed: boolean
  readonly rule: AccessRule
  readonly event: EventRow | null
}

const AccessRuleEnum = builder.enumType('AccessRule', { values: accessRules })

const Explanation = builder.objectRef<ExplanationShape>('AccessExplanation').implement({
  description: 'Whether a project may use an image, and why.',
  fields: (t) => ({
    allowed: t.exposeBoolean('allowed', handed),
    rule: t.expose('rule', { type: AccessRuleEnum, ...handed }),
    sentence: t.string({ ...handed, resolve: ({ rule }) => sentenceOf[rule] }),
    event: t.field({
      type: Event,
      nullable: true,
      ...handed,
      description: 'What decided it.',
      resolve: ({ event }) => event,
    }),
  }),
})

const decidesRule = (rule: AccessRule, project: ProjectId): Decides => {
  switch (rule) {
    case 'OWNER':
      return ofType('ImageRegistered', 'ImageDemoted')
    case 'ACCOUNT':
      return ofType('ImagePromoted')
    case 'COMMUNITY':
    case 'PUBLIC':
      return becameVisible(rule)
    case 'SHARE_ACCEPTED':
      return ofShare('ImageShareAccepted', project)
    case 'SHARE_PENDING':
      return ofShare('ImageShared', project)
    case 'SHARE_REJECTED':
      return ofShare('ImageShareRejected', project)
    case 'SHARE_EXPIRED':
      return ofShare('ImageShareExpired', project)
    case 'SHARE_REVOKED':
      return ofShare('ImageShareRevoked', project)
    case 'DELETED':
      return ofType('ImageDeleted')
    case 'DEACTIVATED':
      return ofType('ImageDeactivated')
    case 'OBSOLETE':
      return ofType('ImageObsoleted')
    case 'NOT_AVAILABLE':
      return ofType(
        'ImageRegistered',
        'ImageCreationFailed',
        'ImageCreationRetried',
        'ImageDeletionRequested',
        'ImageRestored',
      )
    case 'NOT_SHARED':
      return ofType('ImageRegistered', 'ImageVisibilityChanged', 'ImagePromoted', 'ImageDemoted')
  }
}

builder.queryField('explainAccess', (t) =>
  t.field({
    type: Explanation,
    nullable: true,
    description:
      'Whether a project may use an image, with the rule and the event that decide it. For operators; null where there is no such image or project.',
    authScopes: { authenticated: true },
    args: { image: t.arg.id({ required: true }), project: t.arg.id({ required: true }) },
    resolve: async (_root, { image, project }, context) => {
      const row = visibleImage(context, image, 'explainAccess')
      const [of] = context.catalog.projectsById([project])
      if (row === null || !of) return null
      const { facts } = imageTarget(row, context.catalog)
      const { allowed, rule } = explainUse(of.id, {
        facts,
        status: row.status,
        deactivated: row.deactivated === 1,
        stage: row.deprecation_stage,
      })
      const [event] = await decidingEvents(context.log, row, [decidesRule(rule, of.id)])
      return { allowed, rule, event: event ?? null }
    },
  }),
)
