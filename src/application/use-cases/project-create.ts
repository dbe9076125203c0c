import { z } from 'zod'
import { authorize } from '../../domain/access/access.ts'
import { right, type TaskEither } from '../../domain/kernel/fp.ts'
import { type ProjectId, projectIdSchema } from '../../domain/kernel/ids.ts'
import type { Refusal } from '../../domain/kernel/refusal.ts'
import { decide } from '../../domain/project/decide.ts'
import { projectAggregate } from '../../domain/project/state.ts'
import { type Caller, commandOf, createdId } from '../command.ts'
import type { Done } from '../done.ts'
import { idempotencyKey, line, parseInput } from '../input.ts'
import { reachAccount } from '../reach.ts'
import type { Services } from '../services.ts'

const input = z.strictObject({
  id: projectIdSchema.nullish(),
  account: z.string(),
  name: line(255),
  idempotencyKey,
})

/**
 * Creates a project in an account. Its admins, and operators; only operators choose the id. Refusals: NotFound, Forbidden,
 * InvalidInput, IdempotencyConflict, NameTaken (the id).
 */
export const projectCreate =
  ({ ledger, clock }: Services) =>
  (
    caller: Caller,
    raw: {
      readonly account: string
      readonly id?: string | null | undefined
      readonly [field: string]: unknown
    },
  ): TaskEither<Refusal, Done<ProjectId>> =>
  async () => {
    const account = await reachAccount(ledger, caller.principal, 'createProject', raw.account)
    if (account._tag === 'Left') return account
    if (typeof raw.id === 'string') {
      const mayChoose = authorize(caller.principal, 'chooseProjectId', { kind: 'platform' })
      if (mayChoose._tag === 'Left') return mayChoose
    }
    const parsed = parseInput(input, raw)
    if (parsed._tag === 'Left') return parsed
    const { name } = parsed.right
    const command = commandOf(caller, 'projectCreate', clock.now(), parsed.right)
    const id = parsed.right.id ?? (createdId(command, 'project') as ProjectId)
    const created = await ledger.change(projectAggregate, id, command, (state) =>
      decide({ type: 'CreateProject', id, account: account.right.id, name }, state),
    )
    return created._tag === 'Left' ? created : right({ id, position: created.right.position })
  }
