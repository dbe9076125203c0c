import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../ports/logger.ts'
import type { Reaction } from './reactions.ts'

export interface RunningReactions {
  /** Resolves when the round under way is over; none begins afterwards. */
  stop(): Promise<void>
}

export interface RunReactions {
  readonly pauseMs: number
  readonly logger: Logger
  /** Whether it is on this process to run them now; always, where it is not given. What it throws is a no. */
  readonly isMyTurn?: () => Promise<boolean>
}

/** Runs the reactions one after the other, then pauses, and so on. One that fails is logged and tried again next time. */
export const runReactions = (
  reactions: readonly Reaction[],
  { pauseMs, logger, isMyTurn = async () => true }: RunReactions,
): RunningReactions => {
  const stopping = new AbortController()
  const rounds = async () => {
    while (!stopping.signal.aborted) {
      const mine = await isMyTurn().catch(() => false)
      for (const reaction of mine ? reactions : []) {
        if (stopping.signal.aborted) return
        await reaction
          .run()
          .catch((error: unknown) =>
            logger.error(
              { reaction: reaction.name, err: error },
              'A reaction failed and will be tried again.',
            ),
          )
      }
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }
  const ended = rounds()
  return {
    stop: () => {
      stopping.abort()
      return ended
    },
  }
}
