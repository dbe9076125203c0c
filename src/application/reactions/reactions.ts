import { decide } from '../../domain/image/decide.ts'
import { type ImageState, imageAggregate, isRegistered } from '../../domain/image/state.ts'
import type { ImageId } from '../../domain/kernel/ids.ts'
import { type Instant, instantFromMillis, millisOf } from '../../domain/kernel/instant.ts'
import { systemCommand } from '../command.ts'
import { settleClaim } from '../names.ts'
import type { ToDo } from '../ports/to-do.ts'
import { finalDeletion, type Services } from '../services.ts'

/**
 * What the service does by itself. Each reaction takes entries of the to-do list, does what is to be done, and lets the
 * events that come of it strike them off: at least once, and once in effect (DESIGN, events and streams).
 */
export interface Reaction {
  readonly name: string
  /** Works the list off, once. Throws when something must be tried again. */
  run(): Promise<void>
}

/** How long a command may take between claiming a name and using it before repair takes the claim from it. */
const CLAIM_GRACE_MS = 60_000
const AT_A_TIME = 1_000

/**
 * Names that were claimed by a command which did not live to use or free them. `diedBefore`: where one process has the ledger
 * for itself, no command from before its start lives, and none is waited for.
 */
export const repairClaims = (
  services: Services,
  toDo: ToDo,
  graceMs = CLAIM_GRACE_MS,
  diedBefore: Instant | null = null,
): Reaction => ({
  name: 'repair-claims',
  run: async () => {
    const late = instantFromMillis(millisOf(services.clock.now()) - graceMs)
    const before = diedBefore !== null && diedBefore > late ? diedBefore : late
    await forEach(toDo.unsettledClaims(before, AT_A_TIME), async (claim) => {
      services.logger.warn({ ...claim }, 'A claim on a name was left behind: settling it.')
      await settleClaim(services, claim)
    })
  },
})

/** Deletions whose recovery window has passed. */
export const completeDeletions = (services: Services, toDo: ToDo): Reaction => ({
  name: 'complete-deletions',
  run: async () => {
    const { ledger, clock } = services
    await forEach(toDo.dueDeletions(clock.now(), AT_A_TIME), async (id) => {
      const now = clock.now()
      const command = systemCommand('deletions', id, now)
      const deleted = await ledger.change(imageAggregate, id, command, (state) =>
        decide({ type: 'CompleteDeletion', now }, state),
      )
      if (deleted._tag === 'Right') await settleDeleted(services, id, deleted.right.state)
    })
  },
})

/** What was announced when an image was deprecated: OBSOLETE and deletion, each at its date. */
export const carryOutDates = (services: Services, toDo: ToDo): Reaction => ({
  name: 'carry-out-dates',
  run: async () => {
    const { ledger, clock, limits } = services
    await forEach(toDo.dueDates(clock.now(), AT_A_TIME), async (id) => {
      const now = clock.now()
      const deleteAt = finalDeletion(now, limits)
      const changed = await ledger.change(
        imageAggregate,
        id,
        systemCommand('dates', `${id} ${now}`, now),
        (state) => decide({ type: 'CarryOutDates', now, deleteAt }, state),
      )
      if (changed._tag === 'Right') await settleDeleted(services, id, changed.right.state)
    })
  },
})

/** Offers whose time is over. */
export const expireOffers = ({ ledger, clock }: Services, toDo: ToDo): Reaction => ({
  name: 'expire-offers',
  run: async () => {
    await forEach(toDo.expiredOffers(clock.now(), AT_A_TIME), async ({ imageId, project }) => {
      const now = clock.now()
      const command = systemCommand('offers', `${imageId} ${project} ${now}`, now)
      await ledger.change(imageAggregate, imageId, command, (state) =>
        decide({ type: 'ExpireShare', project, now }, state),
      )
    })
  },
})

/** The name and place of a deleted image become free. */
const settleDeleted = async (services: Services, imageId: ImageId, state: ImageState): Promise<void> => {
  if (!isRegistered(state) || state.status !== 'DELETED') return
  const { claimId, account } = state
  await settleClaim(services, { claimId, account, imageId })
}

/** One entry after the other. What fails keeps no other entry from being done; the first failure is thrown in the end. */
export const forEach = async <Entry>(
  entries: readonly Entry[],
  work: (entry: Entry) => Promise<void>,
): Promise<void> => {
  const failures: unknown[] = []
  for (const entry of entries) await work(entry).catch((error: unknown) => failures.push(error))
  if (failures.length > 0) throw failures[0]
}
