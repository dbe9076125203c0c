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
  if (done._tag === 'Left') return listed(done.left, tags)
  const { id, position } = done.right
  await context.settled(position)
  return loader.clear(id).load(id)
}

/** A refusal as one of those that a mutation's union lists; another one is a bug. */
export const listed = <Tag extends Refusal['tag']>(
  refusal: Refusal,
  tags: readonly Tag[],
): Extract<Refusal, { tag: Tag }> => {
  if (isOneOf(refusal, tags)) return refusal
  throw new Error(`${refusal.tag} is no refusal of this mutation: ${refusal.message}`)
}

const isOneOf = <Tag extends Refusal['tag']>(
  refusal: Refusal,
  tags: readonly Tag[],
): refusal is Extract<Refusal, { tag: Tag }> => tags.some((tag) => tag === refusal.tag)
