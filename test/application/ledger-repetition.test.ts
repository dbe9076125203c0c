import { describe, expect, test } from 'vitest'
import { StoreUnavailable } from '../../src/application/ports/event-log.ts'
import { right } from '../../src/domain/kernel/fp.ts'
import { START } from '../../src/domain/kernel/recorded.ts'
import { idempotencyConflict } from '../../src/domain/kernel/refusal.ts'
import { faultyLog } from '../support/logs.ts'
import { commandWith, ledgerOver, mark, markBelow, markOnce, newLog, tally } from '../support/tally.ts'

describe('A command that came before', () => {
  const id = '00000000-0000-4000-8000-000000000001'

  test('with the same input changes nothing and gives the thing as it is now', async () => {
    await using store = await newLog()
    const ledger = ledgerOver(store.log)
    await ledger.change(tally, '1', commandWith(id, 'hash'), mark('a'))
    await ledger.change(tally, '1', commandWith(), mark('b'))
    expect(await ledger.change(tally, '1', commandWith(id, 'hash'), mark('a'))).toMatchObject(
      right({ state: ['a', 'b'], revision: 1, position: await store.log.head() }),
    )
  })

  test('with another input is refused', async () => {
    await using store = await newLog()
    const ledger = ledgerOver(store.log)
    await ledger.change(tally, '1', commandWith(id, 'hash'), mark('a'))
    expect(await ledger.change(tally, '1', commandWith(id, 'other'), mark('b'))).toStrictEqual({
      _tag: 'Left',
      left: idempotencyConflict(),
    })
    expect(await ledger.change(tally, '1', commandWith(id), mark('b'))).toStrictEqual({
      _tag: 'Left',
      left: idempotencyConflict(),
    })
  })

  test('is known before the revision and the state are looked at', async () => {
    await using store = await newLog()
    const ledger = ledgerOver(store.log)
    await ledger.change(tally, '1', commandWith(id, 'hash'), markBelow(1, 'a'), { ifRevision: null })
    const again = (hash: string) =>
      ledger.change(
        tally,
        '1',
        commandWith(id, hash),
        () => {
          throw new Error('There is nothing left to decide')
        },
        { ifRevision: 17 },
      )
    expect(await again('hash')).toMatchObject(right({ state: ['a'] }))
    expect(await again('other')).toStrictEqual({ _tag: 'Left', left: idempotencyConflict() })
  })

  test('is known to every node, and after a restart', async () => {
    await using store = await newLog()
    const [here, there] = [ledgerOver(store.log), ledgerOver(store.log)]
    await there.load(tally, '1')
    await here.change(tally, '1', commandWith(id, 'hash'), mark('a', 'b'))
    for (const ledger of [there, ledgerOver(store.log)])
      expect(await ledger.change(tally, '1', commandWith(id, 'hash'), mark('a', 'b'))).toMatchObject(
        right({ state: ['a', 'b'], revision: 1 }),
      )
  })

  test('and gave no event is not remembered', async () => {
    await using store = await newLog()
    const ledger = ledgerOver(store.log)
    await ledger.change(tally, '1', commandWith(), mark('a'))
    await ledger.change(tally, '1', commandWith(id, 'hash'), markOnce('a'))
    expect(await ledger.change(tally, '1', commandWith(id, 'other'), mark('b'))).toMatchObject(
      right({ state: ['a', 'b'] }),
    )
  })

  test('and was refused is not remembered', async () => {
    await using store = await newLog()
    const ledger = ledgerOver(store.log)
    await ledger.change(tally, '1', commandWith(id, 'hash'), markBelow(0, 'a'))
    expect(await ledger.change(tally, '1', commandWith(id, 'other'), mark('b'))).toMatchObject(
      right({ state: ['b'] }),
    )
  })

  test('without an idempotencyKey is not remembered', async () => {
    await using store = await newLog()
    const ledger = ledgerOver(store.log)
    await ledger.change(tally, '1', commandWith(), mark('a'))
    expect((await ledger.load(tally, '1')).commands.size).toBe(0)
  })

  test('to another stream is new there', async () => {
    await using store = await newLog()
    const ledger = ledgerOver(store.log)
    await ledger.change(tally, '1', commandWith(id, 'hash'), mark('a'))
    expect(await ledger.change(tally, '2', commandWith(id, 'hash'), mark('b'))).toMatchObject(
      right({ state: ['b'] }),
    )
  })

  test('and waits with others behind the first is done once', async () => {
    await using store = await newLog()
    const ledger = ledgerOver(store.log)
    const outcomes = await Promise.all([
      ledger.change(tally, '1', commandWith(), mark('before')),
      ledger.change(tally, '1', commandWith(id, 'hash'), mark('a')),
      ledger.change(tally, '1', commandWith(id, 'hash'), mark('a')),
      ledger.change(tally, '1', commandWith(id, 'other'), mark('b')),
    ])
    expect(outcomes).toMatchObject([
      right({ state: ['before'] }),
      right({ state: ['before', 'a'] }),
      right({ state: ['before', 'a'] }),
      { _tag: 'Left', left: idempotencyConflict() },
    ])
  })

  test('is done once though its acknowledgement was lost', async () => {
    await using store = await newLog()
    const ledger = ledgerOver(faultyLog(store.log, { nth: 1, when: 'AFTER' }))
    const change = () => ledger.change(tally, '1', commandWith(id, 'hash'), mark('a'))
    await expect(change()).rejects.toThrow(StoreUnavailable)
    expect(await change()).toMatchObject(right({ state: ['a'], revision: 0 }))
  })

  test('and comes to two nodes at once is done once', async () => {
    await using store = await newLog()
    const nodes = [ledgerOver(store.log), ledgerOver(store.log)]
    const outcomes = await Promise.all(
      nodes.map((ledger) => ledger.change(tally, '1', commandWith(id, 'hash'), mark('a'))),
    )
    expect(outcomes).toMatchObject([right({ state: ['a'] }), right({ state: ['a'] })])
    expect(await store.log.readAll({ after: START, limit: 10 })).toHaveLength(1)
  })

  test('and comes to two nodes at once with different inputs is done for one of them', async () => {
    await using store = await newLog()
    const nodes = ['one', 'other'].map((input) => ({ input, ledger: ledgerOver(store.log) }))
    const outcomes = await Promise.all(
      nodes.map(({ input, ledger }) => ledger.change(tally, '1', commandWith(id, input), mark(input))),
    )
    expect(outcomes).toMatchObject([right({ state: ['one'] }), { _tag: 'Left', left: idempotencyConflict() }])
    for (const { ledger } of nodes)
      expect(await ledger.load(tally, '1')).toMatchObject({ state: ['one'], revision: 0 })
  })
})
