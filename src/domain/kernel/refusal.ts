import type { z } from 'zod'

/**
 * Why a command was not carried out: values, not exceptions, one tag a type of the contract's result unions. What is
 * thrown instead are bugs and outages (docs/adr/0005-refusals-as-unions.md).
 */
export type Refusal =
  | NotFound
  | Forbidden
  | InvalidInput
  | NameTaken
  | InvalidState
  | RevisionConflict
  | IdempotencyConflict
  | ImageLimitReached
  | FeatureDisabled
  | ImageProtected
  | IntegrityError

interface Refused<Tag extends string> {
  readonly tag: Tag
  /** One clear sentence for a person, naming what was wrong and what would be right. */
  readonly message: string
}

export interface NotFound extends Refused<'NotFound'> {}
export interface Forbidden extends Refused<'Forbidden'> {
  readonly requiredRole: RequiredRole
}
export interface InvalidInput extends Refused<'InvalidInput'> {
  readonly issues: readonly InputIssue[]
}
export interface InputIssue {
  readonly path: readonly string[]
  readonly message: string
}
export interface NameTaken extends Refused<'NameTaken'> {
  readonly name: string
}
export interface InvalidState extends Refused<'InvalidState'> {
  readonly status: string
}
export interface RevisionConflict extends Refused<'RevisionConflict'> {
  readonly currentRevision: number
}
export interface IdempotencyConflict extends Refused<'IdempotencyConflict'> {}
export interface ImageLimitReached extends Refused<'ImageLimitReached'> {
  readonly limit: number
  readonly inUse: number
}
export interface FeatureDisabled extends Refused<'FeatureDisabled'> {
  readonly location: string
}
export interface ImageProtected extends Refused<'ImageProtected'> {}
export interface IntegrityError extends Refused<'IntegrityError'> {
  readonly expected: string
  readonly found: string | null
}

export const roles = ['VIEWER', 'COLLABORATOR', 'ADMIN'] as const
export type Role = (typeof roles)[number]
export type RequiredRole = 'MEMBER' | Role | 'OPERATOR'

/** NameTaken to NAME_TAKEN: the code that clients match on, in GraphQL and in problem documents alike. */
export const refusalCode = (refusal: Refusal): string =>
  refusal.tag.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()

/** The same words whether it is missing or foreign: the two are told apart nowhere. */
export const notFound = (
  kind: 'image' | 'account' | 'project' | 'location' | 'offer' | 'upload',
  id: string,
): NotFound => ({
  tag: 'NotFound',
  message: `There is no ${kind} ${JSON.stringify(clip(id))} that you may see.`,
})

/** `where`: what the role must be held in, where that is not plain from what is to be done. */
export const forbidden = (requiredRole: RequiredRole, toDoWhat: string, where?: string): Forbidden => ({
  tag: 'Forbidden',
  requiredRole,
  message:
    requiredRole === 'OPERATOR'
      ? `Only operators of the platform may ${toDoWhat}.`
      : `To ${toDoWhat} takes the role ${requiredRole}${where === undefined ? '' : ` ${where}`}.`,
})

export const invalidInput = (issues: readonly InputIssue[]): InvalidInput => ({
  tag: 'InvalidInput',
  issues,
  message: issues
    .map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
    .join('; '),
})

/** zod's findings as the contract has them: a path and a sentence each. */
export const invalidInputFrom = (error: z.ZodError): InvalidInput =>
  invalidInput(
    error.issues.slice(0, 20).map((issue) => ({ path: issue.path.map(String), message: issue.message })),
  )

export const nameTaken = (name: string, where: string): NameTaken => ({
  tag: 'NameTaken',
  name,
  message: `The name ${JSON.stringify(name)} is taken in ${where}: choose another.`,
})

export const invalidState = (status: string, message: string): InvalidState => ({
  tag: 'InvalidState',
  status,
  message,
})

export const revisionConflict = (expected: number, currentRevision: number): RevisionConflict => ({
  tag: 'RevisionConflict',
  currentRevision,
  message: `It is at revision ${currentRevision}, not ${expected}: somebody changed it first. Read it again and decide anew.`,
})

export const idempotencyConflict = (): IdempotencyConflict => ({
  tag: 'IdempotencyConflict',
  message: 'This idempotencyKey came before with other content: take a new key for a new command.',
})

/** The sentence that users of the panel know (reference 001, troubleshooting). */
export const imageLimitReached = (limit: number, inUse: number): ImageLimitReached => ({
  tag: 'ImageLimitReached',
  limit,
  inUse,
  message: `Maximum image limit reached: ${inUse} of ${limit} in use. Delete an unused image or ask the operator to raise the limit.`,
})

/** The sentence that users of the panel know (reference 001, troubleshooting). */
export const featureDisabled = (location: string): FeatureDisabled => ({
  tag: 'FeatureDisabled',
  location,
  message: `Image feature is not enabled for location ${JSON.stringify(location)}.`,
})

export const imageProtected = (): ImageProtected => ({
  tag: 'ImageProtected',
  message: 'The image is protected: set protected to false first.',
})

export const integrityError = (expected: string, found: string | null): IntegrityError => ({
  tag: 'IntegrityError',
  expected,
  found,
  message:
    found === null
      ? 'The bytes of the image are gone from the store: restore them from a backup.'
      : `The bytes of the image are damaged: their SHA-256 is ${found} and should be ${expected}. Restore them from a backup.`,
})

const clip = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text)
