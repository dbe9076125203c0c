import { expect, test } from 'vitest'
import type { Reaction } from '../../../src/application/reactions/reactions.ts'
import { runReactions } from '../../../src/application/reactions/run.ts'
import { gate } from '../../support/events.ts'
import { recordingLogger } from '../../support/projections.ts'

/** A reaction that counts its runs, and opens a gate at the nth. */
const counting = (name: string, nth = 1, work: () => Promise<void> = async () => undefined) => {
  const reached = gate()
  const reaction: Reaction & { runs: number } = {
    name,
    runs: 0,
    run: async () => {
      reaction.runs += 1
      if (reaction.runs === nth) reached.open()
      await work()
    },
  }
  return { reaction, reached: reached.opened }
}

test('Reactions run one after the other, round after round', async () => {
  const order: string[] = []
  const note = (name: string) => async () => {
    order.push(name)
  }
  const first = counting('first', 2, note('first'))
  const second = counting('second', 2, note('second'))
  const running = runReactions([first.reaction, second.reaction], { pauseMs: 1, logger: recordingLogger() })
  await second.reached
  await running.stop()
  expect(order.slice(0, 4)).toStrictEqual(['first', 'second', 'first', 'second'])
})

test('A reaction that fails is told of, tried again, and keeps no other from running', async () => {
  const logger = recordingLogger()
  const failing = counting('failing', 2, () => Promise.reject(new Error('not today')))
  const other = counting('other', 2)
  const running = runReactions([failing.reaction, other.reaction], { pauseMs: 1, logger })
  await Promise.all([failing.reached, other.reached])
  await running.stop()
  expect(logger.lines[0]).toStrictEqual({
    level: 'error',
    message: 'A reaction failed and will be tried again.',
    fields: { reaction: 'failing', err: new Error('not today') },
  })
})

test('Stopping ends the pause at once, waits for what runs, and begins nothing more', async () => {
  const { opened, open } = gate()
  const slow = counting('slow', 1, () => opened)
  const next = counting('next')
  const running = runReactions([slow.reaction, next.reaction], {
    pauseMs: 3_600_000,
    logger: recordingLogger(),
  })
  await slow.reached
  const stopped = running.stop()
  open()
  await stopped
  expect([slow.reaction.runs, next.reaction.runs]).toStrictEqual([1, 0])

  const quick = counting('quick')
  const pausing = runReactions([quick.reaction], { pauseMs: 3_600_000, logger: recordingLogger() })
  await quick.reached
  await pausing.stop()
  expect(quick.reaction.runs).toBe(1)
})
