import type { GraphQLResolveInfo } from 'graphql'
import type { InputIssue as Issue, Refusal } from '../domain/kernel/refusal.ts'
import { refusalCode } from '../domain/kernel/refusal.ts'
import { builder, handed } from './builder.ts'
import type { Context } from './context.ts'

/** The refusals of the contract, one type a tag of src/domain/kernel/refusal.ts; docs/adr/0005-refusals-as-unions.md. */

const ErrorInterface = builder.interfaceRef<Refusal>('Error').implement({
  fields: (t) => ({
    code: t.string({
      ...handed,
      description: 'Stable and machine-readable: NOT_FOUND, NAME_TAKEN, …',
      resolve: refusalCode,
    }),
    message: t.exposeString('message', {
      ...handed,
      description: 'One clear sentence for a person, naming what was wrong and what would be right.',
    }),
  }),
})

type Tagged<Tag extends Refusal['tag']> = Extract<Refusal, { tag: Tag }>
const refusalRef = <Tag extends Refusal['tag']>(tag: Tag) => builder.objectRef<Tagged<Tag>>(tag)

const NotFound = refusalRef('NotFound').implement({
  description: 'It does not exist, or the caller may not know that it does: the two are told apart nowhere.',
  interfaces: [ErrorInterface],
})

const Forbidden = refusalRef('Forbidden').implement({
  interfaces: [ErrorInterface],
  fields: (t) => ({ requiredRole: t.exposeString('requiredRole', { nullable: true, ...handed }) }),
})

const InputIssue = builder.objectRef<Issue>('InputIssue').implement({
  fields: (t) => ({
    path: t.stringList({ ...handed, resolve: ({ path }) => [...path] }),
    message: t.exposeString('message', handed),
  }),
})

const InvalidInput = refusalRef('InvalidInput').implement({
  interfaces: [ErrorInterface],
  fields: (t) => ({
    issues: t.field({ type: [InputIssue], ...handed, resolve: ({ issues }) => [...issues] }),
  }),
})

const NameTaken = refusalRef('NameTaken').implement({
  interfaces: [ErrorInterface],
  fields: (t) => ({ name: t.exposeString('name', handed) }),
})

const InvalidState = refusalRef('InvalidState').implement({
  description: 'The command does not fit the state that the thing is in.',
  interfaces: [ErrorInterface],
  fields: (t) => ({ status: t.exposeString('status', handed) }),
})

const RevisionConflict = refusalRef('RevisionConflict').implement({
  description: 'Somebody changed it first: expected ifRevision, found another.',
  interfaces: [ErrorInterface],
  fields: (t) => ({ currentRevision: t.exposeInt('currentRevision', handed) }),
})

const IdempotencyConflict = refusalRef('IdempotencyConflict').implement({
  description: 'The same idempotencyKey came before with other content.',
  interfaces: [ErrorInterface],
})

const ImageLimitReached = refusalRef('ImageLimitReached').implement({
  interfaces: [ErrorInterface],
  fields: (t) => ({ limit: t.exposeInt('limit', handed), inUse: t.exposeInt('inUse', handed) }),
})

const FeatureDisabled = refusalRef('FeatureDisabled').implement({
  interfaces: [ErrorInterface],
  fields: (t) => ({ location: t.exposeID('location', handed) }),
})

const ImageProtected = refusalRef('ImageProtected').implement({ interfaces: [ErrorInterface] })

const IntegrityError = refusalRef('IntegrityError').implement({
  description: 'The bytes are not what they were when they came, or they are gone.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    expected: t.exposeString('expected', {
      ...handed,
      description: 'The SHA-256 that was taken when they came.',
    }),
    found: t.exposeString('found', { nullable: true, ...handed, description: 'Null where there are none.' }),
  }),
})

const refusalRefs = {
  NotFound,
  Forbidden,
  InvalidInput,
  NameTaken,
  InvalidState,
  RevisionConflict,
  IdempotencyConflict,
  ImageLimitReached,
  FeatureDisabled,
  ImageProtected,
  IntegrityError,
}

/** The types of the refusals that a result union lists. */
export const refusalTypes = <Tag extends Refusal['tag']>(tags: readonly Tag[]): (typeof refusalRefs)[Tag][] =>
  tags.map((tag) => refusalRefs[tag])

/** Which type of a result union a value has: refusals carry their tag, the thing itself has none. */
export const resultType =
  (thing: string) =>
  (value: object, { onRefusal }: Context, { path }: GraphQLResolveInfo): string => {
    if (!('tag' in value)) return thing
    onRefusal?.(String(path.key))
    return String(value.tag)
  }
