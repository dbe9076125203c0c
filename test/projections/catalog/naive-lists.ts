import type { ListScope } from '../../../src/domain/access/lists.ts'
import { versionSortKey } from '../../../src/domain/image/versions.ts'
import type { ImageFilter } from '../../../src/projections/catalog/filter.ts'
import type { ImageOrder } from '../../../src/projections/catalog/list.ts'
import type { ImageOrderField } from '../../../src/projections/catalog/tables.ts'
import { accountOf, type PlainImage } from '../../support/image-lists.ts'
import { instant } from '../../support/samples.ts'
import { isFound } from './naive-search.ts'

// Lists as anybody would make them of plain objects, with filter and sort.

const isOwned = ({ own }: Exclude<ListScope, 'EVERYTHING'>, { account, project }: PlainImage): boolean =>
  own.accounts.includes(account) ||
  (project === null ? own.promoted.includes(account) : own.projects.includes(project))

const isUsable = ({ usable }: Exclude<ListScope, 'EVERYTHING'>, image: PlainImage): boolean => {
  const { account, project, offers, visibility } = image
  if (image.status === 'DELETED' || image.stage !== null) return false
  const accepted = offers.filter(({ status }) => status === 'ACCEPTED').map((offer) => offer.project)
  return (
    (project === null && usable.promoted.includes(account)) ||
    accepted.some((recipient) => usable.acceptedBy.includes(recipient)) ||
    usable.acceptedIn.some((recipient) => accepted.map(accountOf).includes(recipient)) ||
    (usable.everybodys && (visibility === 'COMMUNITY' || visibility === 'PUBLIC'))
  )
}

/** Whether somebody lists an image at all. */
export const isInScope = (scope: ListScope, image: PlainImage): boolean =>
  scope === 'EVERYTHING' || isOwned(scope, image) || isUsable(scope, image)

/** One test for each filter of the contract. */
const passes: {
  readonly [Name in keyof ImageFilter]-?: (
    image: PlainImage,
    wanted: NonNullable<ImageFilter[Name]>,
  ) => boolean
} = {
  search: isFound,
  name: ({ name }, wanted) => name === wanted,
  status: ({ status }, wanted) => wanted.includes(status),
  visibility: ({ visibility }, wanted) => wanted.includes(visibility),
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
  deprecated: ({ stage }, wanted) => (stage !== null) === wanted,
  deactivated: ({ deactivated }, wanted) => deactivated === wanted,
  replacement: ({ replacement }, wanted) => replacement === wanted,
}

const sortKeys: Readonly<Record<ImageOrderField, (image: PlainImage) => string | bigint>> = {
  NAME: ({ name }) => name,
  CREATED_AT: ({ createdAt }) => createdAt,
  UPDATED_AT: ({ updatedAt }) => updatedAt,
  SIZE: ({ sizeBytes }) => sizeBytes ?? -1n,
  VERSION: ({ version, name, createdAt }) => versionSortKey(version, name, instant(createdAt)),
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

const isGiven = <Value>(value: Value | null | undefined): value is Value =>
  value !== null && value !== undefined

/** The whole list. Deleted images are in it only where that status is asked for. */
export const naiveList = (
  all: readonly PlainImage[],
  scope: ListScope,
  filter: ImageFilter,
  order: ImageOrder,
): readonly PlainImage[] => {
  const shown = (image: PlainImage): boolean =>
    isInScope(scope, image) &&
    (image.status !== 'DELETED' || (filter.status ?? []).includes('DELETED')) &&
    (Object.keys(passes) as (keyof ImageFilter)[]).every((name) => {
      const wanted = filter[name]
      return !isGiven(wanted) || passes[name](image, wanted as never)
    })
  return all.filter(shown).sort(naiveOrder(order))
}
