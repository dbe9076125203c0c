import { describe, expect, test } from 'vitest'
import { ZodError } from 'zod'
import { streamOf } from '../../src/application/ledger.ts'
import { StoreUnavailable } from '../../src/application/ports/event-log.ts'
import { right } from '../../src/domain/kernel/fp.ts'
import { revisionConflict } from '../../src/domain/kernel/refusal.ts'
import { countingLog, faultyLog, heldBack, wrapLog } from '../support/logs.ts'
import { commandWith, full, ledgerOver, mark, markBelow, newLog, tally } from '../support/tally.ts'

describe('Within one node', () => {
  test('the changes of one stream queue, and those that queued up share an append', async () => {
    await using store = await newLog()
    const log = countingLog(store.log)
    const ledger = ledgerOver(log)
    const labels = Array.from({ length: 50 }, (_, index) => String(index))
    const outcomes = await Promise.all(
      labels.map((label) => ledger.change(tally, '1', commandWith(), mark(label))),
    )
    // The first does not wait for others; the other 49 came meanwhile.
    expect(log.counts).toMatchObject({ appends: 2, refused: 0 })
    expect((await ledger.load(tally, '1')).state).toStrictEqual(labels)
    expect(outcomes).toMatchObject(
      labels.map((_, index) => right({ state: labels.slice(0, index + 1), revision: index })),
    )
  })

  test('each is decided upon what those before it leave', async () => {
    await using store = await newLog()
    const ledger = ledgerOver(store.log)
    const outcomes = await Promise.all(
      ['a', 'b', 'c', 'd'].map((label) => ledger.change(tally, '1', commandWith(), markBelow(2, label))),
    )
    expect(outcomes).toMatchObject([
      right({ state: ['a'] }),
      right({ state: ['a', 'b'] }),
      { _tag: 'Left', left: full },
      { _tag: 'Left', left: full },
    ])
  })

  test('of those that are for one revision, the first is done and the others are refused', async () => {
    await using store = await newLog()
    const ledger = ledgerOver(store.log)
    await ledger.change(tally, '1', commandWith(), mark('first'))
    const outcomes = await Promise.all(
      ['a', 'b', 'c'].map((label) =>
        ledger.change(tally, '1', commandWith(), mark(label), { ifRevision: 0 }),
      ),
    )
    expect(outcomes).toMatchObject([
      right({ state: ['first', 'a'] }),
      { _tag: 'Left', left: revisionConflict(0, 1) },
      { _tag: 'Left', left: revisionConflict(0, 1) },
    ])
  })

  test('all that share an append are decided anew where another node was faster', async () => {
    await using store = await newLog()
    const other = ledgerOver(store.log)
    let appends = 0
    const log = wrapLog(store.log, {
      append:
        (...args) =>
        async () => {
          appends += 1
          if (appends === 2) await other.change(tally, '1', commandWith(), mark('theirs'))
          return store.log.append(...args)()
        },
    })
    const ledger = ledgerOver(log)
    const outcomes = await Promise.all(
      ['a', 'b', 'c', 'd'].map((label) => ledger.change(tally, '1', commandWith(), markBelow(3, label))),
    )
    expect(outcomes).toMatchObject([
      right({ state: ['a'] }),
      right({ state: ['a', 'theirs', 'b'], revision: 2 }),
      { _tag: 'Left', left: full },
      { _tag: 'Left', left: full },
    ])
  })

  test('a stream does not wait for another', async () => {
    await using store = await newLog()
    const log = heldBack(store.log, streamOf(tally, 'slow'))
    const ledger = ledgerOver(log)
    const slow = ledger.change(tally, 'slow', commandWith(), mark('a'))
    expect(await ledger.change(tally, 'quick', commandWith(), mark('b'))).toMatchObject(
      right({ state: ['b'] }),
    )
    log.goOn()
    expect(await slow).toMatchObject(right({ state: ['a'] }))
  })

  test('a bug in the deciding of one is no business of the others', async () => {
    await using store = await newLog()
    const ledger = ledgerOver(store.log)
    const outcomes = await Promise.allSettled([
      ledger.change(tally, '1', commandWith(), mark('a')),
      ledger.change(tally, '1', commandWith(), mark('b')),
      ledger.change(tally, '1', commandWith(), () => {
        throw new Error('a bug')
      }),
      // Not what the schema of the event takes.
      ledger.change(tally, '1', commandWith(), () =>
        right([{ type: 'MarkMade', data: { label: 7 as never } }]),
      ),
      ledger.change(tally, '1', commandWith(), mark('c')),
    ])
    expect(outcomes).toMatchObject([
      { status: 'fulfilled', value: right({ state: ['a'] }) },
      { status: 'fulfilled', value: right({ state: ['a', 'b'] }) },
      { status: 'rejected', reason: new Error('a bug') },
      { status: 'rejected', reason: expect.any(ZodError) },
      { status: 'fulfilled', value: right({ state: ['a', 'b', 'c'], revision: 2 }) },
    ])
  })

  test('an append that fails is told to those who waited behind it as well; who comes after that is served', async () => {
    await using store = await newLog()
    const ledger = ledgerOver(faultyLog(store.log, { nth: 1, when: 'BEFORE' }))
    const outcomes = await Promise.allSettled([
      ledger.change(tally, '1', commandWith(), mark('a')),
      ledger.change(tally, '1', commandWith(), mark('b')),
    ])
    const refused = { status: 'rejected', reason: expect.any(StoreUnavailable) }
    expect(outcomes).toMatchObject([refused, refused])
    expect(await ledger.change(tally, '1', commandWith(), mark('c'))).toMatchObject(
      right({ state: ['c'], revision: 0 }),
    )
  })
})
