import type { DeprecationStage, ImageStatus } from '../image/state.ts'
import type { ProjectId } from '../kernel/ids.ts'
import { anyoneOf, type ImageFacts, relationsOf } from './image-access.ts'

/** By which rule a project may use an image, or may not. */
export const accessRules = [
  'OWNER',
  'ACCOUNT',
  'SHARE_ACCEPTED',
  'PUBLIC',
  'COMMUNITY',
  'DELETED',
  'NOT_AVAILABLE',
  'DEACTIVATED',
  'OBSOLETE',
  'SHARE_PENDING',
  'SHARE_REJECTED',
  'SHARE_EXPIRED',
  'SHARE_REVOKED',
  'NOT_SHARED',
] as const
export type AccessRule = (typeof accessRules)[number]

const uses = ['OWNER', 'ACCOUNT', 'SHARE_ACCEPTED', 'PUBLIC', 'COMMUNITY'] as const

/** What use of an image depends on besides access to it. */
export interface UsedImage {
  readonly facts: ImageFacts
  readonly status: ImageStatus
  readonly deactivated: boolean
  readonly stage: DeprecationStage | null
}

/** Whether a project may use an image for something new, by its collaborators, and the rule that decides it. */
export const explainUse = (
  project: ProjectId,
  { facts, status, deactivated, stage }: UsedImage,
): { readonly allowed: boolean; readonly rule: AccessRule } => {
  const no = (rule: AccessRule) => ({ allowed: false, rule })
  if (facts.deleted) return no('DELETED')
  const relations = relationsOf(anyoneOf(project), facts)
  const rule = uses.find((use) => relations.has(use))
  if (rule === undefined) {
    const share = [...facts.shares()].find((offer) => offer.project === project)
    return no(share === undefined || share.status === 'ACCEPTED' ? 'NOT_SHARED' : `SHARE_${share.status}`)
  }
  if (status !== 'AVAILABLE') return no('NOT_AVAILABLE')
  if (deactivated) return no('DEACTIVATED')
  if (stage === 'OBSOLETE' && rule !== 'OWNER') return no('OBSOLETE')
  return { allowed: true, rule }
}

/** What a rule says, of a project and an image, for a person. */
export const sentenceOf: Record<AccessRule, string> = {
  OWNER: 'The project owns the image.',
  ACCOUNT: 'The image was promoted to the account of the project.',
  SHARE_ACCEPTED: 'The image was offered to the project, which accepted.',
  PUBLIC: 'The image is public: every project may use it.',
  COMMUNITY: 'The image is offered to all as is: every project may use it.',
  DELETED: 'The image is deleted.',
  NOT_AVAILABLE: 'The project has access, but the image is not AVAILABLE: there is nothing to use.',
  DEACTIVATED: 'The project has access, but the image is deactivated: its bytes are withheld.',
  OBSOLETE: 'The project has access, but the image is OBSOLETE: for no new use.',
  SHARE_PENDING:
    'The image was offered to the project, which has not accepted yet: it sees the image, no more.',
  SHARE_REJECTED: 'The image was offered to the project, which rejected.',
  SHARE_EXPIRED: 'The image was offered to the project, which did not accept in time.',
  SHARE_REVOKED: 'The image was offered to the project once, and is shared with it no more.',
  NOT_SHARED: 'The image belongs to others and was never offered to the project.',
}
