import { instantFromMillis, millisOf } from '../domain/kernel/instant.ts'
import type { Forecast as ForecastShape } from '../projections/billing/billing.ts'
import { Account } from './account.ts'
import { builder, handed } from './builder.ts'
import { Money } from './money.ts'
import { usageOf } from './usage-shown.ts'

interface Shape extends ForecastShape {
  readonly account: string
  readonly asOf: number
}

const Forecast = builder.objectRef<Shape>('Forecast').implement({
  description: 'What the month that runs comes to, exact: accrued and toCome add up to byMonthEnd.',
  fields: (t) => ({
    account: t.field({ type: Account, ...handed, resolve: ({ account }) => account }),
    month: t.exposeString('month', handed),
    asOf: t.field({ type: 'DateTime', ...handed, resolve: ({ asOf }) => instantFromMillis(asOf) }),
    accrued: t.field({ type: [Money], ...handed, resolve: ({ accrued }) => [...accrued] }),
    toCome: t.field({
      type: [Money],
      ...handed,
      description: 'If nothing changes, at the prices that are set by now.',
      resolve: ({ toCome }) => [...toCome],
    }),
    byMonthEnd: t.field({ type: [Money], ...handed, resolve: ({ byMonthEnd }) => [...byMonthEnd] }),
    pendingSize: t.exposeInt('pendingSize', {
      ...handed,
      description: 'Images whose size nobody has said: they are in none of the amounts.',
    }),
    unpriced: t.exposeInt('unpriced', {
      ...handed,
      description: 'Images with time that no price applies to: that time is in none of the amounts.',
    }),
  }),
})

builder.queryField('forecast', (t) =>
  t.field({
    type: Forecast,
    description:
      'What an account has used this month, what is to come, and by its end; for others than those with a role in the account, of what their projects own.',
    authScopes: { authenticated: true },
    args: { account: t.arg.id({ required: true }) },
    complexity: 100,
    resolve: async (_root, args, context) => {
      const { account, projects } = await usageOf(context, args.account, null)
      const asOf = millisOf(context.services.clock.now())
      return { ...(await context.billing.forecast(account, projects, asOf)), account, asOf }
    },
  }),
)
