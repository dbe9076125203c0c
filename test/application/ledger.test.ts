import { describe, expect, test } from 'vitest'
import { streamOf } from '../../src/application/ledger.ts'
import { Busy } from '../../src/application/outages.ts'
import { right } from '../../src/domain/kernel/fp.ts'
import { revisionConflict } from '../../src/domain/kernel/refusal.ts'
import { alwaysLate, countingLog, overtaken, wrapLog } from '../support/logs.ts'
import {
  commandWith,
  full,
  ledgerOver,
  made,
  mark,
  markBelow,
  markOnce,
  newLog,
  tally,
} from '../support/tally.ts'

describe('A change', () => {
  test('appends what was decided, and gives the state, the revision and the position after it', async () => {
    await using store = await newLog()
    const ledger = ledgerOver(store.log)
    const changed = await ledger.change(tally, '1', commandWith(), mark('a', 'b'))
    expect(changed).toMatchObject(right({ state: ['a', 'b'], revision: 1, position: await store.log.head() }))
    expect(await ledger.load(tally, '1')).toMatchObject({ state: ['a', 'b'], revision: 1 })
  })

  test('records who, why and when, and an id for each event that follows from the command', async () => {
    await using store = await newLog()
    const command = { ...commandWith('00000000-0000-4000-8000-000000000001', 'hash'), reason: 'Because.' }
    await ledgerOver(store.log).change(tally, '1', command, mark('a'))
    const [event] = await store.log.readStream(streamOf(tally, '1'), { direction: 'forwards', limit: 2 })
    expect(event).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-5/),
      type: 'MarkMade',
      data: { label: 'a' },
      stream: 'tally-1',
      revision: 0,
    })
    expect(event?.metadata).toStrictEqual({
      actor: { id: 'somebody', kind: 'USER' },
      reason: 'Because.',
      correlationId: 'correlation',
      requestId: 'request',
      occurredAt: '2026-03-01T00:00:00.000Z',
      commandId: '00000000-0000-4000-8000-000000000001',
      inputHash: 'hash',
      schemaVersion: 1,
    })
  })

  test('that is refused writes nothing', async () => {
    await using store = await newLog()
    const ledger = ledgerOver(store.log)
    expect(await ledger.change(tally, '1', commandWith(), markBelow(0, 'a'))).toStrictEqual({
      _tag: 'Left',
      left: full,
    })
    expect(await store.log.head()).toBe(0n)
  })

  test('to what is already so writes nothing, and gives the position of what made it so', async () => {
    await using store = await newLog()
    const ledger = ledgerOver(store.log)
    await ledger.change(tally, '1', commandWith(), mark('a'))
    const position = await store.log.head()
    await ledger.change(tally, '2', commandWith(), mark('b'))
    expect(await ledger.change(tally, '1', commandWith(), markOnce('a'))).toMatchObject(
      right({ state: ['a'], revision: 0, position }),
    )
  })

  test('of another revision than it is for is refused with the current one', async () => {
    await using store = await newLog()
    const ledger = ledgerOver(store.log)
    await ledger.change(tally, '1', commandWith(), mark('a', 'b'))
    const change = (ifRevision: number | null) =>
      ledger.change(tally, '1', commandWith(), markBelow(2, 'c'), { ifRevision })
    expect(await change(0)).toStrictEqual({ _tag: 'Left', left: revisionConflict(0, 1) })
    expect(await change(2)).toStrictEqual({ _tag: 'Left', left: revisionConflict(2, 1) })
    // Only then is the state looked at.
    expect(await change(1)).toStrictEqual({ _tag: 'Left', left: full })
    expect(await change(null)).toStrictEqual({ _tag: 'Left', left: full })
  })
})

describe('Where another node was faster', () => {
  test('a change is decided anew on what is there then', async () => {
    await using store = await newLog()
    const other = ledgerOver(store.log)
    const log = countingLog(
      overtaken(store.log, () => other.change(tally, '1', commandWith(), mark('theirs'))),
    )
    expect(await ledgerOver(log).change(tally, '1', commandWith(), mark('ours'))).toMatchObject(
      right({ state: ['theirs', 'ours'], revision: 1 }),
    )
    expect(log.counts).toMatchObject({ appends: 2, refused: 1 })
  })

  test('a change may find that it is refused now', async () => {
    await using store = await newLog()
    const other = ledgerOver(store.log)
    const log = overtaken(store.log, () => other.change(tally, '1', commandWith(), mark('theirs')))
    expect(await ledgerOver(log).change(tally, '1', commandWith(), markBelow(1, 'ours'))).toStrictEqual({
      _tag: 'Left',
      left: full,
    })
  })

  test('a change for one revision is refused, for it is of that revision no more', async () => {
    await using store = await newLog()
    const other = ledgerOver(store.log)
    await other.change(tally, '1', commandWith(), mark('first'))
    const log = overtaken(store.log, () => other.change(tally, '1', commandWith(), mark('theirs')))
    expect(
      await ledgerOver(log).change(tally, '1', commandWith(), mark('ours'), { ifRevision: 0 }),
    ).toStrictEqual({ _tag: 'Left', left: revisionConflict(0, 1) })
  })

  test('again and again, a change is given up as Busy after eight attempts, having written nothing', async () => {
    await using store = await newLog()
    const log = alwaysLate(store.log)
    const ledger = ledgerOver(log)
    await expect(ledger.change(tally, '1', commandWith(), mark('a'))).rejects.toThrow(Busy)
    expect(log.attempts()).toBe(8)
    expect(await store.log.head()).toBe(0n)
  })

  test('a load shows what it wrote, whatever is remembered here', async () => {
    await using store = await newLog()
    const [here, there] = [ledgerOver(store.log), ledgerOver(store.log)]
    await here.change(tally, '1', commandWith(), mark('a'))
    await there.change(tally, '1', commandWith(), mark('b'))
    expect(await here.load(tally, '1')).toMatchObject({ state: ['a', 'b'], revision: 1 })
  })
})

describe('A load', () => {
  test('only what came since is read', async () => {
    await using store = await newLog()
    const other = ledgerOver(store.log)
    const log = countingLog(store.log)
    const ledger = ledgerOver(log)
    await other.change(tally, '1', commandWith(), mark('a', 'b', 'c'))
    await ledger.load(tally, '1')
    expect(log.counts).toMatchObject({ reads: 1, events: 3 })
    await ledger.load(tally, '1')
    expect(log.counts).toMatchObject({ reads: 2, events: 3 })
    await other.change(tally, '1', commandWith(), mark('d'))
    await ledger.load(tally, '1')
    expect(log.counts).toMatchObject({ reads: 3, events: 4 })
    await ledger.change(tally, '1', commandWith(), mark('e'))
    await ledger.load(tally, '1')
    expect(log.counts).toMatchObject({ events: 4 })
  })

  test('a stream longer than a page is read to its end', async () => {
    await using store = await newLog()
    const labels = Array.from({ length: 2_345 }, (_, index) => String(index))
    await ledgerOver(store.log).change(tally, '1', commandWith(), mark(...labels))
    const log = countingLog(store.log)
    const { state, revision } = await ledgerOver(log).load(tally, '1')
    expect(state).toStrictEqual(labels)
    expect(revision).toBe(2_344)
    expect(log.counts).toMatchObject({ reads: 3, events: 2_345 })
  })
})

test('A stream that cannot be read is no state to decide on', async () => {
  await using store = await newLog()
  await ledgerOver(store.log).change(tally, '1', commandWith(), mark('a'))
  const log = wrapLog(store.log, {
    readStream: async (...args) =>
      (await store.log.readStream(...args)).map((event) => ({ ...event, type: 'MarkErased' })),
  })
  await expect(ledgerOver(log).load(tally, '1')).rejects.toThrow(
    'tally-1 cannot be read at revision 0: There is no event type MarkErased in this program.',
  )
})

test('An event of its own making is read back as it was decided', async () => {
  await using store = await newLog()
  await ledgerOver(store.log).change(tally, '1', commandWith(), mark('a'))
  const [event] = await store.log.readStream(streamOf(tally, '1'), { direction: 'forwards', limit: 1 })
  expect({ type: event?.type, data: event?.data }).toStrictEqual(made('a'))
})
