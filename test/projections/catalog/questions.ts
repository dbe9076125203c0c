import fc from 'fast-check'
import { imagesOf, imagesOfProject, type ListScope, nothing } from '../../../src/domain/access/lists.ts'
import { imageFormats } from '../../../src/domain/formats/content.ts'
import { imageKinds, imageOrigins, imageVisibilities, osFamilies } from '../../../src/domain/image/events.ts'
import { imageStatuses } from '../../../src/domain/image/state.ts'
import type { AccountId, ProjectId } from '../../../src/domain/kernel/ids.ts'
import type { ImageFilter } from '../../../src/projections/catalog/filter.ts'
import type { ImageOrder } from '../../../src/projections/catalog/list.ts'
import type { ImageOrderField } from '../../../src/projections/catalog/tables.ts'
import { accountOf, imageNames, projects } from '../../support/image-lists.ts'
import { imageId, instant, principal } from '../../support/samples.ts'

// What lists of images are asked for: few values, such as the images of test/support/image-lists.ts have.

const someOf = <Value>(values: readonly Value[], maxLength: number) =>
  fc.uniqueArray(fc.constantFrom(...values), { maxLength })

const maybe = <Value>(...values: readonly Value[]) => fc.option(fc.constantFrom(...values), { nil: null })

const principals = fc
  .record({
    operator: fc.constantFrom(true, false, false, false, false),
    account: maybe('acme' as AccountId, 'globex' as AccountId),
    accountRole: maybe('VIEWER' as const),
    projects: someOf(['web', 'ops', 'lab', 'shop', 'gone'] as ProjectId[], 3).map(
      (ids) => new Map(ids.map((id) => [id, 'VIEWER' as const])),
    ),
  })
  .map(principal)

/** What anybody lists: all of what is theirs, or what one project may use. */
export const scopes: fc.Arbitrary<ListScope> = fc.oneof(
  { weight: 6, arbitrary: principals.map((who) => imagesOf(who, accountOf)) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(principals, fc.constantFrom(...projects))
      .map(([who, project]) => imagesOfProject(who, project)),
  },
  { weight: 1, arbitrary: fc.constant(nothing) },
)

/** Every filter but search; often several at once, most of them not given. */
export const filters: fc.Arbitrary<ImageFilter> = fc
  .record<ImageFilter>({
    name: maybe(...imageNames),
    status: fc.option(someOf(imageStatuses, 5), { nil: null }),
    visibility: fc.option(someOf(imageVisibilities, 3), { nil: null }),
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
    deactivated: fc.option(fc.boolean(), { nil: null }),
    replacement: maybe(imageId(99), imageId(98)),
  })
  .chain((all) =>
    fc
      .subarray(Object.keys(all) as (keyof ImageFilter)[], { maxLength: 2 })
      .map((wanted) => Object.fromEntries(wanted.map((name) => [name, all[name]]))),
  )

/** Words that stand in many of the images, whole and begun. */
export const searches: fc.Arbitrary<string> = fc
  .uniqueArray(
    fc.constantFrom(
      ...['debian', 'deb', 'deb*', 'ubuntu-24.04', 'ubuntu-2*', 'UBUNTU', '1*', '24', 'base', 'ba*'],
      ...['web', 'w*', 'cafe', 'caf*', 'lts', 'l*', 'old', 'a.b', '*', '-'],
    ),
    { minLength: 1, maxLength: 2 },
  )
  .map((sought) => sought.join(' '))

export const orders: fc.Arbitrary<ImageOrder> = fc.record({
  field: fc.constantFrom<ImageOrderField[]>('NAME', 'CREATED_AT', 'UPDATED_AT', 'SIZE', 'VERSION'),
  direction: fc.constantFrom('ASC', 'DESC'),
})
