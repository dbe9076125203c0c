import type { Caller } from '../../src/application/command.ts'
import type { Done } from '../../src/application/done.ts'
import { streamOf } from '../../src/application/ledger.ts'
import type { Services } from '../../src/application/services.ts'
import { imageCreate } from '../../src/application/use-cases/image-create.ts'
import { imageDeactivate } from '../../src/application/use-cases/image-deactivate.ts'
import { imageDelete } from '../../src/application/use-cases/image-delete.ts'
import { imageDemote } from '../../src/application/use-cases/image-demote.ts'
import { imageDeprecate } from '../../src/application/use-cases/image-deprecate.ts'
import { imagePromote } from '../../src/application/use-cases/image-promote.ts'
import { imageReactivate } from '../../src/application/use-cases/image-reactivate.ts'
import { imageRestore } from '../../src/application/use-cases/image-restore.ts'
import { imageSetVisibility } from '../../src/application/use-cases/image-set-visibility.ts'
import { imageShare } from '../../src/application/use-cases/image-share.ts'
import { imageShareAccept } from '../../src/application/use-cases/image-share-accept.ts'
import { imageShareReject } from '../../src/application/use-cases/image-share-reject.ts'
import { imageUndeprecate } from '../../src/application/use-cases/image-undeprecate.ts'
import { imageUnshare } from '../../src/application/use-cases/image-unshare.ts'
import { imageUpdate } from '../../src/application/use-cases/image-update.ts'
import { imageUpload } from '../../src/application/use-cases/image-upload.ts'
import type { Principal } from '../../src/domain/access/principal.ts'
import { accountAggregate } from '../../src/domain/account/state.ts'
import { imageAggregate, isRegistered, type RegisteredImage } from '../../src/domain/image/state.ts'
import type { JsonObject } from '../../src/domain/kernel/event.ts'
import type { Either, TaskEither } from '../../src/domain/kernel/fp.ts'
import type { AccountId, ImageId } from '../../src/domain/kernel/ids.ts'
import type { Refusal } from '../../src/domain/kernel/refusal.ts'
import { type Application, callerOf, collaborator, operator } from './application.ts'
import { rawDisk } from './images.ts'
import { acme, globex, lab, ops, principal, web } from './samples.ts'

// The commands of tests, in few words: a collaborator of project web asks, unless somebody else is named.

export type Outcome = Either<Refusal, Done<ImageId>>

/** Collaborators of other projects and accounts, and lesser ones of project web. */
export const strangers = {
  viewer: principal({ subject: 'victor', account: acme, projects: new Map([[web, 'VIEWER']]) }),
  stranger: principal({ subject: 'sam', account: globex, accountRole: 'ADMIN' }),
} as const

/** Who else has a part in what becomes of an image. */
export const people = {
  operator,
  collaborator,
  viewer: strangers.viewer,
  ofOps: principal({ subject: 'oscar', account: acme, projects: new Map([[ops, 'COLLABORATOR']]) }),
  accountViewer: principal({ subject: 'vera', account: acme, accountRole: 'VIEWER' }),
  accountCollaborator: principal({ subject: 'carl', account: acme, accountRole: 'COLLABORATOR' }),
  accountAdmin: principal({ subject: 'adam', account: acme, accountRole: 'ADMIN' }),
  /** In project lab of another account, to which images are offered. */
  recipient: principal({ subject: 'lara', account: globex, projects: new Map([[lab, 'COLLABORATOR']]) }),
  recipientViewer: principal({ subject: 'liam', account: globex, projects: new Map([[lab, 'VIEWER']]) }),
  /** Collaborates in project web and is of no account. */
  guest: principal({ subject: 'gina', projects: new Map([[web, 'COLLABORATOR']]) }),
  nobody: principal({ subject: 'nina' }),
} as const satisfies Record<string, Principal>
export type Person = keyof typeof people

/** Where a role over an image must be held, as refusals say it. */
export const inOwner = 'in the project or account that owns it'

const as = (who: Principal) => (): Caller => callerOf(who)
const somebody = as(collaborator)

export const create = (
  services: Services,
  name: string,
  more: object = {},
  caller: Caller = somebody(),
): Promise<Outcome> =>
  imageCreate(services)(caller, { project: 'web', name, source: { upload: {} }, ...more })()

type UseCase<Done> = (
  services: Services,
) => (caller: Caller, raw: { image: string; project: string }) => TaskEither<Refusal, Done>

/** A command on one image: what else it takes comes after the image, and who asks last. */
const onImage =
  <Done>(useCase: UseCase<Done>, usual: () => Caller = somebody) =>
  (services: Services, image: string, more: object = {}, caller: Caller = usual()) =>
    // Each of them looks for itself whether a project was given.
    useCase(services)(caller, { image, ...more } as { image: string; project: string })()

export const update = onImage(imageUpdate)
export const remove = onImage(imageDelete)
export const restore = onImage(imageRestore)
export const setVisibility = onImage(imageSetVisibility)
export const deprecate = onImage(imageDeprecate)
export const undeprecate = onImage(imageUndeprecate)
export const deactivate = onImage(imageDeactivate)
export const reactivate = onImage(imageReactivate)
/** By a collaborator of the account. */
export const promote = onImage(imagePromote, as(people.accountCollaborator))
export const demote = onImage(imageDemote, as(people.accountCollaborator))
export const share = onImage(imageShare)
export const unshare = onImage(imageUnshare)
/** By a collaborator of project lab. */
export const accept = onImage(imageShareAccept, as(people.recipient))
export const reject = onImage(imageShareReject, as(people.recipient))

/** With project lab. */
export const toLab = { project: lab } as const

export const rename = (services: Services, image: string, name: string, more: object = {}) =>
  update(services, image, { name, ...more })

/** Gives an image its bytes. Throws where they are refused. */
const upload = async (services: Services, image: string): Promise<void> => {
  async function* body() {
    // Of its own, so that nobody else keeps the same.
    yield rawDisk(4_096, image)
  }
  const stored = await imageUpload(services)(callerOf(operator), image, {
    body: body(),
    contentLength: null,
  })()
  if (stored._tag === 'Left') throw new Error(`The bytes were refused: ${stored.left.message}`)
}

/** The id of a new image that is AVAILABLE. */
export const available = async (
  { services }: Application,
  name: string,
  more: object = {},
  caller: Caller = somebody(),
): Promise<ImageId> => {
  const id = idOf(await create(services, name, more, caller))
  await upload(services, id)
  return id
}

/** The id of a new image that project lab accepted. */
export const shared = async (app: Application, name: string): Promise<ImageId> => {
  const id = await available(app, name)
  idOf(await share(app.services, id, toLab))
  idOf(await accept(app.services, id, toLab))
  return id
}

/** What came of it, in a word: DONE, or the tag of the refusal. */
export const wordFor = (outcome: Either<Refusal, unknown>): string =>
  outcome._tag === 'Right' ? 'DONE' : outcome.left.tag

/** The id of what was created or changed. Throws where it was refused. */
export const idOf = <Id extends string>(outcome: Either<Refusal, Done<Id>>): Id => {
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

/** What the log holds after a position: type and data. */
export const eventsAfter = async (
  { log }: Application,
  after: Awaited<ReturnType<Application['log']['head']>>,
): Promise<readonly { readonly type: string; readonly data: JsonObject }[]> =>
  (await log.readAll({ after, limit: 1_000 })).map(({ type, data }) => ({ type, data }))

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
