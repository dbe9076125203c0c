import fc from 'fast-check'
import type { ImageScopeOfLists } from '../../src/domain/access/lists.ts'
import { imageFormats } from '../../src/domain/formats/content.ts'
import { type ImageEvent, imageKinds, imageOrigins, osFamilies } from '../../src/domain/image/events.ts'
import { versionSortKey } from '../../src/domain/image/versions.ts'
import type { AccountId, ImageId, LocationId, ProjectId } from '../../src/domain/kernel/ids.ts'
import type { ImageFilter } from '../../src/projections/catalog/filter.ts'
import type { ImageOrder } from '../../src/projections/catalog/list.ts'
import type { ImageOrderField } from '../../src/projections/catalog/tables.ts'
import type { Recorder } from './projected.ts'
import { claimId, content, imageId, imageName, instant, registration } from './samples.ts'

// Images of several tenants in plain objects, the lists of them as anybody would make them with filter and sort, and the
// events that tell the catalog of the same images.

export const accounts = ['acme', 'globex'] as AccountId[]
export const projects = [
  { id: 'web' as ProjectId, account: 'acme' as AccountId },
  { id: 'ops' as ProjectId, account: 'acme' as AccountId },
  { id: 'lab' as ProjectId, account: 'globex' as AccountId },
  { id: 'shop' as ProjectId, account: 'globex' as AccountId },
] as const

const statuses = ['CREATING', 'AVAILABLE', 'ERROR', 'DELETING', 'DELETED'] as const
const words = ['debian', 'ubuntu', 'base', 'web', 'Café', 'lts', 'old'] as const

/** An image as it is in the end. */
export interface PlainImage {
  readonly id: ImageId
  readonly account: AccountId
  readonly project: ProjectId
  readonly location: LocationId
  readonly name: string
  readonly description: string
  readonly kind: (typeof imageKinds)[number]
  readonly origin: (typeof imageOrigins)[number]
  readonly status: (typeof statuses)[number]
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

const moment = fc.integer({ min: 1, max: 4 }).map((day) => `2026-03-0${day}T00:00:00.000Z`)
const someOf = <Value>(values: readonly Value[], maxLength: number) =>
  fc.uniqueArray(fc.constantFrom(...values), { maxLength })
const maybe = <Value>(...values: readonly Value[]) => fc.option(fc.constantFrom(...values), { nil: null })

const imageNames = ['debian', 'ubuntu-24.04-base-v1.9', 'ubuntu-24.04-base-v1.10', 'web', 'a.b'] as const

/** Few values, so that there are equal keys in every order. */
export const images: fc.Arbitrary<readonly PlainImage[]> = fc
  .array(
    fc.record({
      owner: fc.constantFrom(...projects),
      location: fc.constantFrom('ams' as LocationId, 'rtm' as LocationId),
      name: fc.constantFrom(...imageNames),
      description: fc.array(fc.constantFrom(...words), { maxLength: 3 }).map((some) => some.join(' ')),
      kind: fc.constantFrom(...imageKinds),
      origin: fc.constantFrom(...imageOrigins),
      status: fc.constantFrom(...statuses),
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
      format: fc.constantFrom(...imageFormats),
      createdAt: moment,
      updatedAt: moment,
    }),
    { maxLength: 14 },
  )
  .map((given) =>
    given.map(({ owner, bytes, size, format, ...rest }, index): PlainImage => {
      // Only what is available, or was before it went, has bytes.
      const hasBytes = rest.status === 'AVAILABLE' || (bytes && rest.status.startsWith('DELET'))
      return {
        ...rest,
        // Ids in another order than images come in.
        id: imageId((index * 7) % 31),
        account: owner.account,
        project: owner.id,
        sizeBytes: hasBytes ? size : null,
        format: hasBytes ? format : null,
        // With one event there is one time.
        updatedAt: rest.status === 'CREATING' ? rest.createdAt : rest.updatedAt,
      }
    }),
  )

/** Tells a ledger of the images. */
export const recordImages = (ledger: Recorder, some: readonly PlainImage[]): void => {
  for (const image of some) {
    const { os, osFamily, version, arch, family, description } = image
    const details = { ...registration().details, description, os, osFamily, version, arch, family }
    const { account, project, location, kind, origin, official, properties, tags } = image
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
    for (const event of eventsTo(image)) record(event, image.updatedAt)
  }
}

const eventsTo = ({ status, sizeBytes, format }: PlainImage): readonly ImageEvent[] => {
  const bytes: readonly ImageEvent[] =
    sizeBytes === null || format === null
      ? []
      : [
          { type: 'ImageContentStored', data: { content: content({ sizeBytes, format }) } },
          { type: 'ImageBecameAvailable', data: {} },
        ]
  const requested: ImageEvent = {
    type: 'ImageDeletionRequested',
    data: { deleteAt: instant('2026-04-01T00:00:00.000Z') },
  }
  switch (status) {
    case 'CREATING':
      return []
    case 'AVAILABLE':
      return bytes
    case 'ERROR':
      return [{ type: 'ImageCreationFailed', data: { code: 'EMPTY_IMAGE', message: 'It is empty.' } }]
    case 'DELETING':
      return [...bytes, requested]
    case 'DELETED':
      return [...bytes, requested, { type: 'ImageDeleted', data: {} }]
  }
}

export const scopes: fc.Arbitrary<ImageScopeOfLists> = fc.oneof(
  fc.constant<ImageScopeOfLists>('EVERYTHING'),
  // As imagesOf makes them: no project that belongs to one of the accounts.
  fc.constantFrom<ImageScopeOfLists[]>(
    ...accounts.map((account) => ({ accounts: [account], projects: [] })),
    ...projects.map(({ id }) => ({ accounts: [], projects: [id] })),
    { accounts: [], projects: projects.map(({ id }) => id) },
    { accounts: ['acme' as AccountId], projects: ['lab' as ProjectId] },
    { accounts: [], projects: [] },
  ),
)

/** Every filter but search, which has tests of its own; often several at once, most of them not given. */
export const filters: fc.Arbitrary<ImageFilter> = fc
  .record<ImageFilter>({
    name: maybe(...imageNames),
    status: fc.option(someOf(statuses, 5), { nil: null }),
    visibility: fc.option(someOf(['PRIVATE', 'PUBLIC'], 2), { nil: null }),
    kind: maybe(...imageKinds),
    origin: fc.option(someOf(imageOrigins, 4), { nil: null }),
    os: maybe('debian', 'ubuntu', 'Debian'),
    osFamily: maybe(...osFamilies),
    version: maybe('1.9', '1.10'),
    arch: maybe('x86_64'),
    family: maybe('debian-13'),
    format: fc.option(someOf(imageFormats, 5), { nil: null }),
    official: fc.option(fc.boolean(), { nil: null }),
    tags: fc.option(someOf(['lts', 'old', "o'ld"], 2), { nil: null }),
    properties: fc.option(
      someOf(['a', 'b'], 2).map((names) => names.map((name) => ({ name, value: name }))),
      { nil: null },
    ),
    minSizeBytes: maybe(0n, 2n, 512n),
    maxSizeBytes: maybe(0n, 512n, 2n ** 60n),
    createdAfter: maybe(instant('2026-03-02T00:00:00.000Z')),
    createdBefore: maybe(instant('2026-03-03T00:00:00.000Z')),
    deprecated: fc.option(fc.boolean(), { nil: null }),
  })
  .chain((all) =>
    fc
      .subarray(Object.keys(all) as (keyof ImageFilter)[], { maxLength: 2 })
      .map((given) => Object.fromEntries(given.map((name) => [name, all[name]]))),
  )

export const orders: fc.Arbitrary<ImageOrder> = fc.record({
  field: fc.constantFrom<ImageOrderField[]>('NAME', 'CREATED_AT', 'UPDATED_AT', 'SIZE', 'VERSION'),
  direction: fc.constantFrom('ASC', 'DESC'),
})

const isGiven = <Value>(value: Value | null | undefined): value is Value =>
  value !== null && value !== undefined

const isOwned = (scope: ImageScopeOfLists, { account, project }: PlainImage): boolean =>
  scope === 'EVERYTHING' || scope.accounts.includes(account) || scope.projects.includes(project)

/** One test for each filter of the contract. */
const passes: {
  readonly [Name in keyof ImageFilter]-?: (
    image: PlainImage,
    wanted: NonNullable<ImageFilter[Name]>,
  ) => boolean
} = {
  search: () => true,
  name: ({ name }, wanted) => name === wanted,
  status: ({ status }, wanted) => wanted.includes(status),
  visibility: (_, wanted) => wanted.includes('PRIVATE'),
  kind: ({ kind }, wanted) => kind === wanted,
  origin: ({ origin }, wanted) => wanted.includes(origin),
  os: ({ os }, wanted) => os === wanted,
  osFamily: ({ osFamily }, wanted) => osFamily === wanted,
  version: ({ version }, wanted) => version === wanted,
  arch: ({ arch }, wanted) => arch === wanted,
  family: ({ family }, wanted) => family === wanted,
  format: ({ format }, wanted) => format !== null && wanted.includes(format),
  official: ({ official }, wanted) => official === wanted,
  tags: ({ tags }, wanted) => wanted.every((tag) => tags.includes(tag)),
  properties: ({ properties }, wanted) =>
    wanted.every(({ name, value }) => properties.some((one) => one.name === name && one.value === value)),
  minSizeBytes: ({ sizeBytes }, wanted) => sizeBytes !== null && sizeBytes >= wanted,
  maxSizeBytes: ({ sizeBytes }, wanted) => sizeBytes !== null && sizeBytes <= wanted,
  createdAfter: ({ createdAt }, wanted) => createdAt >= wanted,
  createdBefore: ({ createdAt }, wanted) => createdAt < wanted,
  deprecated: (_, wanted) => !wanted,
}

const sortKeys: Readonly<Record<ImageOrderField, (image: PlainImage) => string | bigint>> = {
  NAME: ({ name }) => name,
  CREATED_AT: ({ createdAt }) => createdAt,
  UPDATED_AT: ({ updatedAt }) => updatedAt,
  SIZE: ({ sizeBytes }) => sizeBytes ?? -1n,
  VERSION: ({ version, name }) => versionSortKey(version, name),
}

/** Before 0, after 0: which of two images comes first in an order. Equal keys go by id. */
export const naiveOrder =
  ({ field, direction }: ImageOrder) =>
  (a: PlainImage, b: PlainImage): number => {
    const sign = direction === 'ASC' ? 1 : -1
    const [one, other] = [sortKeys[field](a), sortKeys[field](b)]
    if (one !== other) return one < other ? -sign : sign
    return a.id < b.id ? -sign : sign
  }

/** The whole list. Deleted images are in it only where that status is asked for. */
export const naiveList = (
  all: readonly PlainImage[],
  scope: ImageScopeOfLists,
  filter: ImageFilter,
  order: ImageOrder,
): readonly PlainImage[] => {
  const shown = (image: PlainImage): boolean =>
    isOwned(scope, image) &&
    (image.status !== 'DELETED' || (filter.status ?? []).includes('DELETED')) &&
    (Object.keys(passes) as (keyof ImageFilter)[]).every((name) => {
      const wanted = filter[name]
      return !isGiven(wanted) || passes[name](image, wanted as never)
    })
  return all.filter(shown).sort(naiveOrder(order))
}
