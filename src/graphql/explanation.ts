import { may } from '../domain/access/access.ts'
import type { AccountId, ProjectId } from '../domain/kernel/ids.ts'
import { instantFromMillis, millisOf } from '../domain/kernel/instant.ts'
import type { EventRef, Explanation, RatingStep } from '../projections/billing/explain.ts'
import { builder, handed } from './builder.ts'
import { callerOf } from './context.ts'
import { StorageRate } from './price.ts'
import { UsageLine } from './usage.ts'

const ChargeEvent = builder.objectRef<EventRef>('ChargeEvent').implement({
  description: 'An event of the ledger that a charge comes of.',
  fields: (t) => ({
    id: t.exposeID('id', handed),
    type: t.exposeString('type', handed),
    position: t.field({ type: 'Position', ...handed, resolve: ({ position }) => BigInt(position) }),
  }),
})

const ChargeStep = builder.objectRef<RatingStep>('ChargeStep').implement({
  description: 'A stretch in which nothing changed, and what it adds to the month of its image.',
  fields: (t) => ({
    from: t.field({ type: 'DateTime', ...handed, resolve: ({ from }) => instantFromMillis(from) }),
    to: t.field({ type: 'DateTime', ...handed, resolve: ({ to }) => instantFromMillis(to) }),
    openedBy: t.field({
      type: ChargeEvent,
      ...handed,
      description: 'What began the size and owner that hold in it.',
      resolve: ({ openedBy }) => openedBy,
    }),
    closedBy: t.field({
      type: ChargeEvent,
      nullable: true,
      ...handed,
      description: 'What ended them; null while they hold.',
      resolve: ({ closedBy }) => closedBy,
    }),
    sizeBytes: t.expose('sizeBytes', { type: 'Bytes', nullable: true, ...handed }),
    billedHours: t.expose('billedHours', { type: 'Decimal', ...handed }),
    byteHours: t.expose('byteHours', { type: 'Decimal', ...handed }),
    cumulatedGbMonths: t.exposeString('cumulated', {
      ...handed,
      description: 'GB-months of the image in the month so far, as a fraction.',
    }),
    roundedBefore: t.expose('roundedBefore', { type: 'Decimal', ...handed }),
    roundedAfter: t.expose('roundedAfter', {
      type: 'Decimal',
      ...handed,
      description: 'The same, rounded half-even to 12 decimals.',
    }),
    gbMonths: t.expose('posted', {
      type: 'Decimal',
      ...handed,
      description: 'What is posted: roundedAfter less roundedBefore.',
    }),
  }),
})

const ChargeExplanation = builder.objectRef<Explanation>('ChargeExplanation').implement({
  description: 'Why a line is what it is.',
  fields: (t) => ({
    line: t.field({ type: UsageLine, ...handed, resolve: ({ line }) => line }),
    formula: t.exposeString('formula', { ...handed, description: 'With its operands.' }),
    price: t.field({ type: StorageRate, nullable: true, ...handed, resolve: ({ price }) => price }),
    priceReason: t.exposeString('priceReason', handed),
    overridden: t.field({
      type: [StorageRate],
      ...handed,
      description: 'The prices that were in force too and are less specific.',
      resolve: ({ overridden }) => [...overridden],
    }),
    steps: t.field({
      type: [ChargeStep],
      ...handed,
      description: 'What the line adds up; none for a correction, which is the difference of two ratings.',
      resolve: ({ steps }) => [...steps],
    }),
    cause: t.field({
      type: ChargeEvent,
      nullable: true,
      ...handed,
      description: 'What a correction was learned by.',
      resolve: ({ cause }) => cause,
    }),
    corrects: t.field({
      type: UsageLine,
      nullable: true,
      ...handed,
      description: 'The line of the sealed month that a correction corrects.',
      resolve: ({ corrects }) => corrects,
    }),
    corrections: t.field({
      type: [UsageLine],
      ...handed,
      description: 'Other lines that correct the same image and month.',
      resolve: ({ corrections }) => [...corrections],
    }),
  }),
})

builder.queryField('explainCharge', (t) =>
  t.field({
    type: ChargeExplanation,
    nullable: true,
    description:
      'Why a line of an image is what it is. Null for what is no line, and for lines that the caller may not see.',
    authScopes: { authenticated: true },
    args: { id: t.arg.id({ required: true }) },
    complexity: 50,
    resolve: async (_root, { id }, context) => {
      const { principal } = callerOf(context)
      await context.billed()
      const mayRead = (account: AccountId, project: string | null): boolean =>
        may(principal, 'seeUsage', { kind: 'account', id: account }) ||
        (project !== null &&
          may(principal, 'seeProjectUsage', { kind: 'project', id: project as ProjectId, account }))
      return context.billing.explain(id, mayRead, millisOf(context.services.clock.now()))
    },
  }),
)
