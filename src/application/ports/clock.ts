import type { Instant } from '../../domain/kernel/instant.ts'

/** The service's time. */
export interface Clock {
  now(): Instant
}
