import type { Money as MoneyShape } from '../projections/billing/report.ts'
import { builder, handed } from './builder.ts'

export const Money = builder.objectRef<MoneyShape>('Money').implement({
  fields: (t) => ({
    amount: t.expose('amount', { type: 'Decimal', ...handed }),
    currency: t.exposeString('currency', handed),
  }),
})
