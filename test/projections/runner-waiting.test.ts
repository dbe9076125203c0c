import { describe, expect, test } from 'vitest'
import { type Position, START } from '../../src/domain/kernel/recorded.ts'
import { ProjectionBehind } from '../../src/projections/runner.ts'
import {
  come,
  guestList,
  guestsIn,
  names,
  newWorld,
  settled,
  statusOf,
  WAIT_MS,
} from '../support/projections.ts'
import { testSize } from '../support/size.ts'

describe('Waiting for a position', () => {
  const failure = (promise: Promise<void>): Promise<unknown> =>
    promise.then(
      () => 'resolved',
      (error: unknown) => error,
    )

  test('that is passed already resolves, whatever became of the projection since', async () => {
    const world = await newWorld()
    const position = await come(world, ['Ann'])
    await come(world, ['Eve'])
    const runner = await world.run([guestList('guests', 1, 'Eve')])
    await settled(runner, 'guests')
    expect(statusOf(runner, 'guests')?.state).toBe('STOPPED')
    expect(await runner.waitFor('guests', position, 0)).toBeUndefined()
    expect(await runner.waitFor('guests', START, 0)).toBeUndefined()
  })

  test('resolves when its event is there to be read', async () => {
    const world = await newWorld()
    const runner = await world.run([guestList('guests')])
    const guests = names(testSize(50, 2_000))
    const seen = await Promise.all(
      guests.map(async (guest) => {
        await runner.waitFor('guests', await come(world, [guest]), WAIT_MS)
        return guestsIn(runner.database('guests')).includes(guest)
      }),
    )
    expect(seen).toEqual(guests.map(() => true))
  })

  test('rejects after its time as ProjectionBehind, saying how far it is', async () => {
    const world = await newWorld()
    const position = await come(world, ['Ann'])
    const runner = await world.run([guestList('guests')])
    await runner.waitFor('guests', position, WAIT_MS)
    await settled(runner, 'guests')
    const error = await failure(runner.waitFor('guests', (position + 1n) as Position, 1))
    expect(error).toBeInstanceOf(ProjectionBehind)
    expect(error).toMatchObject({ projection: 'guests', position, state: 'LIVE', reason: undefined })
  })

  test('rejects when the projection stops before it, and at once when it has stopped', async () => {
    const world = await newWorld()
    const runner = await world.run([guestList('guests', 1, 'Eve')])
    const waiting = failure(runner.waitFor('guests', 2n as Position, WAIT_MS))
    const position = await come(world, ['Ann', 'Eve'])
    const expected = { projection: 'guests', position: 1n, state: 'STOPPED' }
    expect(await waiting).toBeInstanceOf(ProjectionBehind)
    expect(await waiting).toMatchObject(expected)
    const late = await failure(runner.waitFor('guests', position, WAIT_MS))
    expect(late).toMatchObject({ ...expected, reason: statusOf(runner, 'guests')?.reason })
  })

  test('rejects when the runner is stopped', async () => {
    const world = await newWorld()
    const runner = await world.run([guestList('guests')])
    const waiting = failure(runner.waitFor('guests', 1n as Position, WAIT_MS))
    await runner.stop()
    expect(await waiting).toMatchObject({
      projection: 'guests',
      state: 'STOPPED',
      reason: 'the service is stopping',
    })
  })

  test('of a projection that there is not is a bug', async () => {
    const runner = await (await newWorld()).run([guestList('guests')])
    expect(() => runner.waitFor('ghosts', START, 0)).toThrow('There is no projection ghosts')
    expect(() => runner.database('ghosts')).toThrow('There is no projection ghosts')
  })
})
