import { unreachable } from '../kernel/brand.ts'
import { type Either, left, right } from '../kernel/fp.ts'
import type { BlobKey, ClaimId, ProjectId } from '../kernel/ids.ts'
import type { Instant } from '../kernel/instant.ts'
import { forbidden, imageProtected, invalidInput, invalidState, type Refusal } from '../kernel/refusal.ts'
import { changeImage, type ImageChanges } from './changes.ts'
import { type DeprecationCommand, decideDeprecation } from './deprecation.ts'
import type { Deactivator, ImageContent, ImageEvent, ImageVisibility, imageEvents } from './events.ts'
import type { ImageName } from './names.ts'
import { decideSharing, revokedFrom, type SharingCommand } from './sharing.ts'
import {
  type ImageState,
  isRegistered,
  type RegisteredImage,
  removableBlob,
  type SizeReport,
} from './state.ts'
import { deletionEvents, gone, outdated } from './staying.ts'

/** What may be asked of one image. Names are claimed in the account's stream before they come here. */
export type ImageCommand =
  | {
      readonly type: 'RegisterImage'
      readonly registration: Registration
      /** PRIVATE by default. */
      readonly visibility?: ImageVisibility
    }
  | { readonly type: 'ChangeImage'; readonly changes: ImageChanges }
  | SharingCommand
  | DeprecationCommand
  | { readonly type: 'StoreContent'; readonly content: ImageContent }
  | { readonly type: 'ReportSize'; readonly report: SizeReport; readonly now: Instant }
  | { readonly type: 'FailCreation'; readonly code: string; readonly message: string }
  | { readonly type: 'RetryCreation' }
  | { readonly type: 'RequestDeletion'; readonly now: Instant; readonly deleteAt: Instant }
  | { readonly type: 'CompleteDeletion'; readonly now: Instant }
  | { readonly type: 'Restore'; readonly now: Instant }
  | { readonly type: 'RecordContentRemoved'; readonly blob: BlobKey }
  | { readonly type: 'AbandonClaim'; readonly claimId: ClaimId }
  /** Moves it from its project to its account; the name was claimed there. */
  | { readonly type: 'Promote'; readonly name: ImageName; readonly claimId: ClaimId }
  /** Moves it from its account to one of its projects; the name was claimed there. */
  | {
      readonly type: 'Demote'
      readonly project: ProjectId
      readonly name: ImageName
      readonly claimId: ClaimId
    }
  | { readonly type: 'Deactivate'; readonly by: Deactivator }
  | { readonly type: 'Reactivate'; readonly by: Deactivator }

export type Registration = (typeof imageEvents)['ImageRegistered']['schema']['_zod']['output']

type Decision = Either<Refusal, readonly ImageEvent[]>

/**
 * Decides what a command changes. Asking for what is already so gives no event. The refusals: InvalidState,
 * InvalidInput where what is asked for does not fit what there is, ImageProtected, Forbidden for what an operator keeps.
 */
export const decide = (command: ImageCommand, state: ImageState): Decision => {
  if (command.type === 'RegisterImage')
    return register(command.registration, command.visibility ?? 'PRIVATE', state)
  if (command.type === 'AbandonClaim') return abandonClaim(command.claimId, state)
  if (!isRegistered(state)) return left(invalidState('NONE', 'There is no image under this id.'))
  switch (command.type) {
    case 'ChangeImage':
      return changeImage(command.changes, state)
    case 'StoreContent':
      return storeContent(command.content, state)
    case 'ReportSize':
      return reportSize(command.report, command.now, state)
    case 'FailCreation':
      return awaitingContent(state, [
        { type: 'ImageCreationFailed', data: { code: command.code, message: command.message } },
      ])
    case 'RetryCreation':
      return retryCreation(state)
    case 'RequestDeletion':
      return requestDeletion(command.now, command.deleteAt, state)
    case 'CompleteDeletion':
      return completeDeletion(command.now, state)
    case 'Restore':
      return restore(command.now, state)
    case 'Promote':
      return promote(command.name, command.claimId, state)
    case 'Demote':
      return demote(command.project, command.name, command.claimId, state)
    case 'Deactivate':
      return deactivate(command.by, state)
    case 'Reactivate':
      return reactivate(command.by, state)
    case 'SetVisibility':
    case 'Share':
    case 'Unshare':
    case 'AcceptShare':
    case 'RejectShare':
    case 'ExpireShare':
      return decideSharing(command, state)
    case 'Deprecate':
    case 'Undeprecate':
    case 'CarryOutDates':
      return decideDeprecation(command, state)
    case 'RecordContentRemoved':
      return right(
        removableBlob(state) === command.blob
          ? [{ type: 'ImageContentRemoved', data: { blob: command.blob } }]
          : [],
      )
    default:
      return unreachable(command)
  }
}

const register = (registration: Registration, visibility: ImageVisibility, state: ImageState): Decision => {
  if (state.status === 'NONE')
    return right([
      { type: 'ImageRegistered', data: registration },
      ...(visibility === 'PRIVATE'
        ? []
        : [{ type: 'ImageVisibilityChanged', data: { from: 'PRIVATE', visibility } } as const]),
    ])
  return left(
    invalidState(state.status, 'There is something under this id already: create the image under a new one.'),
  )
}

/** Fences a claim off, so that the command it was made for can no longer use it. Repair's half of the rule in ADR 0002. */
const abandonClaim = (claimId: ClaimId, state: ImageState): Decision => {
  if (state.status === 'NONE') return right([{ type: 'ImageRegistrationAbandoned', data: { claimId } }])
  if (state.status === 'ABANDONED') return right([])
  const settled = state.claimId === claimId || state.deadClaims.includes(claimId)
  return right(settled ? [] : [{ type: 'ImageClaimAbandoned', data: { claimId } }])
}

const awaitingContent = (state: RegisteredImage, events: readonly ImageEvent[]): Decision => {
  if (state.status === 'CREATING') return right(events)
  const remedy =
    state.status === 'ERROR'
      ? 'ask for imageRetry first, then send the bytes again.'
      : state.status === 'AVAILABLE'
        ? 'bytes never change once they are in: release a new version as an image of its own.'
        : 'it takes no bytes any more.'
  return left(invalidState(state.status, `The image is ${state.status}: ${remedy}`))
}

const storeContent = (content: ImageContent, state: RegisteredImage): Decision =>
  awaitingContent(state, [
    { type: 'ImageContentStored', data: { content } },
    { type: 'ImageBecameAvailable', data: {} },
  ])

/** Late reports count too, after the image is gone as well: its bill goes by them. */
const reportSize = (report: SizeReport, now: Instant, state: RegisteredImage): Decision => {
  const { status, deletion, sizeReport } = state
  const { measuredAt, effectiveFrom } = report
  const ahead = (field: string) =>
    left(invalidInput([{ path: [field], message: `must not be in the future: it is ${now} now` }]))
  if (measuredAt > now) return ahead('occurredAt')
  if (effectiveFrom !== null && effectiveFrom > now) return ahead('effectiveFrom')
  if (status !== 'AVAILABLE' && deletion?.before !== 'AVAILABLE')
    return left(invalidState(status, `The image is ${status}: it has a size once it was AVAILABLE.`))
  const repeated =
    sizeReport?.sizeBytes === report.sizeBytes &&
    sizeReport.measuredAt === measuredAt &&
    sizeReport.effectiveFrom === effectiveFrom
  return right(repeated ? [] : [{ type: 'ImageSizeReported', data: report }])
}

const retryCreation = (state: RegisteredImage): Decision => {
  if (state.status === 'CREATING') return right([])
  if (state.status === 'ERROR') return right([{ type: 'ImageCreationRetried', data: {} }])
  return left(
    invalidState(state.status, `The image is ${state.status}: only an image in ERROR can be tried again.`),
  )
}

/** Final at once where there is no recovery window (DELETE_RECOVERY_HOURS 0). */
const requestDeletion = (now: Instant, deleteAt: Instant, state: RegisteredImage): Decision => {
  if (state.status === 'DELETING' || state.status === 'DELETED') return right([])
  if (state.protected) return left(imageProtected())
  return right(deletionEvents(now, deleteAt, false))
}

/** Not before its time: whoever asks may have heard of an earlier deletion only, that was taken back. */
const completeDeletion = (now: Instant, { status, deletion }: RegisteredImage): Decision => {
  if (status === 'DELETED') return right([])
  if (deletion === null)
    return left(invalidState(status, `The image is ${status}: its deletion was not asked for.`))
  return right(deletion.deleteAt <= now ? [{ type: 'ImageDeleted', data: {} }] : [])
}

/** A restore is as if the deletion had not been asked for (DESIGN, an image's life). */
const restore = (now: Instant, state: RegisteredImage): Decision => {
  if (state.status === 'DELETED')
    return left(invalidState(state.status, 'The image is DELETED: what is deleted for good stays so.'))
  if (state.deletion === null) return right([])
  return now < state.deletion.deleteAt
    ? right([{ type: 'ImageRestored', data: {} }])
    : left(invalidState(state.status, `The time to restore the image ended at ${state.deletion.deleteAt}.`))
}

const promote = (name: ImageName, claimId: ClaimId, state: RegisteredImage): Decision => {
  const { project } = state
  const refused = gone(state) ?? (project === null ? null : outdated(name, claimId, state))
  if (refused !== null) return left(refused)
  return right(project === null ? [] : [{ type: 'ImagePromoted', data: { from: project, name, claimId } }])
}

const demote = (project: ProjectId, name: ImageName, claimId: ClaimId, state: RegisteredImage): Decision => {
  const there = state.project === project
  const refused = gone(state) ?? (there ? null : outdated(name, claimId, state))
  if (refused !== null) return left(refused)
  if (there) return right([])
  return state.project === null
    ? // Nobody holds an offer of its own image.
      right([{ type: 'ImageDemoted', data: { project, name, claimId } }, ...revokedFrom(state, project)])
    : left(
        invalidState(
          state.status,
          `The image belongs to project ${JSON.stringify(state.project)}: promote it first, then demote it to another.`,
        ),
      )
}

/** What an operator deactivated only an operator reactivates (DESIGN, an image's life). */
const deactivate = (by: Deactivator, state: RegisteredImage): Decision => {
  const refused = gone(state)
  if (refused !== null) return left(refused)
  const already = state.deactivatedBy === by || state.deactivatedBy === 'OPERATOR'
  return right(already ? [] : [{ type: 'ImageDeactivated', data: { by } }])
}

const reactivate = (by: Deactivator, state: RegisteredImage): Decision => {
  const refused = gone(state)
  if (refused !== null) return left(refused)
  if (state.deactivatedBy === null) return right([])
  return by === 'OWNER' && state.deactivatedBy === 'OPERATOR'
    ? left(forbidden('OPERATOR', 'reactivate what an operator deactivated'))
    : right([{ type: 'ImageReactivated', data: {} }])
}
