import { type Either, left, right } from '../kernel/fp.ts'
import type { AccountId } from '../kernel/ids.ts'
import { nameTaken, type Refusal } from '../kernel/refusal.ts'
import type { ProjectEvent } from './events.ts'
import type { ProjectState } from './state.ts'

/** What may be asked of one project. */
export type ProjectCommand = {
  readonly type: 'CreateProject'
  readonly id: string
  readonly account: AccountId
  readonly name: string
}

/** Decides what a command changes. The refusal: NameTaken where the id is in use, in whichever account. */
export const decide = (
  { id, account, name }: ProjectCommand,
  state: ProjectState,
): Either<Refusal, readonly ProjectEvent[]> =>
  state.exists
    ? left(nameTaken(id, 'the platform'))
    : right([{ type: 'ProjectCreated', data: { account, name } }])
