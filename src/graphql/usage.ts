import { may } from '../domain/access/access.ts'
import type { UsageShown } from '../domain/access/usage.ts'
import { type Instant, instantFromMillis, millisOf } from '../domain/kernel/instant.ts'
import { TooMuch, type Usage } from '../projections/billing/billing.ts'
import { HOUR } from '../projections/billing/meter.ts'
import {
  lineStatuses,
  type Money as MoneyShape,
  TooManyLines,
  type UsageLine as UsageLineShape,
  usageGroups,
} from '../projections/billing/report.ts'
import { Account } from './account.ts'
import { builder, handed } from './builder.ts'
import { type Context, callerOf } from './context.ts'
import { badUserInput } from './errors.ts'
import { Image } from './image.ts'
import { imageTarget } from './image-target.ts'
import { Money } from './money.ts'
import { StorageUnit } from './price.ts'
import { Project } from './project.ts'
import { usageOf } from './usage-shown.ts'

const UsageGroupBy = builder.enumType('UsageGroupBy', { values: usageGroups })
const UsageGranularity = builder.enumType('UsageGranularity', { values: ['HOUR', 'DAY', 'MONTH'] as const })
const UsageLineStatus = builder.enumType('UsageLineStatus', { values: lineStatuses })

export const UsageLine = builder.objectRef<UsageLineShape>('UsageLine').implement({
  description: 'What was used in a stretch of time, and what it costs. Everything exact.',
  fields: (t) => ({
    id: t.exposeID('id', {
      ...handed,
      description: 'For good: the same when it is asked for again. Lines of images can be explained by it.',
    }),
    status: t.expose('status', { type: UsageLineStatus, ...handed }),
    project: t.field({
      type: Project,
      nullable: true,
      ...handed,
      description: "Null for what is the account's own.",
      resolve: ({ project }) => project,
    }),
    image: t.field({
      type: Image,
      nullable: true,
      ...handed,
      description: 'As it is now, for those who may see it now.',
      resolve: ({ image }, _args, context) => imageFor(context, image),
    }),
    imageId: t.exposeID('image', { nullable: true, ...handed }),
    imageName: t.exposeString('imageName', { nullable: true, ...handed }),
    priceId: t.exposeID('priceId', { nullable: true, ...handed }),
    periodStart: t.field({
      type: 'DateTime',
      ...handed,
      resolve: ({ periodStart }) => instantFromMillis(periodStart),
    }),
    periodEnd: t.field({
      type: 'DateTime',
      ...handed,
      resolve: ({ periodEnd }) => instantFromMillis(periodEnd),
    }),
    billingPeriod: t.exposeString('billingPeriod', {
      ...handed,
      description:
        'The month that it is billed in: 2026-03. For a correction a later one than that of its period.',
    }),
    causedBy: t.exposeID('causedBy', {
      nullable: true,
      ...handed,
      description: 'The event that a correction was learned by.',
    }),
    hoursInMonth: t.exposeInt('hoursInMonth', { nullable: true, ...handed }),
    billedHours: t.expose('billedHours', { type: 'Decimal', ...handed }),
    byteHours: t.expose('byteHours', { type: 'Decimal', ...handed }),
    unit: t.expose('unit', {
      type: StorageUnit,
      ...handed,
      description: 'What its GB are, in gbHours, gbMonths and rate.',
    }),
    gbHours: t.expose('gbHours', { type: 'Decimal', ...handed }),
    gbMonths: t.expose('gbMonths', { type: 'Decimal', ...handed }),
    rate: t.expose('rate', {
      type: 'Decimal',
      nullable: true,
      ...handed,
      description: 'Null where no price applies, and so are currency and amount.',
    }),
    currency: t.exposeString('currency', { nullable: true, ...handed }),
    amount: t.expose('amount', {
      type: 'Decimal',
      nullable: true,
      ...handed,
      description: 'Exact, unrounded; null while the size is unknown.',
    }),
  }),
})

const imageFor = (context: Context, id: string | null) => {
  if (id === null) return null
  const [row] = context.catalog.imagesById([id])
  if (row === undefined || row === null) return null
  return may(callerOf(context).principal, 'seeImage', imageTarget(row, context.catalog)) ? row : null
}

interface ProjectShareShape {
  readonly project: string | null
  readonly total: readonly MoneyShape[]
}

const UsageShare = builder.objectRef<ProjectShareShape>('UsageShare').implement({
  description: "A project's share of the total, to the cent: all of them add up to it.",
  fields: (t) => ({
    project: t.field({
      type: Project,
      nullable: true,
      ...handed,
      description: "Null for what is the account's own.",
      resolve: ({ project }) => project,
    }),
    total: t.field({ type: [Money], ...handed, resolve: ({ total }) => [...total] }),
  }),
})

interface ReportShape extends Usage {
  readonly account: string
  readonly from: Instant
  readonly to: Instant
  readonly asOf: Instant
}

const UsageSection = builder.objectRef<ReportShape>('UsageSection').implement({
  fields: (t) => ({
    name: t.string({ ...handed, description: 'Images', resolve: () => 'Images' }),
    lines: t.field({ type: [UsageLine], ...handed, resolve: ({ lines }) => [...lines] }),
    total: t.field({
      type: [Money],
      ...handed,
      description: "Rounded once, half-even, to the currency's minor unit.",
      resolve: ({ total }) => [...total],
    }),
    shares: t.field({
      type: [UsageShare],
      ...handed,
      description: 'The total shared out to projects by largest remainder, ties by image id.',
      resolve: ({ shares }) => [...shares],
    }),
  }),
})

const UsageReport = builder.objectRef<ReportShape>('UsageReport').implement({
  fields: (t) => ({
    account: t.field({ type: Account, ...handed, resolve: ({ account }) => account }),
    from: t.expose('from', { type: 'DateTime', ...handed }),
    to: t.expose('to', { type: 'DateTime', ...handed }),
    asOf: t.expose('asOf', { type: 'DateTime', ...handed }),
    position: t.expose('position', { type: 'Position', ...handed }),
    sections: t.field({ type: [UsageSection], ...handed, resolve: (report) => [report] }),
    total: t.field({ type: [Money], ...handed, resolve: ({ total }) => [...total] }),
  }),
})

const UsageReportInput = builder.inputType('UsageReportInput', {
  fields: (t) => ({
    account: t.id({ required: true }),
    projects: t.idList(),
    images: t.idList({ description: 'Only these images, at most 100.' }),
    from: t.field({
      type: 'DateTime',
      required: true,
      description: 'Half-open: [from, to). Both on UTC hours.',
    }),
    to: t.field({ type: 'DateTime', required: true }),
    groupBy: t.field({ type: [UsageGroupBy], defaultValue: ['IMAGE'] }),
    granularity: t.field({
      type: UsageGranularity,
      defaultValue: 'MONTH',
      description: 'HOUR for 31 days at most, DAY for 366, MONTH for 120 months.',
    }),
    asOf: t.field({ type: 'DateTime', description: 'Count up to this instant; by default now.' }),
  }),
})

/** How long a report may be: ten years by the month are 3,653 days at most. */
const longest = {
  HOUR: { days: 31, words: '31 days' },
  DAY: { days: 366, words: '366 days' },
  MONTH: { days: 3_653, words: '120 months' },
} as const
const MOST_LINES = 10_000
const MOST_NAMED = 100

type UsageReportArgs = (typeof UsageReportInput)['$inferInput']

const boundsOf = (input: UsageReportArgs, now: Instant) => {
  const granularity = input.granularity ?? 'MONTH'
  const [from, to] = [millisOf(input.from), millisOf(input.to)]
  for (const [name, value] of Object.entries({ from, to }))
    if (value % HOUR !== 0) throw badUserInput(`${name} must be on a UTC hour, such as 2026-03-01T00:00:00Z.`)
  if (from >= to) throw badUserInput('from must be before to.')
  const { days, words } = longest[granularity]
  if (to - from > days * 24 * HOUR)
    throw badUserInput(
      `By the ${granularity.toLowerCase()} a report covers ${words} at most: ask for less at once, or for coarser lines.`,
    )
  const asOf = input.asOf ?? now
  if (asOf > now) throw badUserInput(`asOf must not be in the future: see forecast for what is to come.`)
  for (const [name, ids] of Object.entries({ projects: input.projects, images: input.images }))
    if ((ids?.length ?? 0) > MOST_NAMED) throw badUserInput(`${name}: name at most ${MOST_NAMED}.`)
  return { granularity, from, to, asOf }
}

builder.queryField('usageReport', (t) =>
  t.field({
    type: UsageReport,
    description:
      'What an account used and what it costs: all of it for those with a role in the account, what their projects own for others. NOT_FOUND for everybody else.',
    authScopes: { authenticated: true },
    args: { input: t.arg({ type: UsageReportInput, required: true }) },
    complexity: 100,
    resolve: async (_root, { input }, context) => {
      const shown = await usageOf(context, input.account, input.projects)
      const { granularity, from, to, asOf } = boundsOf(input, context.services.clock.now())
      const request = {
        ...scopeOf(shown, input.images),
        granularity,
        from,
        to,
        asOf: millisOf(asOf),
        groupBy: input.groupBy ?? ['IMAGE'],
        mostLines: MOST_LINES,
      }
      const usage = await context.billing.usage(request).catch((error: unknown) => {
        if (error instanceof TooMuch)
          throw badUserInput(
            'The report would add up too much: ask for a shorter time, for coarser lines, or for some images.',
          )
        if (!(error instanceof TooManyLines)) throw error
        throw badUserInput(
          `The report would have more than ${MOST_LINES} lines: group by SECTION or PROJECT, name images, or fetch /billing/usage.csv.`,
        )
      })
      return { ...usage, account: shown.account, from: input.from, to: input.to, asOf }
    },
  }),
)

const scopeOf = ({ account, projects }: UsageShown, images: readonly string[] | null | undefined) => ({
  account,
  projects,
  images: images ? new Set(images) : null,
})

builder.objectField(Image, 'cost', (t) =>
  t.field({
    type: Money,
    nullable: true,
    description:
      'What it has cost since the given instant, by default since this month began: exact, unrounded; for those without a role in its account what it has cost their projects. Time without a price is not in it. Null for stock images, where no price ever applied, while its size is unknown, and for those who are not of its owner.',
    args: { since: t.arg({ type: 'DateTime' }) },
    authScopes: (row, _args, { catalog }) => ({ may: ['seeOwnersSide', imageTarget(row, catalog)] as const }),
    unauthorizedResolver: () => null,
    complexity: 5,
    resolve: async ({ id, account }, { since }, context) => {
      await context.billed()
      const { principal } = callerOf(context)
      const all = may(principal, 'seeUsage', { kind: 'account', id: account })
      const now = millisOf(context.services.clock.now())
      const month = new Date(now)
      const from = since ? millisOf(since) : Date.UTC(month.getUTCFullYear(), month.getUTCMonth())
      if (from > now) throw badUserInput('since must not be in the future.')
      const costs = context.billing.costOf(id, all ? null : new Set(principal.projects.keys()), from, now)
      if (costs !== null && costs.length > 1)
        throw badUserInput('Since then it was billed in several currencies: ask usageReport.')
      return costs?.[0] ?? null
    },
  }),
)
