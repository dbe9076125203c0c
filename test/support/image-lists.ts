import fc from 'fast-check'
import { imageFormats } from '../../src/domain/formats/content.ts'
import {
  type ImageEvent,
  imageKinds,
  imageOrigins,
  imageVisibilities,
  osFamilies,
} from '../../src/domain/image/events.ts'
import { deprecationStages, imageStatuses, shareStatuses } from '../../src/domain/image/state.ts'
import type { AccountId, ImageId, LocationId, ProjectId } from '../../src/domain/kernel/ids.ts'
import type { Recorder } from './projected.ts'
import { claimId, content, imageId, imageName, instant, registration } from './samples.ts'

// Images of several tenants in plain objects, and the events that tell the catalog of the same images.

export const projects = [
  { id: 'web' as ProjectId, account: 'acme' as AccountId },
  { id: 'ops' as ProjectId, account: 'acme' as AccountId },
  { id: 'lab' as ProjectId, account: 'globex' as AccountId },
  { id: 'shop' as ProjectId, account: 'globex' as AccountId },
] as const

/** Whose a project is; null for one that never was. */
export const accountOf = (project: ProjectId): AccountId | null =>
  projects.find(({ id }) => id === project)?.account ?? null

const words = ['debian', 'ubuntu', 'base', 'web', 'Café', 'lts', 'old'] as const

/** An image as it is in the end. */
export interface PlainImage {
  readonly id: ImageId
  readonly account: AccountId
  /** Where it was registered. */
  readonly home: ProjectId
  /** Null once promoted. */
  readonly project: ProjectId | null
  readonly location: LocationId
  readonly name: string
  readonly description: string
  readonly kind: (typeof imageKinds)[number]
  readonly origin: (typeof imageOrigins)[number]
  readonly status: (typeof imageStatuses)[number]
  readonly visibility: (typeof imageVisibilities)[number]
  readonly offers: readonly PlainOffer[]
  readonly moved: 'NEVER' | 'PROMOTED' | 'DEMOTED'
  readonly stage: (typeof deprecationStages)[number] | null
  readonly replacement: ImageId | null
  readonly deactivated: boolean
  readonly os: string | null
  readonly osFamily: (typeof osFamilies)[number] | null
  readonly version: string | null
  readonly arch: string | null
  readonly family: string | null
  readonly official: boolean
  readonly properties: readonly { readonly name: string; readonly value: string }[]
  readonly tags: readonly string[]
  /** Null where no bytes ever came. */
  readonly sizeBytes: bigint | null
  readonly format: (typeof imageFormats)[number] | null
  readonly createdAt: string
  readonly updatedAt: string
}

export interface PlainOffer {
  readonly project: ProjectId
  readonly status: (typeof shareStatuses)[number]
}

const moment = fc.integer({ min: 1, max: 4 }).map((day) => `2026-03-0${day}T00:00:00.000Z`)
const someOf = <Value>(values: readonly Value[], maxLength: number) =>
  fc.uniqueArray(fc.constantFrom(...values), { maxLength })
const maybe = <Value>(...values: readonly Value[]) => fc.option(fc.constantFrom(...values), { nil: null })

export const imageNames = [
  'debian',
  'ubuntu-24.04-base-v1.9',
  'ubuntu-24.04-base-v1.10',
  'web',
  'a.b',
] as const

/** What an image is made from: few values, so that there are equal keys in every order. */
const given = fc.record({
  owner: fc.constantFrom(...projects),
  location: fc.constantFrom('ams' as LocationId, 'rtm' as LocationId),
  name: fc.constantFrom(...imageNames),
  description: fc.array(fc.constantFrom(...words), { maxLength: 3 }).map((some) => some.join(' ')),
  kind: fc.constantFrom(...imageKinds),
  origin: fc.constantFrom(...imageOrigins),
  // Mostly such as others list too.
  status: fc.constantFrom('AVAILABLE' as const, 'AVAILABLE' as const, ...imageStatuses),
  visibility: fc.constantFrom('SHARED' as const, 'SHARED' as const, ...imageVisibilities),
  offers: fc.uniqueArray(
    fc.record<PlainOffer>({
      project: fc.constantFrom(...projects.map(({ id }) => id)),
      status: fc.constantFrom('ACCEPTED' as const, 'ACCEPTED' as const, ...shareStatuses),
    }),
    { selector: ({ project }) => project, maxLength: 3 },
  ),
  moved: fc.constantFrom('NEVER' as const, 'NEVER' as const, 'PROMOTED' as const, 'DEMOTED' as const),
  stage: fc.constantFrom(null, null, null, ...deprecationStages),
  replaced: maybe(imageId(99)),
  deactivated: fc.boolean(),
  os: maybe('debian', 'ubuntu'),
  osFamily: maybe(...osFamilies),
  version: maybe('1.9', '1.10', '1.10-rc1', '24.04'),
  arch: maybe('x86_64', 'aarch64'),
  family: maybe('ubuntu-24.04-base', 'debian-13'),
  official: fc.boolean(),
  properties: someOf(['a', 'b'], 2).map((names) => names.sort().map((name) => ({ name, value: name }))),
  tags: someOf(['lts', 'old', 'web'], 3).map((tags) => tags.sort()),
  bytes: fc.boolean(),
  size: fc.constantFrom(1n, 512n, 4096n, 2n ** 50n),
  anyFormat: fc.constantFrom(...imageFormats),
  createdAt: moment,
  updatedAt: moment,
})

type Given = typeof given extends fc.Arbitrary<infer Value> ? Value : never

const made = ({ owner, bytes, size, anyFormat, replaced, ...rest }: Given, index: number): PlainImage => {
  // Only what is available, or was before it went, has bytes.
  const hasBytes = rest.status === 'AVAILABLE' || (bytes && rest.status.startsWith('DELET'))
  const image: PlainImage = {
    ...rest,
    // Ids in another order than images come in.
    id: imageId((index * 17) % 61),
    account: owner.account,
    home: owner.id,
    project: rest.moved === 'PROMOTED' ? null : owner.id,
    // Leaving SHARED ended them.
    offers: rest.offers
      .filter(({ project }) => project !== owner.id)
      .map(({ project, status }) => ({ project, status: rest.visibility === 'SHARED' ? status : 'REVOKED' })),
    replacement: rest.stage === null ? null : replaced,
    sizeBytes: hasBytes ? size : null,
    format: hasBytes ? anyFormat : null,
  }
  // Where nothing came after it, there is one time.
  return eventsTo(image).every(isOfShare) ? { ...image, updatedAt: image.createdAt } : image
}

export const images: fc.Arbitrary<readonly PlainImage[]> = fc
  .array(given, { maxLength: 14, size: 'max' })
  .map((some) => some.map(made))

/** Many images that were made in the very same few milliseconds, at the ends of which others follow. */
export const simultaneousImages: fc.Arbitrary<readonly PlainImage[]> = fc
  .array(
    fc.record({
      image: given.map((one): Given => ({ ...one, status: 'AVAILABLE', stage: null })),
      millisecond: fc.constantFrom('000', '000', '000', '001', '002'),
    }),
    { minLength: 12, maxLength: 40, size: 'max' },
  )
  .map((some) =>
    some.map(({ image, millisecond }, index) =>
      made({ ...image, createdAt: `2026-03-01T00:00:00.${millisecond}Z` }, index),
    ),
  )

/** No offer is a change of the image: it has a time of its own. */
const OFFERED_AT = instant('2026-05-01T00:00:00.000Z')
const isOfShare = ({ type }: ImageEvent): boolean => type.startsWith('ImageShare')

/** Tells a ledger of the images. */
export const recordImages = (ledger: Recorder, some: readonly PlainImage[]): void => {
  for (const { id, account } of projects)
    ledger.record(`project-${id}`, { type: 'ProjectCreated', data: { account, name: id } })
  for (const image of some) {
    const { os, osFamily, version, arch, family, description } = image
    const details = { ...registration().details, description, os, osFamily, version, arch, family }
    const { account, home: project, location, kind, origin, official, properties, tags } = image
    const record = (event: ImageEvent, at: string) => ledger.record(`image-${image.id}`, event, instant(at))
    record(
      {
        type: 'ImageRegistered',
        data: registration({
          ...{ account, project, location, kind, origin, official, details },
          name: imageName(image.name),
          claimId: claimId(1),
          properties: [...properties],
          tags: [...tags],
        }),
      },
      image.createdAt,
    )
    for (const event of eventsTo(image)) record(event, isOfShare(event) ? OFFERED_AT : image.updatedAt)
  }
}

const eventsTo = (image: PlainImage): readonly ImageEvent[] => {
  const { visibility, stage, replacement } = image
  const notice = { replacement, reason: null, obsoleteAt: null, deleteAt: null }
  return [
    ...bytesOf(image),
    ...some<ImageEvent>(visibility !== 'PRIVATE', {
      type: 'ImageVisibilityChanged',
      data: { from: 'PRIVATE', visibility },
    }),
    ...image.offers.flatMap(eventsOfOffer),
    ...movesOf(image),
    ...some<ImageEvent>(stage !== null, { type: 'ImageDeprecated', data: notice }),
    ...some<ImageEvent>(stage === 'OBSOLETE', { type: 'ImageObsoleted', data: {} }),
    ...some<ImageEvent>(image.deactivated, { type: 'ImageDeactivated', data: { by: 'OWNER' } }),
    ...endOf(image),
  ]
}

const some = <Value>(when: boolean, value: Value): readonly Value[] => (when ? [value] : [])

const bytesOf = ({ sizeBytes, format, status }: PlainImage): readonly ImageEvent[] => {
  if (status === 'ERROR')
    return [{ type: 'ImageCreationFailed', data: { code: 'EMPTY_IMAGE', message: 'It is empty.' } }]
  if (sizeBytes === null || format === null) return []
  return [
    { type: 'ImageContentStored', data: { content: content({ sizeBytes, format }) } },
    { type: 'ImageBecameAvailable', data: {} },
  ]
}

const eventsOfOffer = ({ project, status }: PlainOffer): readonly ImageEvent[] => {
  const shared: ImageEvent = { type: 'ImageShared', data: { project, message: null, expiresAt: null } }
  const answered = (type: 'Accepted' | 'Rejected' | 'Expired' | 'Revoked'): ImageEvent => ({
    type: `ImageShare${type}`,
    data: { project },
  })
  switch (status) {
    case 'PENDING':
      return [shared]
    case 'ACCEPTED':
      return [shared, answered('Accepted')]
    case 'REJECTED':
      return [shared, answered('Accepted'), answered('Rejected')]
    case 'EXPIRED':
      return [shared, answered('Expired')]
    case 'REVOKED':
      return [shared, answered('Accepted'), answered('Revoked')]
  }
}

const movesOf = ({ moved, home, name }: PlainImage): readonly ImageEvent[] => {
  const named = { name: imageName(name), claimId: claimId(2) }
  return [
    ...some<ImageEvent>(moved !== 'NEVER', { type: 'ImagePromoted', data: { from: home, ...named } }),
    ...some<ImageEvent>(moved === 'DEMOTED', { type: 'ImageDemoted', data: { project: home, ...named } }),
  ]
}

const endOf = ({ status }: PlainImage): readonly ImageEvent[] => [
  ...some<ImageEvent>(status.startsWith('DELET'), {
    type: 'ImageDeletionRequested',
    data: { deleteAt: instant('2026-04-01T00:00:00.000Z'), scheduled: false },
  }),
  ...some<ImageEvent>(status === 'DELETED', { type: 'ImageDeleted', data: {} }),
]
