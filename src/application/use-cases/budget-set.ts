import { z } from 'zod'
import { decide } from '../../domain/billing/decide.ts'
import { budgetBases } from '../../domain/billing/events.ts'
import { billingAggregate } from '../../domain/billing/state.ts'
import { right, type TaskEither } from '../../domain/kernel/fp.ts'
import type { AccountId } from '../../domain/kernel/ids.ts'
import type { Refusal } from '../../domain/kernel/refusal.ts'
import { currency, decimal } from '../billing-input.ts'
import { type Caller, commandOf } from '../command.ts'
import type { Done } from '../done.ts'
import { idempotencyKey, parseInput, reason } from '../input.ts'
import { reachAccount } from '../reach.ts'
import type { Services } from '../services.ts'

const AMOUNT_DECIMALS = 6
const MOST_THRESHOLDS = 20

const threshold = z.strictObject({
  percent: z.int().min(1, 'must be 1 to 1000').max(1_000, 'must be 1 to 1000'),
  basis: z.enum(budgetBases).nullish(),
})

const input = z
  .strictObject({
    account: z.string(),
    amount: decimal(AMOUNT_DECIMALS, '100.00')
      .refine((amount) => amount !== '0', 'must be more than 0: leave it out to remove the budget')
      .nullish(),
    currency: currency.nullish(),
    thresholds: z
      .array(threshold)
      .min(1, 'must not be empty: leave it out for 100 % of both')
      .max(MOST_THRESHOLDS, `must be ${MOST_THRESHOLDS} at most`)
      .nullish(),
    reason,
    idempotencyKey,
  })
  .refine(({ amount, currency }) => !amount || currency, {
    path: ['currency'],
    message: 'must be given with the amount',
  })
  .refine(({ amount, currency, thresholds }) => amount || !(currency || thresholds), {
    path: ['amount'],
    message: 'must be given too: with nothing but the account the budget is removed',
  })

/**
 * Sets what an account means to spend on storage in a month, and at which percentages of it, used or forecast, it is told
 * so; without thresholds at 100 % of both. Each is raised once a month at most; without an amount there is no budget any
 * more. Admins of the account. Refusals: NotFound, Forbidden, InvalidInput, IdempotencyConflict.
 */
export const budgetSet =
  ({ ledger, clock }: Services) =>
  (
    caller: Caller,
    raw: { readonly account: string; readonly [field: string]: unknown },
  ): TaskEither<Refusal, Done<AccountId>> =>
  async () => {
    const account = await reachAccount(ledger, caller.principal, 'setBudget', raw.account)
    if (account._tag === 'Left') return account
    const parsed = parseInput(input, raw)
    if (parsed._tag === 'Left') return parsed
    const { id } = account.right
    const { amount, currency: unit, thresholds } = parsed.right
    const command = commandOf(caller, 'budgetSet', clock.now(), parsed.right)
    const changed = await ledger.change(billingAggregate, id, command, (state) =>
      amount && unit
        ? decide(
            { type: 'SetBudget', budget: { amount, currency: unit, thresholds: given(thresholds) } },
            state,
          )
        : decide({ type: 'RemoveBudget' }, state),
    )
    return changed._tag === 'Left' ? changed : right({ id, position: changed.right.position })
  }

/** In order and each once; both at 100 % where none is given. */
const given = (thresholds: readonly z.output<typeof threshold>[] | null | undefined) => {
  const wanted = thresholds ?? budgetBases.map((basis) => ({ percent: 100, basis }))
  const named = wanted.map(({ percent, basis }) => ({ percent, basis: basis ?? 'ACTUAL' }))
  return [...new Map(named.map((each) => [`${each.basis}${each.percent}`, each])).values()].sort(
    (a, b) => a.percent - b.percent || (a.basis < b.basis ? -1 : 1),
  )
}
