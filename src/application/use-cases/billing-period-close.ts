import { z } from 'zod'
import { decide } from '../../domain/billing/decide.ts'
import { billingAggregate } from '../../domain/billing/state.ts'
import { right, type TaskEither } from '../../domain/kernel/fp.ts'
import { monthSchema } from '../../domain/kernel/month.ts'
import type { Refusal } from '../../domain/kernel/refusal.ts'
import { type Caller, commandOf } from '../command.ts'
import type { Done } from '../done.ts'
import { idempotencyKey, parseInput, reason } from '../input.ts'
import { reachAccount } from '../reach.ts'
import type { Services } from '../services.ts'

const input = z.strictObject({ account: z.string(), month: monthSchema, reason, idempotencyKey })

/**
 * Begins to close a month of an account: it is sealed when its grace is over, and what is learned later is billed as a
 * correction (BILLING.md, 14). Months are closed one after the other. Operators only. Refusals: NotFound, Forbidden,
 * InvalidInput, IdempotencyConflict, InvalidState. The id of what is done is `<account>/<month>`.
 */
export const billingPeriodClose =
  ({ ledger, clock, bills }: Services) =>
  (
    caller: Caller,
    raw: { readonly account: string; readonly [field: string]: unknown },
  ): TaskEither<Refusal, Done<string>> =>
  async () => {
    const account = await reachAccount(ledger, caller.principal, 'closePeriod', raw.account)
    if (account._tag === 'Left') return account
    const parsed = parseInput(input, raw)
    if (parsed._tag === 'Left') return parsed
    const { id } = account.right
    await bills.caughtUp()
    const { month } = parsed.right
    const now = clock.now()
    const command = commandOf(caller, 'billingPeriodClose', now, parsed.right)
    const changed = await ledger.change(billingAggregate, id, command, (state) =>
      decide({ type: 'ClosePeriod', month, now, firstUsed: bills.firstUsed(id) }, state),
    )
    return changed._tag === 'Left'
      ? changed
      : right({ id: `${id}/${month}`, position: changed.right.position })
  }
