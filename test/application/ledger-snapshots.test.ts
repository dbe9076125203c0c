import { describe, expect, test } from 'vitest'
import { streamOf } from '../../src/application/ledger.ts'
import type { EventLog } from '../../src/application/ports/event-log.ts'
import type { Snapshot, Snapshots } from '../../src/application/ports/snapshots.ts'
import { right } from '../../src/domain/kernel/fp.ts'
import { idempotencyConflict } from '../../src/domain/kernel/refusal.ts'
import { memorySnapshots } from '../support/application.ts'
import { countingLog } from '../support/logs.ts'
import { commandWith, ledgerOver, longTally, mark, newLog, tally } from '../support/tally.ts'

const stream = streamOf(longTally, '1')
const id = '00000000-0000-4000-8000-000000000001'
const marks = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => String(index))

/** So many marks by one node, the first of them by a command with an idempotencyKey. */
const write = async (log: EventLog, snapshots: Snapshots, count: number): Promise<void> => {
  const ledger = ledgerOver(log, snapshots)
  await ledger.change(longTally, '1', commandWith(id, 'hash'), mark('0'))
  await ledger.change(longTally, '1', commandWith(), mark(...marks(count).slice(1)))
}

describe('A snapshot', () => {
  test('is kept once a thousand events have come', async () => {
    await using store = await newLog()
    const few = memorySnapshots()
    await write(store.log, few, 1_000)
    expect(few.kept.size).toBe(0)
    const ledger = ledgerOver(store.log, few)
    await ledger.change(longTally, '1', commandWith(), mark('1000'))
    expect(few.kept.get(stream)).toStrictEqual({
      revision: 1_000,
      version: 1,
      state: marks(1_001),
      commands: { [id]: 'hash' },
    } satisfies Snapshot)
  })

  test('is kept again only after as many events as it weighs', async () => {
    await using store = await newLog()
    const snapshots = memorySnapshots()
    const heavy = { ...longTally, snapshot: { ...longTally.snapshot, weight: () => 1_500 } }
    const ledger = ledgerOver(store.log, snapshots)
    const revisions: (number | undefined)[] = []
    for (let round = 0; round < 4; round += 1) {
      await ledger.change(heavy, '1', commandWith(), mark(...marks(1_000)))
      revisions.push(snapshots.kept.get(stream)?.revision)
    }
    expect(revisions).toStrictEqual([undefined, 1_999, 1_999, 3_999])
  })

  test('is none of an aggregate that has none', async () => {
    await using store = await newLog()
    const snapshots = memorySnapshots()
    await ledgerOver(store.log, snapshots).change(tally, '1', commandWith(), mark(...marks(2_000)))
    expect(snapshots.kept.size).toBe(0)
  })
})

describe('A cold start', () => {
  test('from a snapshot reads what came after it, and one event to see that the log is its own', async () => {
    await using store = await newLog()
    const snapshots = memorySnapshots()
    await write(store.log, snapshots, 1_500)
    await ledgerOver(store.log).change(longTally, '1', commandWith(), mark('a', 'b'))
    const log = countingLog(store.log)
    const { state, revision } = await ledgerOver(log, snapshots).load(longTally, '1')
    expect(state).toStrictEqual([...marks(1_500), 'a', 'b'])
    expect(revision).toBe(1_501)
    expect(log.counts).toMatchObject({ reads: 2, events: 3 })
  })

  test('from a snapshot knows the commands that came before', async () => {
    await using store = await newLog()
    const snapshots = memorySnapshots()
    await write(store.log, snapshots, 1_500)
    const ledger = ledgerOver(store.log, snapshots)
    expect(await ledger.change(longTally, '1', commandWith(id, 'hash'), mark('x'))).toMatchObject(
      right({ revision: 1_499 }),
    )
    expect(await ledger.change(longTally, '1', commandWith(id, 'other'), mark('x'))).toStrictEqual({
      _tag: 'Left',
      left: idempotencyConflict(),
    })
  })

  test('goes on from a snapshot as it would have from the log', async () => {
    await using store = await newLog()
    const snapshots = memorySnapshots()
    await write(store.log, snapshots, 1_500)
    await ledgerOver(store.log, snapshots).change(longTally, '1', commandWith(), mark('a'))
    expect(await ledgerOver(store.log).load(longTally, '1')).toMatchObject({
      state: [...marks(1_500), 'a'],
      revision: 1_500,
    })
  })

  test.each<[string, Partial<Snapshot>]>([
    ['of another version of the codec', { version: 2 }],
    ['that has seen more than the log holds', { revision: 1_500 }],
  ])('passes over a snapshot %s', async (_, changes) => {
    await using store = await newLog()
    const snapshots = memorySnapshots()
    await write(store.log, snapshots, 1_500)
    const kept = snapshots.kept.get(stream)
    if (kept === undefined) throw new Error('There should be a snapshot')
    snapshots.save(stream, { ...kept, state: ['nonsense'], ...changes })
    const ledger = ledgerOver(store.log, snapshots)
    expect(await ledger.load(longTally, '1')).toMatchObject({ state: marks(1_500), revision: 1_499 })
    expect(await ledger.change(longTally, '1', commandWith(), mark('a'))).toMatchObject(
      right({ revision: 1_500 }),
    )
  })
})
