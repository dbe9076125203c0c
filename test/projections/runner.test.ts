import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { START } from '../../src/domain/kernel/recorded.ts'
import type { SqlDatabase } from '../../src/projections/projection.ts'
import {
  come,
  guestList,
  guestsIn,
  indexesIn,
  names,
  newWorld,
  settled,
  statusOf,
  WAIT_MS,
} from '../support/projections.ts'
import { testSize } from '../support/size.ts'

describe('A projection', () => {
  test('is live at once over an empty log, with its indexes', async () => {
    const world = await newWorld()
    const runner = await world.run([guestList('guests')])
    expect(runner.status()).toEqual([
      { name: 'guests', state: 'LIVE', position: START, head: START, progress: 1 },
    ])
    expect(indexesIn(runner.database('guests'))).toEqual(['guests_by_name'])
  })

  test('applies what is there, then what comes', async () => {
    const world = await newWorld()
    await come(world, ['Ann', 'Bob'])
    const runner = await world.run([guestList('guests')])
    const position = await come(world, ['Cid'])
    await runner.waitFor('guests', position, WAIT_MS)
    await settled(runner, 'guests')
    expect(guestsIn(runner.database('guests'))).toEqual(['Ann', 'Bob', 'Cid'])
    expect(runner.status()).toEqual([
      { name: 'guests', state: 'LIVE', position, head: position, progress: 1 },
    ])
  })

  test('goes on from its checkpoint after a restart, applying nothing twice', async () => {
    const world = await newWorld()
    const first = await world.run([guestList('guests')])
    await first.waitFor('guests', await come(world, ['Ann']), WAIT_MS)
    await first.stop()
    const position = await come(world, ['Bob'])
    const second = await world.run([guestList('guests')])
    await second.waitFor('guests', position, WAIT_MS)
    expect(guestsIn(second.database('guests'))).toEqual(['Ann', 'Bob'])
  })

  test('is live at once after a restart where nothing came in between', async () => {
    const world = await newWorld()
    const first = await world.run([guestList('guests')])
    const position = await come(world, ['Ann'])
    await first.waitFor('guests', position, WAIT_MS)
    await first.stop()
    const second = await world.run([guestList('guests')])
    expect(second.status()).toEqual([
      { name: 'guests', state: 'LIVE', position, head: position, progress: 1 },
    ])
  })

  test('that is stopped and started at any time ends as one that never was', async () => {
    const rounds = fc.array(fc.record({ comes: fc.nat(12), batchSize: fc.integer({ min: 1, max: 7 }) }), {
      minLength: 1,
      maxLength: 6,
    })
    const world = await newWorld()
    let number = 0
    await fc.assert(
      fc.asyncProperty(rounds, async (plan) => {
        number += 1
        const name = `guests-${number}`
        for (const { comes, batchSize } of plan) {
          const runner = await world.run([guestList(name)], { batchSize })
          for (const guest of names(comes)) await come(world, [guest])
          await runner.stop()
        }
        const runner = await world.run([guestList(name)])
        await runner.waitFor(name, await world.log.head(), WAIT_MS)
        const all = await world.log.readAll({ after: START, limit: 1_000_000 })
        expect(guestsIn(runner.database(name))).toEqual(all.map(({ data }) => data['name']))
        await runner.stop()
      }),
      { numRuns: testSize(8, 100) },
    )
  })
})

describe('A read model is built anew', () => {
  test('where the version of its projection changed, and its progress can be seen', async () => {
    const world = await newWorld()
    const position = await come(world, names(40))
    const old = await world.run([guestList('guests')])
    await old.waitFor('guests', position, WAIT_MS)
    old.database('guests').exec(`UPDATE guests SET name = 'of an old version'`)
    await old.stop()
    const linesBefore = world.lines.length

    const runner = await world.run([guestList('guests', 2)], { batchSize: 4 })
    expect(runner.status()).toEqual([
      { name: 'guests', state: 'CATCHING_UP', position: START, head: position, progress: 0 },
    ])
    await runner.waitFor('guests', position, WAIT_MS)
    expect(guestsIn(runner.database('guests'))).toEqual(names(40))
    await settled(runner, 'guests')
    const percent = (tenth: number) => ({
      projection: 'guests',
      position: String(4 * tenth),
      percent: 10 * tenth,
    })
    expect(world.lines.slice(linesBefore)).toEqual([
      {
        level: 'info',
        message: 'a read model is built anew',
        fields: { projection: 'guests', reason: 'it was of version 1, not 2' },
      },
      ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((tenth) => ({
        level: 'info',
        message: 'a projection is catching up',
        fields: percent(tenth),
      })),
      { level: 'info', message: 'a projection is live', fields: { projection: 'guests', position: '40' } },
    ])
  })

  test('where it is ahead of the log: it was the reading of another', async () => {
    const world = await newWorld()
    const other = await newWorld()
    const ahead = await other.run([guestList('guests')], { readModels: world.readModels })
    await ahead.waitFor('guests', await come(other, names(9)), WAIT_MS)
    await ahead.stop()
    const position = await come(world, ['Ann'])
    const runner = await world.run([guestList('guests')])
    await runner.waitFor('guests', position, WAIT_MS)
    expect(guestsIn(runner.database('guests'))).toEqual(['Ann'])
    expect(statusOf(runner, 'guests')?.position).toBe(position)
  })

  test('where its file holds no checkpoint', async () => {
    const world = await newWorld()
    const db = world.readModels.open('guests')
    db.exec('CREATE TABLE guests (something_else TEXT)')
    db.close()
    const position = await come(world, ['Ann'])
    const runner = await world.run([guestList('guests')])
    await runner.waitFor('guests', position, WAIT_MS)
    expect(guestsIn(runner.database('guests'))).toEqual(['Ann'])
  })
})

describe('Indexes', () => {
  test('are built when an empty read model has caught up, before it counts as live', async () => {
    const world = await newWorld()
    const position = await come(world, names(20))
    const runner = await world.run([guestList('guests')], { batchSize: 1 })
    const seen = new Set<string>()
    while (statusOf(runner, 'guests')?.state === 'CATCHING_UP') {
      seen.add(`${statusOf(runner, 'guests')?.state} ${indexesIn(runner.database('guests')).length}`)
      await nextTurn()
    }
    seen.add(`${statusOf(runner, 'guests')?.state} ${indexesIn(runner.database('guests')).length}`)
    expect([...seen]).toEqual(['CATCHING_UP 0', 'LIVE 1'])
    expect(statusOf(runner, 'guests')?.position).toBe(position)
  })

  test('are not built yet where the head was reached that there was long ago', async () => {
    const world = await newWorld()
    await come(world, names(20))
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    const runner = await world.run([guestList('guests')], { batchSize: 1 })
    const at = async (position: bigint) => {
      while (statusOf(runner, 'guests')?.position !== position) await nextTurn()
      return [statusOf(runner, 'guests')?.state, indexesIn(runner.database('guests')).length]
    }
    await at(10n)
    await come(world, names(20))
    vi.advanceTimersByTime(1_001)
    expect(await at(30n)).toEqual(['CATCHING_UP', 0])
    await settled(runner, 'guests')
    expect(await at(40n)).toEqual(['LIVE', 1])
  })

  test('that were not built before a stop are built after the next start', async () => {
    const world = await newWorld()
    await come(world, names(20))
    const first = await world.run([guestList('guests')], { batchSize: 1 })
    while (statusOf(first, 'guests')?.position !== 10n) await nextTurn()
    await first.stop()
    const second = await world.run([guestList('guests')])
    await settled(second, 'guests')
    expect(indexesIn(second.database('guests'))).toEqual(['guests_by_name'])
    expect(guestsIn(second.database('guests'))).toEqual(names(20))
  })

  test.each([0, 3])('that cannot be built stop the projection, with %d events in the log', async (count) => {
    const world = await newWorld()
    if (count > 0) await come(world, names(count))
    const runner = await world.run([
      { ...guestList('guests'), indexes: 'CREATE INDEX nonsense ON nobody (name)' },
      guestList('others'),
    ])
    await settled(runner, 'guests')
    await settled(runner, 'others')
    expect(runner.status().map(({ name, state, position }) => [name, state, position])).toEqual([
      ['guests', 'STOPPED', BigInt(count)],
      ['others', 'LIVE', BigInt(count)],
    ])
    expect(statusOf(runner, 'guests')?.reason).toContain('no such table: main.nobody')
  })
})

describe('Catching up', () => {
  test('lets the event loop turn while several projections do so, one batch of one of them a turn', async () => {
    const world = await newWorld()
    const position = await come(world, names(60))
    let turn = 0
    let counting = true
    const count = (): void => {
      turn += 1
      if (counting) setImmediate(count)
    }
    onTestFinished(() => {
      counting = false
    })
    count()
    const turns = new Map<number, Set<string>>()
    const noting = (name: string) => ({
      ...guestList(name),
      applier: (db: SqlDatabase) => {
        const apply = guestList(name).applier(db)
        return (event: Parameters<typeof apply>[0]) => {
          turns.set(turn, (turns.get(turn) ?? new Set()).add(`${name} ${event.revision >> 2}`))
          apply(event)
        }
      },
    })
    const projections = ['a', 'b', 'c'].map(noting)
    const runner = await world.run(projections, { batchSize: 4 })
    await Promise.all(projections.map(({ name }) => runner.waitFor(name, position, WAIT_MS)))
    expect([...turns.values()].filter(({ size }) => size > 1)).toEqual([])
    // Where the machine is slow, a batch may take more than one.
    expect(turns.size).toBeGreaterThanOrEqual(45)
  })
})

test('Stopping closes the read models, and a second time does nothing', async () => {
  const world = await newWorld()
  const runner = await world.run([guestList('guests')])
  const db = runner.database('guests')
  await Promise.all([runner.stop(), runner.stop()])
  expect(() => db.prepare('SELECT 1')).toThrow('database is not open')
})
