import { StaleRead } from './application/outages.ts'
import type { EventLog } from './application/ports/event-log.ts'
import type { Stored } from './application/ports/stored.ts'
import type { ToDo } from './application/ports/to-do.ts'
import { type Position, START } from './domain/kernel/recorded.ts'
import type { Shown } from './graphql/context.ts'
import { billingProjection } from './projections/billing/apply.ts'
import type { ProjectionRunner } from './projections/runner.ts'
import { toDoProjection } from './projections/to-do/to-do.ts'

// How those who read meet projections that may not have come so far: part of main.ts.

const SETTLE_MS = 5_000
const NOT_SHOWN = 'This is recorded, but cannot be shown yet: read it again later.'
/** So long may a reader wait for what another node was told. */
const REACH_MS = 2_000

const statusOf = (projections: ProjectionRunner, of: string) =>
  projections.status().find(({ name }) => name === of)

/** How far a projection has come. */
export const positionOf = (projections: ProjectionRunner, of: string): Position =>
  statusOf(projections, of)?.position ?? START

/** Whether a projection has caught up, and follows. */
export const isLive = (projections: ProjectionRunner, of: string): boolean =>
  statusOf(projections, of)?.state === 'LIVE'

/** A read model, from when it has caught up for the first time, even where it is behind again: before, half of the truth would look like all of it. */
export const onceBuilt = (projections: ProjectionRunner, of: string) => {
  let built = false
  return () => {
    const status = built ? undefined : statusOf(projections, of)
    built ||= status?.state === 'LIVE' || status?.staleSince !== undefined
    if (!built) {
      const why = status?.reason ?? `${Math.floor(100 * (status?.progress ?? 0))} % done, try again soon`
      throw new StaleRead(`The ${of} is being read off the ledger: ${why}.`)
    }
    return projections.database(of)
  }
}

/** Waits, for not very long, until answers show a position that another node may have given. */
export const reachedIn = (projections: ProjectionRunner, of: string) =>
  settledIn(projections, of, REACH_MS, 'This node does not show that position yet: ask again later.')

/** Waits until a read model shows a position, and no longer than a client would. */
export const settledIn =
  (projections: ProjectionRunner, of: string, timeoutMs = SETTLE_MS, message = NOT_SHOWN) =>
  (position: Position) =>
    projections.waitFor(of, position, timeoutMs).catch((cause: unknown) => {
      // Why is for operators, in /readyz and in the log: it may name what is not this client's.
      throw new StaleRead(message, { cause })
    })

/** Answers are read off the catalog and the bill: as new as the newer, as stale as the staler. */
export const shownBy = (projections: ProjectionRunner, log: EventLog): Shown => {
  const shown = projections.status().filter(({ name }) => name !== toDoProjection.name)
  const since = [log.outageSince(), ...shown.map(({ staleSince }) => staleSince ?? null)]
  return {
    position: shown
      .map(({ position }) => position)
      .reduce((newest, other) => (other > newest ? other : newest)),
    staleSince: since.filter((instant) => instant !== null).sort()[0] ?? null,
  }
}

/** While the list is still being read off the log, most of what stands on it has long been done; bills wait for billing. */
export const onceCaughtUp = (projections: ProjectionRunner, toDo: ToDo): ToDo => {
  const live = () => isLive(projections, toDoProjection.name)
  const billed = () => live() && isLive(projections, billingProjection.name)
  return {
    unsettledClaims: (before, limit) => (live() ? toDo.unsettledClaims(before, limit) : []),
    dueDeletions: (now, limit) => (live() ? toDo.dueDeletions(now, limit) : []),
    dueDates: (now, limit) => (live() ? toDo.dueDates(now, limit) : []),
    expiredOffers: (now, limit) => (live() ? toDo.expiredOffers(now, limit) : []),
    duePeriods: (now, limit) => (billed() ? toDo.duePeriods(now, limit) : []),
    budgetedAccounts: () => (billed() ? toDo.budgetedAccounts() : []),
    removableContents: (limit) => (live() ? toDo.removableContents(limit) : []),
  }
}

/** While it is still being read off the log, nothing is known to be over, and everything may be needed. */
export const storedOnceCaughtUp = (projections: ProjectionRunner, stored: Stored): Stored => {
  const live = () => isLive(projections, toDoProjection.name)
  return {
    sameContent: (sha256, sizeBytes) => (live() ? stored.sameContent(sha256, sizeBytes) : null),
    knows: (key) => !live() || stored.knows(key),
    condemned: (limit) => (live() ? stored.condemned(limit) : []),
    unheldReferences: (before, limit) => (live() ? stored.unheldReferences(before, limit) : []),
    awaited: (from, heardBefore, limit) => (live() ? stored.awaited(from, heardBefore, limit) : []),
    complete: (heardBefore, limit) => (live() ? stored.complete(heardBefore, limit) : []),
    idle: (heardBefore, limit) => (live() ? stored.idle(heardBefore, limit) : []),
    leftPieces: (limit) => (live() ? stored.leftPieces(limit) : []),
    progressOf: (image) => (live() ? stored.progressOf(image) : null),
  }
}
