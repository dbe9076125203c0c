import type { Clock } from '../../application/ports/clock.ts'
import { type Instant, instantFromMillis, millisOf } from '../../domain/kernel/instant.ts'

/** The machine's time; or one that begins at a chosen instant and runs on, for trying things out (CLOCK_START). */
export const systemClock = (start?: Instant): Clock => {
  const offset = start === undefined ? 0 : millisOf(start) - Date.now()
  return { now: () => instantFromMillis(Date.now() + offset) }
}
