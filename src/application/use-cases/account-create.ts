import { z } from 'zod'
import { authorize } from '../../domain/access/access.ts'
import { decide } from '../../domain/account/decide.ts'
import { accountAggregate } from '../../domain/account/state.ts'
import { right, type TaskEither } from '../../domain/kernel/fp.ts'
import { type AccountId, accountIdSchema } from '../../domain/kernel/ids.ts'
import type { Refusal } from '../../domain/kernel/refusal.ts'
import { type Caller, commandOf, createdId } from '../command.ts'
import type { Done } from '../done.ts'
import { idempotencyKey, imageLimit, line, parseInput } from '../input.ts'
import type { Services } from '../services.ts'

const input = z.strictObject({
  id: accountIdSchema.nullish(),
  name: line(255),
  imageLimit,
  idempotencyKey,
})

/** Creates an account. Operators only. Refusals: Forbidden, InvalidInput, IdempotencyConflict, NameTaken (the id). */
export const accountCreate =
  ({ ledger, clock }: Services) =>
  (caller: Caller, raw: unknown): TaskEither<Refusal, Done<AccountId>> =>
  async () => {
    const allowed = authorize(caller.principal, 'createAccount', { kind: 'platform' })
    if (allowed._tag === 'Left') return allowed
    const parsed = parseInput(input, raw)
    if (parsed._tag === 'Left') return parsed
    const { name } = parsed.right
    const command = commandOf(caller, 'accountCreate', clock.now(), parsed.right)
    const id = parsed.right.id ?? (createdId(command, 'account') as AccountId)
    const created = await ledger.change(accountAggregate, id, command, (state) =>
      decide({ type: 'CreateAccount', id, name, imageLimit: parsed.right.imageLimit ?? null }, state),
    )
    return created._tag === 'Left' ? created : right({ id, position: created.right.position })
  }
