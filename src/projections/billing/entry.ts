import { hash } from 'node:crypto'
import type { Rating } from './corrections.ts'
import type { Charge } from './meter.ts'

/** One thing to be paid, the finest that bills are made of: what an image cost one owner at one price in a stretch of time. */
export interface Entry {
  readonly image: string
  readonly name: string
  readonly location: string
  readonly charge: Charge
  /** What it was rated from; null for a correction, which is a difference. */
  readonly rating: Rating | null
  /** Where its stretch ends, in milliseconds; it begins with the charge's bucket. */
  readonly end: number
  readonly sealed: boolean
  /** For what was learned late: the event that it was learned by, and the month that it is billed in. */
  readonly correction: { readonly cause: string; readonly period: number } | null
}

/**
 * What a line is called for good: `<image>.<begin>.<end>.<hash>`, the times in seconds, the hash of image, owner, period, price
 * and revision (BILLING.md, 15). The revision is 0, or the event that a correction was caused by.
 */
export const lineId = ({ image, charge, end, correction }: Entry): string => {
  const { bucket, project, price } = charge
  const identity = [image, project, bucket, end, price?.id ?? null, correction?.cause ?? 0]
  const digest = hash('sha256', JSON.stringify(identity)).slice(0, 32)
  return `${image}.${bucket / 1000}.${end / 1000}.${digest}`
}

/** What a line's id says it is about; null for what is none. */
export const parseLineId = (
  id: string,
): { readonly image: string; readonly from: number; readonly to: number } | null => {
  const match = /^(?<image>[0-9a-f-]{36})\.(?<from>\d{1,12})\.(?<to>\d{1,12})\.[0-9a-f]{32}$/.exec(id)?.groups
  if (match === undefined) return null
  const { image = '', from, to } = match
  return { image, from: Number(from) * 1000, to: Number(to) * 1000 }
}
