import type { Json } from '../../domain/kernel/event.ts'
import type { StreamName } from '../../domain/kernel/recorded.ts'

export interface Snapshot {
  /** Of the last event folded into it. */
  readonly revision: number
  /** Of the codec that wrote it. */
  readonly version: number
  readonly state: Json
  /** The remembered commands: id to hash of the input. */
  readonly commands: Readonly<Record<string, string>>
}

/** Folded states, kept locally so that a cold start need not fold long streams. Disposable: losing one costs time only. */
export interface Snapshots {
  load(stream: StreamName): Snapshot | null
  save(stream: StreamName, snapshot: Snapshot): void
}
