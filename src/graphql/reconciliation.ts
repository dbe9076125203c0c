import { type Finding, findingKinds, reconcile } from '../application/reconcile.ts'
import { builder, handed } from './builder.ts'
import { wholeUsageOf } from './usage-shown.ts'

const FindingKind = builder.enumType('BillingFindingKind', {
  description:
    'NOT_ACCRUING: available, and not billed. STILL_ACCRUING: not available, and billed. OTHER_OWNER: another is billed than owns it. SIZE_PENDING: nobody has said its size for more than a day.',
  values: findingKinds,
})

const BillingFinding = builder.objectRef<Finding>('BillingFinding').implement({
  fields: (t) => ({
    kind: t.expose('kind', { type: FindingKind, ...handed }),
    imageId: t.exposeID('image', handed),
    message: t.exposeString('message', handed),
  }),
})

interface Shape {
  readonly checked: number
  readonly findings: readonly Finding[]
}

const BillingReconciliation = builder.objectRef<Shape>('BillingReconciliation').implement({
  description: 'Where the bill and the ledger do not agree, or something keeps the bill from being complete.',
  fields: (t) => ({
    checked: t.exposeInt('checked', { ...handed, description: 'How many images were compared.' }),
    findings: t.field({ type: [BillingFinding], ...handed, resolve: ({ findings }) => [...findings] }),
  }),
})

builder.queryField('reconcileBilling', (t) =>
  t.field({
    type: BillingReconciliation,
    description:
      'Holds what is billed to an account against the ledger, image by image. For those with a role in the account.',
    authScopes: { authenticated: true },
    args: { account: t.arg.id({ required: true }) },
    // It reads the stream of every image: once in a request.
    complexity: 10_001,
    resolve: async (_root, { account }, context) => {
      const id = await wholeUsageOf(context, account)
      return reconcile(context.services, id)
    },
  }),
)
