import type { Caller } from '../../src/application/command.ts'
import type { Done } from '../../src/application/done.ts'
import { streamOf } from '../../src/application/ledger.ts'
import type { Services } from '../../src/application/services.ts'
import { imageCreate } from '../../src/application/use-cases/image-create.ts'
import { imageDelete } from '../../src/application/use-cases/image-delete.ts'
import { imageUpdate } from '../../src/application/use-cases/image-update.ts'
import { accountAggregate } from '../../src/domain/account/state.ts'
import { imageAggregate, isRegistered, type RegisteredImage } from '../../src/domain/image/state.ts'
import type { JsonObject } from '../../src/domain/kernel/event.ts'
import type { Either } from '../../src/domain/kernel/fp.ts'
import type { AccountId, ImageId } from '../../src/domain/kernel/ids.ts'
import type { Refusal } from '../../src/domain/kernel/refusal.ts'
import { type Application, callerOf, collaborator } from './application.ts'
import { acme, globex, principal, web } from './samples.ts'

// The commands of tests, in few words: a collaborator of project web asks, unless somebody else is named.

export type Outcome = Either<Refusal, Done<ImageId>>

const somebody = (): Caller => callerOf(collaborator)

export const create = (
  services: Services,
  name: string,
  more: object = {},
  caller: Caller = somebody(),
): Promise<Outcome> =>
  imageCreate(services)(caller, { project: 'web', name, source: { upload: {} }, ...more })()

export const update = (
  services: Services,
  image: string,
  changes: object,
  caller: Caller = somebody(),
): Promise<Outcome> => imageUpdate(services)(caller, { image, ...changes })()

export const rename = (services: Services, image: string, name: string, more: object = {}) =>
  update(services, image, { name, ...more })

export const remove = (
  services: Services,
  image: string,
  more: object = {},
  caller: Caller = somebody(),
): Promise<Outcome> => imageDelete(services)(caller, { image, ...more })()

/** What came of it, in a word: DONE, or the tag of the refusal. */
export const wordFor = (outcome: Outcome): string => (outcome._tag === 'Right' ? 'DONE' : outcome.left.tag)

/** The id of what was created. Throws where it was refused. */
export const idOf = (outcome: Outcome): ImageId => {
  if (outcome._tag === 'Left') throw new Error(`It was refused: ${outcome.left.message}`)
  return outcome.right.id
}

/** What the stream of an image holds. */
export const historyOf = async (
  { log }: Application,
  image: string,
): Promise<readonly { readonly type: string; readonly data: JsonObject }[]> => {
  const stream = streamOf(imageAggregate, image)
  const events = await log.readStream(stream, { direction: 'forwards', limit: 1_000 })
  return events.map(({ type, data }) => ({ type, data }))
}

/** The types of the events of an image. */
export const typesOf = async (app: Application, image: string): Promise<readonly string[]> =>
  (await historyOf(app, image)).map(({ type }) => type)

/** The image as it is now. Throws where there is none. */
export const imageNow = async ({ services }: Application, image: string): Promise<RegisteredImage> => {
  const { state } = await services.ledger.load(imageAggregate, image)
  if (!isRegistered(state)) throw new Error(`${image} is no image`)
  return state
}

/** The names that an account holds, and how many places they take. */
export const holdingsOf = async ({ services }: Application, account: AccountId = acme) => {
  const { state } = await services.ledger.load(accountAggregate, account)
  return { names: [...state.claims.values()].map(({ name }) => name).sort(), places: state.places.size }
}

/** The refusal. Throws where there is none. */
export const refusalOf = <Refused>(outcome: Either<Refused, unknown>): Refused => {
  if (outcome._tag === 'Right') throw new Error('It was not refused')
  return outcome.left
}

/** Collaborators of other projects and accounts, and lesser ones of project web. */
export const strangers = {
  viewer: principal({ subject: 'victor', account: acme, projects: new Map([[web, 'VIEWER']]) }),
  stranger: principal({ subject: 'sam', account: globex, accountRole: 'ADMIN' }),
} as const
