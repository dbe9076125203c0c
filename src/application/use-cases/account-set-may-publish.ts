import { z } from 'zod'
import { decide } from '../../domain/account/decide.ts'
import { accountAggregate } from '../../domain/account/state.ts'
import { right, type TaskEither } from '../../domain/kernel/fp.ts'
import type { AccountId } from '../../domain/kernel/ids.ts'
import type { Refusal } from '../../domain/kernel/refusal.ts'
import { type Caller, commandOf } from '../command.ts'
import type { Done } from '../done.ts'
import { parseInput, reason } from '../input.ts'
import { reachAccount } from '../reach.ts'
import type { Services } from '../services.ts'

const input = z.strictObject({ account: z.string(), mayPublish: z.boolean(), reason })

/**
 * Says whether the admins of an account may make its images public or community themselves; what is public stays so either
 * way. Operators only. Refusals: NotFound, Forbidden, InvalidInput.
 */
export const accountSetMayPublish =
  ({ ledger, clock }: Services) =>
  (
    caller: Caller,
    raw: { readonly account: string; readonly [field: string]: unknown },
  ): TaskEither<Refusal, Done<AccountId>> =>
  async () => {
    const account = await reachAccount(ledger, caller.principal, 'setMayPublish', raw.account)
    if (account._tag === 'Left') return account
    const parsed = parseInput(input, raw)
    if (parsed._tag === 'Left') return parsed
    const { id } = account.right
    const { mayPublish } = parsed.right
    const command = commandOf(caller, 'accountSetMayPublish', clock.now(), parsed.right)
    const changed = await ledger.change(accountAggregate, id, command, (state) =>
      decide({ type: 'SetMayPublish', mayPublish }, state),
    )
    return changed._tag === 'Left' ? changed : right({ id, position: changed.right.position })
  }
