import type { Position } from '../domain/kernel/recorded.ts'

/** What a command leaves: what it was about, and where a read model must have come to show it. */
export interface Done<Id extends string> {
  readonly id: Id
  readonly position: Position
}
