/** How long the adapter waits, in milliseconds. */
export interface Timing {
  /** An append or a read is tried so long in all: clients are to hear within two seconds. */
  readonly answerMs: number
  /** An attempt that is silent for so long is given up, and the client with it. */
  readonly attemptMs: number
  /** A subscription that is not confirmed for so long is begun again. */
  readonly confirmMs: number
}

export const defaultTiming: Timing = { answerMs: 1_700, attemptMs: 1_000, confirmMs: 4_000 }

/** How long an attempt may be silent, where all of them have until then. */
export const attemptLeft = ({ attemptMs }: Timing, until: number): number =>
  Math.max(1, Math.min(attemptMs, until - performance.now()))
