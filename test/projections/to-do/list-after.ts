import type { LedgerEvent } from '../../../src/domain/ledger-events.ts'
import { toDoOf, toDoProjection } from '../../../src/projections/to-do/to-do.ts'
import { liveModel, recorder } from '../../support/projected.ts'
import { later } from './events.ts'

const numberOf = (id: string): number => Number(id.slice(-12))

/** What happens to an image or to a bill, or in an account's stream. */
export type Happening = readonly [stream: string, event: LedgerEvent]

/** A list that is told these events, a second apart. Images and claims go by their numbers. */
export const listAfter = (...events: readonly Happening[]) => {
  const model = liveModel(toDoProjection)
  const ledger = recorder()
  for (const [stream, event] of events) model.apply(ledger.record(stream, event))
  const toDo = toDoOf(() => model.db)
  return {
    claims: (before = later, limit = 100) =>
      toDo.unsettledClaims(before, limit).map(({ claimId: id }) => numberOf(id)),
    deletions: (now = later, limit = 100) => toDo.dueDeletions(now, limit).map(numberOf),
    dates: (now = later, limit = 100) => toDo.dueDates(now, limit).map(numberOf),
    offers: (now = later, limit = 100) =>
      toDo.expiredOffers(now, limit).map(({ imageId: id, project }) => `${numberOf(id)} ${project}`),
    periods: (now = later, limit = 100) =>
      toDo.duePeriods(now, limit).map(({ account, month }) => `${account} ${month}`),
    budgets: () => [...toDo.budgetedAccounts()].sort(),
    contents: (limit = 100) => toDo.removableContents(limit),
    toDo,
  }
}
