import { billingPeriodClose } from '../application/use-cases/billing-period-close.ts'
import { millisOf } from '../domain/kernel/instant.ts'
import type { BillingPeriod as PeriodShape } from '../projections/billing/billing.ts'
import { Account } from './account.ts'
import { answer } from './answer.ts'
import { builder, handed } from './builder.ts'
import { callerOf } from './context.ts'
import { Money } from './money.ts'
import { refusalTypes, resultType } from './refusals.ts'
import { wholeUsageOf } from './usage-shown.ts'

const BillingPeriodStatus = builder.enumType('BillingPeriodStatus', {
  description:
    'OPEN: it may still change. CLOSING: it will be sealed when its grace is over. SEALED: it never changes; what is learned later is a correction in a later month.',
  values: ['OPEN', 'CLOSING', 'SEALED'] as const,
})

const ofPeriod = (key: string): readonly [account: string, month: string] => {
  const [account = '', month = ''] = key.split('/')
  return [account, month]
}

const BillingPeriod = builder.loadableObjectRef<PeriodShape, string>('BillingPeriod', {
  load: async (keys, context) => {
    await context.billed()
    const now = millisOf(context.services.clock.now())
    return keys.map((key) => {
      const [account, month] = ofPeriod(key)
      const [row] = context.catalog.accountsById([account])
      const periods = row ? context.billing.periods(row.id, now) : []
      return periods.find((period) => period.month === month) ?? new Error(`There is no month ${key}`)
    })
  },
})
BillingPeriod.implement({
  description: "A month of an account's bill.",
  fields: (t) => ({
    account: t.field({ type: Account, ...handed, resolve: ({ account }) => account }),
    month: t.exposeString('month', { ...handed, description: 'As 2026-03, in UTC.' }),
    status: t.expose('status', { type: BillingPeriodStatus, ...handed }),
    sealAt: t.expose('sealAt', {
      type: 'DateTime',
      nullable: true,
      ...handed,
      description: 'When its grace is over: 72 hours after its closing began.',
    }),
    sealedAt: t.expose('sealedAt', { type: 'DateTime', nullable: true, ...handed }),
    position: t.expose('position', {
      type: 'Position',
      nullable: true,
      ...handed,
      description: 'How much of the log it was reckoned from.',
    }),
    contentHash: t.exposeString('sha256', {
      nullable: true,
      ...handed,
      description: 'SHA-256 of its sealed statement.',
    }),
    lines: t.exposeInt('lines', { nullable: true, ...handed, description: 'Of the sealed statement.' }),
    pendingSize: t.exposeInt('pendingSize', {
      nullable: true,
      ...handed,
      description: 'How many of them had no size when it was sealed.',
    }),
    unpriced: t.exposeInt('unpriced', {
      nullable: true,
      ...handed,
      description: 'How many of them no price applied to.',
    }),
    total: t.field({
      type: [Money],
      nullable: true,
      ...handed,
      description: 'What it came to when it was sealed.',
      resolve: ({ totals }) => (totals === null ? null : [...totals]),
    }),
  }),
})

const refusals = ['NotFound', 'Forbidden', 'InvalidInput', 'InvalidState', 'IdempotencyConflict'] as const
const BillingPeriodResult = builder.unionType('BillingPeriodResult', {
  types: [BillingPeriod, ...refusalTypes(refusals)],
  resolveType: resultType('BillingPeriod'),
})

const BillingPeriodCloseInput = builder.inputType('BillingPeriodCloseInput', {
  fields: (t) => ({
    account: t.id({ required: true }),
    month: t.string({
      required: true,
      description: 'As 2026-03. It must be over, and those before it closed.',
    }),
    reason: t.string(),
    idempotencyKey: t.string(),
  }),
})

builder.mutationField('billingPeriodClose', (t) =>
  t.field({
    type: BillingPeriodResult,
    description: 'Begins to close a month: it is sealed 72 hours later. For operators.',
    authScopes: { authenticated: true },
    args: { input: t.arg({ type: BillingPeriodCloseInput, required: true }) },
    resolve: (_root, { input }, context) =>
      answer(
        context,
        billingPeriodClose(context.services)(callerOf(context), input),
        BillingPeriod.getDataloader(context),
        refusals,
      ),
  }),
)

builder.queryField('billingPeriods', (t) =>
  t.field({
    type: [BillingPeriod],
    description: 'The months of an account from its first use on, the oldest first.',
    authScopes: { authenticated: true },
    args: { account: t.arg.id({ required: true }) },
    resolve: async (_root, { account }, context) => {
      const id = await wholeUsageOf(context, account)
      return [...context.billing.periods(id, millisOf(context.services.clock.now()))]
    },
  }),
)
