import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type EventLog, StoreUnavailable } from '../../src/application/ports/event-log.ts'
import { type Position, START } from '../../src/domain/kernel/recorded.ts'
import type { ReadModels, SqlDatabase } from '../../src/projections/projection.ts'
import { appendEach, newEvent, newStream, someMetadata } from '../support/events.ts'
import { wrapLog } from '../support/logs.ts'
import {
  come,
  guestCame,
  guestList,
  guestsIn,
  newWorld,
  settled,
  statusOf,
  WAIT_MS,
  type World,
} from '../support/projections.ts'

describe('Rows and checkpoint change in one transaction', () => {
  /** Read models whose transactions die after the rows, before the checkpoint, or at the commit, once. */
  const dying = (readModels: ReadModels, fatal: string): ReadModels => {
    const wrap = (db: SqlDatabase): SqlDatabase => ({
      exec: (sql) => db.exec(sql),
      close: () => db.close(),
      prepare: (sql) => {
        const statement = db.prepare(sql)
        if (!sql.startsWith(fatal)) return statement
        return {
          run: () => {
            throw new Error('power loss')
          },
          get: (...values) => statement.get(...values),
          all: (...values) => statement.all(...values),
          setReadBigInts: (enabled) => statement.setReadBigInts(enabled),
          setReturnArrays: (enabled) => statement.setReturnArrays(enabled),
          iterate: (...values) => statement.iterate(...values),
        }
      },
    })
    return {
      ...readModels,
      open: (name) => wrap(readModels.open(name)),
      openEmpty: (name) => wrap(readModels.openEmpty(name)),
    }
  }

  test.each(['UPDATE _checkpoint SET position', 'COMMIT'])(
    'so that neither is kept where %s fails, and a restart applies each event once',
    async (fatal) => {
      const world = await newWorld()
      const position = await come(world, ['Ann', 'Bob'])
      const dead = await world.run([guestList('guests')], { readModels: dying(world.readModels, fatal) })
      await settled(dead, 'guests')
      expect(statusOf(dead, 'guests')?.position).toBe(START)
      expect(statusOf(dead, 'guests')?.reason).toContain('power loss')
      expect(guestsIn(dead.database('guests'))).toEqual([])
      await dead.stop()
      const alive = await world.run([guestList('guests')])
      await alive.waitFor('guests', position, WAIT_MS)
      expect(guestsIn(alive.database('guests'))).toEqual(['Ann', 'Bob'])
    },
  )
})

describe('An event that cannot be applied', () => {
  const stream = newStream('party')
  const poisoned = async (world: World): Promise<Position> =>
    appendEach(world.log, stream, ['Ann', 'Bob', 'Eve', 'Fay'].map(guestCame))
  const reason = `GuestCame at position 3, revision 2 of ${stream}, cannot be applied: Eve is not welcome`

  test('stops its projection at exactly the event before, with the reason, and no other', async () => {
    const world = await newWorld()
    const head = await poisoned(world)
    const runner = await world.run([guestList('strict', 1, 'Eve'), guestList('open')])
    await runner.waitFor('open', head, WAIT_MS)
    await settled(runner, 'strict')
    await settled(runner, 'open')
    expect(runner.status()).toEqual([
      { name: 'strict', state: 'STOPPED', position: 2n, head, progress: 0.5, reason },
      { name: 'open', state: 'LIVE', position: head, head, progress: 1 },
    ])
    expect(guestsIn(runner.database('strict'))).toEqual(['Ann', 'Bob'])
    expect(guestsIn(runner.database('open'))).toEqual(['Ann', 'Bob', 'Eve', 'Fay'])
    expect(world.lines.filter(({ level }) => level === 'error')).toEqual([
      {
        level: 'error',
        message: 'a projection stopped and needs a look',
        fields: { projection: 'strict', position: '2', reason },
      },
    ])
    await runner.waitFor('open', await come(world, ['Gus']), WAIT_MS)
    expect(statusOf(runner, 'strict')?.position).toBe(2n)
  })

  test('does so to a live projection, too, while others go on', async () => {
    const world = await newWorld()
    const runner = await world.run([guestList('strict', 1, 'Eve'), guestList('open')])
    await come(world, ['Ann', 'Bob', 'Eve', 'Fay'])
    while (statusOf(runner, 'strict')?.state === 'LIVE' || statusOf(runner, 'open')?.position !== 4n)
      await nextTurn()
    expect(runner.status().map(({ state, position, head }) => ({ state, position, head }))).toEqual([
      { state: 'STOPPED', position: 2n, head: 4n },
      { state: 'LIVE', position: 4n, head: 4n },
    ])
    expect(guestsIn(runner.database('strict'))).toEqual(['Ann', 'Bob'])
  })

  test('is tried again after a restart, and then the rest is applied', async () => {
    const world = await newWorld()
    const head = await poisoned(world)
    const first = await world.run([guestList('strict', 1, 'Eve')])
    await settled(first, 'strict')
    await first.stop()
    const second = await world.run([guestList('strict', 1, 'Eve')])
    await settled(second, 'strict')
    expect(statusOf(second, 'strict')?.state).toBe('STOPPED')
    await second.stop()
    const healed = await world.run([guestList('strict')])
    await healed.waitFor('strict', head, WAIT_MS)
    expect(guestsIn(healed.database('strict'))).toEqual(['Ann', 'Bob', 'Eve', 'Fay'])
  })

  test.each([
    [
      'is of a type that there is not',
      newEvent({}, 'NobodyKnows', someMetadata),
      'There is no event type NobodyKnows',
    ],
    ['does not fit its schema', newEvent({ name: 1 }, 'GuestCame', someMetadata), 'does not fit its schema'],
    ['has no metadata', newEvent({ name: 'Eve' }, 'GuestCame'), 'The metadata does not fit'],
    [
      'is of a later version',
      newEvent({ name: 'Eve' }, 'GuestCame', { ...someMetadata, schemaVersion: 2 }),
      'GuestCame has versions 1 to 1, not 2',
    ],
  ])('because it %s stops every projection before it', async (_, event, why) => {
    const world = await newWorld()
    await appendEach(world.log, newStream(), [guestCame('Ann'), event, guestCame('Bob')])
    const runner = await world.run([guestList('guests'), guestList('others')])
    for (const name of ['guests', 'others']) {
      await settled(runner, name)
      const status = statusOf(runner, name)
      expect([status?.state, status?.position]).toEqual(['STOPPED', 1n])
      expect(status?.reason).toContain(why)
      expect(guestsIn(runner.database(name))).toEqual(['Ann'])
    }
  })

  test('leaves no trace in what a projection remembers', async () => {
    const world = await newWorld()
    await poisoned(world)
    const counting = guestList('strict')
    const runner = await world.run([
      {
        ...counting,
        applier: (db) => {
          const insert = db.prepare('INSERT INTO guests (name) VALUES (?)')
          let count = 0
          return (event) => {
            count += 1
            if (event.revision === 2) throw new Error('not this one')
            insert.run(`${count}`)
          }
        },
      },
    ])
    await settled(runner, 'strict')
    expect(guestsIn(runner.database('strict'))).toEqual(['1', '2'])
  })
})

describe('An outage of the log', () => {
  /** A log whose subscriptions break, each before handing anything over, until it is well again. */
  const breaking = (log: EventLog, times: number): EventLog & { readonly left: () => number } => {
    let left = times
    const broken = wrapLog(log, {
      subscribeAll: (options) => {
        if (left === 0) return log.subscribeAll(options)
        left -= 1
        const ended = Promise.reject(new StoreUnavailable('no route to the log'))
        ended.catch(() => undefined)
        return { ended, stop: async () => undefined }
      },
    })
    return { ...broken, left: () => left }
  }

  test('is waited out, and the projection goes on where it was', async () => {
    const world = await newWorld()
    await come(world, ['Ann'])
    const log = breaking(world.log, 2)
    const runner = await world.run([guestList('guests')], { log })
    const position = await come(world, ['Bob'])
    while (log.left() === 2) await nextTurn()
    await nextTurn()
    expect(statusOf(runner, 'guests')).toMatchObject({ state: 'CATCHING_UP', reason: 'no route to the log' })
    await runner.waitFor('guests', position, WAIT_MS)
    await settled(runner, 'guests')
    expect(runner.status()).toEqual([
      { name: 'guests', state: 'LIVE', position, head: position, progress: 1 },
    ])
    expect(guestsIn(runner.database('guests'))).toEqual(['Ann', 'Bob'])
    expect(world.lines.filter(({ level }) => level === 'warn')).toHaveLength(2)
    expect(world.lines.filter(({ level }) => level === 'error')).toEqual([])
  })

  test('does not keep the runner from stopping', async () => {
    const world = await newWorld()
    const runner = await world.run([guestList('guests')], { log: breaking(world.log, 1_000) })
    await nextTurn()
    expect(await runner.stop()).toBeUndefined()
  })

  test('at the start is an outage of the start', async () => {
    const world = await newWorld()
    await world.log.close()
    const log = { ...breaking(world.log, 0), head: () => Promise.reject(new StoreUnavailable('down')) }
    await expect(world.run([guestList('guests')], { log })).rejects.toThrow(StoreUnavailable)
  })

  test('by which the log is closed stops the projections', async () => {
    const world = await newWorld()
    const runner = await world.run([guestList('guests')])
    await nextTurn()
    await nextTurn()
    await world.log.close()
    await nextTurn()
    expect(statusOf(runner, 'guests')).toMatchObject({ state: 'STOPPED', reason: 'the event log was closed' })
  })
})
