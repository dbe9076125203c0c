import { budgetSet } from '../application/use-cases/budget-set.ts'
import { budgetBases } from '../domain/billing/events.ts'
import type { BudgetRow } from '../projections/billing/billing.ts'
import { Account } from './account.ts'
import { answer } from './answer.ts'
import { builder, handed } from './builder.ts'
import { callerOf } from './context.ts'
import { Money } from './money.ts'
import { refusalTypes, resultType } from './refusals.ts'
import { wholeUsageOf } from './usage-shown.ts'

const BudgetBasis = builder.enumType('BudgetBasis', {
  description:
    'ACTUAL: what the month has come to so far. FORECAST: what it will come to if nothing changes.',
  values: budgetBases,
})

const BudgetThreshold = builder.objectRef<BudgetRow['thresholds'][number]>('BudgetThreshold').implement({
  fields: (t) => ({
    percent: t.exposeInt('percent', handed),
    basis: t.expose('basis', { type: BudgetBasis, ...handed }),
  }),
})

const BudgetAlert = builder.objectRef<BudgetRow['reached'][number]>('BudgetAlert').implement({
  description: 'A threshold was reached: once a month at most.',
  fields: (t) => ({
    month: t.exposeString('month', handed),
    percent: t.exposeInt('percent', handed),
    basis: t.expose('basis', { type: BudgetBasis, ...handed }),
    reachedAt: t.field({ type: 'DateTime', ...handed, resolve: ({ at }) => at }),
    spending: t.field({
      type: Money,
      ...handed,
      description: 'What it came to then, exact.',
      resolve: ({ amount, currency }) => ({ amount, currency }),
    }),
  }),
})

/** An account, with what it means to spend; null where it has no budget. */
interface BudgetShape {
  readonly account: string
  readonly row: BudgetRow | null
}

const Budget = builder.loadableObjectRef<BudgetShape, string>('Budget', {
  load: async (accounts, context) => {
    await context.billed()
    const rows = context.billing.budgetsOf(accounts)
    return accounts.map((account, place) => ({ account, row: rows[place] ?? null }))
  },
})
Budget.implement({
  description: 'What an account means to spend on storage in a month.',
  fields: (t) => ({
    account: t.field({ type: Account, ...handed, resolve: ({ account }) => account }),
    limit: t.field({
      type: Money,
      nullable: true,
      ...handed,
      description: 'Of a month; null where there is no budget.',
      resolve: ({ row }) => row,
    }),
    thresholds: t.field({
      type: [BudgetThreshold],
      ...handed,
      resolve: ({ row }) => [...(row?.thresholds ?? [])],
    }),
    alerts: t.field({
      type: [BudgetAlert],
      ...handed,
      description: 'The thresholds that were reached since the limit was set, the oldest first.',
      resolve: ({ row }) => [...(row?.reached ?? [])],
    }),
  }),
})

const refusals = ['NotFound', 'Forbidden', 'InvalidInput', 'IdempotencyConflict'] as const
const BudgetResult = builder.unionType('BudgetResult', {
  types: [Budget, ...refusalTypes(refusals)],
  resolveType: resultType('Budget'),
})

const BudgetThresholdInput = builder.inputType('BudgetThresholdInput', {
  fields: (t) => ({
    percent: t.int({ required: true, description: 'Of the budget: 1 to 1000.' }),
    basis: t.field({ type: BudgetBasis, defaultValue: 'ACTUAL' }),
  }),
})

const BudgetSetInput = builder.inputType('BudgetSetInput', {
  description: 'Without an amount there is no budget any more.',
  fields: (t) => ({
    account: t.id({ required: true }),
    amount: t.field({ type: 'Decimal', description: 'Of a month.' }),
    currency: t.string({ description: 'ISO 4217: EUR, USD, … Spending in others does not count.' }),
    thresholds: t.field({
      type: [BudgetThresholdInput],
      description: 'At 100 % of both what is used and the forecast where none is given.',
    }),
    reason: t.string(),
    idempotencyKey: t.string(),
  }),
})

builder.mutationField('budgetSet', (t) =>
  t.field({
    type: BudgetResult,
    description: 'Sets what an account means to spend, and when it is told. For its admins.',
    authScopes: { authenticated: true },
    args: { input: t.arg({ type: BudgetSetInput, required: true }) },
    resolve: (_root, { input }, context) =>
      answer(
        context,
        budgetSet(context.services)(callerOf(context), input),
        Budget.getDataloader(context),
        refusals,
      ),
  }),
)

builder.queryField('budget', (t) =>
  t.field({
    type: Budget,
    description: 'For those with a role in the account.',
    authScopes: { authenticated: true },
    args: { account: t.arg.id({ required: true }) },
    resolve: async (_root, { account }, context) => wholeUsageOf(context, account),
  }),
)
