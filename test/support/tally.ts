import { rm } from 'node:fs/promises'
import { z } from 'zod'
import type { Command } from '../../src/application/command.ts'
import { Ledger } from '../../src/application/ledger.ts'
import type { EventLog } from '../../src/application/ports/event-log.ts'
import type { Snapshots } from '../../src/application/ports/snapshots.ts'
import type { Aggregate, SnapshotCodec } from '../../src/domain/kernel/aggregate.ts'
import { type DomainEvent, defineEvent } from '../../src/domain/kernel/event.ts'
import { type Either, left, right } from '../../src/domain/kernel/fp.ts'
import { invalidState, type Refusal } from '../../src/domain/kernel/refusal.ts'
import { memorySnapshots, quickDirectory } from './application.ts'
import { setClock } from './clock.ts'
import { instant } from './samples.ts'
import { stores } from './stores.ts'

// The smallest aggregate: marks are made on a tally, and it can be full. For tests of what carries decisions out.

export type MarkMade = DomainEvent<'MarkMade', { readonly label: string }>
export type Tally = readonly string[]

export const tally: Aggregate<Tally, MarkMade> = {
  category: 'tally',
  definitions: {
    MarkMade: defineEvent('MarkMade', z.object({ label: z.string() }), ({ label }) => `Mark ${label}.`),
  },
  initial: [],
  evolve: (state, { data }) => [...state, data.label],
}

const codec: SnapshotCodec<Tally> = {
  version: 1,
  encode: (state) => [...state],
  decode: (stored) => z.array(z.string()).parse(stored),
  weight: () => 0,
}

/** The same with snapshots. */
export const longTally = { ...tally, snapshot: codec } satisfies Aggregate<Tally, MarkMade>

export const made = (label: string): MarkMade => ({ type: 'MarkMade', data: { label } })

/** Decides to make a mark, whatever there is. */
export const mark =
  (...labels: readonly string[]) =>
  (): Either<Refusal, readonly MarkMade[]> =>
    right(labels.map(made))

/** Decides to make a mark unless it is there already. */
export const markOnce =
  (label: string) =>
  (state: Tally): Either<Refusal, readonly MarkMade[]> =>
    right(state.includes(label) ? [] : [made(label)])

export const full = invalidState('FULL', 'The tally is full.')

/** Decides to make a mark unless there are so many. */
export const markBelow =
  (most: number, label: string) =>
  (state: Tally): Either<Refusal, readonly MarkMade[]> =>
    state.length < most ? right([made(label)]) : left(full)

/** A command by somebody; `hash` stands for its input, where it came with an idempotencyKey. */
export const commandWith = (id: string = crypto.randomUUID(), hash?: string): Command => ({
  id,
  actor: { id: 'somebody', kind: 'USER' },
  correlationId: 'correlation',
  requestId: 'request',
  occurredAt: instant('2026-03-01T00:00:00.000Z'),
  ...(hash === undefined ? {} : { inputHash: hash }),
})

/** A node of its own over a log, that starts cold. */
export const ledgerOver = (log: EventLog, snapshots: Snapshots = memorySnapshots()): Ledger =>
  new Ledger(log, snapshots)

/** A log of its own, in memory where the system has such a place. */
export const newLog = async (): Promise<{ readonly log: EventLog } & AsyncDisposable> => {
  const directory = await quickDirectory()
  const log = await stores.openLog(directory, setClock())
  return {
    log,
    [Symbol.asyncDispose]: async () => {
      await log.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
