import type DataLoader from 'dataloader'
import type { Done } from '../application/done.ts'
import type { TaskEither } from '../domain/kernel/fp.ts'
import type { Refusal } from '../domain/kernel/refusal.ts'
import type { Context } from './context.ts'

/**
 * The end of every mutation: carry the command out; wait until the catalog shows it; load the answer anew, for the same
 * request may have loaded it before. `tags` are the refusals that the mutation's union lists.
 */
export const answer = async <Row extends object, Tag extends Refusal['tag']>(
  context: Context,
  outcome: TaskEither<Refusal, Done<string>>,
  loader: DataLoader<string, Row>,
  tags: readonly Tag[],
): Promise<Row | Extract<Refusal, { tag: Tag }>> => {
  const done = await outcome()
  if (done._tag === 'Left') {
    if (isOneOf(done.left, tags)) return done.left
    throw new Error(`${done.left.tag} is no refusal of this mutation: ${done.left.message}`)
  }
  const { id, position } = done.right
  await context.settled(position)
  return loader.clear(id).load(id)
}

const isOneOf = <Tag extends Refusal['tag']>(
  refusal: Refusal,
  tags: readonly Tag[],
): refusal is Extract<Refusal, { tag: Tag }> => tags.some((tag) => tag === refusal.tag)
