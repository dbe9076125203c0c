import type { Caller } from '../../src/application/command.ts'
import type { Done } from '../../src/application/done.ts'
import type { Services } from '../../src/application/services.ts'
import { imageCreate } from '../../src/application/use-cases/image-create.ts'
import { imageDelete } from '../../src/application/use-cases/image-delete.ts'
import { imageUpdate } from '../../src/application/use-cases/image-update.ts'
import type { Either } from '../../src/domain/kernel/fp.ts'
import type { ImageId } from '../../src/domain/kernel/ids.ts'
import type { Refusal } from '../../src/domain/kernel/refusal.ts'
import { callerOf, collaborator } from './application.ts'

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
