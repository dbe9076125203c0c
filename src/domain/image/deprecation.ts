import { unreachable } from '../kernel/brand.ts'
import { type Either, left, right } from '../kernel/fp.ts'
import type { Instant } from '../kernel/instant.ts'
import { type InputIssue, invalidInput, type Refusal } from '../kernel/refusal.ts'
import type { DeprecationNotice, ImageEvent } from './events.ts'
import type { Deprecation, RegisteredImage } from './state.ts'
import { deletionEvents, gone } from './staying.ts'

/** How an image is retired: DEPRECATED at once, OBSOLETE and deleted at their dates (DESIGN, an image's life). */
export type DeprecationCommand =
  | {
      readonly type: 'Deprecate'
      readonly notice: DeprecationNotice
      /** Why the image that is named cannot take its place, in a sentence; see src/domain/access/replacement.ts. */
      readonly unfit: string | null
      readonly now: Instant
    }
  | { readonly type: 'Undeprecate' }
  /** What is due by now. `deleteAt`: when a deletion that begins now is final. */
  | { readonly type: 'CarryOutDates'; readonly now: Instant; readonly deleteAt: Instant }

/** Refusals: InvalidState; InvalidInput for dates that cannot be kept and for an unfit replacement. */
export const decideDeprecation = (
  command: DeprecationCommand,
  state: RegisteredImage,
): Either<Refusal, readonly ImageEvent[]> => {
  const refused = gone(state)
  switch (command.type) {
    case 'Deprecate':
      return refused === null ? deprecate(command, state) : left(refused)
    case 'Undeprecate':
      if (refused !== null) return left(refused)
      return right(state.deprecation === null ? [] : [{ type: 'ImageUndeprecated', data: {} }])
    case 'CarryOutDates':
      return right(refused === null ? due(command.now, command.deleteAt, state) : [])
    default:
      return unreachable(command)
  }
}

const deprecate = (
  { notice, unfit, now }: Extract<DeprecationCommand, { type: 'Deprecate' }>,
  { deprecation }: RegisteredImage,
): Either<Refusal, readonly ImageEvent[]> => {
  if (deprecation !== null && sameNotice(deprecation, notice)) return right([])
  const issues = [
    ...dateIssues(notice, deprecation, now),
    ...(unfit === null ? [] : [{ path: ['replacement'], message: unfit }]),
  ]
  return issues.length > 0 ? left(invalidInput(issues)) : right([{ type: 'ImageDeprecated', data: notice }])
}

/** What was announced stays open to change; what came to pass does not. */
const dateIssues = (
  { obsoleteAt, deleteAt }: DeprecationNotice,
  before: Deprecation | null,
  now: Instant,
): readonly InputIssue[] => {
  const obsolete = before?.stage === 'OBSOLETE'
  const inFuture = (field: string, date: Instant | null) =>
    date !== null && date <= now ? [{ path: [field], message: `must be in the future: it is ${now}` }] : []
  return [
    ...(obsolete && obsoleteAt !== null && obsoleteAt !== before.obsoleteAt
      ? [{ path: ['obsoleteAt'], message: 'must be left out: the image is OBSOLETE already' }]
      : []),
    ...(obsolete ? [] : inFuture('obsoleteAt', obsoleteAt)),
    ...inFuture('deleteAt', deleteAt),
    ...(obsoleteAt !== null && deleteAt !== null && obsoleteAt > deleteAt
      ? [{ path: ['obsoleteAt'], message: `must not be after deleteAt, ${deleteAt}` }]
      : []),
  ]
}

const sameNotice = (a: DeprecationNotice, b: DeprecationNotice): boolean =>
  a.replacement === b.replacement &&
  a.reason === b.reason &&
  a.obsoleteAt === b.obsoleteAt &&
  a.deleteAt === b.deleteAt

const due = (now: Instant, deleteAt: Instant, state: RegisteredImage): readonly ImageEvent[] => {
  const { deprecation } = state
  if (deprecation === null) return []
  const isDue = (date: Instant | null) => date !== null && date <= now
  const obsolete: readonly ImageEvent[] =
    deprecation.stage === 'DEPRECATED' && isDue(deprecation.obsoleteAt)
      ? [{ type: 'ImageObsoleted', data: {} }]
      : []
  if (!isDue(deprecation.deleteAt) || deprecation.deletionPrevented) return obsolete
  return [
    ...obsolete,
    ...(state.protected
      ? [{ type: 'ImageDeletionPrevented', data: {} } as const]
      : deletionEvents(now, deleteAt, true)),
  ]
}
