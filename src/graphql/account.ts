import { accountCreate } from '../application/use-cases/account-create.ts'
import { accountSetImageLimit } from '../application/use-cases/account-set-image-limit.ts'
import { accountSetMayPublish } from '../application/use-cases/account-set-may-publish.ts'
import { may, type Target } from '../domain/access/access.ts'
import type { AccountId } from '../domain/kernel/ids.ts'
import type { AccountRow } from '../projections/catalog/rows.ts'
import { answer } from './answer.ts'
import { builder, handed } from './builder.ts'
import { callerOf } from './context.ts'
import { rowsOrErrors } from './loading.ts'
import { refusalTypes, resultType } from './refusals.ts'

const target = (id: AccountId): Target => ({ kind: 'account', id })

/** Null for those who are not of the account. */
const ofMembers = {
  nullable: true,
  authScopes: ({ id }: AccountRow) => ({ may: ['seeAccount', target(id)] as const }),
  unauthorizedResolver: () => null,
} as const

/** Null for those without a role in the account as a whole. */
const ofAccount = {
  ...ofMembers,
  authScopes: ({ id }: AccountRow) => ({ may: ['seeAccountUse', target(id)] as const }),
} as const

export const Account = builder.loadableObjectRef<AccountRow, string>('Account', {
  load: async (ids, { catalog }) => rowsOrErrors('account', ids, catalog.accountsById(ids)),
})
Account.implement({
  fields: (t) => ({
    id: t.exposeID('id', handed),
    name: t.exposeString('name', ofMembers),
    imageLimit: t.exposeInt('image_limit', ofAccount),
    mayPublish: t.boolean({
      ...ofAccount,
      description: 'Whether its admins may make its images public or community themselves.',
      resolve: ({ may_publish }) => may_publish === 1,
    }),
    imageCount: t.int({ ...ofAccount, resolve: ({ id }, _args, { catalog }) => catalog.imagesInUse(id) }),
  }),
})

const refusals = ['NotFound', 'Forbidden', 'InvalidInput', 'NameTaken', 'IdempotencyConflict'] as const
const AccountResult = builder.unionType('AccountResult', {
  types: [Account, ...refusalTypes(refusals)],
  resolveType: resultType('Account'),
})

const AccountCreateInput = builder.inputType('AccountCreateInput', {
  fields: (t) => ({
    id: t.id(),
    name: t.string({ required: true }),
    imageLimit: t.int(),
    idempotencyKey: t.string(),
  }),
})

const AccountSetImageLimitInput = builder.inputType('AccountSetImageLimitInput', {
  fields: (t) => ({ account: t.id({ required: true }), limit: t.int(), reason: t.string() }),
})

const AccountSetMayPublishInput = builder.inputType('AccountSetMayPublishInput', {
  fields: (t) => ({
    account: t.id({ required: true }),
    mayPublish: t.boolean({ required: true }),
    reason: t.string(),
  }),
})

builder.queryField('account', (t) =>
  t.field({
    type: Account,
    nullable: true,
    authScopes: { authenticated: true },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => {
      const [row] = context.catalog.accountsById([id])
      const { principal } = callerOf(context)
      return row !== undefined && row !== null && may(principal, 'seeAccount', target(row.id)) ? row : null
    },
  }),
)

builder.mutationFields((t) => ({
  accountCreate: t.field({
    type: AccountResult,
    authScopes: { authenticated: true },
    args: { input: t.arg({ type: AccountCreateInput, required: true }) },
    resolve: (_root, { input }, context) =>
      answer(
        context,
        accountCreate(context.services)(callerOf(context), input),
        Account.getDataloader(context),
        refusals,
      ),
  }),
  accountSetImageLimit: t.field({
    type: AccountResult,
    description: 'A null limit lifts it.',
    authScopes: { authenticated: true },
    args: { input: t.arg({ type: AccountSetImageLimitInput, required: true }) },
    resolve: (_root, { input }, context) =>
      answer(
        context,
        accountSetImageLimit(context.services)(callerOf(context), input),
        Account.getDataloader(context),
        refusals,
      ),
  }),
  accountSetMayPublish: t.field({
    type: AccountResult,
    description: 'Whether admins of the account may make its images public or community themselves.',
    authScopes: { authenticated: true },
    args: { input: t.arg({ type: AccountSetMayPublishInput, required: true }) },
    resolve: (_root, { input }, context) =>
      answer(
        context,
        accountSetMayPublish(context.services)(callerOf(context), input),
        Account.getDataloader(context),
        refusals,
      ),
  }),
}))
