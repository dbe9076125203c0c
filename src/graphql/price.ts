import { storageRateSet } from '../application/use-cases/storage-rate-set.ts'
import { shortest } from '../domain/kernel/decimal.ts'
import type { PriceId } from '../domain/kernel/ids.ts'
import { instantFromMillis, millisOf } from '../domain/kernel/instant.ts'
import { hourPolicies, hoursBases, RATE_DECIMALS, storageUnits } from '../domain/pricing/events.ts'
import type { BookedPrice } from '../projections/billing/book.ts'
import { Account } from './account.ts'
import { answer } from './answer.ts'
import { builder, handed } from './builder.ts'
import { callerOf } from './context.ts'
import { rowsOrErrors } from './loading.ts'
import { Location } from './location.ts'
import { Project } from './project.ts'
import { refusalTypes, resultType } from './refusals.ts'
import { usageOf } from './usage-shown.ts'

export const StorageUnit = builder.enumType('StorageUnit', {
  description: 'GB = 10^9 bytes, GIB = 2^30.',
  values: storageUnits,
})
const HoursBasis = builder.enumType('HoursBasis', {
  description: 'What a month is divided by: the hours of the calendar month in UTC, or always 730 or 720.',
  values: hoursBases,
})
const HourPolicy = builder.enumType('HourPolicy', {
  description: 'Hours that have begun count whole, or time counts exactly.',
  values: hourPolicies,
})

export const StorageRate = builder.loadableObjectRef<BookedPrice, string>('StorageRate', {
  load: async (ids, { billing }) => rowsOrErrors('price', ids, billing.pricesById(ids as PriceId[])),
})
StorageRate.implement({
  description:
    'What storage costs from an instant on. Never changed: the next version takes over at its date.',
  fields: (t) => ({
    id: t.exposeID('id', handed),
    ratePerGbMonth: t.field({
      type: 'Decimal',
      ...handed,
      resolve: ({ rate }) => shortest(rate, 10n ** BigInt(RATE_DECIMALS)),
    }),
    currency: t.exposeString('currency', handed),
    effectiveFrom: t.field({
      type: 'DateTime',
      ...handed,
      resolve: ({ effectiveFrom }) => instantFromMillis(effectiveFrom),
    }),
    unit: t.field({
      type: StorageUnit,
      ...handed,
      resolve: ({ unitBytes }) => (unitBytes === 2n ** 30n ? 'GIB' : 'GB'),
    }),
    hoursBasis: t.expose('hoursBasis', { type: HoursBasis, ...handed }),
    hourPolicy: t.expose('hourPolicy', { type: HourPolicy, ...handed }),
    location: t.field({ type: Location, nullable: true, ...handed, resolve: ({ location }) => location }),
    account: t.field({ type: Account, nullable: true, ...handed, resolve: ({ account }) => account }),
    project: t.field({ type: Project, nullable: true, ...handed, resolve: ({ project }) => project }),
  }),
})

const refusals = ['NotFound', 'Forbidden', 'InvalidInput', 'IdempotencyConflict'] as const
const StorageRateResult = builder.unionType('StorageRateResult', {
  types: [StorageRate, ...refusalTypes(refusals)],
  resolveType: resultType('StorageRate'),
})

const StorageRateSetInput = builder.inputType('StorageRateSetInput', {
  description: 'The most specific price applies: project, account, location, and what names none of them.',
  fields: (t) => ({
    location: t.id(),
    account: t.id(),
    project: t.id(),
    currency: t.string({ required: true, description: 'ISO 4217: EUR, USD, …' }),
    ratePerGbMonth: t.field({ type: 'Decimal', required: true, description: 'At most 6 decimals.' }),
    effectiveFrom: t.field({
      type: 'DateTime',
      required: true,
      description: 'Not inside any period that is sealed; one price per scope and instant.',
    }),
    unit: t.field({ type: StorageUnit, defaultValue: 'GB' }),
    hoursBasis: t.field({ type: HoursBasis, defaultValue: 'CALENDAR' }),
    hourPolicy: t.field({ type: HourPolicy, defaultValue: 'STARTED_HOUR' }),
    idempotencyKey: t.string(),
  }),
})

builder.mutationField('storageRateSet', (t) =>
  t.field({
    type: StorageRateResult,
    authScopes: { authenticated: true },
    args: { input: t.arg({ type: StorageRateSetInput, required: true }) },
    resolve: (_root, { input }, context) =>
      answer(
        context,
        storageRateSet(context.services)(callerOf(context), input),
        StorageRate.getDataloader(context),
        refusals,
      ),
  }),
)

builder.queryField('prices', (t) =>
  t.field({
    type: [StorageRate],
    description:
      'The prices in force for an account, or a project of it, the most specific first: the first one applies. Those of one location only are left out unless it is named. By default now.',
    authScopes: { authenticated: true },
    args: {
      account: t.arg.id({ required: true }),
      project: t.arg.id(),
      location: t.arg.id(),
      at: t.arg({ type: 'DateTime' }),
    },
    resolve: async (_root, args, context) => {
      const { account } = await usageOf(
        context,
        args.account,
        typeof args.project === 'string' ? [args.project] : null,
      )
      const at = millisOf(args.at ?? context.services.clock.now())
      const payer = { account, project: args.project ?? null, location: args.location ?? null }
      return [...context.billing.pricesAt(payer, at)]
    },
  }),
)
