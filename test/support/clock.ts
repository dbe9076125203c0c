import type { Clock } from '../../src/application/ports/clock.ts'
import { type Instant, instantFromMillis, millisOf } from '../../src/domain/kernel/instant.ts'

/** A clock that shows what it was last set to. */
export interface SetClock extends Clock {
  set(instant: string): void
}

export const setClock = (instant = '2026-03-01T00:00:00.000Z'): SetClock => {
  let now: Instant = instantFromMillis(millisOf(instant as Instant))
  return {
    now: () => now,
    set: (next) => {
      now = instantFromMillis(millisOf(next as Instant))
    },
  }
}
