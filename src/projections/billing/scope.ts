import type { bucketsOf } from './meter.ts'

export type Granularity = keyof typeof bucketsOf

/** What is to be billed. Times in milliseconds. */
export interface Scope {
  readonly account: string
  /** Only what these own; null for all, with what is the account's itself. */
  readonly projects: ReadonlySet<string> | null
  /** Only these; null for all. */
  readonly images: ReadonlySet<string> | null
  /** `[from, to)`, on UTC hours. */
  readonly from: number
  readonly to: number
  /** Nothing that begins at this instant or later counts. */
  readonly asOf: number
  readonly granularity: Granularity
}
