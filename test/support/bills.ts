import { streamOf } from '../../src/application/ledger.ts'
import { sealPeriods } from '../../src/application/reactions/billing.ts'
import { billingPeriodClose } from '../../src/application/use-cases/billing-period-close.ts'
import { billingAggregate } from '../../src/domain/billing/state.ts'
import type { JsonObject } from '../../src/domain/kernel/event.ts'
import type { AccountId } from '../../src/domain/kernel/ids.ts'
import { type Application, callerOf, collaborator, operator } from './application.ts'
import { available, idOf, people } from './library-commands.ts'
import { acme } from './samples.ts'

// What bills go through, in few words.

const HOUR = 3_600_000
export const DAY = 24 * HOUR
export const GRACE = 3 * DAY

/** Accounts acme and globex use something in March, with which the clock starts. Then it is April. */
export const useInMarch = async (app: Application): Promise<void> => {
  await available(app, 'used-in-march', {}, callerOf(collaborator))
  await available(app, 'used-in-march', { project: 'lab' }, callerOf(people.recipient))
  app.clock.advance(31 * DAY)
  await app.settled()
}

/** Seals what is due. */
export const sealDue = async (app: Application): Promise<void> => {
  await app.settled()
  await sealPeriods(app.services, app.toDo).run()
  await app.settled()
}

/** Closes a month of an account that is over and seals it, which takes the time of its grace. */
export const seal = async (app: Application, month: string, account: AccountId = acme): Promise<void> => {
  idOf(await billingPeriodClose(app.services)(callerOf(operator), { account, month })())
  app.clock.advance(GRACE)
  await sealDue(app)
}

/** What the stream of an account's bill holds. */
export const billOf = async (
  { log }: Application,
  account: AccountId = acme,
): Promise<readonly { readonly type: string; readonly data: JsonObject }[]> => {
  const events = await log.readStream(streamOf(billingAggregate, account), {
    direction: 'forwards',
    limit: 1_000,
  })
  return events.map(({ type, data }) => ({ type, data }))
}
