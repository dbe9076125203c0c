import { accountAggregate } from '../domain/account/state.ts'
import { type ImageState, imageAggregate, isRegistered } from '../domain/image/state.ts'
import type { AccountId, ImageId } from '../domain/kernel/ids.ts'
import { type Instant, instantFromMillis, millisOf } from '../domain/kernel/instant.ts'
import type { Accrual } from './ports/billing.ts'
import type { Services } from './services.ts'

export const findingKinds = ['NOT_ACCRUING', 'STILL_ACCRUING', 'OTHER_OWNER', 'SIZE_PENDING'] as const

/** Something that the bill and the ledger do not agree on, or that keeps a bill from being complete. */
export interface Finding {
  readonly kind: (typeof findingKinds)[number]
  readonly image: ImageId
  readonly message: string
}

export interface Reconciliation {
  /** How many images were compared. */
  readonly checked: number
  readonly findings: readonly Finding[]
}

/** A size may be late by so much before anybody should ask. */
const PATIENCE_MS = 24 * 3_600_000

/**
 * Holds what billing accrues for an account against the ledger itself, stream by stream: every image that its names are
 * held for, and every one that billing knows of. What does not agree is looked at a second time, for both go on meanwhile.
 */
export const reconcile = async (
  { ledger, bills, clock }: Pick<Services, 'ledger' | 'bills' | 'clock'>,
  account: AccountId,
): Promise<Reconciliation> => {
  const late = instantFromMillis(millisOf(clock.now()) - PATIENCE_MS)
  const find = async (image: ImageId, accrual: Accrual | undefined) =>
    findingOf(image, (await ledger.load(imageAggregate, image)).state, accrual, late)
  const accruals = bills.accruals(account, null)
  const held = await ledger.load(accountAggregate, account)
  const images = new Set([...accruals.keys(), ...held.state.places.keys()])
  const findings: Finding[] = []
  for (const image of images) {
    if ((await find(image, accruals.get(image))) === null) continue
    await bills.caughtUp()
    const finding = await find(image, bills.accruals(account, image).get(image))
    if (finding !== null) findings.push(finding)
  }
  return { checked: images.size, findings }
}

const findingOf = (
  image: ImageId,
  state: ImageState,
  accrual: Accrual | undefined,
  late: Instant,
): Finding | null => {
  if (accrual?.official === true) return null
  const accrues = accrual?.accrues === true
  const available = isRegistered(state) && state.status === 'AVAILABLE'
  if (available && !accrues)
    return { kind: 'NOT_ACCRUING', image, message: 'It is AVAILABLE in the ledger, and nothing accrues.' }
  if (!available && accrues)
    return { kind: 'STILL_ACCRUING', image, message: `It is ${state.status} in the ledger, and accrues.` }
  if (!accrues || !available) return null
  if (accrual.project !== state.project)
    return {
      kind: 'OTHER_OWNER',
      image,
      message: `It is of ${state.project ?? 'the account'} in the ledger, and ${accrual.project ?? 'the account'} is billed.`,
    }
  return accrual.pendingSince !== null && accrual.pendingSince < late
    ? { kind: 'SIZE_PENDING', image, message: `Nobody has said its size since ${accrual.pendingSince}.` }
    : null
}
