import type { ProjectId } from '../../../src/domain/kernel/ids.ts'
import type { LedgerEvent } from '../../../src/domain/ledger-events.ts'
import {
  blobKey,
  claimId,
  content,
  imageId,
  imageName,
  instant,
  month,
  ops,
  registration,
  web,
} from '../../support/samples.ts'

export const at = (second: number) => instant(`2026-03-01T00:00:${String(second).padStart(2, '0')}.000Z`)
export const later = instant('2030-01-01T00:00:00.000Z')

// What may happen, by the numbers of the image and of the claim.
export const claimed = (image: number, claim: number): LedgerEvent => ({
  type: 'ImageNameClaimed',
  data: {
    claimId: claimId(claim),
    imageId: imageId(image),
    scope: { kind: 'PROJECT', project: web },
    name: `n${claim}`,
  },
})
export const released = (image: number, claim: number): LedgerEvent => ({
  type: 'ImageNameReleased',
  data: {
    claimId: claimId(claim),
    imageId: imageId(image),
    scope: { kind: 'PROJECT', project: web },
    name: `n${claim}`,
  },
})
export const registered = (claim: number): LedgerEvent => ({
  type: 'ImageRegistered',
  data: registration({ claimId: claimId(claim) }),
})
export const renamed = (claim: number): LedgerEvent => ({
  type: 'ImageRenamed',
  data: { from: imageName('old'), name: imageName('new'), claimId: claimId(claim) },
})
export const abandoned = (claim: number): LedgerEvent => ({
  type: 'ImageRegistrationAbandoned',
  data: { claimId: claimId(claim) },
})
export const stored = (blob: number): LedgerEvent => ({
  type: 'ImageContentStored',
  data: { content: content({ blob: blobKey(blob) }) },
})
export const promoted = (claim: number): LedgerEvent => ({
  type: 'ImagePromoted',
  data: { from: web, name: imageName('n'), claimId: claimId(claim) },
})
export const demoted = (claim: number): LedgerEvent => ({
  type: 'ImageDemoted',
  data: { project: ops, name: imageName('n'), claimId: claimId(claim) },
})
export const requested = (second: number, scheduled = false): LedgerEvent => ({
  type: 'ImageDeletionRequested',
  data: { deleteAt: at(second), scheduled },
})
export const restored: LedgerEvent = { type: 'ImageRestored', data: {} }
export const deprecated = (obsolete: number | null, deletion: number | null): LedgerEvent => ({
  type: 'ImageDeprecated',
  data: {
    replacement: null,
    reason: null,
    obsoleteAt: obsolete === null ? null : at(obsolete),
    deleteAt: deletion === null ? null : at(deletion),
  },
})
export const obsoleted: LedgerEvent = { type: 'ImageObsoleted', data: {} }
export const undeprecated: LedgerEvent = { type: 'ImageUndeprecated', data: {} }
export const prevented: LedgerEvent = { type: 'ImageDeletionPrevented', data: {} }
export const shared = (project: ProjectId, expires: number | null): LedgerEvent => ({
  type: 'ImageShared',
  data: { project, message: null, expiresAt: expires === null ? null : at(expires) },
})
export const answered = (
  answer: 'Accepted' | 'Rejected' | 'Expired' | 'Revoked',
  project: ProjectId,
): LedgerEvent => ({ type: `ImageShare${answer}`, data: { project } })
export const deleted: LedgerEvent = { type: 'ImageDeleted', data: {} }
export const removed = (blob: number): LedgerEvent => ({
  type: 'ImageContentRemoved',
  data: { blob: blobKey(blob) },
})

export const closing = (of: string, second: number): LedgerEvent => ({
  type: 'BillingPeriodClosingBegan',
  data: { month: month(of), sealAt: at(second) },
})
export const sealed = (of: string): LedgerEvent => ({
  type: 'BillingPeriodSealed',
  data: {
    month: month(of),
    position: '1',
    sha256: 'a'.repeat(64),
    lines: 0,
    pendingSize: 0,
    unpriced: 0,
    totals: [],
  },
})
export const budgetSet = (amount: string): LedgerEvent => ({
  type: 'BudgetSet',
  data: { amount, currency: 'EUR', thresholds: [{ percent: 100, basis: 'ACTUAL' }] },
})
export const budgetRemoved: LedgerEvent = { type: 'BudgetRemoved', data: {} }
export const thresholdReached: LedgerEvent = {
  type: 'BudgetThresholdReached',
  data: { month: month('2026-02'), percent: 100, basis: 'ACTUAL', amount: '7', currency: 'EUR' },
}

export const image = (n: number): string => `image-${imageId(n)}`
