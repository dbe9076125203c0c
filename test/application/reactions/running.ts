import type { Reaction } from '../../../src/application/reactions/reactions.ts'
import type { Services } from '../../../src/application/services.ts'
import type { Application } from '../../support/application.ts'
import { setClock } from '../../support/clock.ts'

type MakeReaction = (services: Services, toDo: Application['toDo']) => Reaction

/** Runs a reaction once over what the ledger says by now. */
export const run = async (
  app: Application,
  reaction: MakeReaction,
  by: Services = app.node(),
): Promise<void> => {
  await app.settled()
  await reaction(by, app.toDo).run()
  await app.settled()
}

/** A node whose clock stands still at an instant. */
export const nodeAt = (app: Application, instant: string): Services => ({
  ...app.node(),
  clock: setClock(instant),
})
