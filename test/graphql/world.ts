import { eventually } from '../support/eventually.ts'
import { rawDisk } from '../support/images.ts'
import { command, create, imageOf } from '../support/library.ts'
import type { TestService } from '../support/service.ts'
import {
  expiredToken,
  LOCATION,
  OTHER_PROJECT,
  type Person,
  PROJECT,
  people,
  RECIPIENT_ACCOUNT,
  RECIPIENTS,
  STRANGE_PROJECT,
  tokens,
} from '../support/tokens.ts'
import { beginTus } from '../support/tus.ts'

// What the tables of DESIGN, tenancy and access, are asked about: images of project `web` of account `acme`, offered to four
// projects of a strange account, which took the offers as they are called.

/** Enough to be an image, and like no format of one. */
export const bytes = rawDisk(64 * 1024, 1)

/** Under these ids there is nothing; they are as long as those there is something under. */
export const missing = {
  image: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
  upload: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11~c0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
  /** An image that nothing was ever charged for. */
  charged: 'b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
  project: 'lab',
  account: 'emca',
}

/** Somebody who asks, with the project that they speak for. */
export interface Asker {
  readonly token: string | null
  readonly home: string
}

const homes: Partial<Record<Person, string>> = {
  stranger: STRANGE_PROJECT,
  otherProject: OTHER_PROJECT,
  pending: 'pending',
  accepted: 'accepted',
  acceptedViewer: 'accepted',
  rejected: 'rejected',
  revoked: 'revoked',
}

export const persons = Object.keys(people) as readonly Person[]

export const asker = (person: Person): Asker => ({ token: tokens[person], home: homes[person] ?? PROJECT })

/** Those whom the service does not know: without a token, and with an operator's whose hour is over. */
export const unknown = {
  withoutToken: { token: null, home: PROJECT },
  expired: { token: await expiredToken(people.operator), home: PROJECT },
} as const satisfies Record<string, Asker>

/** Carries a mutation out that must go well. */
export const done = async (service: TestService, person: Person, mutation: string, input: object) => {
  const outcome = await command(service, tokens[person], mutation, input)
  if (outcome.code !== undefined) throw new Error(`${mutation} was refused: ${JSON.stringify(outcome)}`)
  return outcome
}

/** The account and the projects that images are offered to. */
export const makeRecipients = async (service: TestService): Promise<void> => {
  await done(service, 'operator', 'accountCreate', { id: RECIPIENT_ACCOUNT, name: 'Hooli' })
  for (const id of RECIPIENTS)
    await done(service, 'operator', 'projectCreate', { id, account: RECIPIENT_ACCOUNT, name: `To ${id}` })
}

/** Offers an image to the four projects, and lets each offer come to what its project is called. */
export const offer = async (service: TestService, image: string): Promise<string> => {
  for (const project of RECIPIENTS)
    await done(service, 'accountAdmin', 'imageShare', {
      image,
      project,
      message: 'Take it.',
      expiresAt: '2999-01-01T00:00:00Z',
    })
  await done(service, 'accepted', 'imageShareAccept', { image, project: 'accepted' })
  await done(service, 'rejected', 'imageShareReject', { image, project: 'rejected' })
  await done(service, 'accountAdmin', 'imageUnshare', { image, project: 'revoked' })
  return image
}

export const freshName = (): string => `n${crypto.randomUUID().slice(0, 13)}`

/** A new image without bytes; one that is declared an ISO refuses those above. */
const creating = async (service: TestService, upload: object = {}): Promise<string> => {
  const input = { name: freshName(), location: LOCATION, source: { upload } }
  const { id, message } = await create(service, input)
  if (id === undefined) throw new Error(`No image was made: ${message}`)
  return id
}

const uploaded = async (service: TestService): Promise<string> => {
  const id = await creating(service)
  const { status, body } = await service.upload(tokens.collaborator, id, bytes)
  if (status !== 201) throw new Error(`The upload was refused: ${body}`)
  return id
}

const failed = async (service: TestService): Promise<string> => {
  const id = await creating(service, { format: 'ISO' })
  await service.upload(tokens.collaborator, id, bytes)
  return id
}

/** A date that is announced now and comes in a moment. */
export const soon = (ms = 1_000): string => new Date(Date.now() + ms).toISOString()

type Step = readonly [person: Person, mutation: string, more?: object]

/** An offered image after some more commands. */
const after =
  (...steps: readonly Step[]) =>
  async (service: TestService): Promise<string> => {
    const image = await offer(service, await uploaded(service))
    for (const [person, mutation, more] of steps) await done(service, person, mutation, { image, ...more })
    return image
  }

const promote: Step = ['accountAdmin', 'imagePromote']
const deprecate: Step = ['accountAdmin', 'imageDeprecate', { reason: 'Old.' }]
const publish: Step = ['operator', 'imageSetVisibility', { visibility: 'PUBLIC' }]
/** DELETED then, or DELETING where the service has a recovery window. */
const remove: Step = ['accountAdmin', 'imageDelete']

/** How to make an image of each kind: of `web`, AVAILABLE and offered to the four projects, but for what its name says. */
export const makers = {
  PRIVATE: uploaded,
  SHARED: after(),
  CREATING: async (service) => offer(service, await creating(service)),
  ERROR: async (service) => offer(service, await failed(service)),
  /** Of this one, the name of the resumable upload that has begun. */
  UPLOADING: async (service) => {
    const image = await offer(service, await creating(service))
    return (await beginTus(service, image, bytes.length)).slice('/uploads/'.length)
  },
  PROMOTED: after(promote),
  DEPRECATED: after(deprecate),
  OBSOLETE: async (service) => {
    const image = await offer(service, await uploaded(service))
    await done(service, 'admin', 'imageDeprecate', { image, obsoleteAt: soon() })
    await eventually('it is OBSOLETE', async () => {
      const found = await imageOf<{ deprecation: { stage: string } }>(service, image, 'deprecation { stage }')
      return found?.deprecation.stage === 'OBSOLETE'
    })
    return image
  },
  PROMOTED_DEPRECATED: after(promote, deprecate),
  DEACTIVATED: after(['admin', 'imageDeactivate']),
  DEACTIVATED_BY_OPERATOR: after(['operator', 'imageDeactivate']),
  COMMUNITY: after(['operator', 'imageSetVisibility', { visibility: 'COMMUNITY' }]),
  PUBLIC: after(publish),
  PUBLIC_DEPRECATED: after(publish, deprecate),
  GONE: after(remove),
  PUBLIC_GONE: after(publish, remove),
  PROMOTED_GONE: after(promote, remove),
} as const satisfies Record<string, (service: TestService) => Promise<string>>

export type Kind = keyof typeof makers
