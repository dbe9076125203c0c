import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BillingEvent } from '../../../src/domain/billing/events.ts'
import { type BillingState, billingAggregate } from '../../../src/domain/billing/state.ts'
import { decide, type ImageCommand } from '../../../src/domain/image/decide.ts'
import type { ImageEvent } from '../../../src/domain/image/events.ts'
import { type ImageState, imageAggregate, isRegistered } from '../../../src/domain/image/state.ts'
import type { Instant } from '../../../src/domain/kernel/instant.ts'
import type { Recorded } from '../../../src/domain/kernel/recorded.ts'
import type { LedgerEvent } from '../../../src/domain/ledger-events.ts'
import { toDoOf, toDoProjection } from '../../../src/projections/to-do/to-do.ts'
import { moments } from '../../support/few-values.ts'
import { liveModel, rebuiltModel, rowsOf } from '../../support/projected.ts'
import { acme, globex, imageId } from '../../support/samples.ts'
import { testSize } from '../../support/size.ts'
import { worldHistories } from '../../support/world-histories.ts'

const numRuns = testSize(150, 2_000)

const toDoAfter = (events: readonly Recorded<LedgerEvent>[]) => {
  const model = liveModel(toDoProjection)
  for (const event of events) model.apply(event)
  return toDoOf(() => model.db)
}

const statesAfter = (events: readonly Recorded<LedgerEvent>[]) =>
  [1, 2, 3, 4].map((n) => ({
    id: imageId(n),
    state: events
      .filter(({ stream }) => stream === `image-${imageId(n)}`)
      .reduce<ImageState>(
        (before, event) => imageAggregate.evolve(before, event as ImageEvent),
        imageAggregate.initial,
      ),
  }))

const billsAfter = (events: readonly Recorded<LedgerEvent>[]) =>
  [acme, globex].map((account) => ({
    account,
    state: events
      .filter(({ stream }) => stream === `billing-${account}`)
      .reduce<BillingState>(
        (before, event) => billingAggregate.evolve(before, event as BillingEvent),
        billingAggregate.initial,
      ),
  }))

/** Whether the command would change anything. */
const isLeftToDo = (state: ImageState, command: ImageCommand): boolean => {
  if (!isRegistered(state)) return false
  const decision = decide(command, state)
  return decision._tag === 'Right' && decision.right.length > 0
}

const law = (name: string, check: (events: readonly Recorded<LedgerEvent>[], now: Instant) => void): void =>
  test(name, () => {
    fc.assert(fc.property(worldHistories, moments, check), { numRuns })
  })

describe('After any legal history', () => {
  law('the dates that are due are those of the images that have a date to carry out', (events, now) => {
    const expected = statesAfter(events)
      .filter(({ state }) => isLeftToDo(state, { type: 'CarryOutDates', now, deleteAt: now }))
      .map(({ id }) => id)
    expect([...toDoAfter(events).dueDates(now, 100)].sort()).toStrictEqual(expected)
  })

  law('the offers that are over are those that have yet to expire', (events, now) => {
    const expected = statesAfter(events).flatMap(({ id, state }) =>
      isRegistered(state) && state.status !== 'DELETED'
        ? [...state.shares.keys()]
            .filter((project) => isLeftToDo(state, { type: 'ExpireShare', project, now }))
            .map((project) => `${id} ${project}`)
        : [],
    )
    const found = toDoAfter(events).expiredOffers(now, 100)
    expect(found.map(({ imageId: id, project }) => `${id} ${project}`).sort()).toStrictEqual(expected.sort())
  })

  law('the deletions that are due are those whose window has passed', (events, now) => {
    const expected = statesAfter(events)
      .filter(
        ({ state }) =>
          isRegistered(state) &&
          state.status === 'DELETING' &&
          state.deletion !== null &&
          state.deletion.deleteAt <= now,
      )
      .map(({ id }) => id)
    expect([...toDoAfter(events).dueDeletions(now, 100)].sort()).toStrictEqual(expected)
  })

  law('the months that are due are those whose grace is over, the earliest first', (events, now) => {
    const expected = billsAfter(events).flatMap(({ account, state }) =>
      [...state.closing].flatMap(([month, sealAt]) => (sealAt <= now ? [`${month} ${account}`] : [])),
    )
    const found = toDoAfter(events).duePeriods(now, 100)
    const months = found.map(({ month }) => month)
    expect(months).toStrictEqual([...months].sort())
    expect(found.map(({ month, account }) => `${month} ${account}`).sort()).toStrictEqual(expected.sort())
  })

  law('the accounts to watch are those that have a budget', (events) => {
    const expected = billsAfter(events).flatMap(({ account, state }) =>
      state.budget === null ? [] : [account],
    )
    expect([...toDoAfter(events).budgetedAccounts()].sort()).toStrictEqual(expected)
  })

  law('a rebuilt list is the one that lived on', (events) => {
    const live = liveModel(toDoProjection)
    for (const event of events) live.apply(event)
    expect(rowsOf(rebuiltModel(toDoProjection, events))).toStrictEqual(rowsOf(live.db))
  })
})
